//! What a store finds a user by.
//!
//! Within this folder it depends on `username`.

use super::username::Username;

/// What a [`UserStore`](crate::store::UserStore) finds a user by: the user name, and the
/// subject if the configuration has one.
///
/// # Example
///
/// A store that keeps subjects finds a user by the subject first:
///
/// ```rust
/// use std::collections::BTreeMap;
///
/// use rocket_remote_user::User;
/// use rocket_remote_user::store::{Stored, UserKey};
///
/// fn find(users: &BTreeMap<String, User>, key: &UserKey<'_>) -> Stored {
///     let by_name = users.get(key.username().as_str());
///     let has_subject = |user: &&User| user.subject().is_some() && user.subject() == key.subject();
///     let user = users.values().find(has_subject).or(by_name);
///     let is_name_taken = user.is_some_and(|user| by_name.is_some_and(|other| other.id() != user.id()));
///     Stored { user: user.cloned(), is_name_taken, ..Stored::default() }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserKey<'a> {
    username: &'a Username,
    subject: Option<&'a str>,
}

impl<'a> UserKey<'a> {
    pub(crate) fn new(username: &'a Username, subject: Option<&'a str>) -> Self {
        Self { username, subject }
    }

    /// The canonical user name.
    pub fn username(&self) -> &'a Username {
        self.username
    }

    /// The stable identifier that the proxy gave, if `headers.subject` or
    /// `jwt.claims.subject` is configured.
    pub fn subject(&self) -> Option<&'a str> {
        self.subject
    }
}
