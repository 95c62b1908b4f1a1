use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Unexpected, Visitor};

/// The name of a configured identity header: a `token` of RFC 9110,
/// section 5.6.2, compared without regard to ASCII case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HeaderName {
    name: String,
    folded: String,
}

/// How the name of a header that was sent compares to a configured one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameMatch {
    /// It is that header.
    Same,
    /// It folds to the same name, so that a server or a gateway that rewrites
    /// names would take it for that header.
    Alias,
    /// It is another header.
    Different,
}

impl HeaderName {
    /// A name that is known when this crate is compiled.
    pub(crate) fn from_static(name: &'static str) -> Self {
        Self { name: name.into(), folded: fold(name).map(char::from).collect() }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether the header called `other` is this one or an alias of it.
    pub(crate) fn is_kin(&self, other: &str) -> bool {
        self.match_name(other) != NameMatch::Different
    }

    /// What the header called `other` is to this one.
    pub(crate) fn match_name(&self, other: &str) -> NameMatch {
        if self.name.eq_ignore_ascii_case(other) {
            NameMatch::Same
        } else if other.len().abs_diff(self.folded.len()) <= PREFIX.len()
            && fold(other).eq(self.folded.bytes())
        {
            NameMatch::Alias
        } else {
            NameMatch::Different
        }
    }
}

/// What CGI puts before the name of a header.
const PREFIX: &[u8] = b"http-";

/// Folds a name as CGI (RFC 3875, section 4.1.18) and the gateways after it
/// do: ASCII lower case, whatever is no letter or digit read as `-`, and one
/// leading `http-` dropped.
fn fold(name: &str) -> impl Iterator<Item = u8> + '_ {
    let folded = |b: u8| match b {
        b if b.is_ascii_alphanumeric() => b.to_ascii_lowercase(),
        _ => b'-',
    };
    let bytes = name.as_bytes();
    let prefixed = bytes.iter().take(PREFIX.len()).map(|b| folded(*b)).eq(PREFIX.iter().copied());
    bytes[if prefixed { PREFIX.len() } else { 0 }..].iter().map(move |b| folded(*b))
}

/// Whether a `token` ([RFC 9110, section 5.6.2]) may hold `c`.
///
/// [RFC 9110, section 5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
pub(super) fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

impl TryFrom<String> for HeaderName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if name.is_empty() || !name.chars().all(is_token_character) {
            return Err(format!("`{name}` is not a header name"));
        }
        let folded = fold(&name).map(char::from).collect();
        Ok(Self { name, folded })
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// A header that can be turned off: a name, or `false`.
pub(crate) fn name_or_false<'de, D>(de: D) -> Result<Option<HeaderName>, D::Error>
where
    D: Deserializer<'de>,
{
    struct NameOrFalse;

    impl Visitor<'_> for NameOrFalse {
        type Value = Option<HeaderName>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a header name or `false`")
        }

        fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
            HeaderName::try_from(name.to_owned()).map(Some).map_err(E::custom)
        }

        fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
            if on { Err(E::invalid_type(Unexpected::Bool(on), &self)) } else { Ok(None) }
        }
    }

    de.deserialize_any(NameOrFalse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn match_name(name: &str, other: &str) -> NameMatch {
        HeaderName::try_from(name.to_owned()).expect("a name").match_name(other)
    }

    #[test]
    fn case_is_no_difference() {
        for other in ["Remote-User", "remote-user", "REMOTE-USER"] {
            assert_eq!(match_name("Remote-User", other), NameMatch::Same, "{other}");
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
            assert_eq!(match_name("Remote-User", other), NameMatch::Alias, "{other}");
        }
        assert_eq!(match_name("HTTP_AUTHUSER", "Authuser"), NameMatch::Alias);
    }

    #[test]
    fn another_name_is_a_stranger() {
        for other in [
            "Remote-Users",
            "RemoteUser",
            "X-Remote-User",
            "Remote-Use",
            "",
            "http-",
            "HTTP-HTTP-Remote-User",
        ] {
            assert_eq!(match_name("Remote-User", other), NameMatch::Different, "{other}");
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
