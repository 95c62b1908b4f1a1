use std::collections::{BTreeMap, BTreeSet};

use rocket::time::Duration;
use serde::Deserialize;

use crate::error::Error;
use crate::user::{Identity, MembershipSource, User};

/// What an absent groups header means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"clear\", \"keep\" or \"deny\"")]
pub(crate) enum MissingGroups {
    Clear,
    Keep,
    Deny,
}

/// The rules of the configuration about users and groups.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) create_users: bool,
    pub(crate) allow_inactive: bool,
    pub(crate) excluded_groups: BTreeSet<String>,
    pub(crate) create_groups: bool,
    pub(crate) keep_local_groups: bool,
    pub(crate) missing_groups: MissingGroups,
    pub(crate) staff_groups: Option<BTreeSet<String>>,
    pub(crate) superuser_groups: Option<BTreeSet<String>>,
    pub(crate) required_groups: BTreeSet<String>,
    pub(crate) denied_groups: BTreeSet<String>,
    pub(crate) group_permissions: BTreeMap<String, BTreeSet<String>>,
    pub(crate) login_interval: Duration,
}

impl Rules {
    /// Whether a stored user may be here, given the groups that the proxy named
    /// at the sign-in.
    pub(crate) fn admit(&self, user: &User, is_asserted: impl Fn(&str) -> bool) -> Result<(), Error> {
        self.check_active(user)?;
        self.check_groups(&user.memberships, is_asserted)
    }

    pub(super) fn check_active(&self, user: &User) -> Result<(), Error> {
        if user.is_active || self.allow_inactive { Ok(()) } else { Err(Error::Inactive) }
    }

    /// Holds the groups that were asserted, and those that the user ends up
    /// in, against `required_groups` and `denied_groups`.
    pub(super) fn check_groups(
        &self,
        memberships: &BTreeMap<String, MembershipSource>,
        is_asserted: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let is_in = |group: &String| memberships.contains_key(group) || is_asserted(group);
        if self.denied_groups.iter().any(is_in) {
            return Err(Error::GroupDenied);
        }
        if !self.required_groups.is_empty() && !self.required_groups.iter().any(is_in) {
            return Err(Error::GroupRequired);
        }
        Ok(())
    }

    /// Grants what `group_permissions` has for the groups of a user and for
    /// those that the proxy named, whether they exist here or not.
    pub(crate) fn grant_permissions(&self, user: &mut User, is_asserted: impl Fn(&str) -> bool) {
        for (group, permissions) in &self.group_permissions {
            let is_named = || is_asserted(group) && !self.excluded_groups.contains(group);
            if user.is_member(group) || is_named() {
                user.permissions.extend(permissions.iter().cloned());
            }
        }
    }

    /// What a session is to remember of the groups that the proxy named: those
    /// that count even where they do not exist. `before` is what it remembers.
    pub(crate) fn groups_to_remember(
        &self,
        identity: &Identity<'_>,
        before: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        if identity.groups.is_none() && self.missing_groups == MissingGroups::Keep {
            return before.clone();
        }
        let counting = self.required_groups.iter().chain(self.group_permissions.keys());
        counting.filter(|group| identity.is_member(group)).cloned().collect()
    }
}
