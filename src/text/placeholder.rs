//! Variables that a proxy should have replaced, and did not.
//!
//! Within this folder it depends on nothing.

/// What stands between the parts of a user name, such as a realm and a name.
const PART_SEPARATORS: [char; 5] = ['\\', '/', '@', ':', '|'];

/// Whether all of `value` is a placeholder, with any white space around it: `(null)` and
/// `%{…}e` of Apache, `-` and `$name` of nginx, `{…}` of Caddy, `%[…]` of HAProxy,
/// `%REQ(…)%` of Envoy, `<no value>` of Go's templates.
pub(super) fn is_placeholder(value: &str) -> bool {
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

/// Whether a placeholder stands anywhere in `username`, as it does where a proxy puts a
/// variable beside a realm: `(null)@example.com`, `CORP\-`.
///
/// A `$` that nothing follows which could be the name of a variable is part of a name, as
/// in `PC01$` or `PC01$@EXAMPLE.COM`, the account of a machine. So is a brace without its
/// other half, and a `-` beside other characters.
pub(super) fn holds_placeholder(username: &str) -> bool {
    let lower_case = username.to_ascii_lowercase();
    is_placeholder(username)
        || ["(null)", "<no value>", "<nil>"].iter().any(|word| lower_case.contains(word))
        || username.split(PART_SEPARATORS).any(|part| part.trim() == "-")
        || username.split('$').skip(1).any(begins_a_variable)
        || has_in_order(username, "{", "}")
        || has_in_order(username, "%[", "]")
        || holds_operator(username)
}

/// What follows the first `close` in a `value` that begins with `open`.
fn after_brackets<'a>(value: &'a str, open: &str, close: char) -> Option<&'a str> {
    let (_, after) = value.strip_prefix(open)?.split_once(close)?;
    Some(after)
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_word_byte)
}

fn has_only_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether `text`, which follows a `$`, begins with a name, a number or a bracket.
fn begins_a_variable(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| is_word_byte(byte) || byte == b'{' || byte == b'(')
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `open` stands somewhere in `value`, and `close` after it.
fn has_in_order(value: &str, open: &str, close: &str) -> bool {
    value.split_once(open).is_some_and(|(_, after)| after.contains(close))
}

/// Whether `value` holds an operator of Envoy, `%PROTOCOL%` or `%REQ(…)%`, or another name
/// between percent signs.
fn holds_operator(value: &str) -> bool {
    let pieces: Vec<_> = value.split('%').collect();
    pieces.get(1..pieces.len() - 1).unwrap_or_default().iter().any(|piece| is_operator(piece))
}

/// Whether `piece`, which is between two percent signs, begins with a name of three
/// characters at least. That of `%C3%AB`, or of `%ABel%20`, is percent-encoded.
fn is_operator(piece: &str) -> bool {
    let rest = piece.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let name = &piece[..piece.len() - rest.len()];
    let is_upper_case = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let is_escape = name.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()) && !is_upper_case;
    name.len() >= 3 && !is_escape && (rest.is_empty() || (rest.starts_with('(') && rest.contains(')')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_all_placeholder_is_one() {
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
            assert!(is_placeholder(value) && holds_placeholder(value), "{value}");
        }
    }

    #[test]
    fn a_placeholder_beside_something_else_is_one_in_a_user_name_only() {
        let names = [
            "(null)@example.com",
            "CORP\\(NULL)",
            "ada(null)",
            "ada-$remote_user",
            "$remote_user@example.com",
            "CORP\\$1",
            "ada$$user",
            "x${user}",
            "$(user)@example.com",
            "x{http.auth.user.id}",
            "{{ user }}.x",
            "#{user}@example.com",
            "{user}-{realm}",
            "%{REMOTE_USER}e@realm",
            "realm/%{REMOTE_USER}s",
            "%[req.hdr(user)]@example.com",
            "%REQ(X-USER?Y)%@example.com",
            "x-%DOWNSTREAM_PEER_SUBJECT%",
            "%CEL(request.user)%@realm",
            "CORP\\%username%",
            "<no value>@example.com",
            "CORP\\<No Value>",
            "<nil>@example.com",
            "CORP\\-",
            "-@example.com",
            "ada@-",
            "-/host@EXAMPLE.COM",
            "accounts.google.com:-",
            "auth0|-",
            "CORP\\ - ",
        ];
        for name in names {
            assert!(holds_placeholder(name), "{name}");
            assert!(!is_placeholder(name) || name.starts_with('{'), "{name}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_one_is_a_name() {
        let names = [
            "PC01$",
            "PC01$@EXAMPLE.COM",
            "CORP\\PC01$",
            "svc-web$",
            "$",
            "a{b",
            "a}b{c",
            "}{",
            "ada-lovelace",
            "-ada",
            "ada-",
            "--",
            "CORP\\ada-b",
            "null",
            "null@example.com",
            "(none)",
            "100%",
            "50%of%it",
            "a%xyz(b%",
            "a%xyz)b%",
            "zo%C3%AB",
            "%41da%5C%40",
            "%EA%AB%AD",
            "zo%ABel%20x",
            "a%5Cda%20b",
            "ada%40example.com",
            "auth0|5f7c8ec7c33c6c004bbafe82",
        ];
        for name in names {
            assert!(!holds_placeholder(name), "{name}");
        }
    }
}
