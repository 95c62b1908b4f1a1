//! The inverse of decoding.
//!
//! Within this folder it depends on nothing.

use crate::headers::Encoding;

/// Encodes the text of a value as an encoder does that escapes all that it may.
pub(super) fn encode(encoding: Encoding, text: &str) -> String {
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
