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
}

impl SignOn {
    /// The lines of a head that sign a person in.
    pub fn credentials(self, _trial: &Trial, person: &str) -> Vec<String> {
        match self {
            SignOn::Password => vec![basic(person, PASSWORD)],
        }
    }

    /// Lines of a head that only pretend to sign a person in.
    pub fn wrong_credentials(self, person: &str) -> Vec<Vec<String>> {
        let credentials = match self {
            SignOn::Password => [
                basic(person, "wrong"),
                basic(person, ""),
                format!("Authorization: Basic {}", STANDARD.encode(person)),
                format!("Authorization: Basic {person}"),
                format!("Authorization: Bearer {}", STANDARD.encode(format!("{person}:{PASSWORD}"))),
            ],
        };
        credentials.map(|line| vec![line]).into()
    }

    /// Lines of a head that may sign `person` in, and nobody else, by another spelling of the name
    /// or as somebody who wrote lines of a request into what the sign-on knows.
    pub fn odd_credentials(self, _trial: &Trial, person: &str) -> Vec<Vec<String>> {
        let names = [person.to_uppercase(), format!(" {person}"), format!("{person} "), "eve".into()];
        match self {
            SignOn::Password => names.map(|name| vec![basic(&name, PASSWORD)]).into(),
        }
    }

    /// Goes where the application leads after a logout, and sees that the person is signed out
    /// there, too, where the sign-on can do that.
    pub fn follow_logout(self, _trial: &Trial, location: &str, _credentials: &[String]) {
        match self {
            // A browser sends the password until it is closed.
            SignOn::Password => assert_eq!(location, "/"),
        }
    }
}

/// The line that shows a password.
pub fn basic(person: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{person}:{password}")))
}
