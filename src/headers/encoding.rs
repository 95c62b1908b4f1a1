//! The key `encoding`, and how a value is decoded by it.
//!
//! Within this folder it depends on `encoded_word` and `escape`.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::{encoded_word, escape};
use crate::error::Fault;

/// How the proxy encodes the values of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "\"utf-8\", \"percent\", \"rfc2047\" or \"quoted-printable\"")]
pub(crate) enum Encoding {
    /// Nothing is encoded: each value is taken as it is.
    #[serde(rename = "utf-8")]
    Utf8,
    /// `%C3%AB`: RFC 3986, section 2.1.
    Percent,
    /// `=?utf-8?q?Zo=C3=AB?=`: the encoded-words of RFC 2047, between which there may be
    /// other text.
    #[serde(rename = "rfc2047")]
    Rfc2047,
    /// `Zo=C3=AB`: RFC 2045, section 6.7.
    QuotedPrintable,
}

impl Encoding {
    /// Returns the value of the key `encoding` that stands for this one.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Percent => "percent",
            Encoding::Rfc2047 => "rfc2047",
            Encoding::QuotedPrintable => "quoted-printable",
        }
    }

    /// Decodes `value`, once. A value that is not encoded as it should be is refused as a
    /// whole, and no part of it is passed through as it is.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::InvalidEncoding`] if an escape is broken, if there is a byte that
    /// should have been encoded, or if the result is not UTF-8.
    pub(crate) fn decode(self, value: &str) -> Result<Cow<'_, str>, Fault> {
        let decoded = match self {
            Encoding::Utf8 => Some(Cow::Borrowed(value)),
            Encoding::Percent => escape::decode_percent(value),
            Encoding::Rfc2047 => encoded_word::decode(value).map(Cow::Owned),
            Encoding::QuotedPrintable => escape::decode_quoted_printable(value)
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map(Cow::Owned),
        };
        decoded.ok_or(Fault::InvalidEncoding)
    }
}

/// The encodings of the identity headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encodings {
    pub(crate) user: Encoding,
    pub(crate) name: Encoding,
    pub(crate) email: Encoding,
    pub(crate) groups: Encoding,
    pub(crate) subject: Encoding,
    pub(crate) attributes: Encoding,
}

impl Encodings {
    /// All headers have the same `encoding`.
    pub(crate) const fn all(encoding: Encoding) -> Self {
        Self {
            user: encoding,
            name: encoding,
            email: encoding,
            groups: encoding,
            subject: encoding,
            attributes: encoding,
        }
    }
}

impl fmt::Display for Encodings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, name, email, groups, subject, attributes } = *self;
        if *self == Self::all(user) {
            return f.write_str(user.as_str());
        }
        let [user, name, email, groups] = [user, name, email, groups].map(Encoding::as_str);
        let [subject, attributes] = [subject, attributes].map(Encoding::as_str);
        write!(f, "user {user}, name {name}, email {email}, groups {groups}, ")?;
        write!(f, "subject {subject}, attributes {attributes}")
    }
}

impl<'de> Deserialize<'de> for Encodings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EncodingsVisitor)
    }
}

/// The table of an encoding for each header. A header that is not in it is not encoded.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EncodingsTable {
    #[serde(default = "not_encoded")]
    user: Encoding,
    #[serde(default = "not_encoded")]
    name: Encoding,
    #[serde(default = "not_encoded")]
    email: Encoding,
    #[serde(default = "not_encoded")]
    groups: Encoding,
    #[serde(default = "not_encoded")]
    subject: Encoding,
    #[serde(default = "not_encoded")]
    attributes: Encoding,
}

fn not_encoded() -> Encoding {
    Encoding::Utf8
}

/// Visits one encoding for all headers, or a table.
struct EncodingsVisitor;

impl<'de> Visitor<'de> for EncodingsVisitor {
    type Value = Encodings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an encoding, or a table of one for each header")
    }

    fn visit_str<E: de::Error>(self, encoding: &str) -> Result<Encodings, E> {
        Encoding::deserialize(StrDeserializer::new(encoding)).map(Encodings::all)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Encodings, A::Error> {
        let EncodingsTable { user, name, email, groups, subject, attributes } =
            EncodingsTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Encodings { user, name, email, groups, subject, attributes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{Percent, QuotedPrintable, Rfc2047, Utf8};

    #[test]
    fn a_value_is_decoded_as_its_encoding_says() {
        let cases = [
            (Utf8, "Zoë %41 =41", "Zoë %41 =41"),
            (Percent, "Zo%C3%AB", "Zoë"),
            (Percent, "zo%c3%ab+b c", "zoë+b c"),
            (Percent, "a%2Cb%25", "a,b%"),
            (QuotedPrintable, "Zo=C3=AB", "Zoë"),
            (QuotedPrintable, "Zo=c3=ab %41_", "Zoë %41_"),
            (QuotedPrintable, "1+1=3D2", "1+1=2"),
            (Rfc2047, "Alice Smith", "Alice Smith"),
            (Rfc2047, "=?utf-8?q?Kr=C5=ABmi=C5=86a?=", "Krūmiņa"),
        ];
        for (encoding, value, decoded) in cases {
            assert_eq!(encoding.decode(value).as_deref(), Ok(decoded), "{encoding:?} {value}");
        }
    }

    #[test]
    fn a_value_is_decoded_once() {
        for (encoding, value, decoded) in [
            (Percent, "%2541", "%41"),
            (QuotedPrintable, "=3D41", "=41"),
            (Rfc2047, "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?="),
        ] {
            assert_eq!(encoding.decode(value).as_deref(), Ok(decoded));
        }
    }

    #[test]
    fn what_is_not_whole_is_refused_and_nothing_passed_through() {
        let percent =
            ["%", "a%", "a%4", "%zz", "%%41", "%4%41", "Zo\u{eb}", "a\tb", "a\u{7f}", "%C3", "%C0%AF"];
        let quoted =
            ["=", "a=", "a=4", "=zz", "==41", "Zo\u{eb}", "a\tb", "a\u{1}", "=C3", "=C0=AF", "=ED=A0=80"];
        for (encoding, values) in [(Percent, percent), (QuotedPrintable, quoted)] {
            for value in values {
                assert_eq!(encoding.decode(value), Err(Fault::InvalidEncoding), "{encoding:?} {value:?}");
            }
        }
    }
}
