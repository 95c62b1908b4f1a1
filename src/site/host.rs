//! The key `hosts`: the hosts that this application answers to.
//!
//! Within this folder it depends on nothing.

use std::fmt;
use std::net::Ipv6Addr;

use rocket::Request;
use rocket::http::uri::Authority;
use serde::Deserialize;

use crate::error::{Fault, Rejection};

/// The header that names the host. HTTP/2 says it in `:authority`, which Rocket reads.
const HEADER: &str = "Host";

/// A host, with or without a port: `app.example.com`, `127.0.0.1:8000`, `[::1]`.
///
/// Names are compared without regard to case, and IPv6 addresses by their value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Host {
    /// A name in lower case, an IPv4 address, or an IPv6 address in brackets.
    name: String,
    port: Option<u16>,
}

impl Host {
    /// Parses the value of a `Host` header. Returns `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let authority = Authority::parse(text).ok()?;
        if authority.user_info().is_some() {
            return None;
        }
        let host = authority.host();
        let name = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(address) => format!("[{}]", address.parse::<Ipv6Addr>().ok()?),
            None if is_name(host) => host.to_ascii_lowercase(),
            None => return None,
        };
        Some(Self { name, port: authority.port() })
    }

    /// Finds the host that `request` names, in its header or in `:authority`.
    ///
    /// # Errors
    ///
    /// Returns a fault if it names none or two different ones, or has two header lines.
    pub(super) fn of(request: &Request<'_>) -> Result<Self, Fault> {
        let mut lines = request.headers().get(HEADER);
        let (line, second) = (lines.next(), lines.next());
        if second.is_some() {
            return Err(Fault::Repeated);
        }
        let authority = request.host().map(ToString::to_string);
        let host = line.or(authority.as_deref()).and_then(Self::parse).ok_or(Fault::WrongHost)?;
        if authority.is_some_and(|authority| Self::parse(&authority).as_ref() != Some(&host)) {
            return Err(Fault::WrongHost);
        }
        Ok(host)
    }

    /// This host without `port`, if it has that one.
    pub(super) fn without_port(self, port: u16) -> Self {
        Self { port: self.port.filter(|own| *own != port), ..self }
    }

    /// Whether this host of the configuration is the one that a request names. Without a
    /// port it is meant with any. A dot at the end of a name changes nothing, as in the DNS.
    fn is_meant_by(&self, named: &Self) -> bool {
        let is_same_name =
            self.name.trim_end_matches('.') == named.name.strip_suffix('.').unwrap_or(&named.name);
        is_same_name && (self.port.is_none() || self.port == named.port)
    }
}

/// Whether `host` is an IPv4 address or a name as the DNS has them.
fn is_name(host: &str) -> bool {
    let is_name_byte = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !host.is_empty() && !host.starts_with('.') && host.bytes().all(is_name_byte)
}

impl TryFrom<String> for Host {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| {
            format!(
                "`{text}` is not a host: write a name such as `app.example.com`, or an address, without a \
                 pattern"
            )
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The hosts that this application answers to. `None` is any.
#[derive(Debug, Clone)]
pub(crate) struct Hosts(pub(crate) Option<Vec<Host>>);

impl Hosts {
    /// Checks that `request` is for one of these hosts.
    ///
    /// # Errors
    ///
    /// Returns a rejection if it names none of them, or has more than one `Host` header
    /// (RFC 9112, section 3.2).
    pub(crate) fn check(&self, request: &Request<'_>) -> Result<(), Rejection> {
        let Some(hosts) = &self.0 else { return Ok(()) };
        let named = Host::of(request).map_err(|fault| Rejection::new(HEADER, fault))?;
        if hosts.iter().any(|host| host.is_meant_by(&named)) {
            Ok(())
        } else {
            Err(Rejection::new(HEADER, Fault::WrongHost))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.to_owned().try_into().expect("a host")
    }

    #[test]
    fn a_host_is_meant_in_any_case_with_or_without_a_dot_and_by_the_port_it_has() {
        let cases = [
            ("app.example.com", "app.example.com", true),
            ("app.example.com", "APP.Example.com:8443", true),
            ("App.example.com", "app.example.com.", true),
            ("app.example.com.", "app.example.com", true),
            ("app.example.com", "app.example.com..", false),
            ("app.example.com", "app.example.com:", true),
            ("app.example.com:8443", "app.example.com:8443", true),
            ("app.example.com:8443", "app.example.com", false),
            ("app.example.com:8443", "app.example.com:443", false),
            ("example.com", "app.example.com", false),
            ("app.example.com", "app.example.com.evil.example", false),
            ("127.0.0.1", "127.0.0.1:8000", true),
            ("127.0.0.1", "127.1", false),
            ("[::1]", "[0:0::1]:8000", true),
            ("[::1]:8000", "[::1]:8000", true),
            ("[::1]", "[::2]", false),
        ];
        for (configured, named, is_meant) in cases {
            assert_eq!(host(configured).is_meant_by(&host(named)), is_meant, "{configured} {named}");
        }
    }

    #[test]
    fn what_is_no_host_is_none() {
        for text in [
            "",
            ".",
            ".example.com",
            "*",
            "*.example.com",
            "a b",
            "a@b",
            "a,b",
            "a/b",
            "a:b",
            "a:99999",
            "a:+1",
            "::1",
            "[::1",
            "[fe80::1%1]",
            "[a]",
            "https://a",
            "m\u{fc}nchen.example",
        ] {
            assert_eq!(Host::parse(text), None, "{text:?}");
        }
    }
}
