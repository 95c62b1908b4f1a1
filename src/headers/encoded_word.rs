//! The encoding `"rfc2047"`.
//!
//! Within this folder it depends on `escape`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::escape::decode_quoted_printable;
use crate::text::steps;

/// Decodes the encoded-words in `value`, and keeps the text between them.
///
/// White space between two words is dropped (section 6.2 of [RFC 2047]). Returns `None`
/// if a `=?` begins no complete word that can be decoded, or if a byte is not ASCII.
///
/// [RFC 2047]: https://www.rfc-editor.org/rfc/rfc2047
pub(super) fn decode(value: &str) -> Option<String> {
    if !value.is_ascii() {
        return None;
    }
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value;
    let mut follows_word = false;
    while let Some(start) = rest.find("=?") {
        let (between, word) = rest.split_at(start);
        steps::note(between.len());
        let (word, after) = EncodedWord::split_off(word)?;
        if !follows_word || !is_white_space(between) {
            decoded.push_str(between);
        }
        decoded.push_str(&word.decode()?);
        rest = after;
        follows_word = true;
    }
    decoded.push_str(rest);
    Some(decoded)
}

fn is_white_space(text: &str) -> bool {
    text.bytes().all(|b| b == b' ' || b == b'\t')
}

/// An encoded-word (section 2 of RFC 2047): `=?charset?encoding?text?=`.
struct EncodedWord<'a> {
    charset: &'a str,
    encoding: &'a str,
    text: &'a str,
}

impl<'a> EncodedWord<'a> {
    /// Splits the word that `value` begins with from the text that follows it.
    fn split_off(value: &'a str) -> Option<(Self, &'a str)> {
        let (charset, rest) = value.strip_prefix("=?")?.split_once('?')?;
        let (encoding, rest) = rest.split_once('?')?;
        let (text, rest) = rest.split_once('?')?;
        let after = rest.strip_prefix('=')?;
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        Some((Self { charset, encoding, text }, after))
    }

    fn decode(&self) -> Option<String> {
        steps::note(self.charset.len() + self.encoding.len() + self.text.len());
        let bytes = match self.encoding {
            "b" | "B" => BASE64_STANDARD.decode(self.text).ok()?,
            "q" | "Q" => decode_quoted_printable(&self.text.replace('_', "=20"))?,
            _ => return None,
        };
        // A language may follow the charset (RFC 2231, section 5).
        let charset = self.charset.split('*').next()?.to_ascii_lowercase();
        match charset.as_str() {
            "utf-8" => String::from_utf8(bytes).ok(),
            "us-ascii" if bytes.is_ascii() => String::from_utf8(bytes).ok(),
            "iso-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_a_word_is_walked_over_and_those_of_its_text_twice() {
        let (before, word, text) =
            (1 + "Dr ".len(), 1 + "utf-8".len() + "q".len() + "Zoe".len(), 1 + "Zoe".len());
        let count = steps::count(|| assert_eq!(decode("Dr =?utf-8?q?Zoe?=").as_deref(), Some("Dr Zoe")));
        assert_eq!(count, before + word + text);
    }

    #[test]
    fn the_words_of_rfc_2047_are_decoded() {
        let cases = [
            ("", ""),
            ("plain text, as it is", "plain text, as it is"),
            ("=?utf-8?q?Zo=C3=AB?=", "Zoë"),
            ("=?UTF-8?B?Wm/Dqw==?=", "Zoë"),
            ("=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"),
            ("=?us-ascii?q?Keith_Moore?= <a=b>", "Keith Moore <a=b>"),
            ("=?utf-8*en?q?a?=", "a"),
            // Section 8 of the RFC.
            ("=?ISO-8859-1?Q?a?=", "a"),
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?ISO-8859-1?Q?a?= =?utf-8?Q?_b?=", "a b"),
            ("=?ISO-8859-1?Q?a_?= =?utf-8?Q?b?=", "a b"),
            // Two names of a list, and a list in one word.
            ("=?utf-8?q?a?=,=?utf-8?q?b?=", "a,b"),
            ("=?utf-8?q?a,b?=", "a,b"),
        ];
        for (value, decoded) in cases {
            assert_eq!(decode(value).as_deref(), Some(decoded), "{value}");
        }
    }

    #[test]
    fn what_only_begins_as_a_word_is_refused() {
        let broken = [
            "=?",
            "a =?utf-8",
            "=?utf-8?q?a",
            "=?utf-8?q?a?",
            "=?utf-8?q?a ?=",
            "=?utf-8?q?a b?=",
            "=?utf-8?q??=",
            "=?utf-8?q?=4?=",
            "=?utf-8?q?=zz?=",
            "=?utf-8?q?=C3?= =?utf-8?q?=AB?=",
            "=?utf-8?q?a?b?=",
            "=?utf-8?x?a?=",
            "=?utf-8?b?Wm/Dq?=",
            "=?utf-8?b?Wm/Dq=w=?=",
            "=?utf-8?b?Wm/Dqx==?=",
            "=?us-ascii?q?=E9?=",
            "=?us-ascii?q?=C3=AB?=",
            "=?koi8-r?q?=C1?=",
            "=?utf-8?q?ok?= =?",
            "Zo\u{eb}",
            "=?utf-8?q?Zo\u{eb}?=",
        ];
        for value in broken {
            assert_eq!(decode(value), None, "{value}");
        }
    }
}
