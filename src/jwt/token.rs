//! A token, split into its parts and not verified yet.
//!
//! Within this folder it depends on `algorithm`, `json` and `key`.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Deserializer};

use super::algorithm::algorithm_named;
use super::json::{Presence, parse_object};
use super::key::Key;
use crate::error::Fault;

/// The most characters that a token may have.
const MAX_LENGTH: usize = 16_384;

/// What may be before the subtype in a `typ` (RFC 7515, section 4.1.9).
const MEDIA_TYPE_PREFIX: &str = "application/";

/// The types of tokens that say who somebody is, in lower case: an ID token or one of the
/// products that sign (RFC 7519, section 5.1), and an access token (RFC 9068).
const IDENTITY_TYPES: [&str; 2] = ["jwt", "at+jwt"];

/// The encoding of the parts of a token. Padding is optional: AWS pads its tokens,
/// and signs the padding, while nobody else does.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The parts of a token in the compact serialisation of [RFC 7515, section 7.1].
/// Its signature is not verified yet, so nothing in it can be trusted.
///
/// [RFC 7515, section 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
pub(super) struct UnverifiedToken<'a> {
    pub(super) algorithm: Algorithm,
    /// The ID of the key that signed the token (`kid`).
    pub(super) key_id: Option<String>,
    /// The ARN of the AWS load balancer that signed the token.
    pub(super) signer: Option<String>,
    /// The text that is signed: the header and the payload, still encoded.
    message: &'a [u8],
    signature: Vec<u8>,
    payload: Vec<u8>,
}

/// The members of a JOSE header that matter here.
#[derive(Deserialize)]
struct JoseHeader {
    alg: String,
    #[serde(default, deserialize_with = "present_string")]
    typ: Option<String>,
    kid: Option<String>,
    signer: Option<String>,
    #[serde(default)]
    crit: Presence,
    #[serde(default)]
    b64: Presence,
    #[serde(default)]
    enc: Presence,
    #[serde(default)]
    zip: Presence,
}

impl JoseHeader {
    /// Whether the token is read in another way than a plain signed one. Extensions
    /// that a reader must understand ([RFC 7515, section 4.1.11]) are not
    /// supported, and neither are tokens that are encrypted, compressed or not
    /// encoded.
    ///
    /// [RFC 7515, section 4.1.11]: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
    fn is_extended(&self) -> bool {
        [&self.crit, &self.b64, &self.enc, &self.zip].iter().any(|member| member.0)
    }

    /// Whether the token may say who somebody is. A token that its `typ` gives another use,
    /// such as the logout tokens, security events and proofs of possession that the same
    /// issuer may sign with the same key, may not ([RFC 8725, section 3.11]).
    ///
    /// [RFC 8725, section 3.11]: https://www.rfc-editor.org/rfc/rfc8725#section-3.11
    fn is_of_identity(&self) -> bool {
        let Some(media_type) = &self.typ else { return true };
        let media_type = media_type.to_ascii_lowercase();
        IDENTITY_TYPES.contains(&media_type.strip_prefix(MEDIA_TYPE_PREFIX).unwrap_or(&media_type))
    }
}

/// Reads a string, which may not be null.
fn present_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// Whether `text` has the shape of a signed token: three parts in the alphabet of base64url,
/// of which the first begins as a JSON object does, and the signature may be empty. Other
/// kinds of tokens (PASETO, for example) have three parts, too.
pub(super) fn has_shape_of_token(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let [header, payload, _] = parts[..] else { return false };
    let is_encoded = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b));
    begins_as_object(header) && !payload.is_empty() && parts.iter().all(|part| is_encoded(part))
}

/// Whether an encoded part begins with a brace, or with nothing but white space so far.
fn begins_as_object(part: &str) -> bool {
    let start = part.split_at_checked(4).and_then(|(start, _)| decode(start).ok());
    start.is_some_and(|start| matches!(start.trim_ascii_start().first(), None | Some(b'{')))
}

impl<'a> UnverifiedToken<'a> {
    /// Splits `text` into the parts of a token and decodes them.
    ///
    /// # Errors
    ///
    /// - [`Fault::TooLong`] if the token is over the limit
    /// - [`Fault::NotAToken`] if it cannot be read, or needs an extension
    /// - [`Fault::WrongType`] if its type gives it another use
    /// - [`Fault::WrongAlgorithm`] if its algorithm is not implemented
    pub(super) fn parse(text: &'a str) -> Result<Self, Fault> {
        if text.len() > MAX_LENGTH {
            return Err(Fault::TooLong { limit: MAX_LENGTH });
        }
        let (message, signature) = text.rsplit_once('.').ok_or(Fault::NotAToken)?;
        let (header, payload) = message.split_once('.').ok_or(Fault::NotAToken)?;
        let header: JoseHeader = parse_object(&decode(header)?).ok_or(Fault::NotAToken)?;
        if header.is_extended() {
            return Err(Fault::NotAToken);
        }
        if !header.is_of_identity() {
            return Err(Fault::WrongType);
        }
        Ok(Self {
            payload: decode(payload)?,
            signature: decode(signature)?,
            message: message.as_bytes(),
            algorithm: algorithm_named(&header.alg).ok_or(Fault::WrongAlgorithm)?,
            key_id: header.kid,
            signer: header.signer,
        })
    }

    /// Whether `key` may have signed this token, going by the header alone. The
    /// signature is not looked at.
    pub(super) fn may_be_signed_by(&self, key: &Key) -> bool {
        key.may_sign(self.key_id.as_deref(), self.algorithm)
    }

    /// Returns the payload, if `key` signed it.
    pub(super) fn verified_payload(&self, key: &Key) -> Option<&[u8]> {
        if key.verify(self.message, &self.signature, self.algorithm) { Some(&self.payload) } else { None }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Fault> {
    BASE64.decode(part).map_err(|_| Fault::NotAToken)
}
