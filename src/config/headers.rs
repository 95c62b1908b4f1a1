use serde::Deserialize;

use crate::headers::{HeaderName, name_or_false};

/// The names of the identity headers.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of header names")]
pub(crate) struct Headers {
    pub(crate) user: HeaderName,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) name: Option<HeaderName>,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) email: Option<HeaderName>,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) groups: Option<HeaderName>,
}

/// Headers that HTTP itself needs, so that they cannot be blanked.
const OF_HTTP: [&str; 7] =
    ["Connection", "Content-Length", "Content-Type", "Cookie", "Host", "Transfer-Encoding", "Upgrade"];

impl Headers {
    /// How many identity headers there can be.
    pub(crate) const COUNT: usize = 4;

    pub(crate) fn all(&self) -> [Option<&HeaderName>; Self::COUNT] {
        [Some(&self.user), self.name.as_ref(), self.email.as_ref(), self.groups.as_ref()]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &HeaderName> {
        self.all().into_iter().flatten()
    }
}

/// The first header, with its key, whose name cannot be told from that of one
/// before it, or that HTTP itself has a use for; and what is wrong with it.
pub(super) fn fault<'a>(
    names: impl Iterator<Item = (&'static str, &'a HeaderName)>,
) -> Option<(&'static str, String)> {
    let mut before: Vec<&HeaderName> = Vec::new();
    for (key, name) in names {
        if before.iter().any(|other| other.is_kin(name.as_str())) {
            return Some((key, format!("`{name}` is the name of two headers, or an alias of another")));
        }
        if OF_HTTP.iter().any(|of_http| name.is_kin(of_http)) {
            return Some((key, format!("`{name}` is a header of HTTP itself, and cannot be blanked")));
        }
        before.push(name);
    }
    None
}

impl Default for Headers {
    fn default() -> Self {
        Self {
            user: HeaderName::from_static("Remote-User"),
            name: Some(HeaderName::from_static("Remote-Name")),
            email: Some(HeaderName::from_static("Remote-Email")),
            groups: Some(HeaderName::from_static("Remote-Groups")),
        }
    }
}
