//! The keys `headers` and `limits`.
//!
//! Within this folder it depends on `blank`, `choice` and `name`.

use serde::Deserialize;

use super::blank::BlankedHeaders;
use super::choice::{HeaderChoice, choice_or_false};
use super::name::HeaderName;
use crate::launch::InvalidKey;

/// Headers that HTTP itself needs, or that say which page sent a request, so that they
/// cannot be blanked.
const REQUIRED_BY_HTTP: [&str; 9] = [
    "Connection",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Host",
    "Origin",
    "Sec-Fetch-Site",
    "Transfer-Encoding",
    "Upgrade",
];

/// The names of the identity headers. All but the user header can be turned off.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of header names")]
pub(crate) struct IdentityHeaders {
    pub(crate) user: HeaderChoice,
    #[serde(deserialize_with = "choice_or_false")]
    pub(crate) name: HeaderChoice,
    #[serde(deserialize_with = "choice_or_false")]
    pub(crate) email: HeaderChoice,
    #[serde(deserialize_with = "choice_or_false")]
    pub(crate) groups: HeaderChoice,
    #[serde(deserialize_with = "choice_or_false")]
    pub(crate) subject: HeaderChoice,
}

impl IdentityHeaders {
    /// Iterates over every header, those of the user first. Each may name the person,
    /// whichever of a choice is read.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &HeaderName> {
        self.choices().into_iter().flat_map(HeaderChoice::iter)
    }

    fn choices(&self) -> [&HeaderChoice; 5] {
        [&self.user, &self.name, &self.email, &self.groups, &self.subject]
    }
}

impl Default for IdentityHeaders {
    fn default() -> Self {
        Self {
            user: HeaderChoice::from_static("Remote-User"),
            name: HeaderChoice::from_static("Remote-Name"),
            email: HeaderChoice::from_static("Remote-Email"),
            groups: HeaderChoice::from_static("Remote-Groups"),
            subject: HeaderChoice::off(),
        }
    }
}

/// The greatest limit of the characters of a user name: what every database can keep.
const MAX_USERNAME_LENGTH: usize = 640;

/// The limits on what is read from identity headers and tokens.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of numbers")]
pub(crate) struct Limits {
    /// The most characters of a user name.
    pub(crate) user: usize,
    /// The most characters of a person's name.
    pub(crate) name: usize,
    /// The most characters of an address.
    pub(crate) email: usize,
    /// The most characters of one attribute.
    pub(crate) attribute: usize,
    /// The most characters of the name of one group.
    pub(crate) group: usize,
    /// The most groups of one person.
    pub(crate) groups: usize,
    /// The most bytes of one header, as it was sent.
    pub(crate) bytes: usize,
}

impl Limits {
    /// Checks that no limit is 0, and that no user name can be so long that it takes long to
    /// read: RFC 5892 compares some characters with all others of a name.
    pub(crate) fn check(&self) -> Result<(), InvalidKey> {
        let Self { user, name, email, attribute, group, groups, bytes } = *self;
        if [user, name, email, attribute, group, groups, bytes].contains(&0) {
            return Err(InvalidKey::new("limits", "a limit of 0 refuses every request"));
        }
        if user > MAX_USERNAME_LENGTH {
            let reason = format!("a user name has {MAX_USERNAME_LENGTH} characters at most");
            return Err(InvalidKey::new("limits.user", reason));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { user: 150, name: 300, email: 254, attribute: 1000, group: 150, groups: 1000, bytes: 65_536 }
    }
}

/// Checks the names of all headers that are read or blanked. Each comes with the key
/// that configures it.
///
/// # Errors
///
/// Returns the key of the first name that equals a name before it, is an alias of one,
/// or belongs to a header that HTTP itself needs.
pub(crate) fn check_names<'a>(
    names: impl Iterator<Item = (&'static str, &'a HeaderName)>,
) -> Result<(), InvalidKey> {
    let mut seen: Vec<&HeaderName> = Vec::new();
    for (key, name) in names {
        if seen.iter().any(|other| other.is_same_or_alias(name.as_str())) {
            let reason = format!("`{name}` is the name of two headers, or an alias of another");
            return Err(InvalidKey::new(key, reason));
        }
        if REQUIRED_BY_HTTP.iter().any(|required| name.is_same_or_alias(required)) {
            let reason = format!("`{name}` is a header of HTTP itself, and cannot be blanked");
            return Err(InvalidKey::new(key, reason));
        }
        seen.push(name);
    }
    Ok(())
}

/// Checks that no prefix in `blank` includes a header that HTTP itself needs. It may include
/// headers that are read, or that another item names.
///
/// # Errors
///
/// Returns the key with the first prefix that includes such a header.
pub(crate) fn check_prefixes(blank: &[BlankedHeaders]) -> Result<(), InvalidKey> {
    for prefix in blank.iter().filter(|item| item.name().is_none()) {
        if let Some(required) = REQUIRED_BY_HTTP.iter().find(|required| prefix.include(required)) {
            let reason = format!(
                "`{prefix}` includes `{required}`, which is a header of HTTP itself, and cannot be blanked"
            );
            return Err(InvalidKey::new("blank", reason));
        }
    }
    Ok(())
}
