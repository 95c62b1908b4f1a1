//! Lists in which quotes, or backslashes, keep a separator in a name.
//!
//! Within this folder it depends on `escape`.

use std::borrow::Cow;

use super::escape::GroupsEscape;
use crate::error::Fault;
use crate::text::steps;

/// An item of a list that may hold quoted names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ListItem<'a> {
    /// What is between the quotes, with its escapes resolved.
    Quoted(String),
    /// What is between two separators, with the white space around it, and without the
    /// backslashes that escape.
    Unquoted(Cow<'a, str>),
}

/// Splits a list at each separator, one item at a time. An item that begins with a quote is
/// a quoted-string ([RFC 9110, section 5.6.4]), in which a separator is part of the name.
///
/// No byte is looked at more than a few times, however the list is made.
///
/// [RFC 9110, section 5.6.4]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4
#[derive(Debug)]
pub(super) struct QuotedList<'a> {
    list: &'a str,
    separator: &'a str,
    escape: GroupsEscape,
    /// Where the next item begins, unless the list is at its end.
    next: Option<usize>,
    /// Where the next item, or one after it, begins to be other than spaces and tabs.
    visible: usize,
}

impl<'a> QuotedList<'a> {
    pub(super) fn new(list: &'a str, separator: &'a str, escape: GroupsEscape) -> Self {
        Self { list, separator, escape, next: Some(0), visible: 0 }
    }

    fn item(&mut self, start: usize) -> Result<ListItem<'a>, Fault> {
        // Kept between items, as a separator may itself be white space.
        self.visible = self.visible.max(start);
        self.visible += blanks(&self.list[self.visible..]);
        if self.list[self.visible..].starts_with('"') {
            let (name, end) = self.unquote(self.visible + 1).ok_or(Fault::MisplacedQuote)?;
            self.next = self.skip_separator(end)?;
            return Ok(ListItem::Quoted(name));
        }
        let name = match self.escape {
            GroupsEscape::None => Cow::Borrowed(self.split_unescaped(start)?),
            GroupsEscape::Backslash => Cow::Owned(self.split_escaped(start)),
        };
        Ok(ListItem::Unquoted(name))
    }

    /// Returns what is before the next separator.
    fn split_unescaped(&mut self, start: usize) -> Result<&'a str, Fault> {
        let rest = &self.list[start..];
        let Some((name, _)) = rest.split_once(self.separator) else {
            steps::note(rest.len());
            self.next = None;
            return Ok(rest);
        };
        steps::note(name.len());
        if name.ends_with('\\') {
            return Err(Fault::EscapedSeparator);
        }
        self.next = Some(start + name.len() + self.separator.len());
        Ok(name)
    }

    /// Returns what is before the next separator that has no backslash before it. A
    /// backslash that escapes neither a separator nor a backslash is part of the name.
    fn split_escaped(&mut self, start: usize) -> String {
        let mut name = String::new();
        let mut rest = &self.list[start..];
        self.next = None;
        while let Some(c) = rest.chars().next() {
            let escaped = rest.strip_prefix('\\').unwrap_or_default();
            let taken = if escaped.starts_with(self.separator) {
                name.push_str(self.separator);
                1 + self.separator.len()
            } else if escaped.starts_with('\\') {
                name.push('\\');
                2
            } else if rest.starts_with(self.separator) {
                self.next = Some(self.list.len() - rest.len() + self.separator.len());
                break;
            } else {
                name.push(c);
                c.len_utf8()
            };
            steps::note(taken);
            rest = &rest[taken..];
        }
        name
    }

    /// Returns the name that begins at `start` and ends at the closing quote, and where the
    /// text after that quote begins. `None` if there is no closing quote.
    fn unquote(&self, start: usize) -> Option<(String, usize)> {
        let mut name = String::new();
        let mut characters = self.list[start..].chars();
        loop {
            steps::note(1);
            match characters.next()? {
                '"' => return Some((name, self.list.len() - characters.as_str().len())),
                '\\' => name.push(characters.next()?),
                c => name.push(c),
            }
        }
    }

    /// Returns what is after the separator that follows a quoted name. `None` if the list
    /// ends there.
    fn skip_separator(&self, end: usize) -> Result<Option<usize>, Fault> {
        let after = &self.list[end..];
        // The separator may itself begin with a space.
        if after.starts_with(self.separator) {
            return Ok(Some(end + self.separator.len()));
        }
        let start = end + blanks(after);
        if self.list[start..].starts_with(self.separator) {
            Ok(Some(start + self.separator.len()))
        } else if start == self.list.len() {
            Ok(None)
        } else {
            Err(Fault::MisplacedQuote)
        }
    }
}

impl<'a> Iterator for QuotedList<'a> {
    type Item = Result<ListItem<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next?;
        let item = self.item(start);
        if item.is_err() {
            self.next = None;
        }
        Some(item)
    }
}

/// How many spaces and tabs `text` begins with.
fn blanks(text: &str) -> usize {
    let count = text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    steps::note(count);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(list: &str, separator: &str, escape: GroupsEscape) -> Result<Vec<String>, Fault> {
        let items = QuotedList::new(list, separator, escape).map(|item| {
            item.map(|item| match item {
                ListItem::Quoted(name) => name,
                ListItem::Unquoted(name) => name.into_owned(),
            })
        });
        items.collect()
    }

    #[test]
    fn a_quote_keeps_the_separator_in_the_name() {
        let cases: [(&str, &str, &[&str]); 17] = [
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
            (" x  \"y\"", " ", &["", "x", "y"]),
            ("x\ty \"y\"  z", " ", &["x\ty", "y", "", "z"]),
            ("\"a\" ; \"b\"", "; ", &["a", "b"]),
            (r#""a\,b",c"#, ",", &["a,b", "c"]),
            ("\"a\"", " ", &["a"]),
        ];
        for (list, separator, names) in cases {
            for escape in [GroupsEscape::None, GroupsEscape::Backslash] {
                let expected = names.iter().map(|name| name.to_string()).collect();
                assert_eq!(split(list, separator, escape), Ok(expected), "{list}");
            }
        }
    }

    #[test]
    fn a_quote_that_does_not_end_with_its_piece_is_refused() {
        for list in
            ["\"", "\"a,b", "a,\"b", "\"a\"b,c", "\"a\"\"b\"", "\"a\\", "\"a\\\"", "\"a\" b", "\"a\"\\,b"]
        {
            for escape in [GroupsEscape::None, GroupsEscape::Backslash] {
                assert_eq!(split(list, ",", escape), Err(Fault::MisplacedQuote), "{list}");
            }
        }
    }

    #[test]
    fn a_backslash_before_a_separator_is_read_as_the_key_says() {
        let cases: [(&str, &str, &[&str]); 9] = [
            (r"a\;b", ";", &["a;b"]),
            (r"a\;b;c", ";", &["a;b", "c"]),
            (r"a\\;b", ";", &[r"a\", "b"]),
            (r"a\\\;b", ";", &[r"a\;b"]),
            (r"a\; b; c", "; ", &["a; b", "c"]),
            (r"a\::b::c", "::", &["a::b", "c"]),
            (r#"a\;b;"c;d""#, ";", &["a;b", "c;d"]),
            (r"\;;;\;", ";", &[";", "", ";"]),
            (r"é\;ü;x", ";", &["é;ü", "x"]),
        ];
        for (list, separator, names) in cases {
            let expected = names.iter().map(|name| name.to_string()).collect();
            assert_eq!(split(list, separator, GroupsEscape::Backslash), Ok(expected), "{list}");
            assert_eq!(split(list, separator, GroupsEscape::None), Err(Fault::EscapedSeparator), "{list}");
        }
    }

    #[test]
    fn another_backslash_is_part_of_a_name() {
        for (list, names) in [(r"CORP\a;\b;c\", [r"CORP\a", r"\b", r"c\"]), (r"a\ ;b;\", [r"a\ ", "b", r"\"])]
        {
            for escape in [GroupsEscape::None, GroupsEscape::Backslash] {
                assert_eq!(split(list, ";", escape), Ok(names.map(String::from).to_vec()), "{list}");
            }
        }
        assert_eq!(split(r"a\\b", ";", GroupsEscape::Backslash), Ok(vec![r"a\b".into()]));
        assert_eq!(split(r"a\\b", ";", GroupsEscape::None), Ok(vec![r"a\\b".into()]));
    }
}
