//! The rules of the configuration about users and groups, and the keys `missing_groups`,
//! `missing_name`, `missing_email`, `missing_attributes` and `profile_sync`.
//!
//! Within this folder it depends on `group_condition`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rocket::time::Duration;
use serde::Deserialize;

use super::group_condition::GroupCondition;
use crate::error::Error;
use crate::user::{Identity, MembershipSource, User};

/// What an absent groups header means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"clear\", \"keep\" or \"deny\"")]
pub(crate) enum MissingGroups {
    /// The proxy names no groups. Local memberships stay.
    Clear,
    /// The user stays in the same groups.
    Keep,
    /// The user is refused.
    Deny,
}

/// What an absent name, address or attribute means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"keep\", \"clear\" or \"deny\"")]
pub(crate) enum MissingField {
    /// What is stored stays.
    Keep,
    /// What is stored is removed, as by a blank value.
    Clear,
    /// The user is refused.
    Deny,
}

impl MissingField {
    /// Says what becomes of everyone where the value is always absent.
    pub(crate) fn consequence(self) -> &'static str {
        match self {
            MissingField::Keep => "nothing changes",
            MissingField::Clear => "\"clear\" removes what the application stores",
            MissingField::Deny => "\"deny\" refuses everyone",
        }
    }
}

/// When the profile of a user follows the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"always\" or \"create\"")]
pub(crate) enum ProfileSync {
    /// On each request that names the user.
    Always,
    /// When the user is created, and never again: people change it here.
    Create,
}

/// The rules of the configuration about users and groups.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) create_users: bool,
    pub(crate) allow_inactive: bool,
    pub(crate) excluded_groups: BTreeSet<String>,
    pub(crate) create_groups: bool,
    pub(crate) keep_local_groups: bool,
    pub(crate) missing_groups: MissingGroups,
    pub(crate) missing_name: MissingField,
    pub(crate) missing_email: MissingField,
    pub(crate) staff_groups: Option<BTreeSet<String>>,
    pub(crate) staff_users: Option<BTreeSet<String>>,
    pub(crate) superuser_groups: Option<BTreeSet<String>>,
    pub(crate) superuser_users: Option<BTreeSet<String>>,
    pub(crate) active_groups: Option<BTreeSet<String>>,
    pub(crate) required_groups: GroupCondition,
    pub(crate) denied_groups: GroupCondition,
    pub(crate) group_permissions: BTreeMap<String, BTreeSet<String>>,
    /// The groups of every newcomer, as a local member.
    pub(crate) default_groups: BTreeSet<String>,
    /// The permissions of every newcomer.
    pub(crate) default_permissions: BTreeSet<String>,
    pub(crate) profile_sync: ProfileSync,
    /// The names of the attributes that are kept with a user.
    pub(crate) attributes: BTreeSet<String>,
    pub(crate) missing_attributes: MissingField,
    /// Whether the proxy gives everyone a subject, by which users are known.
    pub(crate) has_subjects: bool,
    /// Whether a user who is stored without a subject gets the one of the first sign-in.
    pub(crate) adopt_subjects: bool,
    pub(crate) login_interval: Duration,
}

impl Rules {
    /// Checks that a stored user may be signed in. `is_asserted` tells whether the
    /// proxy names a group, or named it at sign-in.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Inactive`], [`Error::GroupDenied`] or [`Error::GroupRequired`].
    pub(crate) fn admit(&self, user: &User, is_asserted: impl Fn(&str) -> bool) -> Result<(), Error> {
        self.check_active(user)?;
        self.check_groups(&user.memberships, is_asserted)
    }

    pub(super) fn check_active(&self, user: &User) -> Result<(), Error> {
        if user.is_active || self.allow_inactive { Ok(()) } else { Err(Error::Inactive) }
    }

    /// Checks `denied_groups` and `required_groups` against `memberships`, those that
    /// the user ends up with, and against the groups that the proxy names. These count
    /// even if the database has no such row.
    pub(super) fn check_groups(
        &self,
        memberships: &BTreeMap<String, MembershipSource>,
        is_asserted: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let is_in = |group: &str| memberships.contains_key(group) || is_asserted(group);
        if self.denied_groups.holds(is_in) {
            return Err(Error::GroupDenied);
        }
        if !self.required_groups.is_empty() && !self.required_groups.holds(is_in) {
            return Err(Error::GroupRequired);
        }
        Ok(())
    }

    /// Whether a session remembers that the proxy named `group` at sign-in. A group that
    /// was excluded since then does not count.
    pub(crate) fn is_remembered(&self, remembered: &BTreeSet<String>, group: &str) -> bool {
        remembered.contains(group) && !self.excluded_groups.contains(group)
    }

    /// Grants what `group_permissions` has for the groups of a user, and for those that
    /// the proxy names. These count even if the database has no such row.
    ///
    /// A user who has all of that already, as one who is kept between two requests has, is not
    /// copied.
    pub(crate) fn grant_permissions(&self, user: &mut Arc<User>, is_asserted: impl Fn(&str) -> bool) {
        for (group, permissions) in &self.group_permissions {
            let is_granted = user.is_member(group) || is_asserted(group);
            if is_granted && !permissions.is_subset(&user.permissions) {
                Arc::make_mut(user).permissions.extend(permissions.iter().cloned());
            }
        }
    }

    /// Returns the groups that a session must remember: those the proxy names that
    /// `required_groups`, `denied_groups` or `group_permissions` mentions. A group counts even
    /// if the database has no such row. One that is denied together with another is
    /// remembered, as the user may be given the other one here.
    ///
    /// `before` are the groups that the session remembers so far. They stay if the
    /// groups header is absent and `missing_groups` is `"keep"`.
    pub(crate) fn groups_to_remember(
        &self,
        identity: &Identity<'_>,
        before: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        if identity.groups.is_none() && self.missing_groups == MissingGroups::Keep {
            return before.clone();
        }
        let conditions = self.required_groups.groups().chain(self.denied_groups.groups());
        let mentioned = conditions.chain(self.group_permissions.keys());
        mentioned.filter(|group| identity.is_member(group)).cloned().collect()
    }
}
