use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use quoted_printable::ParseMode;

/// Decodes a percent-encoded `value` (RFC 3986, section 2.1), if it is one.
pub(super) fn percent(value: &str) -> Option<Cow<'_, str>> {
    is_escaped(value, '%').then(|| percent_decode_str(value).decode_utf8().ok())?
}

/// The bytes that a quoted-printable `value` is of. The digits may be of
/// either case, as RFC 2045 lets a decoder have it.
pub(super) fn quoted_printable(value: &str) -> Option<Vec<u8>> {
    is_escaped(value, '=').then(|| quoted_printable::decode(value, ParseMode::Robust).ok())?
}

/// Whether `value` is printable ASCII, and two hexadecimal digits follow each
/// `escape`: what a lenient decoder decodes without a loss.
fn is_escaped(value: &str, escape: char) -> bool {
    let is_printable = |b: u8| b == b' ' || b.is_ascii_graphic();
    let is_octet = |after: &str| after.len() >= 2 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    value.bytes().all(is_printable) && value.split(escape).skip(1).all(is_octet)
}
