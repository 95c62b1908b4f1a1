use std::borrow::Cow;
use std::collections::BTreeSet;

use super::username::Username;

/// Who the proxy says is there, after the hooks and in canonical form.
#[derive(Debug)]
pub struct Identity<'a> {
    pub(crate) username: &'a Username,
    pub(crate) name: &'a Field<String>,
    pub(crate) email: &'a Field<String>,
    pub(crate) groups: Option<BTreeSet<Cow<'a, str>>>,
}

impl Identity<'_> {
    /// The canonical user name.
    pub fn username(&self) -> &Username {
        self.username
    }

    /// The groups that the proxy named, cleaned and renamed, whether they
    /// exist here or not, sorted.
    pub fn groups(&self) -> Vec<&str> {
        self.groups.iter().flatten().map(|group| &**group).collect()
    }

    /// Whether the proxy named the group, whether it exists here or not.
    pub fn is_member(&self, group: &str) -> bool {
        self.groups.as_ref().is_some_and(|groups| groups.contains(group))
    }
}

/// What was said about one thing. Nothing was said where a header is absent; a
/// blank one takes back what was said before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field<T> {
    Absent,
    Blank,
    Value(T),
}

impl Field<String> {
    /// Removes the white space around a value.
    pub(crate) fn trimmed(self) -> Self {
        let Field::Value(mut value) = self else { return self };
        value.truncate(value.trim_end().len());
        value.drain(..value.len() - value.trim_start().len());
        if value.is_empty() { Field::Blank } else { Field::Value(value) }
    }
}
