//! The names of algorithms, and which of them the numbers of a key allow.

use std::ops::RangeInclusive;
use std::str::FromStr;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RsaParameters,
    VerificationAlgorithm,
};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind};

/// What [RFC 9864] calls the algorithm that is `EdDSA` in [RFC 8037], with the
/// only curve of it that is accepted.
///
/// [RFC 8037]: https://www.rfc-editor.org/rfc/rfc8037
/// [RFC 9864]: https://www.rfc-editor.org/rfc/rfc9864
const RFC_9864_NAME: &str = "Ed25519";

/// The older name of the algorithm that is called `name`.
pub(super) fn known_as(name: &str) -> &str {
    if name == RFC_9864_NAME { "EdDSA" } else { name }
}

/// The algorithm that is called `name`, if it is implemented.
pub(super) fn algorithm_of(name: &str) -> Option<Algorithm> {
    Algorithm::from_str(known_as(name)).ok()
}

/// How long the modulus of an RSA key is, in bits, at least ([RFC 7518, section
/// 3.3]) and at most.
///
/// [RFC 7518, section 3.3]: https://www.rfc-editor.org/rfc/rfc7518#section-3.3
const MODULUS: RangeInclusive<u32> = 2_048..=8_192;

/// The algorithms that `key` can be of, going by its numbers.
pub(super) fn usable_algorithms(key: &DecodingKey) -> &'static [Algorithm] {
    let is = |algorithm: &'static dyn VerificationAlgorithm, point: &[u8]| {
        ParsedPublicKey::new(algorithm, point).is_ok()
    };
    let modulus = match key.kind() {
        DecodingKeyKind::RsaModulusExponent { n, e } if is_exponent(e) => bits(n),
        DecodingKeyKind::RsaModulusExponent { .. } => 0,
        DecodingKeyKind::SecretOrDer(der) => RsaParameters::public_modulus_len(der).unwrap_or(0),
    };
    match (key.family(), key.kind()) {
        (AlgorithmFamily::Rsa, _) if MODULUS.contains(&modulus) => AlgorithmFamily::Rsa.algorithms(),
        (AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point)) => match point.len() {
            65 if is(&ECDSA_P256_SHA256_FIXED, point) => &[Algorithm::ES256],
            97 if is(&ECDSA_P384_SHA384_FIXED, point) => &[Algorithm::ES384],
            _ => &[],
        },
        (AlgorithmFamily::Ed, DecodingKeyKind::SecretOrDer(point)) if is(&ED25519, point) => {
            &[Algorithm::EdDSA]
        }
        _ => &[],
    }
}

/// A key without the zeros before the numbers of an RSA key, which some write
/// though [RFC 7518, section 2] has none: what verifies does not take them.
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

/// Whether an RSA key can have this public exponent: odd, above 1, and no
/// longer than what verifies takes.
fn is_exponent(number: &[u8]) -> bool {
    (2..=33).contains(&bits(number)) && number.last().is_some_and(|last| last % 2 == 1)
}

/// How many bits a big-endian number has.
fn bits(number: &[u8]) -> u32 {
    let number = trim_zeros(number);
    number.first().map_or(0, |first| 8 * number.len() as u32 - first.leading_zeros())
}

fn trim_zeros(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}
