//! From the header of a token to an assertion.
//!
//! Within this folder it depends on `claims`, `config`, `key`, `key_server` and
//! `token`.

use std::sync::Arc;
use std::time::Instant;

use rocket::time::OffsetDateTime;

use super::claims::Claims;
use super::config::{JwtConfig, KeySource};
use super::key::Key;
use super::key_server::KeyServer;
use super::token::{UnverifiedToken, has_shape_of_token};
use crate::error::{Fault, Refusals, Rejection};
use crate::headers::{Assertion, HeaderName, HeaderScan, IdentityReader};
use crate::launch::LaunchError;
use crate::text;

/// The header that a browser or a client of the application sends credentials in, too.
const AUTHORIZATION: &str = "Authorization";

/// The scheme before a token in `Authorization` (RFC 6750, section 2.1).
const BEARER: &str = "Bearer ";

/// Reads the tokens that one issuer signs for one application.
#[derive(Debug)]
pub(crate) struct TokenReader {
    config: JwtConfig,
    keys: Keys,
}

/// The keys of the issuer: those of a file never change, those of a server do.
#[derive(Debug)]
enum Keys {
    File(Arc<[Key]>),
    Server(Arc<KeyServer>),
}

impl TokenReader {
    /// Opens a reader, and fetches the keys of the issuer if they are on a server. If
    /// they cannot be fetched, the reader warns and goes on, and answers every token
    /// with 503 until they can be.
    ///
    /// # Errors
    ///
    /// Returns a [`LaunchError`] if no HTTP client can be made.
    pub(crate) async fn open(config: JwtConfig) -> Result<Self, LaunchError> {
        let keys = match &config.keys {
            KeySource::File(keys) => Keys::File(keys.as_slice().into()),
            KeySource::Server(url) => {
                let server = KeyServer::new(url.clone(), config.jwks_max_age, config.jwks_refresh_interval)?;
                let server = Arc::new(server);
                let _ = server.keys(None, Instant::now()).await;
                Keys::Server(server)
            }
        };
        Ok(Self { config, keys })
    }

    /// Returns the header that carries the token.
    pub(crate) fn header(&self) -> &HeaderName {
        &self.config.header
    }

    /// Leaves an `Authorization` header to the application where it carries other
    /// credentials than a signed token: `Basic` ones, or a token that is opaque.
    ///
    /// If it was sent more than once, each of its values must be of that kind. Another
    /// spelling of its name is never left.
    pub(crate) fn leave_to_application<'c, 'h>(&self, scan: HeaderScan<'c, 'h>) -> HeaderScan<'c, 'h> {
        let header = self.header();
        if !header.as_str().eq_ignore_ascii_case(AUTHORIZATION) || scan.is_aliased(header) {
            return scan;
        }
        let more_values = scan.more_values(header).iter().map(|value| &**value);
        let has_token = scan.value(header).into_iter().chain(more_values).any(carries_token);
        if has_token { scan } else { scan.without(header) }
    }

    /// Reads and verifies the token of a request. `reader` then checks what it says by
    /// the rules of the identity headers. `None` means that nobody is signed in: the
    /// token is absent or blank. `refusals` are told whom a verified token names, even if
    /// it is refused.
    ///
    /// # Errors
    ///
    /// Returns a [`Rejection`] if the header was sent wrongly, if the token cannot be
    /// verified or is not valid, or if `reader` refuses what it says.
    pub(crate) async fn read(
        &self,
        scan: &HeaderScan<'_, '_>,
        reader: &IdentityReader,
        refusals: &Refusals,
    ) -> Result<Option<Assertion>, Rejection> {
        let header = self.header();
        scan.check(header, false)?;
        let Some(value) = scan.value(header) else { return Ok(None) };
        self.read_value(value, reader, refusals).await.map_err(|fault| Rejection::new(header, fault))
    }

    async fn read_value(
        &self,
        value: &str,
        reader: &IdentityReader,
        refusals: &Refusals,
    ) -> Result<Option<Assertion>, Fault> {
        let text = without_scheme(value);
        if text.is_empty() {
            return Ok(None);
        }
        let token = UnverifiedToken::parse(text)?;
        let claims = self.verify(&token).await?;
        let user = claims.user(&self.config.claims).ok();
        if let Some(user) = user.and_then(|user| reader.clean_user_value(user)) {
            refusals.set_username(user);
        }
        claims.check(&self.config, OffsetDateTime::now_utc())?;
        if self.config.signer.is_some() && token.signer != self.config.signer {
            return Err(Fault::WrongSigner);
        }
        reader.read_claims(claims.identity(&self.config.claims)?).map(Some)
    }

    /// Verifies the signature of `token`, and returns its claims, which are not checked
    /// yet. The algorithm is checked first, so that no key is fetched for a token that
    /// cannot be accepted.
    async fn verify(&self, token: &UnverifiedToken<'_>) -> Result<Claims, Fault> {
        if !self.config.algorithms.contains(&token.algorithm) {
            return Err(Fault::WrongAlgorithm);
        }
        let payload = match &self.keys {
            Keys::File(keys) => verify_with(token, keys)?,
            Keys::Server(server) => verify_by_server(token, server).await?,
        };
        Claims::parse(&payload)
    }
}

/// Whether the value of an `Authorization` header is a signed token, by its scheme and its
/// shape.
fn carries_token(value: &str) -> bool {
    let value = text::trim(value);
    let token = without_scheme(value);
    token.len() < value.len() && has_shape_of_token(token)
}

/// Removes the scheme `Bearer` from the value of a header, if it is there.
fn without_scheme(value: &str) -> &str {
    let value = text::trim(value);
    match value.split_at_checked(BEARER.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(BEARER) => text::trim(token),
        _ => value,
    }
}

/// Verifies `token` with the keys of `server`, and returns its payload. If the right
/// key may have been added to the JWK set since, the set is fetched again.
async fn verify_by_server(token: &UnverifiedToken<'_>, server: &Arc<KeyServer>) -> Result<Vec<u8>, Fault> {
    let (key_id, now) = (token.key_id.as_deref(), Instant::now());
    let keys = server.keys(key_id, now).await?;
    match verify_with(token, &keys) {
        Ok(payload) => {
            server.note_verified(key_id);
            Ok(payload)
        }
        Err(_) if server.is_jwk_set() && may_be_signed_by_new_key(token, &keys) => {
            verify_with(token, &server.fresh_keys(key_id, now).await?)
        }
        Err(fault) => Err(fault),
    }
}

/// Whether a key that is not among `keys` may have signed `token`: the key that the
/// token names, or any key if it names none.
fn may_be_signed_by_new_key(token: &UnverifiedToken<'_>, keys: &[Key]) -> bool {
    let key_id = token.key_id.as_deref();
    key_id.is_none() || !keys.iter().any(|key| key.has_id(key_id) && token.may_be_signed_by(key))
}

/// Returns the payload of `token`, if one of `keys` signed it.
fn verify_with(token: &UnverifiedToken<'_>, keys: &[Key]) -> Result<Vec<u8>, Fault> {
    let mut candidates = keys.iter().filter(|key| token.may_be_signed_by(key)).peekable();
    if candidates.peek().is_none() {
        return Err(Fault::UnknownKey);
    }
    let payload = candidates.find_map(|key| token.verified_payload(key));
    payload.map(<[u8]>::to_vec).ok_or(Fault::WrongSignature)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn a_key_that_is_known_and_may_have_signed_is_no_new_one() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwks = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{x}"}}]}}"#);
        let keys = Key::from_jwks(&jwks).expect("a key");
        let cases = [
            (r#"{"alg":"EdDSA","kid":"a"}"#, false),
            (r#"{"alg":"EdDSA","kid":"b"}"#, true),
            (r#"{"alg":"EdDSA"}"#, true),
            (r#"{"alg":"ES256","kid":"a"}"#, true),
        ];
        for (header, may_be_new) in cases {
            let parts = [header, "{}", "signature"].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
            let text = parts.join(".");
            let token = UnverifiedToken::parse(&text).expect("a token");
            assert_eq!(may_be_signed_by_new_key(&token, &keys), may_be_new, "{header}");
        }
    }
}
