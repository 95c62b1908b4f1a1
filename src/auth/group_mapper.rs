//! From the groups that a proxy names to the one set of groups that every rule looks at, and
//! the key `group_case`.
//!
//! Within this folder it depends on `allowed_groups`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use super::allowed_groups::AllowedGroups;
use crate::error::Fault;
use crate::headers::{Groups, IdentityReader};
use crate::policy::Policy;
use crate::text;
use crate::user::Field;

/// Whether `Editors` and `editors` are one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"preserve\" or \"lower\"")]
pub(crate) enum GroupCase {
    Preserve,
    Lower,
}

impl GroupCase {
    /// Returns the name of a group in this case.
    pub(crate) fn apply<'a>(self, group: Cow<'a, str>) -> Cow<'a, str> {
        let has_capitals = || !group.is_ascii() || group.bytes().any(|byte| byte.is_ascii_uppercase());
        if self == GroupCase::Lower && has_capitals() { Cow::Owned(group.to_lowercase()) } else { group }
    }
}

/// Maps the groups that a proxy names to those of this application. The hook comes first; then
/// the case is lowered where `group_case` says so, a group is renamed by `group_map`, and those
/// are left out that `groups_allowed` does not allow, or that `excluded_groups` lists.
///
/// A name that `group_map` gives is given by nothing else: a group of the provider that has
/// it by itself does not count, unless it is a key of the map, too.
pub(crate) struct GroupMapper {
    pub(crate) policy: Option<Arc<dyn Policy>>,
    /// The most characters of a name that the hook returns.
    pub(crate) max_length: usize,
    pub(crate) group_case: GroupCase,
    pub(crate) group_map: BTreeMap<String, String>,
    /// The names that `group_map` gives: its values.
    pub(crate) mapped_names: BTreeSet<String>,
    pub(crate) group_map_only: bool,
    /// The groups that count, if not all do.
    pub(crate) allowed_groups: Option<AllowedGroups>,
    pub(crate) excluded_groups: BTreeSet<String>,
}

impl GroupMapper {
    /// Makes the set of the `groups` of an assertion, whose names `reader` lists. Returns
    /// `None` if the proxy says nothing about groups.
    ///
    /// # Errors
    ///
    /// Returns a fault if the hook returns what cannot be the name of a group.
    pub(crate) fn groups(
        &self,
        groups: &Field<Groups>,
        reader: &IdentityReader,
    ) -> Result<Option<BTreeSet<String>>, Fault> {
        match groups {
            Field::Absent => Ok(None),
            Field::Blank => Ok(Some(BTreeSet::new())),
            Field::Value(groups) => self.set(reader.names(groups)).map(Some),
        }
    }

    fn set<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<BTreeSet<String>, Fault> {
        let mut set = BTreeSet::new();
        for name in names {
            let Some(cleaned) = self.clean(name)? else { continue };
            if let Some(group) = self.rename(self.lower(cleaned)?)
                && self.counts(&group)
            {
                set.insert(group.into_owned());
            }
        }
        Ok(set)
    }

    /// Asks the hook, and checks what it returns. `None` if it drops the group, or leaves
    /// nothing of its name.
    fn clean<'a>(&self, name: &'a str) -> Result<Option<Cow<'a, str>>, Fault> {
        let Some(policy) = &self.policy else { return Ok(Some(Cow::Borrowed(name))) };
        let Some(cleaned) = policy.clean_group(name) else { return Ok(None) };
        if text::trim(&cleaned).is_empty() {
            return Ok(None);
        }
        text::check_whole_group(&cleaned, self.max_length)?;
        Ok(Some(cleaned))
    }

    /// Lowers the case of a name, if `group_case` says so, and checks what that makes of it.
    fn lower<'a>(&self, name: Cow<'a, str>) -> Result<Cow<'a, str>, Fault> {
        let lowered = self.group_case.apply(name);
        if self.group_case == GroupCase::Lower && !lowered.is_ascii() {
            text::check_whole_group(&lowered, self.max_length)?;
        }
        Ok(lowered)
    }

    /// Whether a group counts by the name that it has here.
    fn counts(&self, group: &str) -> bool {
        self.allowed_groups.as_ref().is_none_or(|allowed| allowed.allow(group))
            && !self.excluded_groups.contains(group)
    }

    /// Renames a group by `group_map`. `None` if it does not count.
    fn rename<'a>(&'a self, name: Cow<'a, str>) -> Option<Cow<'a, str>> {
        if let Some(renamed) = self.group_map.get(&*name) {
            return Some(Cow::Borrowed(renamed));
        }
        let is_dropped = self.group_map_only || self.mapped_names.contains(&*name);
        if is_dropped { None } else { Some(name) }
    }
}
