//! How text that somebody else chose is written into a log line or a message.
//!
//! Within this folder it depends on `visible`.

use std::fmt::{self, Write};

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use super::visible::{is_blank, is_invisible};

/// Text that somebody else chose, as a log line or a message shows it.
///
/// What could end the line, change its direction or hide is written as its number
/// (`\u{202e}`): controls, bidirectional and other invisible characters, every blank
/// other than a space, and characters that Unicode has given no meaning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Escaped<'a> {
    text: &'a str,
    is_quoted: bool,
}

impl<'a> Escaped<'a> {
    /// Text that stands in a line as it is.
    pub(crate) fn line(text: &'a str) -> Self {
        Self { text, is_quoted: false }
    }

    /// Text that stands between quotes or backticks. It has a backslash before each of its
    /// own, and before each backslash, so that it ends where its quotes do.
    pub(crate) fn quoted(text: &'a str) -> Self {
        Self { text, is_quoted: true }
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.text.chars() {
            if self.is_quoted && matches!(c, '"' | '`' | '\\') {
                write!(f, "\\{c}")?;
            } else if is_unclear(c) {
                write!(f, "{}", c.escape_unicode())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// Whether `c` cannot be seen, or cannot be told from something else.
fn is_unclear(c: char) -> bool {
    use GeneralCategory::{PrivateUse, Unassigned};

    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    is_invisible(c) || is_blank(c) || matches!(category, PrivateUse | Unassigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_or_hide_a_line_is_written_as_its_number() {
        let cases = [
            ("ada", "ada"),
            ("Zoë O'Brien 李小龍 नमस्ते 👋", "Zoë O'Brien 李小龍 नमस्ते 👋"),
            ("a\nb\r\tc\0", "a\\u{a}b\\u{d}\\u{9}c\\u{0}"),
            ("\u{1b}[31m\u{7f}\u{85}\u{9b}", "\\u{1b}[31m\\u{7f}\\u{85}\\u{9b}"),
            ("a\u{202e}b\u{2066}\u{200b}\u{feff}", "a\\u{202e}b\\u{2066}\\u{200b}\\u{feff}"),
            ("a\u{2028}b\u{2029}\u{a0}\u{3000}", "a\\u{2028}b\\u{2029}\\u{a0}\\u{3000}"),
            ("\u{3164}\u{fe0f}\u{e0041}\u{e000}\u{378}", "\\u{3164}\\u{fe0f}\\u{e0041}\\u{e000}\\u{378}"),
            ("a\": refused `b` \\", "a\\\": refused \\`b\\` \\\\"),
        ];
        for (text, shown) in cases {
            assert_eq!(Escaped::quoted(text).to_string(), shown);
        }
    }

    #[test]
    fn a_line_keeps_its_quotes() {
        assert_eq!(Escaped::line("`a` \"b\" \\ c\n").to_string(), "`a` \"b\" \\ c\\u{a}");
    }
}
