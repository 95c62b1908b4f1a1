use std::fmt;

use reqwest::Url;

/// Where the keys of an issuer are fetched from.
#[derive(Debug, Clone)]
pub(crate) enum KeyUrl {
    /// All of them, as a JWK set.
    Set(Url),
    /// Each by itself, in PEM, at the URL that its name makes of this one.
    Each(String),
}

/// What stands for the name of a key.
const NAME: &str = "{kid}";

impl KeyUrl {
    pub(super) fn set(url: &str) -> Result<Self, String> {
        parse_secure(url).map(Self::Set)
    }

    pub(super) fn each(url: &str) -> Result<Self, String> {
        check_no_account(url)?;
        match url.split_once(NAME) {
            Some((before, _)) if parse_secure(before).is_ok_and(|url| url.as_str() == before) => {}
            _ => return Err(format!("`{url}` has no `{NAME}` in its path, for the name of a key")),
        }
        parse_secure(&url.replace(NAME, "x")).map(|_| Self::Each(url.into()))
    }

    /// Whether the keys are on this very machine, so that nobody else is to be
    /// asked for them.
    pub(crate) fn is_loopback(&self) -> bool {
        self.to_string().starts_with("http:")
    }

    /// The URL of the keys that may be called `name`, if there can be any.
    pub(crate) fn for_key(&self, name: Option<&str>) -> Option<Url> {
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        match self {
            Self::Set(url) => Some(url.clone()),
            Self::Each(url) => {
                let name =
                    name.filter(|name| (1..=100).contains(&name.len()) && name.bytes().all(is_name))?;
                Url::parse(&url.replace(NAME, name)).ok()
            }
        }
    }
}

impl fmt::Display for KeyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(url) => url.fmt(f),
            Self::Each(url) => url.fmt(f),
        }
    }
}

/// A URL whose answer nobody can forge on the way: of `https`, or of this very
/// machine.
fn parse_secure(url: &str) -> Result<Url, String> {
    let fault = || format!("`{url}` is not an https URL, nor an http URL of the loopback");
    check_no_account(url)?;
    let parsed = Url::parse(url).map_err(|_| fault())?;
    let is_loopback = match parsed.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    match parsed.scheme() {
        "https" => Ok(parsed),
        "http" if is_loopback => Ok(parsed),
        _ => Err(fault()),
    }
}

/// Refuses a URL with a user name or a password, before anything shows it.
fn check_no_account(url: &str) -> Result<(), String> {
    if url.contains('@') {
        return Err("the URL of keys, which is logged, cannot hold a user name or a password".into());
    }
    Ok(())
}
