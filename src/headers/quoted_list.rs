use std::borrow::Cow;

use crate::text::trim;

/// Splits `list` at `separator`, and takes the quotes from the pieces that
/// begin with one: a quoted-string of [RFC 9110], section 5.6.4, in which a
/// separator is part of the name. `None` if a quote is not closed, or is
/// closed before the end of its piece. What was quoted is owned.
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4
pub(super) fn split<'a>(list: &'a str, separator: &str) -> Option<Vec<Cow<'a, str>>> {
    let mut pieces = Vec::new();
    let mut rest = Some(list);
    while let Some(list) = rest {
        rest = match trim(list).strip_prefix('"') {
            Some(quoted) => {
                let (name, after) = unquote(quoted)?;
                pieces.push(Cow::Owned(name));
                follow(after, separator)?
            }
            None => {
                let (piece, after) = match list.split_once(separator) {
                    Some((piece, after)) => (piece, Some(after)),
                    None => (list, None),
                };
                pieces.push(Cow::Borrowed(piece));
                after
            }
        };
    }
    Some(pieces)
}

/// The name that ends at the closing quote, and what is after that.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((name, characters.as_str())),
            '\\' => name.push(characters.next()?),
            c => name.push(c),
        }
    }
}

/// The rest of a list after a quoted name: `None` where the list ends.
fn follow<'a>(after: &'a str, separator: &str) -> Option<Option<&'a str>> {
    let trimmed = trim(after);
    match after.strip_prefix(separator).or_else(|| trimmed.strip_prefix(separator)) {
        Some(rest) => Some(Some(rest)),
        None => trimmed.is_empty().then_some(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_keeps_the_separator_in_the_name() {
        let cases: [(&str, &str, &[&str]); 12] = [
            ("", ",", &[""]),
            ("a,b", ",", &["a", "b"]),
            ("\"a,b\",c", ",", &["a,b", "c"]),
            ("c, \"a,b\" ", ",", &["c", "a,b"]),
            ("\"a\" , \"b\"", ",", &["a", "b"]),
            (r#""say \"a\", \\","#, ",", &["say \"a\", \\", ""]),
            ("\"\"", ",", &[""]),
            ("a\"b,c", ",", &["a\"b", "c"]),
            ("\"a; b\"; c", "; ", &["a; b", "c"]),
            ("\"a b\" c", " ", &["a b", "c"]),
            ("\"a|b\"|c", "|", &["a|b", "c"]),
            ("\"ä,ö\"", ",", &["ä,ö"]),
        ];
        for (list, separator, pieces) in cases {
            assert_eq!(split(list, separator).expect(list), pieces, "{list}");
        }
    }

    #[test]
    fn a_quote_that_does_not_end_with_its_piece_is_refused() {
        for list in ["\"", "\"a,b", "a,\"b", "\"a\"b,c", "\"a\"\"b\"", "\"a\\", "\"a\\\"", "\"a\" b"] {
            assert_eq!(split(list, ","), None, "{list}");
        }
    }
}
