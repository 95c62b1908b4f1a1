//! Whom identity headers name, kept for the requests that send the same ones again.
//!
//! Within this folder it depends on `cache_config` and `principal`.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::cache_config::CacheTable;
use super::principal::Principal;
use crate::headers::SentIdentity;

/// The most bytes of the headers of one request that are kept.
const MAX_BYTES: usize = 4096;

/// Keeps whom the identity headers of earlier requests named.
///
/// What clean headers say follows from their values and from the configuration alone, if no
/// hook has a say in it, so it is good for as long as the application runs. Headers that were
/// refused, or that name nobody, are read anew each time.
pub(crate) struct KnownHeaders {
    /// By the value of the user header.
    known: Cache<Box<str>, Arc<KnownIdentity>>,
}

/// The other headers that were sent with a user header, and whom all of them name.
struct KnownIdentity {
    name: Option<Box<str>>,
    email: Option<Box<str>>,
    groups: Option<Box<str>>,
    principal: Arc<Principal>,
}

impl KnownHeaders {
    pub(crate) fn new(config: &CacheTable) -> Self {
        Self { known: Cache::new(config.users) }
    }

    /// Returns whom the headers name, if they are those of an earlier request in every respect.
    pub(super) fn get(&self, sent: &SentIdentity<'_>) -> Option<Arc<Principal>> {
        let known = self.known.get(sent.user)?;
        if known.is_of(sent) { Some(known.principal.clone()) } else { None }
    }

    /// Keeps whom the headers name.
    pub(super) fn insert(&self, sent: &SentIdentity<'_>, principal: Arc<Principal>) {
        let SentIdentity { user, name, email, groups } = *sent;
        let others = [name, email, groups];
        if user.len() + others.iter().flatten().map(|value| value.len()).sum::<usize>() > MAX_BYTES {
            return;
        }
        let [name, email, groups] = others.map(|value| value.map(Box::from));
        self.known.insert(user.into(), Arc::new(KnownIdentity { name, email, groups, principal }));
    }
}

impl KnownIdentity {
    fn is_of(&self, sent: &SentIdentity<'_>) -> bool {
        [&self.name, &self.email, &self.groups].map(Option::as_deref) == [sent.name, sent.email, sent.groups]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::{Field, Username, UsernameCase, UsernameForm, UsernameRules};

    fn principal(username: &str) -> Arc<Principal> {
        let rules =
            UsernameRules { case: UsernameCase::Preserve, form: UsernameForm::Exact, max_length: 9_999 };
        let username = Username::canonical(username.into(), &rules).expect("a user name");
        Arc::new(Principal { username, name: Field::Absent, email: Field::Absent, groups: None })
    }

    #[test]
    fn headers_are_known_if_every_value_is_the_same() {
        let ada = SentIdentity { user: "ada", name: Some("Ada"), email: None, groups: Some("a,b") };
        let known = KnownHeaders::new(&CacheTable::default());
        known.insert(&ada, principal("ada"));
        assert_eq!(known.get(&ada), Some(principal("ada")));
        let others = [
            SentIdentity { user: "Ada", ..ada },
            SentIdentity { user: "ada ", ..ada },
            SentIdentity { name: Some("ada"), ..ada },
            SentIdentity { name: None, ..ada },
            SentIdentity { name: None, email: Some("Ada"), ..ada },
            SentIdentity { email: Some(""), ..ada },
            SentIdentity { groups: Some("a,b,"), ..ada },
            SentIdentity { groups: None, ..ada },
            SentIdentity { name: Some("Adaa"), groups: Some(",b"), ..ada },
        ];
        for other in others {
            assert_eq!(known.get(&other), None, "{other:?}");
        }
        known.insert(&others[0], principal("Ada"));
        assert_eq!(known.get(&ada), Some(principal("ada")));
    }

    #[test]
    fn what_is_longer_than_a_page_is_not_kept() {
        let name = "a".repeat(MAX_BYTES - 3);
        let known = KnownHeaders::new(&CacheTable::default());
        for (user, is_kept) in [("ada", true), ("adam", false)] {
            let sent = SentIdentity { user, name: Some(&name), email: None, groups: None };
            known.insert(&sent, principal(user));
            assert_eq!(known.get(&sent).is_some(), is_kept);
        }
    }
}
