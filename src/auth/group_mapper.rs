//! From the groups that a proxy names to the one set of groups that every rule looks at.
//!
//! Within this folder it depends on nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::{Fault, Rejection};
use crate::headers::{Groups, IdentityReader};
use crate::policy::Policy;
use crate::text;
use crate::user::Field;

/// Maps the groups that a proxy names to those of this application. The hook comes first;
/// then a group is renamed by `group_map`, and `excluded_groups` are left out.
///
/// A name that `group_map` gives is given by nothing else: a group of the provider that has
/// it by itself does not count, unless it is a key of the map, too.
pub(crate) struct GroupMapper {
    pub(crate) policy: Option<Arc<dyn Policy>>,
    /// The header that carries the groups, for a rejection to name. Blank if none does.
    pub(crate) groups_header: String,
    /// The most characters of a name that the hook returns.
    pub(crate) max_length: usize,
    pub(crate) group_map: BTreeMap<String, String>,
    /// The names that `group_map` gives: its values.
    pub(crate) mapped_names: BTreeSet<String>,
    pub(crate) group_map_only: bool,
    pub(crate) excluded_groups: BTreeSet<String>,
}

impl GroupMapper {
    /// Makes the set of the `groups` of an assertion, whose names `reader` lists. Returns
    /// `None` if the proxy says nothing about groups.
    ///
    /// # Errors
    ///
    /// Returns a [`Rejection`] if the hook returns what cannot be the name of a group.
    pub(crate) fn groups(
        &self,
        groups: &Field<Groups>,
        reader: &IdentityReader,
    ) -> Result<Option<BTreeSet<String>>, Rejection> {
        match groups {
            Field::Absent => Ok(None),
            Field::Blank => Ok(Some(BTreeSet::new())),
            Field::Value(groups) => match self.set(reader.names(groups)) {
                Ok(set) => Ok(Some(set)),
                Err(fault) => Err(Rejection::new(&self.groups_header, fault)),
            },
        }
    }

    fn set<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<BTreeSet<String>, Fault> {
        let mut set = BTreeSet::new();
        for name in names {
            let Some(cleaned) = self.clean(name)? else { continue };
            if let Some(group) = self.rename(cleaned)
                && !self.excluded_groups.contains(&*group)
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

    /// Renames a group by `group_map`. `None` if it does not count.
    fn rename<'a>(&'a self, name: Cow<'a, str>) -> Option<Cow<'a, str>> {
        if let Some(renamed) = self.group_map.get(&*name) {
            return Some(Cow::Borrowed(renamed));
        }
        let is_dropped = self.group_map_only || self.mapped_names.contains(&*name);
        if is_dropped { None } else { Some(name) }
    }
}
