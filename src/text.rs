//! The rules for a clean piece of text, whichever header, token or form it is from.
//!
//! This module depends on the errors only.

mod escaped;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::error::Fault;

pub(crate) use escaped::Escaped;

/// Trims the white space around a field value (RFC 9110, section 5.5).
pub(crate) fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// Checks that `value` can be the name of a person or a group, or an address.
///
/// # Errors
///
/// - [`Fault::InvisibleCharacter`] for a character that nobody can see;
/// - [`Fault::Placeholder`] for a variable that a proxy did not expand;
/// - [`Fault::TooLong`] for more than `limit` characters.
pub(crate) fn check(value: &str, limit: usize) -> Result<(), Fault> {
    if has_invisible_character(value) {
        return Err(Fault::InvisibleCharacter);
    }
    check_expanded(value)?;
    if value.chars().count() > limit {
        return Err(Fault::TooLong { limit });
    }
    Ok(())
}

/// Checks that `value` is not a variable that a proxy did not expand.
///
/// # Errors
///
/// Returns [`Fault::Placeholder`] if it is.
pub(crate) fn check_expanded(value: &str) -> Result<(), Fault> {
    if is_placeholder(value) { Err(Fault::Placeholder) } else { Ok(()) }
}

/// Checks that only spaces surround a name. If other white space were trimmed, a decoded
/// name would become that of another group.
///
/// # Errors
///
/// Returns [`Fault::InvisibleCharacter`] if other white space surrounds it.
pub(crate) fn check_padding(name: &str) -> Result<(), Fault> {
    if name.trim_matches(' ') == name.trim() { Ok(()) } else { Err(Fault::InvisibleCharacter) }
}

/// Checks that a user name holds no comma: a proxy that joins two headers puts one between
/// their values (RFC 9110, section 5.3).
///
/// # Errors
///
/// Returns [`Fault::Comma`] if it holds one.
pub(crate) fn check_comma(username: &str) -> Result<(), Fault> {
    if username.contains(',') { Err(Fault::Comma) } else { Ok(()) }
}

fn has_invisible_character(value: &str) -> bool {
    if value.is_ascii() {
        value.bytes().any(|byte| byte.is_ascii_control())
    } else {
        value.chars().any(is_invisible)
    }
}

/// Whether `c` is a control, a format character (the bidirectional ones are among
/// them), a line or paragraph separator, or has the Unicode property
/// `Default_Ignorable_Code_Point`.
fn is_invisible(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};

    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether `value` is a variable that a proxy should have replaced, with any white
/// space around it: `(null)` and `%{…}e` of Apache, `-` and `$name` of nginx, `{…}`
/// of Caddy, `%[…]` of HAProxy, `%REQ(…)%` of Envoy, `<no value>` of Go's templates.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    value == "-"
        || value == "<no value>"
        || value.eq_ignore_ascii_case("(null)")
        || value.strip_prefix('$').is_some_and(is_variable_name)
        || after_brackets(value, "${", '}') == Some("")
        || (value.starts_with('{') && value.ends_with('}'))
        || after_brackets(value, "%{", '}').is_some_and(has_only_letters)
        || after_brackets(value, "%[", ']') == Some("")
        || (value.starts_with('%') && value.ends_with(")%"))
}

/// What follows the first `close` in a `value` that begins with `open`.
fn after_brackets<'a>(value: &'a str, open: &str, close: char) -> Option<&'a str> {
    let (_, after) = value.strip_prefix(open)?.split_once(close)?;
    Some(after)
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn has_only_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
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
