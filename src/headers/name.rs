//! Names of headers, and which other names are aliases of them.
//!
//! Within this folder it depends on nothing.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Unexpected, Visitor};

use crate::text::steps;

/// What CGI puts before the name of a header, folded.
const CGI_PREFIX: &str = "http-";

/// The configured name of a header: a `token` (RFC 9110, section 5.6.2), compared
/// without regard to ASCII case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HeaderName {
    name: String,
    folded: String,
}

/// How the name of a header that was sent compares to a configured one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameMatch {
    /// It is the name of the configured header.
    Same,
    /// It folds to the same name, so a server or a gateway that rewrites names would
    /// take it for the configured header.
    Alias,
    /// It is the name of another header.
    Different,
}

impl HeaderName {
    fn new(name: String) -> Self {
        let folded = fold(&name).map(char::from).collect();
        Self { name, folded }
    }

    /// Makes a header name from a literal, which is not checked.
    pub(crate) fn from_static(name: &'static str) -> Self {
        Self::new(name.into())
    }

    /// Returns the name as it is configured.
    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether `other` is this name or an alias of it.
    pub(crate) fn is_same_or_alias(&self, other: &str) -> bool {
        self.compare(other) != NameMatch::Different
    }

    /// Compares the name of a header that was sent to this one.
    #[inline]
    pub(crate) fn compare(&self, other: &str) -> NameMatch {
        steps::note(other.len().min(self.name.len()));
        if !self.may_fold_to(other) {
            return NameMatch::Different;
        }
        if self.name.eq_ignore_ascii_case(other) {
            return NameMatch::Same;
        }
        if fold(other).eq(self.folded.bytes()) { NameMatch::Alias } else { NameMatch::Different }
    }

    /// Whether `other` can be this name or an alias, as far as its length and its last
    /// character tell: folding drops a prefix or nothing, and keeps the end.
    #[inline]
    fn may_fold_to(&self, other: &str) -> bool {
        let (other, folded) = (other.as_bytes(), self.folded.as_bytes());
        let has_length = other.len() == folded.len() || other.len() == folded.len() + CGI_PREFIX.len();
        has_length && (folded.is_empty() || other.last().map(fold_byte) == folded.last().copied())
    }
}

impl TryFrom<String> for HeaderName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if name.is_empty() || !name.chars().all(is_token_character) {
            return Err(format!("`{name}` is not a header name"));
        }
        Ok(Self::new(name))
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// The beginning of names of headers, compared as it is written, and folded as names are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderPrefix {
    prefix: String,
    folded: String,
}

impl HeaderPrefix {
    /// Whether `name` begins with this prefix, as it was sent or when both are folded.
    pub(crate) fn is_beginning_of(&self, name: &str) -> bool {
        steps::note(name.len().min(self.prefix.len()));
        let as_it_was_sent = name.as_bytes().get(..self.prefix.len());
        as_it_was_sent.is_some_and(|beginning| beginning.eq_ignore_ascii_case(self.prefix.as_bytes()))
            || fold(name).take(self.folded.len()).eq(self.folded.bytes())
    }
}

impl TryFrom<String> for HeaderPrefix {
    type Error = String;

    fn try_from(prefix: String) -> Result<Self, Self::Error> {
        if !prefix.chars().all(is_token_character) {
            return Err(format!("`{prefix}` is not the beginning of a header name"));
        }
        let folded = fold(&prefix).map(char::from).collect();
        Ok(Self { prefix, folded })
    }
}

impl fmt::Display for HeaderPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.prefix.fmt(f)
    }
}

/// Whether a `token` ([RFC 9110, section 5.6.2]) may hold `c`.
///
/// [RFC 9110, section 5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
pub(super) fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '!' | '#'..='\'' | '*' | '+' | '-' | '.' | '^'..='`' | '|' | '~')
}

/// Folds a name as CGI (RFC 3875, section 4.1.18) does, and the gateways modelled on
/// it: letters become ASCII lower case, everything but letters and digits becomes `-`,
/// and one leading `http-` is dropped.
fn fold(name: &str) -> impl Iterator<Item = u8> + '_ {
    let bytes = name.as_bytes();
    let has_prefix = bytes.iter().map(fold_byte).take(CGI_PREFIX.len()).eq(CGI_PREFIX.bytes());
    let start = if has_prefix { CGI_PREFIX.len() } else { 0 };
    bytes[start..].iter().map(fold_byte)
}

fn fold_byte(byte: &u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

/// Deserializes a header that can be turned off: a name, or `false`.
pub(super) fn header_or_false<'de, D>(deserializer: D) -> Result<Option<HeaderName>, D::Error>
where
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(HeaderOrFalse)
}

/// Visits a header name or `false`. An untagged enum would be shorter, but its error would
/// not say what is wrong with a name.
struct HeaderOrFalse;

impl Visitor<'_> for HeaderOrFalse {
    type Value = Option<HeaderName>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header name or `false`")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        HeaderName::try_from(name.to_owned()).map(Some).map_err(E::custom)
    }

    fn visit_bool<E: de::Error>(self, is_on: bool) -> Result<Self::Value, E> {
        if is_on { Err(E::invalid_type(Unexpected::Bool(is_on), &self)) } else { Ok(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(name: &str, other: &str) -> NameMatch {
        HeaderName::try_from(name.to_owned()).expect("a name").compare(other)
    }

    #[test]
    fn case_is_no_difference() {
        for other in ["Remote-User", "remote-user", "REMOTE-USER"] {
            assert_eq!(compare("Remote-User", other), NameMatch::Same, "{other}");
        }
    }

    #[test]
    fn a_name_that_a_gateway_would_fold_is_an_alias() {
        let aliases = [
            "Remote_User",
            "remote.user",
            "REMOTE~USER",
            "Http-Remote-User",
            "HTTP_REMOTE_USER",
            "http.remote!user",
            "Remote|User",
            "Remote`User",
        ];
        for other in aliases {
            assert_eq!(compare("Remote-User", other), NameMatch::Alias, "{other}");
        }
        assert_eq!(compare("HTTP_AUTHUSER", "Authuser"), NameMatch::Alias);
    }

    #[test]
    fn another_name_is_a_different_header() {
        for other in [
            "Remote-Users",
            "RemoteUser",
            "X-Remote-User",
            "Remote-Use",
            "",
            "http-",
            "HTTP-HTTP-Remote-User",
        ] {
            assert_eq!(compare("Remote-User", other), NameMatch::Different, "{other}");
        }
    }

    #[test]
    fn what_is_no_token_is_no_name() {
        for name in ["", "Remote User", "Remote:User", "Rémote"] {
            let error = HeaderName::try_from(name.to_owned()).expect_err(name);
            assert_eq!(error, format!("`{name}` is not a header name"));
        }
    }
}
