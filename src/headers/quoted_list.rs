//! Lists in which quotes keep a separator in a name.
//!
//! Within this folder it depends on nothing.

use crate::error::Fault;
use crate::text::trim;

/// An item of a list that may hold quoted names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ListItem<'a> {
    /// What is between the quotes, with its escapes resolved.
    Quoted(String),
    /// What is between two separators, with the white space around it.
    Unquoted(&'a str),
}

/// Splits `list` at each `separator`. An item that begins with a quote is a
/// quoted-string ([RFC 9110, section 5.6.4]), in which a separator is part of the name.
///
/// # Errors
///
/// Returns [`Fault::MisplacedQuote`] if a quote is not closed, or is closed before the
/// end of its item.
///
/// [RFC 9110, section 5.6.4]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4
pub(super) fn split<'a>(list: &'a str, separator: &str) -> Result<Vec<ListItem<'a>>, Fault> {
    let mut items = Vec::new();
    let mut rest = Some(list);
    while let Some(list) = rest {
        if let Some(quoted) = trim(list).strip_prefix('"') {
            let (name, after) = unquote(quoted).ok_or(Fault::MisplacedQuote)?;
            items.push(ListItem::Quoted(name));
            rest = skip_separator(after, separator)?;
        } else if let Some((name, after)) = list.split_once(separator) {
            items.push(ListItem::Unquoted(name));
            rest = Some(after);
        } else {
            items.push(ListItem::Unquoted(list));
            rest = None;
        }
    }
    Ok(items)
}

/// Returns the name that ends at the closing quote, and the text after that quote.
/// `None` if there is no closing quote.
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

/// Skips the separator that follows a quoted name. `None` if the list ends there.
fn skip_separator<'a>(after: &'a str, separator: &str) -> Result<Option<&'a str>, Fault> {
    let trimmed = trim(after);
    // The separator may itself begin with a space.
    match after.strip_prefix(separator).or_else(|| trimmed.strip_prefix(separator)) {
        Some(rest) => Ok(Some(rest)),
        None if trimmed.is_empty() => Ok(None),
        None => Err(Fault::MisplacedQuote),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of<'a>(item: &'a ListItem<'_>) -> &'a str {
        match item {
            ListItem::Quoted(name) => name,
            ListItem::Unquoted(name) => name,
        }
    }

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
        for (list, separator, names) in cases {
            let items = split(list, separator).expect(list);
            assert_eq!(items.iter().map(name_of).collect::<Vec<_>>(), names, "{list}");
        }
    }

    #[test]
    fn a_quote_that_does_not_end_with_its_piece_is_refused() {
        for list in ["\"", "\"a,b", "a,\"b", "\"a\"b,c", "\"a\"\"b\"", "\"a\\", "\"a\\\"", "\"a\" b"] {
            assert_eq!(split(list, ","), Err(Fault::MisplacedQuote), "{list}");
        }
    }
}
