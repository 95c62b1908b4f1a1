use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use quoted_printable::ParseMode;

use super::encoded_word;
use crate::config::Encoding;
use crate::error::Fault;

impl Encoding {
    /// Decodes `value`, once. What is not encoded as it should be is refused,
    /// and nothing of it passed through: a broken escape, a byte beyond ASCII
    /// where all is encoded as ASCII, and what decodes to no UTF-8.
    pub(crate) fn decode(self, value: &str) -> Result<Cow<'_, str>, Fault> {
        let decoded = match self {
            Encoding::Utf8 => Some(Cow::Borrowed(value)),
            Encoding::Percent => percent(value),
            Encoding::Rfc2047 => encoded_word::decode(value).map(Cow::Owned),
            Encoding::QuotedPrintable => quoted_printable(value).and_then(utf8),
        };
        decoded.ok_or(Fault::Misencoded)
    }
}

fn percent(value: &str) -> Option<Cow<'_, str>> {
    is_escaped(value, '%').then(|| percent_decode_str(value).decode_utf8().ok())?
}

/// The bytes that a quoted-printable `value` is of. The digits may be of
/// either case, as RFC 2045 lets a decoder have it.
pub(super) fn quoted_printable(value: &str) -> Option<Vec<u8>> {
    is_escaped(value, '=').then(|| quoted_printable::decode(value, ParseMode::Robust).ok())?
}

fn utf8(bytes: Vec<u8>) -> Option<Cow<'static, str>> {
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Whether `value` is printable ASCII, and two hexadecimal digits follow each
/// `escape`: what a lenient decoder decodes without a loss.
fn is_escaped(value: &str, escape: char) -> bool {
    let is_printable = |b: u8| b == b' ' || b.is_ascii_graphic();
    let is_octet = |after: &str| after.len() >= 2 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    value.bytes().all(is_printable) && value.split(escape).skip(1).all(is_octet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{Percent, QuotedPrintable, Rfc2047, Utf8};

    #[test]
    fn a_value_is_decoded_as_its_encoding_says() {
        let cases = [
            (Utf8, "Zoë %41 =41", "Zoë %41 =41"),
            (Percent, "Zo%C3%AB", "Zoë"),
            (Percent, "zo%c3%ab+b c", "zoë+b c"),
            (Percent, "a%2Cb%25", "a,b%"),
            (QuotedPrintable, "Zo=C3=AB", "Zoë"),
            (QuotedPrintable, "Zo=c3=ab %41_", "Zoë %41_"),
            (QuotedPrintable, "1+1=3D2", "1+1=2"),
            (Rfc2047, "Alice Smith", "Alice Smith"),
            (Rfc2047, "=?utf-8?q?Kr=C5=ABmi=C5=86a?=", "Krūmiņa"),
        ];
        for (encoding, value, decoded) in cases {
            assert_eq!(encoding.decode(value).as_deref(), Ok(decoded), "{encoding:?} {value}");
        }
    }

    #[test]
    fn a_value_is_decoded_once() {
        for (encoding, value, decoded) in [
            (Percent, "%2541", "%41"),
            (QuotedPrintable, "=3D41", "=41"),
            (Rfc2047, "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?="),
        ] {
            assert_eq!(encoding.decode(value).as_deref(), Ok(decoded));
        }
    }

    #[test]
    fn what_is_not_whole_is_refused_and_nothing_passed_through() {
        let percent =
            ["%", "a%", "a%4", "%zz", "%%41", "%4%41", "Zo\u{eb}", "a\tb", "a\u{7f}", "%C3", "%C0%AF"];
        let quoted =
            ["=", "a=", "a=4", "=zz", "==41", "Zo\u{eb}", "a\tb", "a\u{1}", "=C3", "=C0=AF", "=ED=A0=80"];
        for (encoding, values) in [(Percent, percent), (QuotedPrintable, quoted)] {
            for value in values {
                assert_eq!(encoding.decode(value), Err(Fault::Misencoded), "{encoding:?} {value:?}");
            }
        }
    }
}
