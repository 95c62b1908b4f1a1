//! What a clean piece of text is, wherever it came from.
//!
//! This module depends on the errors only.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::error::Fault;

/// Trims the white space around a field value (RFC 9110, section 5.5).
pub(crate) fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// Refuses what no person's name, address or group can be: characters that
/// nobody sees, placeholders that a proxy did not expand, and more than
/// `limit` characters.
pub(crate) fn check(value: &str, limit: usize) -> Result<(), Fault> {
    let unseen = match value.is_ascii() {
        true => value.bytes().any(|b| b.is_ascii_control()),
        false => value.chars().any(is_unseen),
    };
    if unseen {
        return Err(Fault::InvisibleCharacter);
    }
    if is_placeholder(value) {
        return Err(Fault::Placeholder);
    }
    if value.chars().count() > limit {
        return Err(Fault::TooLong { limit });
    }
    Ok(())
}

/// Controls, format characters (the bidirectional ones among them), line and
/// paragraph separators, and whatever Unicode says is to be shown as nothing.
fn is_unseen(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};

    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether `value` is a variable that a proxy was to replace: `(null)` and
/// `%{…}e` of Apache, `-` and `$name` of nginx, `{…}` of Caddy, `%[…]` of
/// HAProxy, `%REQ(…)%` of Envoy, `<no value>` of Go's templates; with any white
/// space around it.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let enclosed = |open: &str, close: char| {
        value.strip_prefix(open).and_then(|rest| rest.split_once(close)).map(|(_, after)| after)
    };
    let is_name = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');

    value == "-"
        || value.eq_ignore_ascii_case("(null)")
        || value.strip_prefix('$').is_some_and(is_name)
        || enclosed("${", '}') == Some("")
        || (value.starts_with('{') && value.ends_with('}'))
        || enclosed("%{", '}').is_some_and(|after| after.bytes().all(|b| b.is_ascii_alphabetic()))
        || enclosed("%[", ']') == Some("")
        || (value.starts_with('%') && value.ends_with(")%"))
        || value == "<no value>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_nobody_sees_is_refused() {
        let unseen = [
            '\0',
            '\t',
            '\n',
            '\u{1f}',
            '\u{7f}',
            '\u{85}',
            '\u{9f}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e0041}',
        ];
        for c in unseen {
            assert_eq!(check(&format!("a{c}b"), 9), Err(Fault::InvisibleCharacter), "{c:?}");
        }
    }

    #[test]
    fn a_placeholder_is_refused() {
        let placeholders = [
            "%REQ(x-user)%",
            "<no value>",
            "-",
            "(null)",
            "(NULL)",
            "(null)\u{a0}",
            "\u{3000}- ",
            "$remote_user",
            "${REMOTE_USER}",
            "{http.auth.user.id}",
            "{}",
            "%{REMOTE_USER}e",
            "%{REMOTE_USER}",
            "%[req.hdr(user)]",
        ];
        for value in placeholders {
            assert_eq!(check(value, 99), Err(Fault::Placeholder), "{value}");
        }
    }

    #[test]
    fn an_ordinary_value_is_clean() {
        let ordinary = [
            "",
            "ada",
            "ada@example.com",
            "Ada Lovelace",
            "Zoë",
            "李小龍",
            "O'Brien-Smith",
            "--",
            "a-b",
            "$",
            "$5 off",
            "{a} b",
            "null",
            "(none)",
            "100%",
            "DOMAIN\\ada",
            "👋",
        ];
        for value in ordinary {
            assert_eq!(check(value, 99), Ok(()), "{value}");
        }
    }

    #[test]
    fn the_limit_counts_characters_and_is_itself_allowed() {
        assert_eq!(check("ëëë", 3), Ok(()));
        assert_eq!(check("ëëëë", 3), Err(Fault::TooLong { limit: 3 }));
    }
}
