use serde::Deserialize;

/// How the groups header lists groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"separator\", \"repeated\" or \"json\"")]
pub(crate) enum GroupsFormat {
    /// In one line, with `groups_separator` between two.
    Separator,
    /// Each in a line of its own, as Kubernetes' authenticating proxy does.
    Repeated,
    /// In one line, as a JSON array of strings.
    Json,
}
