use std::collections::{BTreeMap, BTreeSet};

use rocket::time::Duration;

use crate::config::{Config, MissingGroups};
use crate::error::Error;
use crate::policy::Identity;
use crate::user::{Source, User};

/// The rules of the configuration about users and groups.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(super) create_users: bool,
    pub(super) allow_inactive: bool,
    pub(super) excluded_groups: BTreeSet<String>,
    pub(super) create_groups: bool,
    pub(super) keep_local_groups: bool,
    pub(super) missing_groups: MissingGroups,
    pub(super) staff_groups: Option<BTreeSet<String>>,
    pub(super) superuser_groups: Option<BTreeSet<String>>,
    pub(super) required_groups: BTreeSet<String>,
    pub(super) denied_groups: BTreeSet<String>,
    group_permissions: BTreeMap<String, BTreeSet<String>>,
    pub(super) login_interval: Duration,
}

impl Rules {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            create_users: config.create_users,
            allow_inactive: config.allow_inactive,
            excluded_groups: config.excluded_groups.clone(),
            create_groups: config.create_groups,
            keep_local_groups: config.keep_local_groups,
            // What is turned off never comes, and says nothing by that.
            missing_groups: match config.groups_off() {
                None => config.missing_groups,
                Some(_) => MissingGroups::Keep,
            },
            staff_groups: config.staff_groups.clone(),
            superuser_groups: config.superuser_groups.clone(),
            required_groups: config.required_groups.clone(),
            denied_groups: config.denied_groups.clone(),
            group_permissions: config.group_permissions.clone(),
            login_interval: Duration::seconds(config.login_interval.try_into().unwrap_or(i64::MAX)),
        }
    }

    /// Whether a stored user may be here, given the groups that the proxy named
    /// at the sign-in.
    pub(crate) fn admit(&self, user: &User, is_asserted: impl Fn(&str) -> bool) -> Result<(), Error> {
        self.check_active(user)?;
        self.check_groups(&user.memberships, is_asserted)
    }

    pub(super) fn check_active(&self, user: &User) -> Result<(), Error> {
        match user.is_active || self.allow_inactive {
            true => Ok(()),
            false => Err(Error::Inactive),
        }
    }

    /// Holds the groups that were asserted, and those that the user ends up
    /// in, against `required_groups` and `denied_groups`.
    pub(super) fn check_groups(
        &self,
        memberships: &BTreeMap<String, Source>,
        is_asserted: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let is_in = |group: &String| memberships.contains_key(group) || is_asserted(group);
        if self.denied_groups.iter().any(is_in) {
            return Err(Error::GroupDenied);
        }
        match self.required_groups.is_empty() || self.required_groups.iter().any(is_in) {
            true => Ok(()),
            false => Err(Error::GroupRequired),
        }
    }

    /// Grants what `group_permissions` has for the groups of a user and for
    /// those that the proxy named, whether they exist here or not.
    pub(crate) fn permit(&self, user: &mut User, is_asserted: impl Fn(&str) -> bool) {
        for (group, permissions) in &self.group_permissions {
            let is_named = || is_asserted(group) && !self.excluded_groups.contains(group);
            if user.is_member(group) || is_named() {
                user.permissions.extend(permissions.iter().cloned());
            }
        }
    }

    /// What a session is to remember of the groups that the proxy named: those
    /// that count even where they do not exist. `before` is what it remembers.
    pub(crate) fn remembered(&self, identity: &Identity<'_>, before: &BTreeSet<String>) -> BTreeSet<String> {
        if identity.groups.is_none() && self.missing_groups == MissingGroups::Keep {
            return before.clone();
        }
        let counting = self.required_groups.iter().chain(self.group_permissions.keys());
        counting.filter(|group| identity.is_member(group)).cloned().collect()
    }
}
