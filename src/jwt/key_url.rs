//! Where keys are fetched from.
//!
//! Within this folder it depends on nothing.

use std::fmt;
use std::net::Ipv4Addr;

use reqwest::Url;

/// The part of a URL that stands for the ID of a key.
const PLACEHOLDER: &str = "{kid}";

/// The most characters that the ID of a key with its own URL may have.
const MAX_KEY_ID_LENGTH: usize = 100;

/// Where the keys of an issuer are fetched from.
#[derive(Debug, Clone)]
pub(crate) enum KeyUrl {
    /// One URL serves all keys, as a JWK set.
    JwkSet(Url),
    /// Every key has its own URL, which serves it in PEM. `{kid}` stands for the ID
    /// of the key.
    PerKey(String),
}

impl KeyUrl {
    /// Parses the URL of a JWK set.
    ///
    /// # Errors
    ///
    /// Returns a message if the URL is neither `https` nor on the loopback, or has a
    /// user name or a password.
    pub(super) fn jwk_set(url: &str) -> Result<Self, String> {
        parse_secure(url).map(Self::JwkSet)
    }

    /// Parses a URL with `{kid}` in its path.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`jwk_set`](KeyUrl::jwk_set), and a message if the `{kid}` is
    /// missing or comes before the path.
    pub(super) fn per_key(url: &str) -> Result<Self, String> {
        check_no_account(url)?;
        match url.split_once(PLACEHOLDER) {
            Some((before, _)) if parse_secure(before).is_ok_and(|url| url.as_str() == before) => {}
            _ => return Err(format!("`{url}` has no `{PLACEHOLDER}` in its path, for the name of a key")),
        }
        parse_secure(&url.replace(PLACEHOLDER, "x")).map(|_| Self::PerKey(url.into()))
    }

    /// Whether the keys come over plain `http`, which only the loopback may serve. An
    /// HTTP proxy on the way could replace them, so none may be used.
    pub(super) fn is_plain_http(&self) -> bool {
        self.to_string().starts_with("http:")
    }

    pub(super) fn is_jwk_set(&self) -> bool {
        matches!(self, Self::JwkSet(_))
    }

    /// Returns the URL where the key called `key_id` may be. There is none if every
    /// key has its own URL and `key_id` is absent or cannot be part of a URL.
    pub(super) fn for_key(&self, key_id: Option<&str>) -> Option<Url> {
        match self {
            Self::JwkSet(url) => Some(url.clone()),
            Self::PerKey(url) => {
                let key_id = key_id.filter(|key_id| is_path_segment(key_id))?;
                Url::parse(&url.replace(PLACEHOLDER, key_id)).ok()
            }
        }
    }
}

impl fmt::Display for KeyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JwkSet(url) => url.fmt(f),
            Self::PerKey(url) => url.fmt(f),
        }
    }
}

/// Whether the ID of a key can stand in the path of a URL and lead nowhere else. The
/// sender of a token chooses it.
fn is_path_segment(key_id: &str) -> bool {
    (1..=MAX_KEY_ID_LENGTH).contains(&key_id.len())
        && key_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// Parses a URL whose answer nobody can forge on the way: it is `https`, or `http`
/// to the loopback.
fn parse_secure(url: &str) -> Result<Url, String> {
    check_no_account(url)?;
    match Url::parse(url) {
        Ok(parsed) if parsed.scheme() == "https" => Ok(parsed),
        Ok(parsed) if parsed.scheme() == "http" && is_loopback(&parsed) => Ok(parsed),
        _ => Err(format!("`{url}` is not an https URL, nor an http URL of the loopback")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// Refuses a URL with a user name or a password, before anything logs it.
fn check_no_account(url: &str) -> Result<(), String> {
    if url.contains('@') {
        return Err("the URL of keys, which is logged, cannot hold a user name or a password".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_come_without_tls_come_over_plain_http() {
        let urls = ["http://127.0.0.1/keys", "https://127.0.0.1/keys", "https://issuer.example/http:"];
        let is_plain = urls.map(|url| KeyUrl::jwk_set(url).expect("a URL").is_plain_http());
        assert_eq!(is_plain, [true, false, false]);
        assert!(!KeyUrl::per_key("https://issuer.example/{kid}").expect("a URL").is_plain_http());
    }
}
