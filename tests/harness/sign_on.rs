//! How people show a proxy who they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::trial::Trial;

/// Everybody's password.
const PASSWORD: &str = "trial";

/// How somebody signs in.
#[derive(Debug, Clone, Copy)]
pub enum SignOn {
    /// A password with each request (RFC 7617).
    Password,
    /// A form of oauth2-proxy, and its cookie.
    OAuth2Proxy,
}

impl SignOn {
    /// The lines of a head that sign a person in.
    pub fn credentials(self, trial: &Trial, person: &str) -> Vec<String> {
        match self {
            SignOn::Password => vec![basic(person, PASSWORD)],
            SignOn::OAuth2Proxy => {
                let form = format!("username={person}&password={PASSWORD}&rd=%2F");
                let lines = ["Content-Type: application/x-www-form-urlencoded".into()];
                let answer = trial.ask("POST", "/oauth2/sign_in", &lines, &form);
                let cookie = answer.header("Set-Cookie").and_then(|cookie| cookie.split(';').next());
                vec![format!("Cookie: {}", cookie.unwrap_or_else(|| panic!("no cookie: {answer:?}")))]
            }
        }
    }

    /// Lines of a head that only pretend to sign a person in.
    pub fn wrong_credentials(self, person: &str) -> Vec<Vec<String>> {
        let lines = match self {
            SignOn::Password => vec![
                basic(person, "wrong"),
                basic(person, ""),
                format!("Authorization: Basic {}", STANDARD.encode(person)),
                format!("Authorization: Basic {person}"),
                format!("Authorization: Bearer {}", STANDARD.encode(format!("{person}:{PASSWORD}"))),
            ],
            SignOn::OAuth2Proxy => {
                ["", person, "AAAA"].map(|value| format!("Cookie: _oauth2_proxy={value}")).into()
            }
        };
        lines.into_iter().map(|line| vec![line]).collect()
    }

    /// Goes where the application leads after a logout, and sees that the person is signed out
    /// there, too, where the sign-on can do that.
    pub fn follow_logout(self, trial: &Trial, location: &str, credentials: &[String]) {
        match self {
            // A browser sends the password until it is closed.
            SignOn::Password => assert_eq!(location, "/"),
            SignOn::OAuth2Proxy => {
                assert_eq!(location, "/oauth2/sign_out?rd=%2F");
                let answer = trial.ask("GET", location, credentials, "");
                let cookie = answer.header("Set-Cookie").expect("a cookie that ends");
                assert!(cookie.starts_with("_oauth2_proxy=;"), "{cookie}");
                assert_eq!(trial.ask("GET", "/me", credentials, "").status, 302);
            }
        }
    }
}

/// The line that shows a password.
pub fn basic(person: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{person}:{password}")))
}
