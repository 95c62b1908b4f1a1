//! The key `realms`: Kerberos realms and Windows domains, whose people are known here by the
//! rest of their names.
//!
//! Within this folder it depends on nothing.

use serde::Deserialize;

use crate::error::Fault;

/// What stands between the parts of a name that has a realm: before a Kerberos realm
/// ([RFC 4120, section 6.2]), behind a Windows domain, and between the components of a
/// principal.
///
/// [RFC 4120, section 6.2]: https://www.rfc-editor.org/rfc/rfc4120#section-6.2
const MARKS: [char; 3] = ['@', '\\', '/'];

/// The realms whose people `ada@REALM` and `REALM\ada` are `ada` here. They are compared
/// without regard to ASCII case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Realms(Vec<String>);

impl Realms {
    /// Returns the first realm whose name can be none.
    pub(crate) fn invalid(&self) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|realm| realm.trim().is_empty() || realm.contains(MARKS))
    }

    /// Returns the realms as they are configured.
    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    /// Removes the realm of a user name. A name without one stays as it is, and so does every
    /// name if no realms are configured.
    ///
    /// # Errors
    ///
    /// - [`Fault::WrongRealm`] for a realm that is not one of these;
    /// - [`Fault::NotAPerson`] for the principal of a service, such as `host/x@EXAMPLE.ORG`,
    ///   or for a name with two realms.
    pub(super) fn strip(&self, name: String) -> Result<String, Fault> {
        if self.0.is_empty() || !name.contains(MARKS) {
            return Ok(name);
        }
        let (person, realm) = match (name.rsplit_once('@'), name.split_once('\\')) {
            (Some((person, realm)), _) => (person, Some(realm)),
            (None, Some((domain, person))) => (person, Some(domain)),
            (None, None) => (&*name, None),
        };
        if realm.is_some_and(|realm| !self.include(realm)) {
            return Err(Fault::WrongRealm);
        }
        if person.is_empty() || person.contains(MARKS) {
            return Err(Fault::NotAPerson);
        }
        Ok(person.into())
    }

    /// Checks that nothing in the canonical form of a name reads as a realm or a service, as a
    /// mark in full width does there.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::NotAPerson`] if something does.
    pub(super) fn check_person(&self, name: &str) -> Result<(), Fault> {
        if self.0.is_empty() || !name.contains(MARKS) { Ok(()) } else { Err(Fault::NotAPerson) }
    }

    fn include(&self, realm: &str) -> bool {
        self.0.iter().any(|listed| listed.eq_ignore_ascii_case(realm))
    }
}

#[cfg(test)]
impl Realms {
    /// Lists realms for a test.
    pub(super) fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| name.to_string()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(name: &str) -> Result<String, Fault> {
        Realms::of(&["EXAMPLE.ORG", "Corp"]).strip(name.into())
    }

    #[test]
    fn the_person_of_a_listed_realm_is_known_without_it() {
        for name in ["ada@EXAMPLE.ORG", "ada@example.org", "CORP\\ada", "corp\\ada", "ada@Corp", "ada"] {
            assert_eq!(strip(name).as_deref(), Ok("ada"), "{name}");
        }
    }

    #[test]
    fn any_other_realm_is_refused() {
        let names = [
            "ada@EXAMPLE.COM",
            "ada@",
            "ada@EXAMPLE.ORG@OTHER",
            "ada@EXAMPLE.ORG.",
            "ada@sub.EXAMPLE.ORG",
            "\\ada",
            "OTHER\\ada",
            "ada\\corp",
            "ada@ EXAMPLE.ORG",
            "host/x@OTHER",
        ];
        for name in names {
            assert_eq!(strip(name), Err(Fault::WrongRealm), "{name}");
        }
    }

    #[test]
    fn a_name_of_no_single_person_is_refused() {
        let names = [
            "host/x@EXAMPLE.ORG",
            "ada/admin@EXAMPLE.ORG",
            "host/x",
            "@EXAMPLE.ORG",
            "CORP\\",
            "CORP\\ada@EXAMPLE.ORG",
            "CORP\\ada\\x",
            "ada@other@EXAMPLE.ORG",
            "ada\\@other@EXAMPLE.ORG",
            "CORP\\a/b",
            "/",
        ];
        for name in names {
            assert_eq!(strip(name), Err(Fault::NotAPerson), "{name}");
        }
    }

    #[test]
    fn without_realms_every_name_stays() {
        for name in ["ada@EXAMPLE.ORG", "CORP\\ada", "host/x", "ada"] {
            assert_eq!(Realms::default().strip(name.into()).as_deref(), Ok(name));
        }
    }
}
