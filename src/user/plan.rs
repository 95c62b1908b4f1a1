//! What is stored, and what must change.
//!
//! Within this folder it depends on `account`.

use std::collections::BTreeSet;

use rocket::time::OffsetDateTime;

use super::account::{Profile, User};
use crate::error::Error;

/// What a store knows of a user, and of the groups that the proxy named.
///
/// # Example
///
/// ```rust
/// use std::collections::{BTreeMap, BTreeSet};
///
/// use rocket_remote_user::User;
/// use rocket_remote_user::store::Stored;
///
/// struct Tables {
///     users: BTreeMap<String, User>,
///     groups: BTreeSet<String>,
/// }
///
/// impl Tables {
///     fn find(&self, username: &str, groups: &[&str]) -> Stored {
///         let existing = groups.iter().filter(|group| self.groups.contains(**group));
///         Stored {
///             user: self.users.get(username).cloned(),
///             groups: existing.map(|group| group.to_string()).collect(),
///             ..Stored::default()
///         }
///     }
/// }
///
/// let tables = Tables {
///     users: BTreeMap::from([("ada".into(), User::new(1, "ada"))]),
///     groups: BTreeSet::from(["editors".into()]),
/// };
/// let stored = tables.find("ada", &["editors", "others"]);
/// assert_eq!(stored.user.map(|user| user.id()), Some(1));
/// assert_eq!(stored.groups, BTreeSet::from(["editors".into()]));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// The user, if there is one of that subject, or else of that name.
    pub user: Option<User>,
    /// The groups that exist, out of those that were asked for.
    pub groups: BTreeSet<String>,
    /// Whether another user than this one has the user name that was asked for, which can only
    /// be where `user` was found by [subject](super::UserKey::subject).
    pub is_name_taken: bool,
}

/// The changes that bring a user in step with the proxy, in the order in which a
/// store makes them.
///
/// # Example
///
/// A store in memory gives a new user an `id`, creates groups and keeps the user:
///
/// ```rust
/// use std::collections::{BTreeMap, BTreeSet};
///
/// use rocket_remote_user::User;
/// use rocket_remote_user::store::{Change, Plan};
///
/// struct Tables {
///     users: BTreeMap<String, User>,
///     groups: BTreeSet<String>,
/// }
///
/// impl Tables {
///     fn apply(&mut self, plan: &mut Plan) {
///         if plan.is_creation() {
///             plan.set_user_id(self.users.len() as i64 + 1);
///         }
///         for change in plan.changes() {
///             if let Change::CreateGroups(names) = change {
///                 self.groups.extend(names.iter().cloned());
///             }
///         }
///         self.users.insert(plan.user().username().into(), plan.user().clone());
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) user: User,
    pub(crate) refusal: Option<Error>,
}

impl Plan {
    /// The changes to make, in their order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether there is no change to make.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether one of the changes creates the user.
    pub fn is_creation(&self) -> bool {
        self.changes.contains(&Change::Create)
    }

    /// Why the user is refused, if that is so. Then each change takes something away: a
    /// membership or a flag that has ended. A store makes these changes like any others, so
    /// that nothing of them is left to a user who comes back by another way.
    ///
    /// # Example
    ///
    /// ```rust
    /// use rocket::warn;
    /// use rocket_remote_user::policy::Event;
    ///
    /// fn audit(event: Event<'_>) {
    ///     if let Event::Changed { user, plan } = event
    ///         && let Some(refusal) = plan.refusal()
    ///     {
    ///         warn!("{} lost {:?}, because {refusal}.", user.username(), plan.changes());
    ///     }
    /// }
    /// ```
    pub fn refusal(&self) -> Option<&Error> {
        self.refusal.as_ref()
    }

    /// The user as it is after all changes. The `id` of a user who does not exist yet
    /// is 0.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Sets the `id` that the store gave to a user whom it created.
    pub fn set_user_id(&mut self, id: i64) {
        self.user.id = id;
    }

    /// Whether the permissions of the user may change, as memberships begin or end.
    pub(crate) fn changes_permissions(&self) -> bool {
        let changes = |change: &Change| {
            matches!(change, Change::Join(_) | Change::JoinLocal(_) | Change::Leave(_) | Change::Grant(_))
        };
        self.changes.iter().any(changes)
    }

    /// Sets the permissions that the store found after all changes.
    pub(crate) fn set_permissions(&mut self, permissions: BTreeSet<String>) {
        self.user.permissions = permissions;
    }

    /// Returns the user as it is after all changes, if the plan lets the user in.
    ///
    /// # Errors
    ///
    /// Returns the reason why the user is refused.
    pub(crate) fn into_admitted(self) -> Result<User, Error> {
        match self.refusal {
            None => Ok(self.user),
            Some(refusal) => Err(refusal),
        }
    }
}

/// One change to a user.
///
/// A store that makes the changes one by one should fail on one that it does not
/// know, rather than leave it out.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::store::Change;
///
/// fn describe(change: &Change) -> String {
///     match change {
///         Change::Create => "is new".into(),
///         Change::Join(groups) => format!("joined {groups:?}"),
///         Change::Leave(groups) => format!("left {groups:?}"),
///         other => format!("{other:?}"),
///     }
/// }
///
/// let change = Change::Join(["editors".into()].into());
/// assert_eq!(describe(&change), r#"joined {"editors"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Create the user.
    Create,
    /// Give the user another name, which the user of the plan has.
    #[non_exhaustive]
    Rename {
        /// The name so far.
        from: String,
    },
    /// Give the user this subject.
    SetSubject(String),
    /// Replace the profile of the user by this one.
    Profile(Profile),
    /// Make the user active, or inactive.
    SetActive(bool),
    /// Set the time of the last login to this one.
    LogIn(OffsetDateTime),
    /// Create groups of these names.
    CreateGroups(BTreeSet<String>),
    /// Make the user a member of these groups, with
    /// [`MembershipSource::Remote`](super::MembershipSource::Remote).
    Join(BTreeSet<String>),
    /// Make the user a member of these groups, with
    /// [`MembershipSource::Local`](super::MembershipSource::Local).
    JoinLocal(BTreeSet<String>),
    /// Grant the user these permissions, as the user's own.
    Grant(BTreeSet<String>),
    /// End the user's membership in these groups, whoever made them a member.
    Leave(BTreeSet<String>),
}
