//! The encodings that escape single bytes, `"percent"` and `"quoted-printable"`, and the
//! key `groups_escape`.
//!
//! Within this folder it depends on nothing.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use quoted_printable::ParseMode;
use serde::Deserialize;

use crate::text::steps;

/// What a backslash directly before a separator of groups means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"none\" or \"backslash\"")]
pub(crate) enum GroupsEscape {
    /// Nobody knows, so it is refused.
    None,
    /// The separator is part of the name, as Shibboleth sends it. Two backslashes are one.
    Backslash,
}

/// Decodes a percent-encoded value (RFC 3986, section 2.1). `None` if an escape is not
/// whole, if a byte should have been escaped, or if the result is not UTF-8.
pub(super) fn decode_percent(value: &str) -> Option<Cow<'_, str>> {
    if !is_well_formed(value, '%') {
        return None;
    }
    percent_decode_str(value).decode_utf8().ok()
}

/// Decodes a quoted-printable value (RFC 2045, section 6.7) into bytes. `None` if an
/// escape is not whole, or if a byte should have been escaped. The digits of an escape
/// may be of either case, as RFC 2045 allows a decoder to accept.
pub(super) fn decode_quoted_printable(value: &str) -> Option<Vec<u8>> {
    if !is_well_formed(value, '=') {
        return None;
    }
    quoted_printable::decode(value, ParseMode::Robust).ok()
}

/// Whether `value` is printable ASCII, in which two hexadecimal digits follow each
/// `escape` character. A lenient decoder decodes such a value without a loss.
fn is_well_formed(value: &str, escape: char) -> bool {
    steps::note(value.len());
    value.bytes().all(is_printable) && value.split(escape).skip(1).all(begins_with_two_hex_digits)
}

fn is_printable(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}

fn begins_with_two_hex_digits(text: &str) -> bool {
    match text.as_bytes() {
        [first, second, ..] => first.is_ascii_hexdigit() && second.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_has_two_hexadecimal_digits() {
        assert_eq!(decode_percent("%41%c3%AB").as_deref(), Some("Aë"));
        assert_eq!(decode_quoted_printable("=41=c3=AB").as_deref(), Some("Aë".as_bytes()));
        for escape in ["", "4", "4g", "g4", "gg", " 4", "4 "] {
            assert_eq!(decode_percent(&format!("a%{escape}")), None, "{escape}");
            assert_eq!(decode_quoted_printable(&format!("a={escape}")), None, "{escape}");
        }
    }
}
