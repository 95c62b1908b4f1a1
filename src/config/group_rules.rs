//! What the keys about groups can get wrong, alone and together: a rule that can never hold
//! stops the launch.
//!
//! Within this folder it depends on `keys`.

use std::collections::BTreeSet;

use super::keys::Config;
use crate::error::Fault;
use crate::launch::InvalidKey;
use crate::sync::{AllOf, MissingGroups};
use crate::text;
use crate::user::Username;

/// What is everyone in the keys about flags.
const EVERYONE: &str = "*";

/// The keys in which a group may be called `*`: the flags, where it means everyone,
/// and `group_map`, where it is an ordinary name.
const STAR_KEYS: [&str; 4] = ["staff_groups", "superuser_groups", "active_groups", "group_map"];

/// The key of the groups that count.
const ALLOWED_KEY: &str = "groups_allowed";

/// The checks of the keys about groups. Each returns the first key that is wrong.
impl Config {
    /// Checks all keys about groups.
    pub(super) fn check_groups(&self) -> Result<(), InvalidKey> {
        self.check_group_names()?;
        self.check_allowed_groups()?;
        self.check_group_case()?;
        self.check_group_map()?;
        self.check_renamed_groups()?;
        for (key, groups) in self.flags() {
            self.check_flag(key, groups)?;
        }
        self.check_flagged_users()?;
        self.check_denied_groups()?;
        self.check_unmapped_groups()?;
        self.check_disallowed_groups()?;
        self.check_missing_groups()?;
        self.check_default_groups()?;
        self.check_permission_names()
    }

    /// Checks that each name can be the name of a group: what a proxy cannot send, and a
    /// hook cannot make, nobody is ever in.
    fn check_group_names(&self) -> Result<(), InvalidKey> {
        let mapped = self.group_map.iter().flat_map(|(from, to)| [("group_map", from), ("group_map", to)]);
        for (key, group) in self.groups_of_rules().chain(mapped) {
            if let Some(fault) = self.group_name_fault(group, self.limits.group) {
                let reason = format!("{group:?} is no name of a group: it {fault}");
                return Err(InvalidKey::new(key, reason));
            }
            if group == EVERYONE && !STAR_KEYS.contains(&key) {
                let reason =
                    "\"*\" is everyone in `staff_groups`, `superuser_groups` and `active_groups` only";
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Says what is wrong with the name of a group, which has at most `limit` characters, if
    /// anything is.
    fn group_name_fault(&self, group: &str, limit: usize) -> Option<String> {
        if is_blank_or_padded(group) {
            return Some("is blank, or has white space around it".into());
        }
        match text::check_whole_group(group, limit) {
            Ok(()) => None,
            Err(Fault::NotNormalized) => Some("is not in Unicode's form NFC".into()),
            Err(fault) => Some(fault.to_string()),
        }
    }

    /// Checks that each pattern of `groups_allowed` can allow a group.
    fn check_allowed_groups(&self) -> Result<(), InvalidKey> {
        let Some(patterns) = &self.groups_allowed else { return Ok(()) };
        if patterns.is_empty() {
            let reason = "an empty list allows no group: name those that count, or leave the key out";
            return Err(InvalidKey::new(ALLOWED_KEY, reason));
        }
        for pattern in patterns {
            // A star may stand for nothing, and is no character of a group.
            let stars = pattern.as_str().matches('*').count();
            if let Some(fault) = self.group_name_fault(pattern.as_str(), self.limits.group + stars) {
                let reason = format!("{pattern} allows no name of a group: it {fault}");
                return Err(InvalidKey::new(ALLOWED_KEY, reason));
            }
        }
        Ok(())
    }

    /// Checks that no key is about a name in another case than `group_case` makes of every name,
    /// unless `group_map` gives it.
    fn check_group_case(&self) -> Result<(), InvalidKey> {
        let renamed = self.group_map.keys().map(|group| ("group_map", group.as_str()));
        let rules = self.groups_of_rules().map(|(key, group)| (key, group.as_str()));
        let rules = rules.filter(|(_, group)| !self.is_mapped_name(group));
        let patterns = self.groups_allowed.iter().flatten();
        let patterns = patterns.filter(|pattern| !self.group_map.values().any(|name| pattern.allows(name)));
        let patterns = patterns.map(|pattern| (ALLOWED_KEY, pattern.as_str()));
        for (key, group) in renamed.chain(rules).chain(patterns) {
            let lowered = self.group_case.apply(group.into());
            if lowered != group {
                let reason = format!("`group_case` makes {lowered:?} of {group:?}: name {lowered:?}");
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Checks that `groups_allowed` allows every name that a key gives to a group or asks for,
    /// unless it is an excluded one, whose members are kept here.
    fn check_disallowed_groups(&self) -> Result<(), InvalidKey> {
        let Some(patterns) = &self.groups_allowed else { return Ok(()) };
        let is_allowed = |group: &String| patterns.iter().any(|pattern| pattern.allows(group));
        let given = self.group_map.values().map(|group| ("group_map", group));
        let flags = self.groups_of_flags().filter(|(_, group)| *group != EVERYONE);
        for (key, group) in given.chain(flags).chain(self.groups_of_membership_rules()) {
            if !is_allowed(group) && !self.excluded_groups.contains(group) {
                let reason = format!(
                    "`groups_allowed` does not allow {group:?}, so that the proxy puts nobody in it: allow it"
                );
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Checks that `group_map_only` leaves any group to count.
    fn check_group_map(&self) -> Result<(), InvalidKey> {
        if self.group_map_only && self.group_map.is_empty() {
            let reason = "`group_map` is empty, so that no group would count";
            return Err(InvalidKey::new("group_map_only", reason));
        }
        Ok(())
    }

    /// Checks that no rule is about a name that `group_map` takes away.
    fn check_renamed_groups(&self) -> Result<(), InvalidKey> {
        let rules = self.groups_of_rules().map(|(key, group)| (key, group.as_str()));
        let allowed = self.groups_allowed.iter().flatten().filter_map(|pattern| pattern.name());
        let named = rules.chain(allowed.map(|group| (ALLOWED_KEY, group)));
        for (key, group) in named.filter(|(_, group)| *group != EVERYONE) {
            if let Some(renamed) = self.group_map.get(group)
                && !self.is_mapped_name(group)
            {
                let reason = format!(
                    "`group_map` makes {renamed:?} of {group:?}, so that the proxy puts nobody in {group:?}: \
                     name {renamed:?}"
                );
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Checks that a flag can follow `groups`: the proxy names groups, and each of these may
    /// be among those that count.
    fn check_flag(&self, key: &'static str, groups: &BTreeSet<String>) -> Result<(), InvalidKey> {
        if let Some(disabled) = self.disabled_groups_key()
            && !groups.contains(EVERYONE)
        {
            let reason = format!(
                "`{disabled}` is off, so that the flag would follow no groups and never be taken away: leave \
                 the key out, or set it to [\"*\"]"
            );
            return Err(InvalidKey::new(key, reason));
        }
        if key == "active_groups" && groups.is_empty() {
            let reason = "an empty list makes everybody inactive: name the groups of active users, or leave the key out";
            return Err(InvalidKey::new(key, reason));
        }
        for group in groups.iter().filter(|group| *group != EVERYONE) {
            if self.excluded_groups.contains(group) {
                let reason = format!("{group:?} is in `excluded_groups`, so that it gives nobody the flag");
                return Err(InvalidKey::new(key, reason));
            }
            if self.group_map_only && !self.is_mapped_name(group) {
                let reason = format!(
                    "`group_map_only` is set, and `group_map` gives nobody the group {group:?}: make it a value \
                     of `group_map`"
                );
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Checks that each user who has a flag by name can sign in by that name.
    fn check_flagged_users(&self) -> Result<(), InvalidKey> {
        let rules = self.username_rules();
        for (key, users) in [("staff_users", &self.staff_users), ("superuser_users", &self.superuser_users)] {
            if let Some(user) = users.iter().flatten().find(|user| !Username::is_canonical(user, &rules)) {
                let reason =
                    format!("nobody signs in by the name {user:?}, which is not in its canonical form");
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Checks that `denied_groups` leaves something to what other rules give or ask for:
    /// whoever is in one of them is refused.
    fn check_denied_groups(&self) -> Result<(), InvalidKey> {
        let required = self.required_groups.items();
        if !required.is_empty() && required.iter().all(|groups| self.denied_groups.includes(groups)) {
            let reason = "all of them are in `denied_groups`, so that nobody would be let in";
            return Err(InvalidKey::new("required_groups", reason));
        }
        if let Some((key, group)) =
            self.groups_that_give().find(|(_, group)| self.denied_groups.includes(&AllOf::one(group)))
        {
            let reason = format!(
                "{group:?} is in `denied_groups`, so that whoever it would give anything to is refused"
            );
            return Err(InvalidKey::new(key, reason));
        }
        Ok(())
    }

    /// Checks that under `group_map_only` each group of a rule about memberships has members:
    /// the map gives it to somebody, or it is an excluded one, whose members are kept here.
    fn check_unmapped_groups(&self) -> Result<(), InvalidKey> {
        if !self.group_map_only {
            return Ok(());
        }
        for (key, group) in self.groups_of_membership_rules() {
            if !self.is_mapped_name(group) && !self.excluded_groups.contains(group) {
                let reason = format!(
                    "`group_map_only` is set, and `group_map` gives nobody the group {group:?}: make it a value \
                     of `group_map`, or put it in `excluded_groups` if you keep its members here"
                );
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Checks that an absent groups header is not refused where it is always absent.
    fn check_missing_groups(&self) -> Result<(), InvalidKey> {
        if let (Some(key), MissingGroups::Deny) = (self.disabled_groups_key(), self.missing_groups) {
            let reason = format!("`{key}` is off, so \"deny\" refuses everyone");
            return Err(InvalidKey::new("missing_groups", reason));
        }
        Ok(())
    }

    /// Checks that whoever is put into a group at first is let in, and stays in it: the next
    /// request of the same person ends what the proxy does not name.
    fn check_default_groups(&self) -> Result<(), InvalidKey> {
        if self.denied_groups.holds(|group| self.default_groups.contains(group)) {
            let reason = "`denied_groups` has them, so that no newcomer is let in";
            return Err(InvalidKey::new("default_groups", reason));
        }
        for group in &self.default_groups {
            let is_mirrored = self.disabled_groups_key().is_none() && !self.keep_local_groups;
            if is_mirrored && !self.excluded_groups.contains(group) {
                let reason = format!(
                    "the next request of a newcomer ends the membership in {group:?}, unless the proxy names it: \
                     put it in `excluded_groups`, or set `keep_local_groups`"
                );
                return Err(InvalidKey::new("default_groups", reason));
            }
        }
        Ok(())
    }

    fn check_permission_names(&self) -> Result<(), InvalidKey> {
        let of_groups = self.group_permissions.values().flatten().map(|name| ("group_permissions", name));
        let of_newcomers = self.default_permissions.iter().map(|name| ("default_permissions", name));
        for (key, name) in of_groups.chain(of_newcomers) {
            if is_blank_or_padded(name) {
                let reason = format!("{name:?} is no permission: it is blank, or has white space around it");
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Whether `group_map` gives this name.
    fn is_mapped_name(&self, group: &str) -> bool {
        self.group_map.values().any(|renamed| renamed == group)
    }

    /// The groups of each flag that follows any, with its key.
    fn flags(&self) -> impl Iterator<Item = (&'static str, &BTreeSet<String>)> {
        let staff = self.staff_groups.iter().map(|groups| ("staff_groups", groups));
        let superusers = self.superuser_groups.iter().map(|groups| ("superuser_groups", groups));
        staff.chain(superusers).chain(self.active_groups.iter().map(|groups| ("active_groups", groups)))
    }

    /// The groups of the flags, each with its key.
    fn groups_of_flags(&self) -> impl Iterator<Item = (&'static str, &String)> {
        self.flags().flat_map(|(key, groups)| groups.iter().map(move |group| (key, group)))
    }

    /// The groups that give permissions, each with its key.
    fn groups_of_permissions(&self) -> impl Iterator<Item = (&'static str, &String)> {
        self.group_permissions.keys().map(|group| ("group_permissions", group))
    }

    /// The groups that give a flag or permissions, each with its key.
    fn groups_that_give(&self) -> impl Iterator<Item = (&'static str, &String)> {
        self.groups_of_flags().chain(self.groups_of_permissions())
    }

    /// The groups of the rules that look at memberships, too, each with its key.
    fn groups_of_membership_rules(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let lists = [("required_groups", &self.required_groups), ("denied_groups", &self.denied_groups)];
        let listed =
            lists.into_iter().flat_map(|(key, groups)| groups.groups().map(move |group| (key, group)));
        listed.chain(self.groups_of_permissions())
    }

    /// The names of all groups that a rule is about, each with its key.
    fn groups_of_rules(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let excluded = self.excluded_groups.iter().map(|group| ("excluded_groups", group));
        let defaults = self.default_groups.iter().map(|group| ("default_groups", group));
        self.groups_of_flags().chain(excluded).chain(defaults).chain(self.groups_of_membership_rules())
    }
}

fn is_blank_or_padded(name: &str) -> bool {
    name.is_empty() || name.trim() != name
}
