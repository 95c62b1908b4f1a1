//! Addresses and networks of `trusted_proxies`, and the peers in them.
//!
//! Within this folder it depends on nothing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use cidr::{IpCidr, Ipv4Cidr};
use serde::Deserialize;

/// The length of `::ffff:0:0/96`, the prefix of all IPv4-mapped IPv6 addresses.
const MAPPED_PREFIX_LENGTH: u8 = 96;

/// The first addresses of `169.254.0.0/16` and `fe80::/10`.
const FIRST_LINK_LOCAL_V4: Ipv4Addr = Ipv4Addr::new(169, 254, 0, 0);
const FIRST_LINK_LOCAL_V6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);

/// An address or CIDR network of `trusted_proxies`, such as `10.0.0.5` or
/// `fd00::/8`.
///
/// Host bits must be zero. A network of IPv4-mapped IPv6 addresses (RFC 4291, section
/// 2.5.5.2) is kept as the IPv4 network that it maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Network(IpCidr);

impl Network {
    /// Whether `peer` is in this network. An IPv4-mapped address counts as its IPv4
    /// address.
    pub(crate) fn contains(&self, peer: IpAddr) -> bool {
        self.0.contains(&peer.to_canonical())
    }

    /// Whether `networks` together hold every IPv4 address, or every IPv6 address.
    pub(crate) fn hold_every_address(networks: &[Self]) -> bool {
        let (v4, v6): (Vec<_>, Vec<_>) = networks.iter().map(|network| network.0).partition(IpCidr::is_ipv4);
        hold_all_from(Ipv4Addr::UNSPECIFIED.into(), v4) || hold_all_from(Ipv6Addr::UNSPECIFIED.into(), v6)
    }

    /// Whether this network holds addresses of `fe80::/10` or `169.254.0.0/16`, which are
    /// unique on one link only (RFC 4291, section 2.5.6; RFC 3927). The link of a peer is not
    /// compared. A network of all addresses trusts no link more than another.
    pub(crate) fn holds_link_local_addresses(&self) -> bool {
        let holds = match self.0.first_address() {
            IpAddr::V4(first) => first.is_link_local() || self.0.contains(&FIRST_LINK_LOCAL_V4.into()),
            IpAddr::V6(first) => {
                first.is_unicast_link_local() || self.0.contains(&FIRST_LINK_LOCAL_V6.into())
            }
        };
        holds && self.0.network_length() > 0
    }

    /// Returns how many bits of an address tell the hosts of this network apart. With 8
    /// bits it holds 256 addresses.
    pub(crate) fn host_bits(&self) -> u8 {
        let bits = if self.0.is_ipv4() { 32 } else { 128 };
        bits - self.0.network_length()
    }
}

impl From<IpCidr> for Network {
    fn from(network: IpCidr) -> Self {
        Self(to_canonical(network))
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid =
            |reason: &dyn fmt::Display| format!("`{text}` is not an address or CIDR network: {reason}");
        let network = IpCidr::from_str(text).map_err(|e| invalid(&e))?;
        let is_plain = |length: &str| length == network.network_length().to_string();
        if text.rsplit_once('/').is_some_and(|(_, length)| !is_plain(length)) {
            return Err(invalid(&"the length of the network is no plain number"));
        }
        Ok(Self::from(network))
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

/// Whether `networks`, all of one family, hold each address of it from `lowest` on.
fn hold_all_from(lowest: IpAddr, mut networks: Vec<IpCidr>) -> bool {
    networks.sort_by_key(IpCidr::first_address);
    let mut next = lowest;
    for network in networks {
        if network.contains(&next) {
            let Some(after) = successor(network.last_address()) else { return true };
            next = after;
        }
    }
    false
}

/// Returns the address after `address`. `None` if it is the last one.
fn successor(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => v4.to_bits().checked_add(1).map(|bits| Ipv4Addr::from_bits(bits).into()),
        IpAddr::V6(v6) => v6.to_bits().checked_add(1).map(|bits| Ipv6Addr::from_bits(bits).into()),
    }
}

/// Turns a network of IPv4-mapped addresses into the IPv4 network that it maps, and
/// leaves every other one as it is.
fn to_canonical(network: IpCidr) -> IpCidr {
    let IpCidr::V6(v6) = network else { return network };
    let Some(first) = v6.first_address().to_ipv4_mapped() else { return network };
    let Some(length) = v6.network_length().checked_sub(MAPPED_PREFIX_LENGTH) else { return network };
    Ipv4Cidr::new(first, length).map_or(network, IpCidr::V4)
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
            assert!(Network::hold_every_address(&[network(text)]), "{text}");
        }
        assert!(!Network::hold_every_address(&[network("0.0.0.0/1")]));
    }

    #[test]
    fn networks_that_hold_everything_together_are_seen_through() {
        let cases: [(&[&str], bool); 12] = [
            (&[], false),
            (&["0.0.0.0/0"], true),
            (&["::/0"], true),
            (&["0.0.0.0/1", "128.0.0.0/1"], true),
            (&["128.0.0.0/1", "10.0.0.5", "0.0.0.0/2", "fd00::/8", "64.0.0.0/2"], true),
            (&["::/1", "8000::/1", "10.0.0.0/8"], true),
            (&["::/1", "::/0", "::1"], true),
            (&["0.0.0.0/1"], false),
            (&["128.0.0.0/1"], false),
            (&["0.0.0.0/1", "0.0.0.0/2", "192.0.0.0/2"], false),
            (&["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3", "240.0.0.0/4"], false),
            (&["0.0.0.0/1", "8000::/1"], false),
        ];
        for (texts, expected) in cases {
            let networks: Vec<_> = texts.iter().map(|text| network(text)).collect();
            assert_eq!(Network::hold_every_address(&networks), expected, "{texts:?}");
        }
    }

    #[test]
    fn addresses_of_one_link_only_are_seen_in_every_network_but_that_of_all() {
        let link_local = [
            "fe80::1",
            "fe80::/10",
            "fe80::/64",
            "febf:ffff::/32",
            "fe00::/8",
            "169.254.169.254",
            "169.254.0.0/16",
            "169.254.8.0/24",
            "169.254.0.0/15",
            "::ffff:169.254.1.1",
        ];
        for text in link_local {
            assert!(network(text).holds_link_local_addresses(), "{text}");
        }
        for text in
            ["fec0::1", "fe7f::1", "fd00::/8", "::1", "169.253.0.1", "169.255.0.0/16", "::/0", "0.0.0.0/0"]
        {
            assert!(!network(text).holds_link_local_addresses(), "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_its_text() {
        let cases = [
            ("10.0.0.5/8", "host part of address was not zero"),
            ("10.0.0.0/33", "invalid length for network"),
            ("127.0.0.1/+32", "the length of the network is no plain number"),
            ("127.0.0.1/032", "the length of the network is no plain number"),
            ("::/00", "the length of the network is no plain number"),
            ("::1/+128", "the length of the network is no plain number"),
            ("::ffff:127.0.0.1/0128", "the length of the network is no plain number"),
            ("127.0.0.1/-0", "couldn't parse length in network"),
            ("127.0.0.1/", "couldn't parse length in network"),
            ("127.0.0.1/ 32", "couldn't parse length in network"),
            ("127.0.0.1/32 ", "couldn't parse length in network"),
            ("127.0.0.1/3２", "couldn't parse length in network"),
            ("127.0.0.1/0x20", "couldn't parse length in network"),
            ("127.0.0.1/255.255.255.255", "couldn't parse length in network"),
            ("127.0.0.1/32/", "couldn't parse address in network"),
            ("127.0.0.1/32/32", "couldn't parse address in network"),
        ];
        let addresses = [
            "localhost",
            "",
            " ",
            "*",
            "127.0.0.*",
            "any",
            " 127.0.0.1",
            "127.0.0.1 ",
            "127.0.0.1\n",
            "127.0.0.1 ::1",
            "127.0.0.1,::1",
            "127.0.0.01",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "127.1",
            "2130706433",
            "127.0.0.1:80",
            "[::1]",
            "::1%eth0",
            "fe80::1%1",
            "fe80::%eth0/10",
            "::1%",
            "00001::",
            "127.0.0.1-127.0.0.9",
            "１27.0.0.1",
        ];
        let addresses = addresses.map(|text| (text, "couldn't parse address in network"));
        let cases = cases.into_iter().chain(addresses);
        for (text, reason) in cases {
            let error = text.parse::<Network>().expect_err(text);
            assert!(error.starts_with(&format!("`{text}` is not an address or CIDR network")), "{error}");
            assert!(error.contains(reason), "{error}");
        }
    }
}
