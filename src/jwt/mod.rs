//! A signed identity: a token (RFC 7519) that proves by itself who said what
//! is in it.

mod algorithm;
mod claims;
mod key;
mod key_server;
mod numbers;
mod token;

use std::sync::Arc;
use std::time::Instant;

use rocket::time::OffsetDateTime;
use serde::Deserialize;

use crate::config::{Jwt, KeySource};
use crate::error::{Fault, Rejection};
use crate::headers::{Assertion, HeaderName, Reader, Sighting, Stated, value};
use crate::launch::Abort;
use key_server::KeyServer;
use token::Token;

pub(crate) use algorithm::named as algorithm;
pub(crate) use claims::Claims;
pub(crate) use key::Key;

/// Reads tokens of one issuer for one application.
#[derive(Debug)]
pub(crate) struct TokenReader {
    rules: Jwt,
    keys: Keys,
}

#[derive(Debug)]
enum Keys {
    Fixed(Arc<[Key]>),
    Served(Arc<KeyServer>),
}

impl TokenReader {
    /// Fetches the keys of the issuer if they are to be fetched. If they cannot
    /// be, it warns, and goes on: a token is answered with 503 until they can.
    pub(crate) async fn open(rules: Jwt) -> Result<Self, Abort> {
        let keys = match &rules.keys {
            KeySource::File(keys) => Keys::Fixed(keys.as_slice().into()),
            KeySource::Server(url) => {
                let server = KeyServer::new(url.clone(), rules.jwks_max_age, rules.jwks_refresh_interval)?;
                let server = Arc::new(server);
                let _ = server.keys(None, Instant::now()).await;
                Keys::Served(server)
            }
        };
        Ok(Self { rules, keys })
    }

    /// The header that carries the token.
    pub(crate) fn header(&self) -> &HeaderName {
        &self.rules.header
    }

    /// Reads the token that was sighted; `reader` holds what it states to the
    /// rules of the headers. `None` is nobody: no token, or a blank one.
    pub(crate) async fn read(
        &self,
        sighting: &Sighting<'_, '_>,
        reader: &Reader,
    ) -> Result<Option<Assertion>, Rejection> {
        let header = self.header();
        sighting.check(header, false)?;
        let Some(value) = sighting.value(header) else { return Ok(None) };
        let stated = self.stated(value).await;
        let read = stated.and_then(|stated| stated.map(|stated| reader.read_stated(stated)).transpose());
        read.map_err(|fault| Rejection::new(header, fault))
    }

    /// What the token in `value` states of a person, if it is good.
    async fn stated(&self, value: &str) -> Result<Option<Stated>, Fault> {
        let text = value::trim(value);
        let text = match text.split_at_checked(BEARER.len()) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case(BEARER) => value::trim(token),
            _ => text,
        };
        if text.is_empty() {
            return Ok(None);
        }
        let token = Token::parse(text)?;
        if !self.rules.algorithms.contains(&token.algorithm) {
            return Err(Fault::Algorithm);
        }
        let claims = Claims::parse(&self.verified(&token).await?)?;
        claims.check(&self.rules, OffsetDateTime::now_utc())?;
        if self.rules.signer.is_some() && token.signer != self.rules.signer {
            return Err(Fault::Signer);
        }
        claims.stated(&self.rules.claims).map(Some)
    }

    /// The payload of `token`, if it is signed by a key of the issuer.
    async fn verified(&self, token: &Token<'_>) -> Result<Vec<u8>, Fault> {
        let (name, now) = (token.key_id.as_deref(), Instant::now());
        let known = match &self.keys {
            Keys::Fixed(keys) => return verify(token, keys),
            Keys::Served(server) => server.keys(name, now).await?,
        };
        match (verify(token, &known), &self.keys) {
            (Ok(payload), Keys::Served(server)) => {
                server.prove(name);
                Ok(payload)
            }
            (Err(_), Keys::Served(server)) if server.is_of_a_set() && is_of_another_key(token, &known) => {
                verify(token, &server.fresh_keys(name, now).await?)
            }
            (verified, _) => verified,
        }
    }
}

/// What a JSON object says. An array of the same values, which serde takes too,
/// is none.
fn object<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Option<T> {
    json.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(json).ok())?
}

/// The scheme of a token in `Authorization` (RFC 6750, section 2.1).
const BEARER: &str = "Bearer ";

/// Whether a key that is not among `keys` could have signed `token`: one that
/// it names, or any if it names none or they have no names.
fn is_of_another_key(token: &Token<'_>, keys: &[Key]) -> bool {
    let name = token.key_id.as_deref();
    name.is_none() || !keys.iter().any(|key| key.is_named(name) && token.is_of(key))
}

fn verify(token: &Token<'_>, keys: &[Key]) -> Result<Vec<u8>, Fault> {
    let mut candidates = keys.iter().filter(|key| token.is_of(key)).peekable();
    if candidates.peek().is_none() {
        return Err(Fault::UnknownKey);
    }
    candidates.find_map(|key| token.payload(key)).map(<[u8]>::to_vec).ok_or(Fault::Signature)
}
