//! The key `trusted_proxies`: networks, two sets of networks that have a name, and hosts.
//!
//! Within this folder it depends on `network`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cidr::{IpCidr, IpInet};
use serde::Deserialize;

use super::network::Network;

/// The most characters of the name of a host, and of one of its labels (RFC 1035, section
/// 2.3.4).
const MAX_NAME_LENGTH: usize = 253;
const MAX_LABEL_LENGTH: usize = 63;

/// One item of `trusted_proxies`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum TrustedProxy {
    /// An address or a CIDR network.
    Network(Network),
    /// `"loopback"`: this machine ([RFC 1122, section 3.2.1.3], and RFC 4291, section 2.5.3).
    ///
    /// [RFC 1122, section 3.2.1.3]: https://www.rfc-editor.org/rfc/rfc1122#section-3.2.1.3
    Loopback,
    /// `"private"`: the networks that are nobody's in the Internet ([RFC 1918, section 3], and
    /// RFC 4193, section 3).
    ///
    /// [RFC 1918, section 3]: https://www.rfc-editor.org/rfc/rfc1918#section-3
    Private,
    /// A host, whose addresses are looked up.
    Host(String),
}

impl TrustedProxy {
    /// Returns the networks of an item. Those of a host are not known from its name.
    pub(crate) fn networks(&self) -> Vec<Network> {
        match self {
            TrustedProxy::Network(network) => vec![*network],
            TrustedProxy::Loopback => {
                vec![network(Ipv4Addr::LOCALHOST.into(), 8), network(Ipv6Addr::LOCALHOST.into(), 128)]
            }
            TrustedProxy::Private => vec![
                network(Ipv4Addr::new(10, 0, 0, 0).into(), 8),
                network(Ipv4Addr::new(172, 16, 0, 0).into(), 12),
                network(Ipv4Addr::new(192, 168, 0, 0).into(), 16),
                network(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0).into(), 7),
            ],
            TrustedProxy::Host(_) => Vec::new(),
        }
    }

    /// Returns the name of a host.
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            TrustedProxy::Host(name) => Some(name),
            _ => None,
        }
    }

    /// Whether `proxies` together hold every IPv4 address, or every IPv6 address.
    pub(crate) fn hold_every_address(proxies: &[Self]) -> bool {
        let networks: Vec<_> = proxies.iter().flat_map(Self::networks).collect();
        Network::hold_every_address(&networks)
    }
}

/// Returns the network of `length` bits that holds `address`.
fn network(address: IpAddr, length: u8) -> Network {
    let network =
        IpInet::new(address, length).map_or_else(|_| IpCidr::new_host(address), |inet| inet.network());
    Network::from(network)
}

impl TryFrom<String> for TrustedProxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "loopback" => Ok(TrustedProxy::Loopback),
            "private" => Ok(TrustedProxy::Private),
            name if ["loopback", "private"].iter().any(|set| name.eq_ignore_ascii_case(set)) => {
                Err(format!("`{name}` is no host: write `{}`", name.to_ascii_lowercase()))
            }
            name if is_host_name(name) => Ok(TrustedProxy::Host(text)),
            network => network.parse().map(TrustedProxy::Network).map_err(|error| match network.find('/') {
                Some(_) => error,
                None => format!("{error}, nor is it the name of a host"),
            }),
        }
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrustedProxy::Network(network) => network.fmt(f),
            TrustedProxy::Loopback => f.write_str("loopback"),
            TrustedProxy::Private => f.write_str("private"),
            TrustedProxy::Host(name) => name.fmt(f),
        }
    }
}

/// Whether `text` is the name of a host ([RFC 1123, section 2.1]), in which an underscore may
/// stand as in the names of containers. A name whose last label is a number is taken for an
/// IPv4 address by many programs, as `127.1` and `0x7f000001` are, and is none.
///
/// [RFC 1123, section 2.1]: https://www.rfc-editor.org/rfc/rfc1123#section-2.1
fn is_host_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or(name);
    name.len() <= MAX_NAME_LENGTH && name.split('.').all(is_label) && !is_number(last)
}

fn is_label(label: &str) -> bool {
    let is_permitted = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=MAX_LABEL_LENGTH).contains(&label.len())
        && label.bytes().all(is_permitted)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether a label is a number in decimal, or in the hexadecimal form of C.
fn is_number(label: &str) -> bool {
    let (digits, is_digit): (_, fn(&u8) -> bool) = match label.get(..2) {
        Some("0x" | "0X") => (&label[2..], u8::is_ascii_hexdigit),
        _ => (label, u8::is_ascii_digit),
    };
    digits.as_bytes().iter().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str) -> Result<TrustedProxy, String> {
        TrustedProxy::try_from(text.to_owned())
    }

    #[test]
    fn names_of_hosts_are_told_from_addresses() {
        let long_label = "x".repeat(63);
        let longest = format!("{}.{}", [long_label.as_str(); 3].join("."), "y".repeat(61));
        for name in
            ["proxy", "proxy.example.com", "proxy.example.com.", "a-b", "proxy_1", "10.x", "0xg", &longest]
        {
            assert_eq!(item(name), Ok(TrustedProxy::Host(name.into())), "{name}");
        }
        let longer = format!("{longest}z");
        let refused = [
            "",
            ".",
            "a..b",
            "-a",
            "a-",
            "a b",
            "*",
            "*.example.com",
            "127.1",
            "127.0.0.01",
            "0x7f000001",
            "0X",
            "2130706433",
            "a.1",
            "proxy:80",
            "[::1]",
            "http://proxy",
            "pröxy",
            &longer,
            &"x".repeat(64),
        ];
        for text in refused {
            let error = item(text).expect_err(text);
            assert!(error.starts_with(&format!("`{text}` is not an address or CIDR network: ")), "{error}");
            assert_eq!(error.ends_with(", nor is it the name of a host"), !text.contains('/'), "{error}");
        }
    }

    #[test]
    fn a_named_set_holds_its_networks_to_their_edges() {
        let held = |set: &str, address: &str| {
            let networks = item(set).expect(set).networks();
            networks.iter().any(|network| network.contains(address.parse().expect("an address")))
        };
        for address in ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.2"] {
            assert!(held("loopback", address) && !held("private", address), "{address}");
        }
        for address in
            ["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "fd00::1"]
        {
            assert!(held("private", address) && !held("loopback", address), "{address}");
        }
        for address in [
            "126.255.255.255",
            "128.0.0.0",
            "::2",
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "169.254.0.1",
            "100.64.0.1",
            "fbff::1",
            "fe00::1",
            "fe80::1",
        ] {
            assert!(!held("private", address) && !held("loopback", address), "{address}");
        }
    }

    #[test]
    fn a_named_set_in_another_case_is_no_host() {
        assert_eq!(item("Private"), Err("`Private` is no host: write `private`".into()));
        assert_eq!(item("LOOPBACK"), Err("`LOOPBACK` is no host: write `loopback`".into()));
    }

    #[test]
    fn an_item_is_shown_as_it_is_configured() {
        for text in ["loopback", "private", "proxy.example.com", "10.0.0.0/8", "::1"] {
            assert_eq!(item(text).map(|item| item.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn sets_and_networks_that_hold_everything_together_are_seen_through() {
        let all =
            ["0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2"];
        let mut items: Vec<_> =
            all.iter().chain(&["128.0.0.0/1"]).map(|text| item(text).expect(text)).collect();
        assert!(!TrustedProxy::hold_every_address(&items));
        items.push(TrustedProxy::Private);
        assert!(TrustedProxy::hold_every_address(&items));
    }
}
