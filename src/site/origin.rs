//! The key `trusted_origins`: the sites whose pages may send anything.
//!
//! Within this folder it depends on `host`.

use std::fmt;

use serde::Deserialize;

use super::host::Host;

/// The ports that an origin of these schemes has unless it says another.
const DEFAULT_PORTS: [(&str, u16); 2] = [("http", 80), ("https", 443)];

/// An origin (RFC 6454): a scheme, a host, and a port unless it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct TrustedOrigin {
    scheme: String,
    pub(super) host: Host,
}

impl TrustedOrigin {
    /// Parses the value of an `Origin` header. Returns `None` if it is no origin, as `null`
    /// is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, host) = text.split_once("://")?;
        let is_scheme_byte = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(is_scheme_byte) {
            return None;
        }
        let (scheme, mut host) = (scheme.to_ascii_lowercase(), Host::parse(host)?);
        for (_, port) in DEFAULT_PORTS.iter().filter(|(of, _)| *of == scheme) {
            host = host.without_port(*port);
        }
        Some(Self { scheme, host })
    }
}

impl TryFrom<String> for TrustedOrigin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| {
            format!("`{text}` is not an origin: write it as `https://app.example.com`, without a path")
        })
    }
}

impl fmt::Display for TrustedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}
