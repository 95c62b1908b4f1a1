//! The bodies of the fuzz targets in `fuzz/`: properties that must hold for any
//! bytes. The tests of this crate run them, too, with bytes of their own.
//!
//! Each target panics if its property does not hold. It returns whether the bytes
//! were accepted.
//!
//! This module depends on the modules that it tries: [`headers`](crate::headers),
//! [`proxy`](crate::proxy), `jwt`, [`user`](crate::user) and [`text`](crate::text).

#[cfg(feature = "jwt")]
mod claims;
mod encode;
mod headers;
#[cfg(test)]
mod tests;
mod work;

use std::net::IpAddr;

use self::encode::encode;
use crate::headers::Encoding;
use crate::proxy::Network;

#[cfg(feature = "jwt")]
pub use claims::claims;
pub use headers::headers;
pub use work::work;

/// The encodings of values, of which the first byte of the data chooses one.
const ENCODINGS: [Encoding; 4] =
    [Encoding::Utf8, Encoding::Percent, Encoding::Rfc2047, Encoding::QuotedPrintable];

/// A value that is decoded, encoded again and decoded again is the same.
pub fn encodings(data: &[u8]) -> bool {
    let Some((choice, data)) = data.split_first() else { return false };
    let Ok(value) = std::str::from_utf8(data) else { return false };
    let encoding = ENCODINGS[usize::from(*choice) % ENCODINGS.len()];
    let Ok(decoded) = encoding.decode(value) else { return false };
    let again = encode(encoding, &decoded);
    assert_eq!(encoding.decode(&again), Ok(decoded), "{encoding:?}: {value:?}, {again:?}");
    true
}

/// A network that is parsed, written and parsed again is the same. It contains an
/// address, mapped to IPv6 or not, exactly if the bits of its prefix are the same.
pub fn networks(data: &[u8]) -> bool {
    let (peer, text) = data.split_at(data.len().min(16));
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let Ok(network) = text.parse::<Network>() else { return false };
    assert_eq!(network.to_string().parse(), Ok(network), "{text}");

    let mut octets = [0; 16];
    octets[..peer.len()].copy_from_slice(peer);
    for peer in [IpAddr::from(octets), [octets[0], octets[1], octets[2], octets[3]].into()] {
        let is_inside = has_prefix(&network.to_string(), peer.to_canonical());
        assert_eq!(network.contains(peer), is_inside, "{peer} in {text}");
        if let IpAddr::V4(v4) = peer {
            assert_eq!(network.contains(v4.to_ipv6_mapped().into()), is_inside, "{peer} in {text}");
        }
    }
    true
}

/// Whether `address` begins with the bits of the prefix of `network`.
fn has_prefix(network: &str, address: IpAddr) -> bool {
    let (first, length) = match network.split_once('/') {
        Some((first, length)) => (first, Some(length.parse().expect("a length"))),
        None => (network, None),
    };
    let (family, first) = aligned_bits(first.parse().expect("an address"));
    let (address_family, address) = aligned_bits(address);
    let shift = 128 - length.unwrap_or(family);
    let prefix = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
    address_family == family && prefix(address) == prefix(first)
}

/// Returns how many bits an address has, and those bits at the top of a number.
fn aligned_bits(address: IpAddr) -> (u32, u128) {
    match address {
        IpAddr::V4(v4) => (32, u128::from(v4.to_bits()) << 96),
        IpAddr::V6(v6) => (128, v6.to_bits()),
    }
}
