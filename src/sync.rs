//! The plan: what must change so that a stored user is what the proxy and the
//! rules say. Pure: it lists changes and does none.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rocket::time::{Duration, OffsetDateTime};

use crate::config::{Config, MissingGroups};
use crate::error::Error;
use crate::headers::Said;
use crate::policy::{Identity, Policy};
use crate::user::{Flags, Profile, Source, User};

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
    changes: Vec<Change>,
    user: User,
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
    pub fn created_as(&mut self, id: i64) {
        self.user.id = id;
    }

    pub(crate) fn into_user(self) -> User {
        self.user
    }
}

/// The rules of the configuration about users and groups.
#[derive(Debug)]
pub(crate) struct Rules {
    create_users: bool,
    allow_inactive: bool,
    excluded_groups: BTreeSet<String>,
    create_groups: bool,
    keep_local_groups: bool,
    missing_groups: MissingGroups,
    staff_groups: Option<BTreeSet<String>>,
    superuser_groups: Option<BTreeSet<String>>,
    required_groups: BTreeSet<String>,
    denied_groups: BTreeSet<String>,
    login_interval: Duration,
}

impl Rules {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            create_users: config.create_users,
            allow_inactive: config.allow_inactive,
            excluded_groups: config.excluded_groups.clone(),
            create_groups: config.create_groups,
            keep_local_groups: config.keep_local_groups,
            // A header that is turned off never comes, and says nothing by that.
            missing_groups: match config.headers.groups {
                Some(_) => config.missing_groups,
                None => MissingGroups::Keep,
            },
            staff_groups: config.staff_groups.clone(),
            superuser_groups: config.superuser_groups.clone(),
            required_groups: config.required_groups.clone(),
            denied_groups: config.denied_groups.clone(),
            login_interval: Duration::seconds(config.login_interval.try_into().unwrap_or(i64::MAX)),
        }
    }
}

/// One person's synchronisation: who the proxy says is there, and the rules.
pub(crate) struct Sync<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) rules: &'a Rules,
    pub(crate) policy: &'a dyn Policy,
    /// [`Policy::configure`] for the request at hand.
    pub(crate) configure: &'a (dyn Fn(&mut Profile, bool) + Send + std::marker::Sync),
    pub(crate) now: OffsetDateTime,
}

impl Sync<'_> {
    /// The groups to ask the store for: those that may be joined.
    pub(crate) fn groups(&self) -> BTreeSet<String> {
        let asserted = self.identity.groups.iter().flatten();
        asserted.filter(|g| !self.rules.excluded_groups.contains(*g)).cloned().collect()
    }

    /// What must change, or why the user is refused. A refused user changes
    /// nothing.
    pub(crate) fn plan(&self, stored: Stored) -> Result<Plan, Error> {
        let created = stored.user.is_none();
        let mut user = match stored.user {
            Some(user) => user,
            None if self.rules.create_users => User::new(0, self.identity.username.as_str()),
            None => return Err(Error::UnknownUser),
        };
        if !user.is_active && !self.rules.allow_inactive {
            return Err(Error::Inactive);
        }

        let mut changes = Vec::new();
        if created {
            user.created_at = self.now;
            changes.push(Change::Create);
        }
        self.plan_memberships(&mut user.memberships, &stored.groups, &mut changes)?;
        self.check_groups(&user.memberships)?;
        self.plan_profile(&mut user.profile, created, &mut changes);
        self.plan_login(&mut user.last_login_at, &mut changes);
        Ok(Plan { changes, user })
    }

    fn plan_memberships(
        &self,
        memberships: &mut BTreeMap<String, Source>,
        existing: &BTreeSet<String>,
        changes: &mut Vec<Change>,
    ) -> Result<(), Error> {
        let rules = self.rules;
        let nobody_s = BTreeSet::new();
        let (asserted, local_ends) = match (&self.identity.groups, rules.missing_groups) {
            (Some(groups), _) => (groups, !rules.keep_local_groups),
            (None, MissingGroups::Clear) => (&nobody_s, false),
            (None, MissingGroups::Keep) => return Ok(()),
            (None, MissingGroups::Deny) => return Err(Error::GroupsMissing),
        };
        let stays = |group: &String, source: Source| {
            asserted.contains(group)
                || rules.excluded_groups.contains(group)
                || (source == Source::Local && !local_ends)
        };
        let is_new = |group: &&String| {
            !memberships.contains_key(*group)
                && !rules.excluded_groups.contains(*group)
                && (existing.contains(*group) || rules.create_groups)
        };
        let joined: BTreeSet<_> = asserted.iter().filter(is_new).cloned().collect();
        let created: BTreeSet<_> = joined.difference(existing).cloned().collect();
        let left = memberships.iter().filter(|(group, source)| !stays(group, **source));
        let left: BTreeSet<_> = left.map(|(group, _)| group.clone()).collect();

        memberships.retain(|group, _| !left.contains(group));
        memberships.extend(joined.iter().map(|group| (group.clone(), Source::Remote)));
        let steps =
            [(created, Change::CreateGroups as fn(_) -> _), (joined, Change::Join), (left, Change::Leave)];
        changes.extend(
            steps.into_iter().filter(|(names, _)| !names.is_empty()).map(|(names, step)| step(names)),
        );
        Ok(())
    }

    /// Holds the groups that were asserted, and those that the user ends up
    /// in, against `required_groups` and `denied_groups`.
    fn check_groups(&self, memberships: &BTreeMap<String, Source>) -> Result<(), Error> {
        let is_in = |group: &String| {
            memberships.contains_key(group)
                || self.identity.groups.as_ref().is_some_and(|asserted| asserted.contains(group))
        };
        if self.rules.denied_groups.iter().any(is_in) {
            return Err(Error::GroupDenied);
        }
        let required = &self.rules.required_groups;
        match required.is_empty() || required.iter().any(is_in) {
            true => Ok(()),
            false => Err(Error::GroupRequired),
        }
    }

    fn plan_profile(&self, profile: &mut Profile, created: bool, changes: &mut Vec<Change>) {
        let before = profile.clone();
        follow(&mut profile.name, &self.identity.name);
        follow(&mut profile.email, &self.identity.email);
        let flags = Flags {
            staff: self.flag(&self.rules.staff_groups, before.flags.staff),
            superuser: self.flag(&self.rules.superuser_groups, before.flags.superuser),
        };
        profile.flags = self.policy.flags(self.identity, flags);
        (self.configure)(profile, created);

        if *profile != before {
            changes.push(Change::Profile(profile.clone()));
        }
    }

    /// A flag that follows the asserted groups, where groups are set for it.
    fn flag(&self, groups: &Option<BTreeSet<String>>, stored: bool) -> bool {
        let Some(groups) = groups else { return stored };
        match (&self.identity.groups, self.rules.missing_groups) {
            _ if groups.contains("*") => true,
            (Some(asserted), _) => !asserted.is_disjoint(groups),
            (None, MissingGroups::Keep) => stored,
            (None, _) => false,
        }
    }

    fn plan_login(&self, last: &mut Option<OffsetDateTime>, changes: &mut Vec<Change>) {
        let is_recent = |last: OffsetDateTime| (self.now - last).abs() < self.rules.login_interval;
        if !last.is_some_and(is_recent) {
            *last = Some(self.now);
            changes.push(Change::LogIn(self.now));
        }
    }
}

fn follow(value: &mut Option<String>, said: &Said<String>) {
    match said {
        Said::Nothing => {}
        Said::Blank => *value = None,
        Said::Value(said) => *value = Some(said.clone()),
    }
}
