//! How people show a proxy who they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rocket::serde::json::json;

use super::agent::{Agent, join};
use super::tls::{self, Tls};
use super::trial::Trial;
use super::wire::{Answer, ask};

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
    /// A session of oauth2-proxy, which the proxy asks.
    OAuth2Proxy,
    /// A Kerberos ticket with each request (RFC 4559).
    Ticket,
    /// A Kerberos ticket at the application's `/login`, where it begins a session.
    TicketOnce,
    /// A form, whose answer is a session with the proxy: a cookie of this name. What the form knows
    /// of people may be for the whole session.
    Form { cookie: &'static str, is_for_the_session: bool },
    /// A certificate with each connection (RFC 8446, section 4.4.2), whose name is in a line that means
    /// nothing to anybody else.
    Certificate,
}

/// The name of the line that says which certificate [`SignOn::Certificate`] shows.
const CERTIFICATE: &str = "X-Shown: ";

/// Where [`SignOn::TicketOnce`] wants the ticket.
const LOGIN: &str = "/login";

impl SignOn {
    /// The lines of a head that sign a person in.
    pub fn credentials(self, trial: &Trial, person: &str) -> Vec<String> {
        match self {
            SignOn::Password => vec![basic(person, PASSWORD)],
            SignOn::Authelia => {
                let form = json!({ "username": person, "password": PASSWORD }).to_string();
                vec![cookie(&ask(trial.sign_on(AUTHELIA), "POST", "/api/firstfactor", &[], &form))]
            }
            SignOn::OAuth2Proxy => {
                let form = format!("username={person}&password={PASSWORD}&rd=%2F");
                let lines = ["Content-Type: application/x-www-form-urlencoded".into()];
                vec![cookie(&trial.ask("POST", "/oauth2/sign_in", &lines, &form))]
            }
            SignOn::Ticket => vec![trial.tickets.show(person)],
            SignOn::TicketOnce => begin_session(trial, person).into_iter().collect(),
            SignOn::Form { cookie, .. } => {
                let mut agents = trial.agents.lock().expect("agents");
                let agent = agents.entry(person.into()).or_insert_with(|| signed_in(trial, person));
                agent.cookie("localhost", cookie).into_iter().collect()
            }
            SignOn::Certificate => vec![format!("{CERTIFICATE}{person}")],
        }
    }

    /// How a client connects that has these credentials, if it is by TLS.
    pub fn tls(self, trial: &Trial, credentials: &[String]) -> Option<Tls> {
        let SignOn::Certificate = self else { return None };
        let shown = credentials.iter().find_map(|line| line.strip_prefix(CERTIFICATE)).unwrap_or_default();
        let mut clients = trial.clients.lock().expect("clients");
        let client = clients.entry(shown.into()).or_insert_with(|| {
            let folder = trial.folder.path();
            let identity = (!shown.is_empty()).then(|| folder.join(format!("people/{shown}.pem")));
            tls::client(&folder.join("authority.pem"), identity.as_deref())
        });
        Some(client.clone())
    }

    /// As [`credentials`](SignOn::credentials), for a request of `path`.
    pub fn credentials_at(self, trial: &Trial, path: &str, person: &str) -> Vec<String> {
        match self {
            SignOn::TicketOnce if path == LOGIN => vec![trial.tickets.show(person)],
            _ => self.credentials(trial, person),
        }
    }

    /// A path where people show who they are.
    pub fn path(self) -> &'static str {
        match self {
            SignOn::TicketOnce => LOGIN,
            _ => "/me",
        }
    }

    /// Lines of a head that only pretend to sign a person in.
    pub fn wrong_credentials(self, trial: &Trial, person: &str) -> Vec<Vec<String>> {
        let passwords = [
            basic(person, "wrong"),
            basic(person, ""),
            format!("Authorization: Basic {}", STANDARD.encode(person)),
            format!("Authorization: Basic {person}"),
            format!("Authorization: Bearer {}", STANDARD.encode(format!("{person}:{PASSWORD}"))),
        ];
        let cookies = |name| ["", person, "AAAA"].map(|value| format!("Cookie: {name}={value}"));
        let lines = match self {
            SignOn::Password => passwords.to_vec(),
            SignOn::Authelia => [&passwords[..], &cookies("authelia_session")].concat(),
            SignOn::OAuth2Proxy => cookies("_oauth2_proxy").to_vec(),
            SignOn::Ticket | SignOn::TicketOnce => {
                let ticket = trial.tickets.show(person);
                vec![
                    basic(person, PASSWORD),
                    format!("Authorization: Negotiate {}", STANDARD.encode(person)),
                    "Authorization: Negotiate".into(),
                    ticket[..ticket.len() - 8].into(),
                    ticket.replace("Negotiate", "Bearer"),
                    ticket.replace("Negotiate", "NTLM"),
                ]
            }
            SignOn::Form { cookie, .. } => {
                let mut agent = signed_in(trial, person);
                let ended = agent.cookie("localhost", cookie).expect("a session");
                agent.go(&join(&trial.url("/"), &trial.logout_url()), &trial.url("/"));
                let whole = signed_in(trial, person).cookie("localhost", cookie).expect("a session");
                let broken = whole[..whole.len() - 1].into();
                let path = format!("Cookie: {cookie}=../../../people");
                let zeros = format!("Cookie: {cookie}={}", "0".repeat(36));
                [&cookies(cookie)[..], &[path, zeros, broken, basic(person, PASSWORD), ended]].concat()
            }
            SignOn::Certificate => vec![
                basic(person, PASSWORD),
                format!("SSL_CLIENT_S_DN_UID: {person}"),
                "SSL_CLIENT_VERIFY: SUCCESS".into(),
            ],
        };
        lines.into_iter().map(|line| vec![line]).collect()
    }

    /// Lines of a head that may sign `person` in, and nobody else, by another spelling of the name
    /// or as somebody who wrote lines of a request into what the sign-on knows.
    pub fn odd_credentials(self, trial: &Trial, person: &str) -> Vec<Vec<String>> {
        let capitals = person.to_uppercase();
        match self {
            SignOn::Password | SignOn::Authelia => {
                [&capitals, &format!(" {person}"), &format!("{person} "), "eve"]
                    .map(|name| vec![basic(name, PASSWORD)])
                    .into()
            }
            SignOn::OAuth2Proxy => Vec::new(),
            SignOn::Ticket | SignOn::TicketOnce => [&capitals, "ada.admin", "other", "eve", "stranger"]
                .map(|name| vec![trial.tickets.show(name)])
                .into(),
            SignOn::Form { .. } => ["eve", "meg"].map(|name| self.credentials(trial, name)).into(),
            SignOn::Certificate => {
                let shown = ["capitals", "spaces", "line", "twice", "again", "together", "unnamed", "part"];
                let others = ["stranger", "beneath", "eve", "meg"];
                shown.iter().chain(&others).map(|name| self.credentials(trial, name)).collect()
            }
        }
    }

    /// Goes where the application leads after a logout, and sees that the person is signed out
    /// there, too, where the sign-on can do that.
    pub fn follow_logout(self, trial: &Trial, person: &str, location: &str, credentials: &[String]) {
        match self {
            // A browser sends the password, or shows the ticket or the certificate, until it has none.
            SignOn::Password | SignOn::Ticket | SignOn::TicketOnce | SignOn::Certificate => {
                assert_eq!(location, "/");
            }
            // The page that is led to sends the form.
            SignOn::Authelia => {
                let authelia = trial.sign_on(AUTHELIA);
                assert_eq!(location, format!("http://{authelia}/logout"));
                assert_eq!(ask(authelia, "POST", "/api/logout", credentials, "{}").status, 200);
            }
            SignOn::OAuth2Proxy => {
                assert_eq!(location, "/oauth2/sign_out?rd=%2F");
                let ended = cookie(&trial.ask("GET", location, credentials, ""));
                assert_eq!(ended, "Cookie: _oauth2_proxy=");
            }
            SignOn::Form { .. } => {
                let mut agents = trial.agents.lock().expect("agents");
                let agent = agents.get_mut(person).expect("somebody who is signed in");
                agent.go(&join(&trial.url("/"), location), &trial.url("/"));
            }
        }
    }

    /// Has a person sign in again, if what has changed of them counts no sooner.
    pub fn sign_in_again(self, trial: &Trial, person: &str) {
        if let SignOn::Form { is_for_the_session: true, .. } = self {
            trial.agents.lock().expect("agents").remove(person);
        }
    }

    /// Whether a browser may still be signed in after a logout.
    pub fn outlives_logout(self) -> bool {
        matches!(self, SignOn::Password | SignOn::Ticket | SignOn::Certificate)
    }
}

/// The cookie of a session that a person begins with a ticket, if that signs anybody in.
fn begin_session(trial: &Trial, person: &str) -> Option<String> {
    let ticket = trial.tickets.show(person);
    let answer = trial.ask("GET", LOGIN, &[ticket], "");
    answer.header("Set-Cookie").is_some().then(|| cookie(&answer))
}

/// The browser of a person who signed in, and did not yet come to the application.
fn signed_in(trial: &Trial, person: &str) -> Agent {
    let mut agent = Agent::new(person, PASSWORD, trial.tls());
    agent.go(&trial.url("/me"), &trial.url("/me"));
    agent
}

/// The line that shows a password.
pub fn basic(person: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{person}:{password}")))
}

/// The line that sends the cookie back that an answer sets.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("Set-Cookie").unwrap_or_else(|| panic!("no cookie: {answer:?}"));
    format!("Cookie: {}", cookie.split(';').next().expect("a cookie"))
}
