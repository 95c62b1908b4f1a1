use std::collections::{BTreeMap, BTreeSet};

use rocket::time::OffsetDateTime;

use super::rules::{MissingGroups, Rules};
use crate::error::Error;
use crate::policy::Policy;
use crate::user::{Change, Field, Flags, Identity, MembershipSource, Plan, Profile, Stored, User};

/// One person's synchronisation: who the proxy says is there, the rules, and
/// the hooks, if the application has any.
pub(crate) struct UserSync<'a> {
    pub(crate) identity: &'a Identity<'a>,
    pub(crate) rules: &'a Rules,
    pub(crate) hooks: Option<PolicyHooks<'a>>,
    pub(crate) tracking: LoginTracking,
    /// Groups that the proxy named at the sign-in and that still count, of a
    /// session.
    pub(crate) remembered: &'a BTreeSet<String>,
    pub(crate) now: OffsetDateTime,
}

/// How to tell whether a request is a new login of its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginTracking {
    /// By the session, which notes it when it begins.
    BySession,
    /// By the time: the last one is `login_interval` ago.
    ByInterval,
}

/// The hooks about a profile, for the request at hand.
#[derive(Clone, Copy)]
pub(crate) struct PolicyHooks<'a> {
    pub(crate) policy: &'a dyn Policy,
    /// [`Policy::configure`] with its request.
    pub(crate) configure: &'a (dyn Fn(&mut Profile, bool) + Send + Sync),
}

impl UserSync<'_> {
    /// The groups to ask the store for: those that may be joined.
    pub(crate) fn groups(&self) -> Vec<&str> {
        let asserted = self.identity.groups.iter().flatten().map(|group| &**group);
        asserted.filter(|group| !self.rules.excluded_groups.contains(*group)).collect()
    }

    /// Whether the proxy named the group, now or where that still counts.
    pub(crate) fn is_asserted(&self, group: &str) -> bool {
        self.identity.is_member(group) || self.remembered.contains(group)
    }

    /// What must change, or why the user is refused. A refused user changes
    /// nothing.
    pub(crate) fn plan(&self, stored: Stored) -> Result<Plan, Error> {
        let created = stored.user.is_none();
        let mut user = match stored.user {
            Some(user) => user,
            None if self.rules.create_users => User::new(0, self.identity.username().as_str()),
            None => return Err(Error::UnknownUser),
        };
        self.rules.check_active(&user)?;

        let mut changes = Vec::new();
        if created {
            user.created_at = self.now;
            changes.push(Change::Create);
        }
        self.plan_memberships(&mut user.memberships, &stored.groups, &mut changes)?;
        self.rules.check_groups(&user.memberships, |group| self.is_asserted(group))?;
        self.plan_profile(&mut user.profile, created, &mut changes);
        self.plan_login(&mut user.last_login_at, &mut changes);
        Ok(Plan { changes, user })
    }

    fn plan_memberships(
        &self,
        memberships: &mut BTreeMap<String, MembershipSource>,
        existing: &BTreeSet<String>,
        changes: &mut Vec<Change>,
    ) -> Result<(), Error> {
        let rules = self.rules;
        let none = BTreeSet::new();
        let (asserted, local_ends) = match (&self.identity.groups, rules.missing_groups) {
            (Some(groups), _) => (groups, !rules.keep_local_groups),
            (None, MissingGroups::Clear) => (&none, false),
            (None, MissingGroups::Keep) => return Ok(()),
            (None, MissingGroups::Deny) => return Err(Error::GroupsMissing),
        };
        let ends = |group: &str, source: MembershipSource| {
            !asserted.contains(group)
                && !rules.excluded_groups.contains(group)
                && (source == MembershipSource::Remote || local_ends)
        };
        let begins = |group: &str| {
            !memberships.contains_key(group)
                && !rules.excluded_groups.contains(group)
                && (existing.contains(group) || rules.create_groups)
        };
        let joined: BTreeSet<String> =
            asserted.iter().filter(|group| begins(group)).map(|group| group.to_string()).collect();
        let left: BTreeSet<String> = memberships
            .iter()
            .filter(|(group, source)| ends(group, **source))
            .map(|(g, _)| g.clone())
            .collect();
        let created: BTreeSet<String> = joined.difference(existing).cloned().collect();

        memberships.retain(|group, _| !left.contains(group));
        memberships.extend(joined.iter().map(|group| (group.clone(), MembershipSource::Remote)));
        let mut change = |names: BTreeSet<String>, change: fn(BTreeSet<String>) -> Change| {
            if !names.is_empty() {
                changes.push(change(names));
            }
        };
        change(created, Change::CreateGroups);
        change(joined, Change::Join);
        change(left, Change::Leave);
        Ok(())
    }

    fn plan_profile(&self, profile: &mut Profile, created: bool, changes: &mut Vec<Change>) {
        let before = self.hooks.map(|_| profile.clone());
        let flags = Flags {
            staff: self.flag(&self.rules.staff_groups, profile.flags.staff),
            superuser: self.flag(&self.rules.superuser_groups, profile.flags.superuser),
        };
        let mut changed = flags != profile.flags;
        changed |= follow(&mut profile.name, self.identity.name);
        changed |= follow(&mut profile.email, self.identity.email);
        profile.flags = flags;

        if let Some(hooks) = self.hooks {
            profile.flags = hooks.policy.flags(self.identity, flags);
            (hooks.configure)(profile, created);
            changed = before.as_ref() != Some(profile);
        }
        if changed {
            changes.push(Change::Profile(profile.clone()));
        }
    }

    /// A flag that follows the asserted groups, where groups are set for it.
    fn flag(&self, groups: &Option<BTreeSet<String>>, stored: bool) -> bool {
        let Some(groups) = groups else { return stored };
        match (&self.identity.groups, self.rules.missing_groups) {
            _ if groups.contains("*") => true,
            (Some(_), _) => groups.iter().any(|group| self.identity.is_member(group)),
            (None, MissingGroups::Keep) => stored,
            (None, _) => false,
        }
    }

    fn plan_login(&self, last: &mut Option<OffsetDateTime>, changes: &mut Vec<Change>) {
        let is_recent = |last: OffsetDateTime| (self.now - last).abs() < self.rules.login_interval;
        if self.tracking == LoginTracking::ByInterval && !last.is_some_and(is_recent) {
            *last = Some(self.now);
            changes.push(Change::LogIn(self.now));
        }
    }
}

/// Makes `value` what was said, and tells whether it was something else.
fn follow(value: &mut Option<String>, said: &Field<String>) -> bool {
    let said = match said {
        Field::Absent => return false,
        Field::Blank => None,
        Field::Value(said) => Some(said),
    };
    let differs = value.as_ref() != said;
    if differs {
        *value = said.cloned();
    }
    differs
}
