use std::fmt;
use std::ops::Deref;

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};
use serde::Deserialize;

use crate::error::Fault;
use crate::text;

/// A canonical user name: the same string for every spelling of one person.
///
/// The parts of the name between single spaces are each enforced as a
/// `userpart` of [RFC 8265](https://www.rfc-editor.org/rfc/rfc8265#section-3.1):
/// wide and narrow characters are mapped, the result is normalised (NFC), and
/// symbols, unseen characters and mixed directions are refused. The case is
/// kept unless `username_case = "lower"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

/// Whether `Ada` and `ada` are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"preserve\" or \"lower\"")]
pub(crate) enum UsernameCase {
    Preserve,
    Lower,
}

impl Username {
    /// Makes `name` canonical, or says why it is no user name. What was clean
    /// before is held to the same rules after: a fullwidth comma is a comma.
    pub(crate) fn canonical(name: String, case: UsernameCase, limit: usize) -> Result<Self, Fault> {
        let name = match (name.is_empty(), case) {
            // The profile leaves printable ASCII as it is.
            (false, UsernameCase::Preserve) if name.bytes().all(|b| b.is_ascii_graphic()) => name,
            _ => Self::stable(&name, case)?,
        };
        text::check(&name, limit)?;
        match name.contains(',') {
            true => Err(Fault::Comma),
            false => Ok(Self(name)),
        }
    }

    /// The name that is its own canonical name: a letter may become one that
    /// the profile does not know.
    fn stable(name: &str, case: UsernameCase) -> Result<String, Fault> {
        let once = Self::enforce(name, case)?;
        match Self::enforce(&once, case)? == once {
            true => Ok(once),
            false => Err(Fault::NotAUsername),
        }
    }

    fn enforce(name: &str, case: UsernameCase) -> Result<String, Fault> {
        let enforce = |part| match case {
            UsernameCase::Preserve => UsernameCasePreserved::enforce(part),
            UsernameCase::Lower => UsernameCaseMapped::enforce(part),
        };
        let parts: Result<Vec<_>, _> = name.split(' ').map(enforce).collect();
        Ok(parts.map_err(|_| Fault::NotAUsername)?.join(" "))
    }

    /// The name as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Username {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(name: &str) -> Result<String, Fault> {
        Username::canonical(name.into(), UsernameCase::Preserve, 20).map(|name| name.to_string())
    }

    #[test]
    fn spellings_of_one_name_are_one_name() {
        let twins = [
            ("ada", "ada"),
            ("Ada", "Ada"),
            ("ａｄａ", "ada"),
            ("Zoe\u{308}", "Zoë"),
            ("Å", "Å"),
            ("ada lovelace", "ada lovelace"),
            ("ada@example.com", "ada@example.com"),
            ("CORP\\ada", "CORP\\ada"),
        ];
        for (name, expected) in twins {
            assert_eq!(canonical(name).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn lower_case_joins_what_preserve_keeps_apart() {
        let lower =
            |name: &str| Username::canonical(name.into(), UsernameCase::Lower, 20).map(|n| n.to_string());
        assert_eq!(lower("ADA"), Ok("ada".into()));
        assert_eq!(lower("Ａda"), Ok("ada".into()));
        assert_ne!(canonical("ADA"), canonical("ada"));
        // Its lower case, U+AB70, is refused, so it is refused at once.
        assert_eq!(lower("\u{13a0}"), Err(Fault::NotAUsername));
        assert_eq!(lower("\u{ab70}"), Err(Fault::NotAUsername));
    }

    #[test]
    fn what_is_no_user_name_is_refused() {
        let cases = [
            ("", Fault::NotAUsername),
            ("ada  lovelace", Fault::NotAUsername),
            ("♥", Fault::NotAUsername),
            ("ada\u{3000}lovelace", Fault::NotAUsername),
            ("ada\u{a0}lovelace", Fault::NotAUsername),
            ("אda", Fault::NotAUsername),
            ("ada，bob", Fault::Comma),
            ("（null）", Fault::Placeholder),
            ("－", Fault::Placeholder),
            ("abcdefghijklmnopqrstu", Fault::TooLong { limit: 20 }),
        ];
        for (name, fault) in cases {
            assert_eq!(canonical(name), Err(fault), "{name:?}");
        }
    }

    #[test]
    fn printable_ascii_is_canonical_as_the_profile_has_it() {
        for byte in 0..=0x7f_u8 {
            let name = format!("a{}b", char::from(byte));
            let enforced = UsernameCasePreserved::enforce(name.as_str()).ok().map(|name| name.into_owned());
            assert_eq!(byte.is_ascii_graphic().then_some(name), enforced, "{byte:#x}");
        }
    }

    #[test]
    fn a_canonical_name_is_its_own_canonical_name() {
        for name in ["ada", "Zoe\u{308}", "ａｄａ lovelace"] {
            let once = canonical(name).expect("a user name");
            assert_eq!(canonical(&once), Ok(once));
        }
    }
}
