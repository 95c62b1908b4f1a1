use serde::Deserialize;

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
