//! How people show a proxy who they are.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rocket::serde::json::{Value, json};

use super::trial::Trial;
use super::wire::{Answer, Reading, exchange};

/// Everybody's password.
const PASSWORD: &str = "trial";

/// The port of Authelia.
const AUTHELIA: u16 = 9091;

/// How somebody signs in.
#[derive(Debug, Clone, Copy)]
pub enum SignOn {
    /// A password with each request (RFC 7617).
    Password,
    /// A session of Authelia, which the proxy asks; or a password, which it takes, too.
    Authelia,
}

impl SignOn {
    /// The lines of a head that sign a person in.
    pub fn credentials(self, trial: &Trial, person: &str) -> Vec<String> {
        match self {
            SignOn::Password => vec![basic(person, PASSWORD)],
            SignOn::Authelia => {
                let form = json!({ "username": person, "password": PASSWORD });
                let answer = post(trial.sign_on(AUTHELIA), "/api/firstfactor", &[], &form);
                let cookie = answer.header("Set-Cookie").unwrap_or_else(|| panic!("no cookie: {answer:?}"));
                vec![format!("Cookie: {}", cookie.split(';').next().expect("a cookie"))]
            }
        }
    }

    /// Lines of a head that only pretend to sign a person in.
    pub fn wrong_credentials(self, person: &str) -> Vec<Vec<String>> {
        let passwords = [
            basic(person, "wrong"),
            basic(person, ""),
            format!("Authorization: Basic {}", STANDARD.encode(person)),
            format!("Authorization: Basic {person}"),
            format!("Authorization: Bearer {}", STANDARD.encode(format!("{person}:{PASSWORD}"))),
        ];
        let cookies: &[String] = match self {
            SignOn::Password => &[],
            SignOn::Authelia => {
                &["Cookie: authelia_session=".into(), format!("Cookie: authelia_session={person}")]
            }
        };
        passwords.iter().chain(cookies).map(|line| vec![line.clone()]).collect()
    }

    /// Goes where the application leads after a logout, and sees that the person is signed out
    /// there, too, where the sign-on can do that.
    pub fn follow_logout(self, trial: &Trial, location: &str, credentials: &[String]) {
        match self {
            // A browser sends the password until it is closed.
            SignOn::Password => assert_eq!(location, "/"),
            // The page that is led to sends the form.
            SignOn::Authelia => {
                let authelia = trial.sign_on(AUTHELIA);
                assert_eq!(location, format!("http://{authelia}/logout"));
                assert_eq!(post(authelia, "/api/logout", credentials, &json!({})).status, 200);
                let request = format!(
                    "GET /me HTTP/1.1\r\nHost: localhost:{}\r\n{}\r\n\r\n",
                    trial.proxy.port(),
                    credentials.join("\r\n")
                );
                assert_eq!(
                    exchange(trial.proxy, request.as_bytes(), Reading::One { head: false })[0].status,
                    401
                );
            }
        }
    }
}

/// The line that shows a password.
pub fn basic(person: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{person}:{password}")))
}

/// The answer to a form in JSON, with further lines of the head.
fn post(address: SocketAddr, path: &str, lines: &[String], form: &Value) -> Answer {
    let form = form.to_string();
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{lines}", form.len());
    let answers = exchange(address, format!("{head}\r\n{form}").as_bytes(), Reading::One { head: false });
    answers.into_iter().next().expect("an answer")
}
