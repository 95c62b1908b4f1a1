//! Who the proxy says is there, in the names of this application.
//!
//! Within this folder it depends on `account`, `user_key` and `username`.

use std::collections::{BTreeMap, BTreeSet};

use super::account::User;
use super::user_key::UserKey;
use super::username::Username;
use crate::text;

/// The person for whom the proxy vouches on a request.
///
/// The user name is canonical, and the groups are the one set that every rule looks at: they
/// went through [`Policy::clean_group`] and `group_map`, and none of them is excluded.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::Flags;
/// use rocket_remote_user::policy::{Identity, Policy};
///
/// struct NoContractors;
///
/// impl Policy for NoContractors {
///     fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
///         if identity.is_member("contractors") { Flags::default() } else { flags }
///     }
/// }
/// ```
///
/// [`Policy::clean_group`]: crate::policy::Policy::clean_group
#[derive(Debug)]
pub struct Identity<'a> {
    pub(crate) username: &'a Username,
    pub(crate) subject: Option<&'a str>,
    pub(crate) attributes: &'a BTreeMap<String, Field<String>>,
    pub(crate) name: &'a Field<String>,
    pub(crate) email: &'a Field<String>,
    pub(crate) groups: Option<&'a BTreeSet<String>>,
}

impl<'a> Identity<'a> {
    /// The canonical user name.
    pub fn username(&self) -> &Username {
        self.username
    }

    /// The stable identifier of the person, if the configuration has one.
    pub fn subject(&self) -> Option<&str> {
        self.subject
    }

    /// What the proxy says under this name of the key `attributes`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Field::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// Returns what a store finds the person by.
    pub(crate) fn key(&self) -> UserKey<'a> {
        UserKey::new(self.username, self.subject)
    }

    /// Whether `user` is this person: by the subject if both have one, and by the name if not.
    pub(crate) fn is_of(&self, user: &User) -> bool {
        match (self.subject, user.subject()) {
            (Some(subject), Some(stored)) => subject == stored,
            _ => user.username() == self.username.as_str(),
        }
    }

    /// The groups that the proxy named, cleaned, renamed and sorted, without those of
    /// `excluded_groups`. They need not exist in the store.
    pub fn groups(&self) -> Vec<&str> {
        self.groups.into_iter().flatten().map(String::as_str).collect()
    }

    /// Whether the proxy named the group, which need not exist in the store. It did not if
    /// the group is one of `excluded_groups`.
    pub fn is_member(&self, group: &str) -> bool {
        self.groups.is_some_and(|groups| groups.contains(group))
    }
}

/// What a header or a claim says about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field<T> {
    /// It was not sent, and says nothing.
    Absent,
    /// It was sent blank, which removes the stored value.
    Blank,
    /// It says this.
    Value(T),
}

impl<T> Field<T> {
    /// Returns the value, if there is one.
    pub(crate) fn into_value(self) -> Option<T> {
        match self {
            Field::Value(value) => Some(value),
            Field::Absent | Field::Blank => None,
        }
    }
}

impl Field<String> {
    /// Removes the spaces around a value.
    pub(crate) fn trimmed(self) -> Self {
        match self {
            Field::Value(value) => match text::trim(&value) {
                "" => Field::Blank,
                trimmed if trimmed.len() == value.len() => Field::Value(value),
                trimmed => Field::Value(trimmed.to_owned()),
            },
            other => other,
        }
    }
}
