//! The key `groups_allowed`: which of a directory's groups count here.
//!
//! Within this folder it depends on nothing.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

use crate::text::steps;

/// What stands for any characters in a pattern, or for none.
const ANYTHING: char = '*';

/// One item of the key `groups_allowed`: the name of a group, in which each `*` stands for any
/// characters, or for none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub(crate) struct GroupPattern(String);

impl GroupPattern {
    /// Returns the pattern as it is configured.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the one group that the pattern allows, if it has no `*`.
    pub(crate) fn name(&self) -> Option<&str> {
        if self.0.contains(ANYTHING) { None } else { Some(&self.0) }
    }

    /// Whether the pattern allows `group`. What is between two `*` is searched for behind what
    /// was found before it, so that no character of the group is searched twice.
    pub(crate) fn allows(&self, group: &str) -> bool {
        steps::note(group.len());
        let Some((first, rest)) = self.0.split_once(ANYTHING) else { return self.0 == group };
        let (middle, last) = rest.rsplit_once(ANYTHING).unwrap_or(("", rest));
        let Some(group) = group.strip_prefix(first) else { return false };
        let Some(mut group) = group.strip_suffix(last) else { return false };
        for piece in middle.split(ANYTHING) {
            let Some((_, behind)) = group.split_once(piece) else { return false };
            group = behind;
        }
        true
    }
}

impl fmt::Display for GroupPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The groups that count, of those that the proxy names.
#[derive(Debug, Clone)]
pub(crate) struct AllowedGroups {
    names: BTreeSet<String>,
    patterns: Vec<GroupPattern>,
}

impl AllowedGroups {
    /// Sorts the items of the key into names, which are looked up, and patterns.
    pub(crate) fn new(items: &BTreeSet<GroupPattern>) -> Self {
        let names = items.iter().filter_map(GroupPattern::name).map(str::to_owned).collect();
        let patterns = items.iter().filter(|item| item.name().is_none()).cloned().collect();
        Self { names, patterns }
    }

    /// Whether the key allows `group`.
    pub(crate) fn allow(&self, group: &str) -> bool {
        self.names.contains(group) || self.patterns.iter().any(|pattern| pattern.allows(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, group: &str) -> bool {
        GroupPattern(pattern.into()).allows(group)
    }

    #[test]
    fn a_star_stands_for_any_characters_or_for_none() {
        let cases: [(&str, &[&str], &[&str]); 9] = [
            ("app", &["app"], &["", "ap", "apps", "App", "xapp"]),
            ("*", &["", "app", "*"], &[]),
            ("app-*", &["app-", "app-x", "app-*", "app-ü"], &["app", "App-x", "xapp-x"]),
            ("*-app", &["-app", "x-app"], &["app", "x-apps"]),
            ("a*a", &["aa", "aba", "aaa"], &["a", "ab", "ba"]),
            ("*b*", &["b", "abc", "bb"], &["", "ac"]),
            ("a*b*c", &["abc", "axbxc", "abcbc", "abbc"], &["ac", "acb", "abcx", "xabc"]),
            ("a*bc*bc", &["abcbc", "axbcxbc", "abcbcbc"], &["abc", "abbc"]),
            ("a**c", &["ac", "abc"], &["a", "c"]),
        ];
        for (pattern, allowed, others) in cases {
            for group in allowed {
                assert!(allows(pattern, group), "{pattern} {group}");
            }
            for group in others {
                assert!(!allows(pattern, group), "{pattern} {group}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn a_pattern_allows_what_it_is_made_into(
            pieces in proptest::collection::vec("[ab]{0,3}", 1..5),
            fill in "[abc]{0,3}",
        ) {
            let group = pieces.join(&fill);
            proptest::prop_assert!(allows(&pieces.join("*"), &group), "{:?} {}", pieces, group);
        }

        #[test]
        fn a_pattern_allows_what_one_that_tries_every_split_allows(pattern in "[ab*]{0,6}", group in "[ab]{0,6}") {
            fn try_all(pattern: &[u8], group: &[u8]) -> bool {
                match pattern {
                    [] => group.is_empty(),
                    [b'*', rest @ ..] => (0..=group.len()).any(|skipped| try_all(rest, &group[skipped..])),
                    [byte, rest @ ..] => group.first() == Some(byte) && try_all(rest, &group[1..]),
                }
            }
            proptest::prop_assert_eq!(
                allows(&pattern, &group), try_all(pattern.as_bytes(), group.as_bytes())
            );
        }
    }
}
