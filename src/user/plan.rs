use std::collections::BTreeSet;

use rocket::time::OffsetDateTime;

use super::account::{Profile, User};

/// What a store knows of a user and of the groups that the proxy named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// The user, if there is one of that name.
    pub user: Option<User>,
    /// Those of the named groups that exist.
    pub groups: BTreeSet<String>,
}

/// The changes that bring a user in step, in the order in which to make them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) user: User,
}

/// One change to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Create the user.
    Create,
    /// Set the profile to this one.
    Profile(Profile),
    /// Note the time of a login.
    LogIn(OffsetDateTime),
    /// Create the groups of these names.
    CreateGroups(BTreeSet<String>),
    /// Make the user a member of these groups, on the proxy's word.
    Join(BTreeSet<String>),
    /// End the membership in these groups.
    Leave(BTreeSet<String>),
}

impl Plan {
    /// What is to change.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether nothing is to change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether the user is to be created.
    pub fn is_creation(&self) -> bool {
        self.changes.contains(&Change::Create)
    }

    /// The user as it is after all changes. The `id` of one who is yet to be
    /// created is 0.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Sets the `id` that the store gave to the user whom it created.
    pub fn set_user_id(&mut self, id: i64) {
        self.user.id = id;
    }

    /// Whether memberships begin or end, and permissions with them.
    pub(crate) fn changes_memberships(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Join(_) | Change::Leave(_)))
    }

    /// Sets the permissions that the store found after all changes.
    pub(crate) fn set_permissions(&mut self, permissions: BTreeSet<String>) {
        self.user.permissions = permissions;
    }

    pub(crate) fn into_user(self) -> User {
        self.user
    }
}
