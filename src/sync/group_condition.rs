//! The keys `required_groups` and `denied_groups`: groups, any of which is enough, and inner
//! lists of groups, all of which it takes.
//!
//! Within this folder it depends on nothing.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

/// A condition on the groups of a user: one of its items holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct GroupCondition(Vec<AllOf>);

/// One item of a condition: the user is in all of these groups. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllOf(BTreeSet<String>);

impl GroupCondition {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The items, any of which is enough.
    pub(crate) fn items(&self) -> &[AllOf] {
        &self.0
    }

    /// Whether the condition holds for a user who is in the groups that `is_in` tells.
    pub(crate) fn holds(&self, is_in: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|item| item.0.iter().all(|group| is_in(group)))
    }

    /// The groups that any item mentions.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flat_map(|item| &item.0)
    }

    /// Whether the condition holds for whoever is in all of `groups`.
    pub(crate) fn includes(&self, groups: &AllOf) -> bool {
        self.0.iter().any(|item| item.0.is_subset(&groups.0))
    }
}

impl AllOf {
    /// The item that is about one group.
    pub(crate) fn one(group: &str) -> Self {
        Self(BTreeSet::from([group.to_owned()]))
    }
}

impl fmt::Display for AllOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<_> = self.0.iter().map(|group| format!("{group:?}")).collect();
        f.write_str(&groups.join(" and "))
    }
}

impl<'de> Deserialize<'de> for AllOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GroupOrGroups)
    }
}

/// Visits a group, or a list of groups. An untagged enum would be shorter, but its error would
/// not say what is wrong.
struct GroupOrGroups;

impl<'de> Visitor<'de> for GroupOrGroups {
    type Value = AllOf;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a group, or a list of names")
    }

    fn visit_str<E: de::Error>(self, group: &str) -> Result<AllOf, E> {
        Ok(AllOf::one(group))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<AllOf, A::Error> {
        let mut groups = BTreeSet::new();
        while let Some(group) = names.next_element()? {
            groups.insert(group);
        }
        if groups.is_empty() {
            return Err(de::Error::custom(
                "an inner list is all of its groups, and an empty one is everyone",
            ));
        }
        Ok(AllOf(groups))
    }
}

#[cfg(test)]
impl FromIterator<AllOf> for GroupCondition {
    fn from_iter<I: IntoIterator<Item = AllOf>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_of(groups: &[&str]) -> AllOf {
        AllOf(groups.iter().map(|group| group.to_string()).collect())
    }

    #[test]
    fn any_item_is_enough_and_takes_all_of_its_groups() {
        let condition = GroupCondition(vec![all_of(&["a"]), all_of(&["b", "c"])]);
        for (groups, holds) in
            [("", false), ("a", true), ("b", false), ("c", false), ("bc", true), ("abc", true), ("d", false)]
        {
            assert_eq!(condition.holds(|group| groups.contains(group)), holds, "{groups}");
        }
        assert!(!GroupCondition::default().holds(|_| true));
    }

    #[test]
    fn whoever_is_in_more_groups_is_included() {
        let condition = GroupCondition(vec![all_of(&["b", "c"])]);
        assert!(condition.includes(&all_of(&["b", "c"])) && condition.includes(&all_of(&["a", "b", "c"])));
        assert!(!condition.includes(&all_of(&["b"])) && !condition.includes(&all_of(&["a", "c"])));
    }
}
