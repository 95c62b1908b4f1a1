use serde::Deserialize;

use super::name::{HeaderName, name_or_false};
use crate::launch::InvalidKey;

/// The names of the identity headers.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of header names")]
pub(crate) struct IdentityHeaders {
    pub(crate) user: HeaderName,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) name: Option<HeaderName>,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) email: Option<HeaderName>,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) groups: Option<HeaderName>,
}

/// Headers that HTTP itself needs, so that they cannot be blanked.
const REQUIRED_BY_HTTP: [&str; 7] =
    ["Connection", "Content-Length", "Content-Type", "Cookie", "Host", "Transfer-Encoding", "Upgrade"];

impl IdentityHeaders {
    /// How many identity headers there can be.
    pub(crate) const COUNT: usize = 4;

    pub(crate) fn all(&self) -> [Option<&HeaderName>; Self::COUNT] {
        [Some(&self.user), self.name.as_ref(), self.email.as_ref(), self.groups.as_ref()]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &HeaderName> {
        self.all().into_iter().flatten()
    }
}

/// Checks the names of all headers that are read or blanked, each of which is
/// given with its key. No name may be mistaken for one before it, and none may
/// be that of a header that HTTP itself needs.
pub(crate) fn check_names<'a>(
    names: impl Iterator<Item = (&'static str, &'a HeaderName)>,
) -> Result<(), InvalidKey> {
    let mut before: Vec<&HeaderName> = Vec::new();
    for (key, name) in names {
        if before.iter().any(|other| other.is_kin(name.as_str())) {
            let reason = format!("`{name}` is the name of two headers, or an alias of another");
            return Err(InvalidKey::new(key, reason));
        }
        if REQUIRED_BY_HTTP.iter().any(|required| name.is_kin(required)) {
            let reason = format!("`{name}` is a header of HTTP itself, and cannot be blanked");
            return Err(InvalidKey::new(key, reason));
        }
        before.push(name);
    }
    Ok(())
}

impl Default for IdentityHeaders {
    fn default() -> Self {
        Self {
            user: HeaderName::from_static("Remote-User"),
            name: Some(HeaderName::from_static("Remote-Name")),
            email: Some(HeaderName::from_static("Remote-Email")),
            groups: Some(HeaderName::from_static("Remote-Groups")),
        }
    }
}

/// What the values of the identity headers begin with, and is no part of
/// them, such as the `accounts.google.com:` of Google's proxy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of prefixes")]
pub(crate) struct Prefixes {
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) groups: String,
}

/// How long values may be, in characters, and how many groups there may be.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of numbers")]
pub(crate) struct Limits {
    pub(crate) user: usize,
    pub(crate) name: usize,
    pub(crate) email: usize,
    pub(crate) group: usize,
    pub(crate) groups: usize,
}

impl Limits {
    /// Checks that no limit refuses every request.
    pub(crate) fn check(&self) -> Result<(), InvalidKey> {
        let Self { user, name, email, group, groups } = *self;
        if [user, name, email, group, groups].contains(&0) {
            return Err(InvalidKey::new("limits", "a limit of 0 refuses every request"));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { user: 150, name: 300, email: 254, group: 150, groups: 1000 }
    }
}
