use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use cidr::{IpCidr, Ipv4Cidr};
use serde::Deserialize;

/// An address or CIDR network of `trusted_proxies`, such as `10.0.0.5` or
/// `fd00::/8`.
///
/// Host bits must be zero. A network of IPv4-mapped IPv6 addresses
/// (RFC 4291, section 2.5.5.2) is kept as the IPv4 network that it maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Network(IpCidr);

impl Network {
    /// Whether `peer` is in this network; an IPv4-mapped peer counts as IPv4.
    pub(crate) fn contains(&self, peer: IpAddr) -> bool {
        self.0.contains(&peer.to_canonical())
    }

    /// Whether every address of its family is in this network.
    pub(crate) fn holds_every_address(&self) -> bool {
        self.0.network_length() == 0
    }

    /// How many bits of an address tell the hosts of this network apart: 8 are
    /// 256 addresses.
    pub(crate) fn host_bits(&self) -> u8 {
        let bits = if self.0.is_ipv4() { 32 } else { 128 };
        bits - self.0.network_length()
    }

    fn unmapped(network: IpCidr) -> IpCidr {
        let IpCidr::V6(v6) = network else {
            return network;
        };
        match (v6.first_address().to_ipv4_mapped(), v6.network_length()) {
            (Some(first), 96..) => Ipv4Cidr::new(first, v6.network_length() - 96).map_or(network, IpCidr::V4),
            _ => network,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        IpCidr::from_str(text)
            .map(|network| Network(Self::unmapped(network)))
            .map_err(|e| format!("`{text}` is not an address or CIDR network: {e}"))
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().expect("a network")
    }

    #[test]
    fn the_edges_of_a_network_are_in_and_their_neighbours_are_out() {
        let cases = [
            ("10.1.0.0/16", "10.1.0.0", true),
            ("10.1.0.0/16", "10.1.255.255", true),
            ("10.1.0.0/16", "10.0.255.255", false),
            ("10.1.0.0/16", "10.2.0.0", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::1", false),
            ("fd00::/8", "fd00::", true),
            ("fd00::/8", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
            ("fd00::/8", "fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
            ("fd00::/8", "fe00::", false),
            ("::1", "::1", true),
            ("::1", "::2", false),
        ];
        for (text, peer, expected) in cases {
            let peer = peer.parse().expect("an address");
            assert_eq!(network(text).contains(peer), expected, "{peer} in {text}");
        }
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        let mapped = "::ffff:10.0.0.7".parse().expect("an address");
        assert!(network("10.0.0.0/29").contains(mapped));
        assert!(!network("10.0.0.0/30").contains(mapped));
        assert!(!network("::/1").contains(mapped));
        assert_eq!(network("::ffff:10.0.0.0/120"), network("10.0.0.0/24"));
    }

    #[test]
    fn the_size_of_a_network_is_counted_in_bits() {
        let cases = [("10.0.0.1", 0), ("10.0.0.0/24", 8), ("10.0.0.0/23", 9), ("::1", 0), ("fd00::/120", 8)];
        for (text, bits) in cases {
            assert_eq!(network(text).host_bits(), bits, "{text}");
        }
    }

    #[test]
    fn every_spelling_of_everything_is_seen_through() {
        for text in ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"] {
            assert!(network(text).holds_every_address(), "{text}");
        }
        assert!(!network("0.0.0.0/1").holds_every_address());
    }

    #[test]
    fn what_is_no_network_is_refused_with_its_text() {
        let cases = [
            ("10.0.0.5/8", "host part of address was not zero"),
            ("10.0.0.0/33", "invalid length for network"),
            ("localhost", "couldn't parse address in network"),
            ("", "couldn't parse address in network"),
        ];
        for (text, reason) in cases {
            let error = text.parse::<Network>().expect_err(text);
            assert!(error.starts_with(&format!("`{text}` is not an address or CIDR network")), "{error}");
            assert!(error.contains(reason), "{error}");
        }
    }
}
