//! The plan of the changes that bring one user in step.
//!
//! Within this folder it depends on `rules`.

use std::collections::{BTreeMap, BTreeSet};

use rocket::time::OffsetDateTime;

use super::rules::{MissingField, MissingGroups, ProfileSync, Rules};
use crate::error::Error;
use crate::policy::Policy;
use crate::user::{Change, Field, Flags, Identity, MembershipSource, Plan, Profile, Stored, User};

/// Plans how to bring one stored user in step with what the proxy says.
pub(crate) struct UserSync<'a> {
    pub(crate) identity: &'a Identity<'a>,
    pub(crate) rules: &'a Rules,
    /// The hooks, if the application has any.
    pub(crate) hooks: Option<PolicyHooks<'a>>,
    pub(crate) tracking: LoginTracking,
    /// The groups that the proxy named at sign-in and that the session remembers.
    pub(crate) remembered: &'a BTreeSet<String>,
    pub(crate) now: OffsetDateTime,
}

/// How to tell whether a request is a new login of its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginTracking {
    /// A login is the beginning of a session, which notes the time itself.
    BySession,
    /// A login is a request that comes `login_interval` or more after the last one.
    ByInterval,
}

/// The hooks that decide about a profile, for one request.
#[derive(Clone, Copy)]
pub(crate) struct PolicyHooks<'a> {
    pub(crate) policy: &'a dyn Policy,
    /// [`Policy::configure`], called with the request.
    pub(crate) configure: &'a (dyn Fn(&mut Profile, bool) + Send + Sync),
}

/// The changes to the memberships of a user.
#[derive(Default)]
struct MembershipChanges {
    /// The groups to create, which are among the `joined`.
    created: BTreeSet<String>,
    joined: BTreeSet<String>,
    left: BTreeSet<String>,
}

impl UserSync<'_> {
    /// Returns the groups to ask the store for, sorted: those that the proxy names, and those of
    /// every newcomer.
    pub(crate) fn groups(&self) -> Vec<&str> {
        if self.rules.default_groups.is_empty() {
            return self.identity.groups();
        }
        let named = self.identity.groups.into_iter().flatten();
        let groups: BTreeSet<_> = named.chain(&self.rules.default_groups).map(String::as_str).collect();
        groups.into_iter().collect()
    }

    /// Whether the proxy names the group now, or named it at sign-in and the session
    /// remembers it.
    pub(crate) fn is_asserted(&self, group: &str) -> bool {
        self.identity.is_member(group) || self.rules.is_remembered(self.remembered, group)
    }

    /// Plans the changes to a stored user, or to one who must be created.
    ///
    /// A plan that refuses a stored user has the changes that take something away, and no
    /// others: memberships that end, and flags that end.
    ///
    /// # Errors
    ///
    /// Returns an [`Error`] that says why somebody who is not stored is refused. Then
    /// nothing changes.
    pub(crate) fn plan(&self, stored: Stored) -> Result<Plan, Error> {
        let is_new = stored.user.is_none();
        let (mut user, recognition) = match stored.user {
            Some(user) => {
                let recognition = self.recognise(&user)?;
                (user, recognition)
            }
            None => (self.new_user()?, None),
        };
        let is_taken = stored.is_name_taken && matches!(recognition, Some(Change::Rename { .. }));
        let MembershipChanges { mut created, joined, left } =
            self.plan_memberships(&user.memberships, &stored.groups);
        user.memberships.retain(|group, _| !left.contains(group));
        let defaults = if is_new { self.default_groups(&joined, &stored.groups) } else { BTreeSet::new() };
        created.extend(defaults.difference(&stored.groups).cloned());
        user.memberships.extend(defaults.iter().map(|group| (group.clone(), MembershipSource::Local)));
        let was_active = user.is_active;
        user.is_active = self.flag(&self.rules.active_groups, &None, was_active);
        let admission = if is_taken { Err(Error::UsernameTaken) } else { self.admit(&user) };
        if let Err(refusal) = admission {
            user.is_active &= was_active;
            return if is_new {
                Err(refusal)
            } else {
                Ok(self.plan_refusal(user, was_active, left, refusal))
            };
        }

        user.memberships.extend(joined.iter().map(|group| (group.clone(), MembershipSource::Remote)));
        let mut changes = Vec::new();
        if is_new {
            changes.push(Change::Create);
        }
        if let Some(change) = recognition {
            user.subject = self.identity.subject.map(str::to_owned);
            user.username = self.identity.username.to_string();
            changes.push(change);
        }
        if !created.is_empty() {
            changes.push(Change::CreateGroups(created));
        }
        if !joined.is_empty() {
            changes.push(Change::Join(joined));
        }
        if !defaults.is_empty() {
            changes.push(Change::JoinLocal(defaults));
        }
        if is_new && !self.rules.default_permissions.is_empty() {
            user.permissions.extend(self.rules.default_permissions.iter().cloned());
            changes.push(Change::Grant(self.rules.default_permissions.clone()));
        }
        if !left.is_empty() {
            changes.push(Change::Leave(left));
        }
        if user.is_active != was_active {
            changes.push(Change::SetActive(user.is_active));
        }
        if self.follow(&mut user.profile, is_new) {
            changes.push(Change::Profile(user.profile.clone()));
        }
        self.plan_login(&mut user.last_login_at, &mut changes);
        Ok(Plan { changes, user, refusal: None })
    }

    /// Returns the user to create. The store gives the `id`.
    fn new_user(&self) -> Result<User, Error> {
        if !self.rules.create_users {
            return Err(Error::UnknownUser);
        }
        let subject = self.subject()?.map(str::to_owned);
        Ok(User { subject, created_at: self.now, ..User::new(0, self.identity.username().as_str()) })
    }

    /// Returns the subject of the person, or nothing if people are known by their names.
    fn subject(&self) -> Result<Option<&str>, Error> {
        match (self.rules.has_subjects, self.identity.subject) {
            (false, _) => Ok(None),
            (true, Some(subject)) => Ok(Some(subject)),
            (true, None) => Err(Error::SubjectMissing),
        }
    }

    /// Checks that a stored user is the person whom the proxy names, as far as subjects tell.
    /// Returns the change by which the store knows the person from now on, if there is one: the
    /// user of a known subject has another name now, or a user who is known by name has a
    /// subject.
    ///
    /// # Errors
    ///
    /// Returns why the user cannot be taken for that person.
    fn recognise(&self, user: &User) -> Result<Option<Change>, Error> {
        let Some(subject) = self.subject()? else { return Ok(None) };
        match user.subject() {
            Some(stored) if stored != subject => Err(Error::SubjectMismatch),
            Some(_) if user.username() == self.identity.username.as_str() => Ok(None),
            Some(_) => Ok(Some(Change::Rename { from: user.username.clone() })),
            None if self.rules.adopt_subjects => Ok(Some(Change::SetSubject(subject.into()))),
            None => Err(Error::SubjectUnset),
        }
    }

    /// Checks that `user` may be signed in. The memberships are those that stay; each that
    /// begins is of a group that the proxy names.
    fn admit(&self, user: &User) -> Result<(), Error> {
        self.rules.check_active(user)?;
        if self.identity.groups.is_none() && self.rules.missing_groups == MissingGroups::Deny {
            return Err(Error::GroupsMissing);
        }
        if *self.identity.name == Field::Absent && self.rules.missing_name == MissingField::Deny {
            return Err(Error::NameMissing);
        }
        if *self.identity.email == Field::Absent && self.rules.missing_email == MissingField::Deny {
            return Err(Error::EmailMissing);
        }
        if self.rules.missing_attributes == MissingField::Deny
            && self.rules.attributes.iter().any(|name| !self.identity.attributes.contains_key(name))
        {
            return Err(Error::AttributeMissing);
        }
        self.rules.check_groups(&user.memberships, |group| self.is_asserted(group))
    }

    /// Plans what is taken from a stored user who is refused: the memberships that `left`
    /// lists, which `user` no longer has, and the flags that a sign-in would take. Whether the
    /// user is active is set already, and `was_active` is what is stored.
    fn plan_refusal(&self, mut user: User, was_active: bool, left: BTreeSet<String>, refusal: Error) -> Plan {
        let mut changes = Vec::new();
        if !left.is_empty() {
            changes.push(Change::Leave(left));
        }
        if user.is_active != was_active {
            changes.push(Change::SetActive(user.is_active));
        }
        let mut followed = user.profile.clone();
        self.follow(&mut followed, false);
        let flags = Flags {
            staff: user.profile.flags.staff && followed.flags.staff,
            superuser: user.profile.flags.superuser && followed.flags.superuser,
        };
        if flags != user.profile.flags {
            user.profile.flags = flags;
            changes.push(Change::Profile(user.profile.clone()));
        }
        Plan { changes, user, refusal: Some(refusal) }
    }

    /// Compares `memberships` with the groups that the proxy names, of which the store has
    /// the `existing` ones. Where an absent header refuses the user, it takes what it takes
    /// where it clears.
    fn plan_memberships(
        &self,
        memberships: &BTreeMap<String, MembershipSource>,
        existing: &BTreeSet<String>,
    ) -> MembershipChanges {
        let no_groups = BTreeSet::new();
        let named = match (self.identity.groups, self.rules.missing_groups) {
            (Some(groups), _) => groups,
            (None, MissingGroups::Clear | MissingGroups::Deny) => &no_groups,
            (None, MissingGroups::Keep) => return MembershipChanges::default(),
        };
        let joined = self.groups_to_join(named, memberships, existing);
        let left = self.groups_to_leave(named, memberships);
        let created = joined.difference(existing).cloned().collect();
        MembershipChanges { created, joined, left }
    }

    /// Returns the `named` groups that the user is not in yet. They must exist, unless
    /// `create_groups` is set.
    fn groups_to_join(
        &self,
        named: &BTreeSet<String>,
        memberships: &BTreeMap<String, MembershipSource>,
        existing: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let mut joined = BTreeSet::new();
        for group in named {
            let is_member = memberships.contains_key(group);
            let may_exist = existing.contains(group) || self.rules.create_groups;
            if !is_member && may_exist {
                joined.insert(group.clone());
            }
        }
        joined
    }

    /// Returns the groups of every newcomer, without those that the proxy gives as well. They
    /// must exist, unless `create_groups` is set.
    fn default_groups(&self, joined: &BTreeSet<String>, existing: &BTreeSet<String>) -> BTreeSet<String> {
        let mut groups = self.rules.default_groups.clone();
        groups.retain(|group| {
            let may_exist = existing.contains(group) || self.rules.create_groups;
            may_exist && !joined.contains(group)
        });
        groups
    }

    /// Returns the groups of the user that are neither `named` nor excluded. A local
    /// membership stays if the groups header is absent, or if
    /// `keep_local_groups` is set.
    fn groups_to_leave(
        &self,
        named: &BTreeSet<String>,
        memberships: &BTreeMap<String, MembershipSource>,
    ) -> BTreeSet<String> {
        let may_end_local = self.identity.groups.is_some() && !self.rules.keep_local_groups;
        let mut left = BTreeSet::new();
        for (group, source) in memberships {
            let is_named = named.contains(group);
            let is_excluded = self.rules.excluded_groups.contains(group);
            let may_end = *source == MembershipSource::Remote || may_end_local;
            if !is_named && !is_excluded && may_end {
                left.insert(group.clone());
            }
        }
        left
    }

    /// Brings `profile` in step with the proxy and the rules. The hooks of the
    /// application have the last word: what they undo is no change. Returns whether
    /// anything changed.
    fn follow(&self, profile: &mut Profile, is_new: bool) -> bool {
        let Some(hooks) = self.hooks else { return self.update_profile(profile, is_new) };
        let before = profile.clone();
        self.update_profile(profile, is_new);
        profile.flags = hooks.policy.flags(self.identity, profile.flags);
        (hooks.configure)(profile, is_new);
        *profile != before
    }

    /// Sets the flags as the proxy and the rules say, and the name, the email address and the
    /// attributes too, unless the user has them since the creation. Returns whether any of them changed.
    fn update_profile(&self, profile: &mut Profile, is_new: bool) -> bool {
        let flags = Flags {
            staff: self.flag(&self.rules.staff_groups, &self.rules.staff_users, profile.flags.staff),
            superuser: self.flag(
                &self.rules.superuser_groups,
                &self.rules.superuser_users,
                profile.flags.superuser,
            ),
        };
        let mut is_changed = flags != profile.flags;
        profile.flags = flags;
        if self.rules.profile_sync == ProfileSync::Create && !is_new {
            return is_changed;
        }
        is_changed |= update_field(&mut profile.name, self.identity.name, self.rules.missing_name);
        is_changed |= update_field(&mut profile.email, self.identity.email, self.rules.missing_email);
        for name in &self.rules.attributes {
            let asserted = self.identity.attributes.get(name).unwrap_or(&Field::Absent);
            let mut value = profile.attributes.remove(name);
            is_changed |= update_field(&mut value, asserted, self.rules.missing_attributes);
            profile.attributes.extend(value.map(|value| (name.clone(), value)));
        }
        is_changed
    }

    /// Returns a flag of the user: whether the user is one of `users`, or the proxy names one
    /// of `groups`, of which `"*"` is everyone. The `stored` flag stays if neither is
    /// configured for it, or if the groups header is absent and `missing_groups` is `"keep"`.
    fn flag(
        &self,
        groups: &Option<BTreeSet<String>>,
        users: &Option<BTreeSet<String>>,
        stored: bool,
    ) -> bool {
        if users.as_ref().is_some_and(|users| users.contains(self.identity.username.as_str())) {
            return true;
        }
        let Some(groups) = groups else { return stored && users.is_none() };
        if groups.contains("*") {
            return true;
        }
        match (&self.identity.groups, self.rules.missing_groups) {
            (Some(_), _) => groups.iter().any(|group| self.identity.is_member(group)),
            (None, MissingGroups::Keep) => stored,
            (None, _) => false,
        }
    }

    /// Whether this request is a login to note: not if the session notes it, or the last one is
    /// less than `login_interval` away, in the past or in the future.
    pub(crate) fn is_login_due(&self, last_login: Option<OffsetDateTime>) -> bool {
        let is_recent = last_login.is_some_and(|last| (self.now - last).abs() < self.rules.login_interval);
        self.tracking == LoginTracking::ByInterval && !is_recent
    }

    /// Whether the plan depends on nothing but the identity, the rules, what is stored, and
    /// the time of the last login.
    pub(crate) fn is_pure(&self) -> bool {
        self.hooks.is_none_or(|hooks| hooks.policy.is_pure())
    }

    /// Notes a login, if it is one to note.
    fn plan_login(&self, last_login: &mut Option<OffsetDateTime>, changes: &mut Vec<Change>) {
        if self.is_login_due(*last_login) {
            *last_login = Some(self.now);
            changes.push(Change::LogIn(self.now));
        }
    }
}

/// Sets `stored` to what the proxy said, if it said anything: a blank value removes it, and so
/// does an absent one if that is what `missing` means. Returns whether it changed.
fn update_field(stored: &mut Option<String>, asserted: &Field<String>, missing: MissingField) -> bool {
    let asserted = match asserted {
        Field::Absent if missing != MissingField::Clear => return false,
        Field::Absent | Field::Blank => None,
        Field::Value(value) => Some(value),
    };
    if stored.as_ref() == asserted {
        return false;
    }
    *stored = asserted.cloned();
    true
}
