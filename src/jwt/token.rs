use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::Algorithm;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::algorithm::algorithm_of;
use super::key::{Key, parse_object};
use crate::error::Fault;

/// A token in the compact serialization of [RFC 7515, section 7.1], taken apart
/// and not yet believed.
///
/// [RFC 7515, section 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
#[derive(Debug)]
pub(super) struct UnverifiedToken<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    /// The ARN of the AWS load balancer that signed.
    pub(super) signer: Option<String>,
    message: &'a [u8],
    signature: Vec<u8>,
    payload: Vec<u8>,
}

/// The parts of a JOSE header that are needed.
#[derive(Deserialize)]
struct JoseHeader {
    alg: String,
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

/// Whether a member is there, be it null.
#[derive(Default)]
struct Presence(bool);

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(de).map(|_| Self(true))
    }
}

/// AWS pads its tokens, and signs the padding; nobody else does.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl<'a> UnverifiedToken<'a> {
    /// How long a token may be, in characters.
    const LONGEST: usize = 16_384;

    /// Takes `text` apart. Extensions that must be understood are not ([RFC
    /// 7515, section 4.1.11]), nor is what is encrypted or not encoded.
    ///
    /// [RFC 7515, section 4.1.11]: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
    pub(super) fn parse(text: &'a str) -> Result<Self, Fault> {
        if text.len() > Self::LONGEST {
            return Err(Fault::TooLong { limit: Self::LONGEST });
        }
        let (message, signature) = text.rsplit_once('.').ok_or(Fault::NotAToken)?;
        let (header, payload) = message.split_once('.').ok_or(Fault::NotAToken)?;
        let header: JoseHeader = parse_object(&decode(header)?).ok_or(Fault::NotAToken)?;
        if [header.crit, header.b64, header.enc, header.zip].iter().any(|member| member.0) {
            return Err(Fault::NotAToken);
        }
        Ok(Self {
            payload: decode(payload)?,
            signature: decode(signature)?,
            message: message.as_bytes(),
            algorithm: algorithm_of(&header.alg).ok_or(Fault::WrongAlgorithm)?,
            key_id: header.kid,
            signer: header.signer,
        })
    }

    /// Whether one of `keys` may have signed this; its signature aside.
    pub(super) fn may_be_signed_by(&self, key: &Key) -> bool {
        key.fits(self.key_id.as_deref(), self.algorithm)
    }

    /// The payload, if `key` signed it.
    pub(super) fn payload(&self, key: &Key) -> Option<&[u8]> {
        key.verify(self.message, &self.signature, self.algorithm).then_some(&self.payload)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Fault> {
    BASE64.decode(part).map_err(|_| Fault::NotAToken)
}
