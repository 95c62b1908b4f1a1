//! The keys `missing_user` and `nobody`: when a proxy says that nobody signed in.
//!
//! Within this folder it depends on nothing.

use std::collections::BTreeSet;

use serde::Deserialize;

/// What an absent user header, or an absent token, of a trusted proxy means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"anonymous\" or \"deny\"")]
pub(crate) enum MissingUser {
    /// Nobody signed in.
    Anonymous,
    /// The header got lost on the way, so that the request is refused. A proxy that always
    /// sends the header says with a blank one that nobody signed in.
    Deny,
}

/// How a trusted proxy says that nobody signed in.
#[derive(Debug)]
pub(crate) struct NobodyRules {
    pub(crate) missing_user: MissingUser,
    /// The user names that mean nobody, such as `system:anonymous`.
    pub(crate) names: BTreeSet<String>,
}

impl NobodyRules {
    /// Whether `username` means that nobody signed in: as it was sent, or in canonical form.
    pub(crate) fn include(&self, username: &str) -> bool {
        self.names.contains(username)
    }
}
