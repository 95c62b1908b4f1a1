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
    /// A Kerberos ticket with each request (RFC 4559).
    Ticket,
}

impl SignOn {
    /// The lines of a head that sign a person in.
    pub fn credentials(self, trial: &Trial, person: &str) -> Vec<String> {
        match self {
            SignOn::Password => vec![basic(person, PASSWORD)],
            SignOn::Ticket => vec![trial.tickets.show(person)],
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
            SignOn::Ticket => {
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
            SignOn::Ticket => [&capitals, "ada.admin", "other", "eve", "stranger"]
                .map(|name| vec![trial.tickets.show(name)])
                .into(),
        }
    }

    /// Goes where the application leads after a logout, and sees that the person is signed out
    /// there, too, where the sign-on can do that.
    pub fn follow_logout(self, _trial: &Trial, location: &str, _credentials: &[String]) {
        match self {
            // A browser sends the password, or shows the ticket, until it has none.
            SignOn::Password | SignOn::Ticket => assert_eq!(location, "/"),
        }
    }
}

/// The line that shows a password.
pub fn basic(person: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{person}:{password}")))
}
