//! Public keys, from a JWK set or from PEM.
//!
//! Within this folder it depends on `algorithm` and `json`.

use std::fmt;

use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::algorithm::{legacy_name, usable_algorithms, without_leading_zeros};
use super::json::parse_object;
use crate::text::Escaped;

/// What is wrong with a JWK set none of whose keys can verify a signature.
pub(super) const NO_KEYS: &str = "holds no key that can verify a signature";

/// What a block of a PEM file (RFC 7468) begins with.
const PEM_BEGIN: &str = "-----BEGIN ";

/// A public key of the issuer, and the algorithms that it may be used with.
#[derive(Clone)]
pub(crate) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

impl Key {
    /// Reads the keys of a JWK set. Keys that cannot verify a signature are skipped,
    /// as [RFC 7517, section 5] demands, so there may be none.
    ///
    /// # Errors
    ///
    /// Returns a message if `text` is no JWK set.
    ///
    /// [RFC 7517, section 5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
    pub(super) fn from_jwks(text: &str) -> Result<Vec<Self>, String> {
        let set: JwkSet = parse_object(text.as_bytes()).ok_or("is not a JWK set (RFC 7517)")?;
        Ok(set.keys.into_iter().filter_map(Self::from_jwk).collect())
    }

    /// Reads one key of a JWK set, unless something in it says that it cannot verify
    /// a signature.
    fn from_jwk(mut jwk: Value) -> Option<Self> {
        if let Some(Value::String(name)) = jwk.get_mut("alg") {
            *name = legacy_name(name).into();
        }
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        if !may_verify(&jwk.common) {
            return None;
        }
        let of_type = algorithms_of_type(&jwk.algorithm);
        let key = without_leading_zeros(DecodingKey::from_jwk(&jwk).ok()?);
        let usable = usable_algorithms(&key);
        let algorithms = of_type.iter().copied().filter(|algorithm| usable.contains(algorithm));
        let algorithms = match jwk.common.key_algorithm {
            Some(only) => algorithms.filter(|algorithm| KeyAlgorithm::from(*algorithm) == only).collect(),
            None => algorithms.collect(),
        };
        Self::new(jwk.common.key_id, algorithms, key)
    }

    /// Reads the public keys of a PEM file (RFC 7468). It holds more than one while a
    /// new key is about to replace an old one.
    ///
    /// # Errors
    ///
    /// Returns a message if the file holds no public key, something else, or a key that
    /// cannot be used.
    pub(super) fn from_pem(text: &str) -> Result<Vec<Self>, String> {
        let mut keys = Vec::new();
        for block in text.split(PEM_BEGIN).skip(1) {
            let (label, _) = block.split_once("-----").unwrap_or_default();
            if !matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY") {
                let label = Escaped::quoted(label);
                return Err(format!("holds a `{label}`, where a `PUBLIC KEY` is expected"));
            }
            let key = Self::from_pem_block(&format!("{PEM_BEGIN}{block}"));
            keys.push(
                key.ok_or("holds a key that is none of RSA of 2048 to 8192 bits, P-256, P-384 and Ed25519")?,
            );
        }
        if keys.is_empty() { Err("holds no `PUBLIC KEY` in PEM".into()) } else { Ok(keys) }
    }

    fn from_pem_block(pem: &str) -> Option<Self> {
        let pem = pem.as_bytes();
        let key = DecodingKey::from_ec_pem(pem)
            .or_else(|_| DecodingKey::from_ed_pem(pem))
            .or_else(|_| DecodingKey::from_rsa_pem(pem))
            .ok()?;
        Self::new(None, usable_algorithms(&key).into(), key)
    }

    /// Makes a key, unless there is no algorithm that it may be used with.
    fn new(id: Option<String>, algorithms: Vec<Algorithm>, key: DecodingKey) -> Option<Self> {
        if algorithms.is_empty() { None } else { Some(Self { id, algorithms, key }) }
    }

    /// Whether this key may sign with `algorithm` a token that names the key
    /// `key_id`. A token or a key without an ID fits any other.
    pub(super) fn may_sign(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        let may_be_named = key_id.is_none() || self.id.is_none() || self.has_id(key_id);
        may_be_named && self.algorithms.contains(&algorithm)
    }

    /// Whether this key has an ID, and `key_id` is it.
    pub(super) fn has_id(&self, key_id: Option<&str>) -> bool {
        key_id.is_some() && key_id == self.id.as_deref()
    }

    /// Whether this key made `signature` of `message` with `algorithm`.
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

/// Whether the members `use` and `key_ops` of a JWK, if it has them, let it verify
/// signatures.
fn may_verify(common: &CommonParameters) -> bool {
    let is_for_signatures =
        common.public_key_use.as_ref().is_none_or(|intended| *intended == PublicKeyUse::Signature);
    let is_for_verifying =
        common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    is_for_signatures && is_for_verifying
}

/// Returns the algorithms for keys of this type and curve.
fn algorithms_of_type(parameters: &AlgorithmParameters) -> &'static [Algorithm] {
    match parameters {
        AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa.algorithms(),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => &[Algorithm::ES256],
            EllipticCurve::P384 => &[Algorithm::ES384],
            _ => &[],
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_what_it_is_for_and_not_itself() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwks = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{x}"}}]}}"#);
        let keys = Key::from_jwks(&jwks).expect("a key");
        assert_eq!(format!("{keys:?}"), r#"[Key { id: Some("a"), algorithms: [EdDSA] }]"#);
    }

    #[test]
    fn a_key_of_a_curve_that_is_not_its_type_s_is_skipped() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        for curve in ["P-256", "P-384"] {
            let jwks = format!(r#"{{"keys":[{{"kty":"OKP","crv":"{curve}","x":"{x}"}}]}}"#);
            assert!(Key::from_jwks(&jwks).expect("a JWK set").is_empty(), "{curve}");
        }
    }
}
