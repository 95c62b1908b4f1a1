//! Variables that a proxy should have replaced, and did not.
//!
//! Within this folder it depends on nothing.

/// What stands for no value in Apache and in Go's templates, in lower case.
const WORDS: [&str; 3] = ["(null)", "<no value>", "<nil>"];

/// What stands around the name of a variable: in Caddy and templates, in a shell and others
/// with `$`, in Ruby's strings, in Apache, and in HAProxy. A letter may follow that of Apache,
/// as in `%{REMOTE_USER}e`.
const BRACKETS: [(&str, &str); 6] =
    [("{", "}"), ("${", "}"), ("$(", ")"), ("#{", "}"), (APACHE, "}"), ("%[", "]")];
const APACHE: &str = "%{";

/// Every placeholder has one of these characters: see [`is_placeholder`] and
/// [`holds_placeholder`].
const SIGNS: [u8; 7] = *b"-($<{%#";

/// What stands between the parts of a user name, such as a realm and a name, or an attribute
/// and its value.
const PART_SEPARATORS: [char; 8] = ['\\', '/', '@', ':', '|', '=', ';', ','];

/// Whether all of `value` is a placeholder, with any white space around it: a word, the `-`
/// of nginx, a name after `$` or in brackets, or an operator such as `%REQ(…)%` of Envoy or
/// `%username%`.
pub(super) fn is_placeholder(value: &str) -> bool {
    if !has_sign(value) {
        return false;
    }
    let value = value.trim();
    value == "-"
        || WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.strip_prefix('$').is_some_and(is_variable_name)
        || BRACKETS.iter().any(|(open, close)| is_in_brackets(value, open, close))
        || is_between_percent_signs(value)
}

/// Whether a placeholder stands anywhere in `username`, as it does where a proxy puts a
/// variable beside a realm: `(null)@example.com`, `CORP\-`.
///
/// A `$` that nothing follows which could be the name of a variable is part of a name, as
/// in `PC01$` or `PC01$@EXAMPLE.COM`, the account of a machine. So is a brace without its
/// other half, and a `-` beside other characters or between two words.
pub(super) fn holds_placeholder(username: &str) -> bool {
    if !has_sign(username) {
        return false;
    }
    let lower_case = username.to_ascii_lowercase();
    is_placeholder(username)
        || WORDS.iter().any(|word| lower_case.contains(word))
        || username.split(PART_SEPARATORS).any(has_dash_for_a_word)
        || username.split('$').skip(1).any(begins_a_variable)
        || BRACKETS.iter().any(|(open, close)| has_in_order(username, open, close))
        || holds_operator(username)
}

/// Whether `value` has a character that no placeholder is without. Most values have none, and
/// need not be searched for each kind of placeholder.
fn has_sign(value: &str) -> bool {
    value.bytes().any(|byte| SIGNS.contains(&byte))
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_word_byte)
}

fn is_in_brackets(value: &str, open: &str, close: &str) -> bool {
    let value =
        if open == APACHE { value.trim_end_matches(|c: char| c.is_ascii_alphabetic()) } else { value };
    value.strip_prefix(open).is_some_and(|inner| inner.ends_with(close))
}

fn is_between_percent_signs(value: &str) -> bool {
    let inner = value.strip_prefix('%').and_then(|inner| inner.strip_suffix('%'));
    inner.is_some_and(|inner| inner.ends_with(')') || is_operator(inner, ""))
}

/// Whether a `-` is the first or the last word of `part`, where the value of a variable would
/// be: `CORP -`.
fn has_dash_for_a_word(part: &str) -> bool {
    let part = part.trim();
    let is_word = |rest: &str| rest.is_empty() || rest.trim() != rest;
    part.strip_prefix('-').is_some_and(is_word) || part.strip_suffix('-').is_some_and(is_word)
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
    let pieces: Vec<_> = value.split('%').skip(1).collect();
    pieces.windows(2).any(|pair| is_operator(pair[0], pair[1]))
}

/// Whether `piece`, which is between two percent signs, begins with a name of three
/// characters at least. What begins with two hexadecimal digits, as `%C3%AB` and `%ABel%20`
/// do, is percent-encoded text instead, if the second sign is the beginning of an escape, too:
/// two digits are in what comes `after` it. So `%account%` is no such text. No name in lower
/// case begins with a digit.
fn is_operator(piece: &str, after: &str) -> bool {
    let rest = piece.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let name = &piece[..piece.len() - rest.len()];
    let is_upper_case = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let begins_with_a_digit = name.starts_with(|c: char| c.is_ascii_digit());
    let is_escape =
        !is_upper_case && begins_an_escape(name) && (begins_with_a_digit || begins_an_escape(after));
    name.len() >= 3 && !is_escape && (rest.is_empty() || (rest.starts_with('(') && rest.contains(')')))
}

/// Whether `text`, which follows a percent sign, begins with two hexadecimal digits.
fn begins_an_escape(text: &str) -> bool {
    matches!(text.as_bytes(), [first, second, ..] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit())
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
            "<No Value>",
            "<nil>",
            "<NIL>",
            "$(user)",
            "$(id -un)",
            "${USER:-${NAME}}",
            "#{user}",
            "{{ user }}",
            "%DOWNSTREAM_PEER_SUBJECT%",
            "%username%",
            " %username%\t",
            "%account%",
            "%decoded_user%",
            "%cert_cn%",
            "%cel(request.user)%",
            "%[req.hdr(user),map(a[1])]",
        ];
        for value in placeholders {
            assert!(is_placeholder(value) && holds_placeholder(value), "{value}");
        }
    }

    #[test]
    fn a_value_with_more_in_it_than_a_placeholder_is_none() {
        let values = [
            "$5 off",
            "{a} b",
            "a {b}",
            "(null) b",
            "<nil>s",
            "$(a) b",
            "#{a} b",
            "#a",
            "100%",
            "%",
            "%%",
            "50%of%it",
            "%20x%",
            "%41da%5C%40",
            "CN=-",
            "a -",
            "%username% b",
            "%{a} b",
        ];
        for value in values {
            assert!(!is_placeholder(value), "{value}");
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
            "CORP -",
            "CORP\u{a0}-",
            "- ada",
            "CN=-",
            "uid=-",
            "CN=-,OU=people",
            "uid= - ;ou=people",
            "ada;-",
            "-;ada",
            "ada,-",
            "CORP -@example.com",
            "CORP\\%account%",
            "%decoded_user%@x",
            "%cert_cn%@example.com",
            "zo%C3%AB@%account%",
            "%account%%20x",
            "%ACCOUNT_ID%20x",
            "$(user",
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
            "%C3%89mile%20Zola",
            "%41da%5C%40%",
            "5%20off%",
            "%account%dead",
            "ops - night shift",
            "ops -night",
            "a=b-",
            "a=-b",
            "ada;--",
            "auth0|5f7c8ec7c33c6c004bbafe82",
        ];
        for name in names {
            assert!(!holds_placeholder(name), "{name}");
        }
    }
}
