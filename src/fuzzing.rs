//! What must hold for any bytes whatever: the bodies of the targets in `fuzz/`,
//! which the tests of this crate run with bytes of their own.
//!
//! Each panics where its property does not hold, and else tells whether the
//! bytes were accepted.

#[cfg(feature = "jwt")]
mod claims;
mod headers;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use crate::headers::Encoding;
use crate::proxy::Network;

#[cfg(feature = "jwt")]
pub use claims::claims;
pub use headers::headers;

/// The text of a value in an encoding, as an encoder writes it that escapes
/// all that it may.
fn encode(encoding: Encoding, text: &str) -> String {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    match encoding {
        Encoding::Utf8 => text.into(),
        Encoding::Percent => utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
        Encoding::Rfc2047 if text.is_empty() => String::new(),
        Encoding::Rfc2047 => format!("=?utf-8?b?{}?=", BASE64_STANDARD.encode(text)),
        Encoding::QuotedPrintable => text.bytes().map(|byte| format!("={byte:02X}")).collect(),
    }
}

/// What is decoded, encoded again, decodes to the same.
pub fn encodings(data: &[u8]) -> bool {
    let Some((choice, data)) = data.split_first() else { return false };
    let Ok(value) = std::str::from_utf8(data) else { return false };
    let encodings = [Encoding::Utf8, Encoding::Percent, Encoding::Rfc2047, Encoding::QuotedPrintable];
    let encoding = encodings[usize::from(*choice) % encodings.len()];
    let Ok(decoded) = encoding.decode(value) else { return false };
    let again = encode(encoding, &decoded);
    assert_eq!(encoding.decode(&again), Ok(decoded), "{encoding:?}: {value:?}, {again:?}");
    true
}

/// A network that is parsed, written and parsed again is the same, and holds
/// an address, mapped to IPv6 or not, if the bits of its prefix are the same.
pub fn networks(data: &[u8]) -> bool {
    let (peer, text) = data.split_at(data.len().min(16));
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let Ok(network) = text.parse::<Network>() else { return false };
    assert_eq!(network.to_string().parse(), Ok(network), "{text}");

    let mut octets = [0; 16];
    octets[..peer.len()].copy_from_slice(peer);
    for peer in [IpAddr::from(octets), [octets[0], octets[1], octets[2], octets[3]].into()] {
        let is_in = holds(&network.to_string(), peer.to_canonical());
        assert_eq!(network.contains(peer), is_in, "{peer} in {text}");
        if let IpAddr::V4(v4) = peer {
            assert_eq!(network.contains(v4.to_ipv6_mapped().into()), is_in, "{peer} in {text}");
        }
    }
    true
}

/// Whether `peer` begins with the bits that `network` does.
fn holds(network: &str, peer: IpAddr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => (32, u128::from(v4.to_bits()) << 96),
        IpAddr::V6(v6) => (128, v6.to_bits()),
    };
    let (first, length) =
        network.split_once('/').map_or((network, None), |(first, length)| (first, Some(length)));
    let (family, first) = bits(first.parse().expect("an address"));
    let length = length.map_or(family, |length| length.parse().expect("a length"));
    let prefix = |bits: u128| bits.checked_shr(128 - length).unwrap_or(0);
    bits(peer).0 == family && prefix(bits(peer).1) == prefix(first)
}
