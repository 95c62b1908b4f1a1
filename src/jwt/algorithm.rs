//! The names of signature algorithms, and the algorithms that the parameters of a
//! public key allow.
//!
//! Within this folder it depends on nothing.

use std::ops::RangeInclusive;
use std::str::FromStr;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RsaParameters,
    VerificationAlgorithm,
};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind};

/// The name that [RFC 9864] gives to the algorithm that [RFC 8037] calls `EdDSA`,
/// with the only curve of it that is accepted.
///
/// [RFC 8037]: https://www.rfc-editor.org/rfc/rfc8037
/// [RFC 9864]: https://www.rfc-editor.org/rfc/rfc9864
const RFC_9864_NAME: &str = "Ed25519";

/// How long the modulus of an RSA key may be, in bits. The minimum is that of
/// [RFC 7518, section 3.3].
///
/// [RFC 7518, section 3.3]: https://www.rfc-editor.org/rfc/rfc7518#section-3.3
const RSA_MODULUS_BITS: RangeInclusive<u32> = 2_048..=8_192;

/// How long the public exponent of an RSA key may be, in bits: it is above 1, and
/// no longer than AWS-LC, which verifies the signatures, takes.
const RSA_EXPONENT_BITS: RangeInclusive<u32> = 2..=33;

/// How many bytes an uncompressed point of the curve P-256 has.
const P256_POINT_BYTES: usize = 65;

/// How many bytes an uncompressed point of the curve P-384 has.
const P384_POINT_BYTES: usize = 97;

/// Returns the algorithm called `name`, if it is implemented.
pub(super) fn algorithm_named(name: &str) -> Option<Algorithm> {
    Algorithm::from_str(legacy_name(name)).ok()
}

/// Replaces the name of RFC 9864 by the older one, `EdDSA`, which is the only one
/// that `jsonwebtoken` knows. Other names are returned as they are.
pub(super) fn legacy_name(name: &str) -> &str {
    if name == RFC_9864_NAME { "EdDSA" } else { name }
}

/// Returns the algorithms that `key` can verify, judging by its parameters. There are
/// none if the key is too weak or is no point of its curve.
pub(super) fn usable_algorithms(key: &DecodingKey) -> &'static [Algorithm] {
    match (key.family(), key.kind()) {
        (AlgorithmFamily::Rsa, parameters) if RSA_MODULUS_BITS.contains(&modulus_bits(parameters)) => {
            AlgorithmFamily::Rsa.algorithms()
        }
        (AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point)) => ecdsa_algorithms(point),
        (AlgorithmFamily::Ed, DecodingKeyKind::SecretOrDer(point)) if is_point(&ED25519, point) => {
            &[Algorithm::EdDSA]
        }
        _ => &[],
    }
}

/// Removes the zeros before the parameters of an RSA key. [RFC 7518, section 2] allows
/// none, but some issuers write them, and AWS-LC does not take them.
///
/// [RFC 7518, section 2]: https://www.rfc-editor.org/rfc/rfc7518#section-2
pub(super) fn without_leading_zeros(key: DecodingKey) -> DecodingKey {
    match key.kind() {
        DecodingKeyKind::RsaModulusExponent { n, e } => {
            DecodingKey::from_rsa_raw_components(trim_zeros(n), trim_zeros(e))
        }
        DecodingKeyKind::SecretOrDer(_) => key,
    }
}

/// Returns how many bits the modulus of an RSA key has, or 0 if the key is invalid.
fn modulus_bits(parameters: &DecodingKeyKind) -> u32 {
    match parameters {
        DecodingKeyKind::RsaModulusExponent { n, e } if is_public_exponent(e) => bit_length(n),
        DecodingKeyKind::RsaModulusExponent { .. } => 0,
        DecodingKeyKind::SecretOrDer(der) => RsaParameters::public_modulus_len(der).unwrap_or(0),
    }
}

/// Whether an RSA key can have this public exponent, which must be odd.
fn is_public_exponent(number: &[u8]) -> bool {
    let is_odd = number.last().is_some_and(|last| last % 2 == 1);
    is_odd && RSA_EXPONENT_BITS.contains(&bit_length(number))
}

fn ecdsa_algorithms(point: &[u8]) -> &'static [Algorithm] {
    match point.len() {
        P256_POINT_BYTES if is_point(&ECDSA_P256_SHA256_FIXED, point) => &[Algorithm::ES256],
        P384_POINT_BYTES if is_point(&ECDSA_P384_SHA384_FIXED, point) => &[Algorithm::ES384],
        _ => &[],
    }
}

/// Whether `point` lies on the curve of `algorithm`.
fn is_point(algorithm: &'static dyn VerificationAlgorithm, point: &[u8]) -> bool {
    ParsedPublicKey::new(algorithm, point).is_ok()
}

/// Returns how many bits a big-endian number has.
fn bit_length(number: &[u8]) -> u32 {
    let number = trim_zeros(number);
    number.first().map_or(0, |first| 8 * number.len() as u32 - first.leading_zeros())
}

fn trim_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_beside_its_curve_is_no_key() {
        for length in [P256_POINT_BYTES, P384_POINT_BYTES] {
            assert!(ecdsa_algorithms(&vec![4; length]).is_empty(), "{length}");
        }
    }
}
