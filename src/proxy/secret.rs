use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};

use crate::config::ProxySecret;
use crate::error::{Fault, Rejection};
use crate::headers::{HeaderName, Sighting, value};

/// Secrets, any one of which shows that the peer is the proxy.
#[derive(Debug, Clone)]
pub(super) struct Secrets {
    header: HeaderName,
    accepted: Vec<SecretString>,
}

/// What a request has in place of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    Wrong,
    Accepted,
}

impl Secrets {
    pub(super) fn new(ProxySecret { header, secrets }: &ProxySecret) -> Self {
        Self { header: header.clone(), accepted: secrets.clone() }
    }

    pub(super) fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Looks at the secret that was sighted. One that is blank, or that was
    /// sent as no proxy sends it, is refused whoever sent it.
    pub(super) fn look(&self, sighting: &Sighting<'_, '_>) -> Result<Shown, Rejection> {
        sighting.check(&self.header, false)?;
        match sighting.value(&self.header).map(value::trim) {
            None => Ok(Shown::Nothing),
            Some("") => Err(Rejection::new(&self.header, Fault::Blank)),
            Some(secret) if self.accepts(secret) => Ok(Shown::Accepted),
            Some(_) => Ok(Shown::Wrong),
        }
    }

    /// Compares with every secret, to the end: the time it takes tells their
    /// number and their lengths at most.
    fn accepts(&self, secret: &str) -> bool {
        let same = |accepted: &SecretString| accepted.expose_secret().as_bytes().ct_eq(secret.as_bytes());
        self.accepted.iter().map(same).fold(Choice::from(0), |any, same| any | same).into()
    }

    /// What is in force, without a secret.
    pub(super) fn summary(&self) -> String {
        let accepted = match self.accepted.len() {
            1 => "1 secret".into(),
            n => format!("{n} secrets"),
        };
        format!("{accepted} accepted in {}", self.header)
    }
}
