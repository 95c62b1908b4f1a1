//! How people show a proxy who they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::trial::Trial;
use super::wire::{Reading, exchange};

/// Everybody's password.
const PASSWORD: &str = "trial";

/// How somebody signs in.
#[derive(Debug, Clone, Copy)]
pub enum SignOn {
    /// A password with each request (RFC 7617).
    Password,
    /// A Kerberos ticket with each request (RFC 4559).
    Ticket,
    /// A Kerberos ticket at the application's `/login`, where it begins a session.
    TicketOnce,
}

/// Where [`SignOn::TicketOnce`] wants the ticket.
const LOGIN: &str = "/login";

impl SignOn {
    /// The lines of a head that sign a person in.
    pub fn credentials(self, trial: &Trial, person: &str) -> Vec<String> {
        match self {
            SignOn::Password => vec![basic(person, PASSWORD)],
            SignOn::Ticket => vec![trial.tickets.show(person)],
            SignOn::TicketOnce => begin_session(trial, person).into_iter().collect(),
        }
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
            SignOn::Password | SignOn::Ticket => "/me",
            SignOn::TicketOnce => LOGIN,
        }
    }

    /// Lines of a head that only pretend to sign a person in.
    pub fn wrong_credentials(self, trial: &Trial, person: &str) -> Vec<Vec<String>> {
        let credentials = match self {
            SignOn::Password => vec![
                basic(person, "wrong"),
                basic(person, ""),
                format!("Authorization: Basic {}", STANDARD.encode(person)),
                format!("Authorization: Basic {person}"),
                format!("Authorization: Bearer {}", STANDARD.encode(format!("{person}:{PASSWORD}"))),
            ],
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
        };
        credentials.into_iter().map(|line| vec![line]).collect()
    }

    /// Lines of a head that may sign `person` in, and nobody else, by another spelling of the name
    /// or as somebody who wrote lines of a request into what the sign-on knows.
    pub fn odd_credentials(self, trial: &Trial, person: &str) -> Vec<Vec<String>> {
        let capitals = person.to_uppercase();
        match self {
            SignOn::Password => [&capitals, &format!(" {person}"), &format!("{person} "), "eve"]
                .map(|name| vec![basic(name, PASSWORD)])
                .into(),
            SignOn::Ticket | SignOn::TicketOnce => [&capitals, "ada.admin", "other", "eve", "stranger"]
                .map(|name| vec![trial.tickets.show(name)])
                .into(),
        }
    }

    /// Goes where the application leads after a logout, and sees that the person is signed out
    /// there, too, where the sign-on can do that.
    pub fn follow_logout(self, _trial: &Trial, _person: &str, location: &str) {
        match self {
            // A browser sends the password, or shows the ticket, until it has none.
            SignOn::Password | SignOn::Ticket | SignOn::TicketOnce => assert_eq!(location, "/"),
        }
    }

    /// Whether a browser may still be signed in after a logout.
    pub fn outlives_logout(self) -> bool {
        matches!(self, SignOn::Password | SignOn::Ticket)
    }
}

/// The cookie of a session that a person begins with a ticket, if that signs anybody in.
fn begin_session(trial: &Trial, person: &str) -> Option<String> {
    let ticket = trial.tickets.show(person);
    let request = format!("GET {LOGIN} HTTP/1.1\r\nHost: {}\r\n{ticket}\r\n\r\n", trial.proxy);
    let answers = exchange(trial.proxy, request.as_bytes(), Reading::One { head: false });
    let cookie = answers[0].header("Set-Cookie")?.split(';').next().expect("a cookie");
    Some(format!("Cookie: {cookie}"))
}

/// The line that shows a password.
pub fn basic(person: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{person}:{password}")))
}
