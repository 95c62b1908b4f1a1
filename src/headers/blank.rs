//! The items of the key `blank`: headers that are blanked although nothing reads them.
//!
//! Within this folder it depends on `name`.

use std::fmt;

use serde::Deserialize;

use super::name::{HeaderName, HeaderPrefix};

/// One item of the key `blank`: the name of a header, or the beginning of names with a `*`
/// at its end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum BlankedHeaders {
    /// The header of this name, and its aliases.
    Named(HeaderName),
    /// Every header whose name begins so, and the aliases of all of them.
    Prefixed(HeaderPrefix),
}

impl BlankedHeaders {
    /// Returns the name, if this is one.
    pub(crate) fn name(&self) -> Option<&HeaderName> {
        match self {
            Self::Named(header) => Some(header),
            Self::Prefixed(_) => None,
        }
    }

    /// Whether the header `name` is one of those that are blanked.
    pub(crate) fn include(&self, name: &str) -> bool {
        match self {
            Self::Named(header) => header.is_same_or_alias(name),
            Self::Prefixed(prefix) => prefix.is_beginning_of(name),
        }
    }
}

impl TryFrom<String> for BlankedHeaders {
    type Error = String;

    fn try_from(item: String) -> Result<Self, Self::Error> {
        match item.split_once('*') {
            None => HeaderName::try_from(item).map(Self::Named),
            Some((prefix, "")) => HeaderPrefix::try_from(prefix.to_owned()).map(Self::Prefixed),
            Some(_) => Err(format!("`{item}` has a `*` before its end, where it stands for nothing")),
        }
    }
}

impl fmt::Display for BlankedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(header) => header.fmt(f),
            Self::Prefixed(prefix) => write!(f, "{prefix}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(item: &str) -> Result<BlankedHeaders, String> {
        BlankedHeaders::try_from(item.to_owned())
    }

    #[test]
    fn a_prefix_includes_every_name_that_begins_so_and_their_aliases() {
        for prefix in ["X-authentik-*", "x_AUTHENTIK.*", "HTTP_X_AUTHENTIK_*"] {
            let blanked = item(prefix).expect(prefix);
            for name in [
                "X-authentik-uid",
                "x-authentik-",
                "X_Authentik_Jwt",
                "X.authentik~meta",
                "HTTP-X-authentik-uid",
                "http_x_authentik_uid",
                "X-authentik-\u{e9}",
            ] {
                assert!(blanked.include(name), "{prefix} {name}");
            }
            for name in
                ["", "X", "X-authentik", "X-authenti-kuid", "Y-X-authentik-uid", "HTTP-HTTP-X-authentik-uid"]
            {
                assert!(!blanked.include(name), "{prefix} {name}");
            }
        }
    }

    #[test]
    fn a_prefix_need_not_end_with_a_dash_and_includes_its_own_name() {
        let blanked = item("X-MS-CLIENT-PRINCIPAL*").expect("a prefix");
        assert!(blanked.include("x-ms-client-principal") && blanked.include("X-MS-CLIENT-PRINCIPAL-ID"));
        assert!(blanked.include("X_MS_CLIENT_PRINCIPALS") && !blanked.include("X-MS-CLIENT-PRINCIPA"));
    }

    #[test]
    fn a_prefix_that_begins_like_the_one_of_cgi_is_read_as_it_is_written() {
        let blanked = item("Http*").expect("a prefix");
        for (name, is_included) in [("HTTP-Foo", true), ("Https", true), ("Http-Http", true), ("Foo", false)]
        {
            assert_eq!(blanked.include(name), is_included, "{name}");
        }
    }

    #[test]
    fn a_name_includes_itself_and_its_aliases_alone() {
        let blanked = item("X-Id").expect("a name");
        for (name, is_included) in [("x-id", true), ("X_ID", true), ("HTTP-X-Id", true), ("X-Idea", false)] {
            assert_eq!(blanked.include(name), is_included, "{name}");
        }
    }

    #[test]
    fn a_star_stands_at_the_end_alone() {
        for wrong in ["**", "X-*-User", "*-User", "X-**"] {
            let reason = format!("`{wrong}` has a `*` before its end, where it stands for nothing");
            assert_eq!(item(wrong), Err(reason));
        }
        assert_eq!(item("X Id*"), Err("`X Id` is not the beginning of a header name".into()));
        assert_eq!(item("X Id"), Err("`X Id` is not a header name".into()));
        assert_eq!(item(""), Err("`` is not a header name".into()));
    }

    #[test]
    fn an_item_is_shown_as_it_is_configured() {
        for shown in ["X-Id", "X_authentik-*", "*"] {
            assert_eq!(item(shown).map(|item| item.to_string()).as_deref(), Ok(shown));
        }
    }
}
