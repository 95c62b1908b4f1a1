use std::fmt;

use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;

use super::algorithm::{known_as, usable_algorithms, without_leading_zeros};

/// A public key of the issuer, and what it is for.
#[derive(Clone)]
pub(crate) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

impl Key {
    /// The keys of a JWK set. Those that cannot verify are passed over, as
    /// [RFC 7517, section 5] has it.
    ///
    /// [RFC 7517, section 5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
    pub(crate) fn from_jwks(text: &str) -> Result<Vec<Self>, String> {
        let set: Option<JwkSet> = parse_object(text.as_bytes());
        let set = set.ok_or("is not a JWK set (RFC 7517)")?;
        let jwk = |mut value: serde_json::Value| {
            if let Some(serde_json::Value::String(name)) = value.get_mut("alg") {
                *name = known_as(name).into();
            }
            serde_json::from_value::<Jwk>(value).ok()
        };
        let keys: Vec<_> =
            set.keys.into_iter().filter_map(jwk).filter_map(|jwk| Self::from_jwk(&jwk)).collect();
        if keys.is_empty() { Err("holds no key that can verify a signature".into()) } else { Ok(keys) }
    }

    /// A key that nothing in it speaks against.
    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        let is_for_signatures =
            common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
        let verifies = |operations: &Vec<_>| operations.contains(&KeyOperations::Verify);
        if !is_for_signatures || !common.key_operations.as_ref().is_none_or(verifies) {
            return None;
        }
        let algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa.algorithms(),
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => &[Algorithm::ES256],
                EllipticCurve::P384 => &[Algorithm::ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                &[Algorithm::EdDSA]
            }
            _ => return None,
        };
        let is_intended = |algorithm: &Algorithm| {
            common.key_algorithm.is_none_or(|meant| meant == KeyAlgorithm::from(*algorithm))
        };
        let key = without_leading_zeros(DecodingKey::from_jwk(jwk).ok()?);
        let possible = usable_algorithms(&key);
        let algorithms = algorithms.iter().copied().filter(|algorithm| possible.contains(algorithm));
        let algorithms: Vec<_> = algorithms.filter(is_intended).collect();
        (!algorithms.is_empty()).then(|| Self { id: common.key_id.clone(), algorithms, key })
    }

    /// The public keys of a PEM file (RFC 7468): one, or more where one is to
    /// follow another.
    pub(crate) fn from_pem(text: &str) -> Result<Vec<Self>, String> {
        const BEGIN: &str = "-----BEGIN ";
        let blocks = text.split(BEGIN).skip(1);
        let mut keys = Vec::new();
        for block in blocks {
            let (label, _) = block.split_once("-----").unwrap_or_default();
            if !matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY") {
                return Err(format!("holds a `{label}`, where a `PUBLIC KEY` is expected"));
            }
            let key = Self::from_block(&format!("{BEGIN}{block}"));
            keys.push(
                key.ok_or("holds a key that is none of RSA of 2048 to 8192 bits, P-256, P-384 and Ed25519")?,
            );
        }
        if keys.is_empty() { Err("holds no `PUBLIC KEY` in PEM".into()) } else { Ok(keys) }
    }

    fn from_block(pem: &str) -> Option<Self> {
        let pem = pem.as_bytes();
        let key = DecodingKey::from_ec_pem(pem).or_else(|_| DecodingKey::from_ed_pem(pem));
        let key = key.or_else(|_| DecodingKey::from_rsa_pem(pem)).ok()?;
        let algorithms = usable_algorithms(&key);
        (!algorithms.is_empty()).then(|| Self { id: None, algorithms: algorithms.into(), key })
    }

    /// Whether a token that names the key `id` may be signed by this key with
    /// `algorithm`.
    pub(super) fn fits(&self, id: Option<&str>, algorithm: Algorithm) -> bool {
        let may_be_named = id.is_none() || self.id.is_none() || self.has_id(id);
        may_be_named && self.algorithms.contains(&algorithm)
    }

    /// Whether `id` is the name of this key.
    pub(super) fn has_id(&self, id: Option<&str>) -> bool {
        id.is_some() && id == self.id.as_deref()
    }

    /// Whether `signature` is one of `message` by this key.
    pub(super) fn verify(&self, message: &[u8], signature: &Vec<u8>, algorithm: Algorithm) -> bool {
        // The provider is named: an application may have compiled in another.
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&algorithm, &self.key);
        verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).field("algorithms", &self.algorithms).finish()
    }
}

/// What a JSON object says. An array of the same values, which serde takes too,
/// is none.
pub(super) fn parse_object<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Option<T> {
    json.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(json).ok())?
}
