//! Whom identity headers name, kept for the requests that send the same ones again.
//!
//! Within this folder it depends on `cache_config` and `principal`.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::cache_config::CacheTable;
use super::principal::Principal;
use crate::headers::SentIdentity;

/// The room for each person, in bytes, on average: of somebody in a thousand groups one value has
/// 64 KiB, and of most people all have less than 300 bytes.
const ROOM: u64 = 1024;

/// The least room for all, in bytes: what one person may need.
const LEAST_ROOM: u64 = 262_144;

/// Keeps whom the identity headers of earlier requests named.
///
/// What clean headers say follows from their values and from the configuration alone, if no
/// hook has a say in it, so it is good for as long as the application runs. Headers that were
/// refused, or that name nobody, are read anew each time.
pub(crate) struct KnownHeaders {
    /// By the value that names the user.
    known: Cache<Box<str>, Arc<KnownIdentity>, Room>,
}

/// All values that were sent with one that names a user, and whom they name.
struct KnownIdentity {
    values: Box<[Option<Box<str>>]>,
    principal: Arc<Principal>,
}

/// How much room somebody takes.
#[derive(Clone)]
struct Room;

impl Weighter<Box<str>, Arc<KnownIdentity>> for Room {
    fn weight(&self, _: &Box<str>, known: &Arc<KnownIdentity>) -> u64 {
        let values = known.values.iter().flatten().map(|value| value.len() as u64);
        // What is sent once is kept twice: as it was sent, and as it was read.
        1 + 2 * values.sum::<u64>()
    }
}

impl KnownHeaders {
    pub(crate) fn new(config: &CacheTable) -> Self {
        Self::with_room_for(config.users)
    }

    fn with_room_for(users: usize) -> Self {
        let room = (users as u64).saturating_mul(ROOM).max(LEAST_ROOM);
        Self { known: Cache::with_weighter(users, room, Room) }
    }

    /// Returns whom the headers name, if they are those of an earlier request in every respect.
    pub(super) fn get(&self, sent: &SentIdentity<'_>) -> Option<Arc<Principal>> {
        let known = self.known.get(sent.user)?;
        if known.is_of(sent) { Some(known.principal.clone()) } else { None }
    }

    /// Keeps whom the headers name.
    pub(super) fn insert(&self, sent: &SentIdentity<'_>, principal: Arc<Principal>) {
        let values = sent.values.iter().map(|value| value.map(Box::from)).collect();
        self.known.insert(sent.user.into(), Arc::new(KnownIdentity { values, principal }));
    }
}

impl KnownIdentity {
    fn is_of(&self, sent: &SentIdentity<'_>) -> bool {
        self.values.iter().map(Option::as_deref).eq(sent.values.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::user::{Field, Realms, Username, UsernameCase, UsernameForm, UsernameRules};

    fn principal(username: &str) -> Arc<Principal> {
        let rules = UsernameRules {
            case: UsernameCase::Preserve,
            form: UsernameForm::Exact,
            realms: Realms::default(),
            max_length: 9_999,
        };
        let username = Username::canonical(username.into(), &rules).expect("a user name");
        Arc::new(Principal {
            username,
            subject: None,
            name: Field::Absent,
            email: Field::Absent,
            attributes: BTreeMap::new(),
            groups: None,
        })
    }

    fn sent<'h>(values: &[Option<&'h str>]) -> SentIdentity<'h> {
        SentIdentity { user: values[0].expect("a user"), values: values.into() }
    }

    #[test]
    fn headers_are_known_if_every_value_is_the_same() {
        let ada = sent(&[Some("ada"), Some("Ada"), None, Some("a,b")]);
        let known = KnownHeaders::new(&CacheTable::default());
        known.insert(&ada, principal("ada"));
        assert_eq!(known.get(&ada), Some(principal("ada")));
        let others = [
            [Some("Ada"), Some("Ada"), None, Some("a,b")],
            [Some("ada "), Some("Ada"), None, Some("a,b")],
            [Some("ada"), Some("ada"), None, Some("a,b")],
            [Some("ada"), None, None, Some("a,b")],
            [Some("ada"), None, Some("Ada"), Some("a,b")],
            [Some("ada"), Some("Ada"), Some(""), Some("a,b")],
            [Some("ada"), Some("Ada"), None, Some("a,b,")],
            [Some("ada"), Some("Ada"), None, None],
            [Some("ada"), Some("Adaa"), None, Some(",b")],
        ];
        for other in others {
            assert_eq!(known.get(&sent(&other)), None, "{other:?}");
        }
        known.insert(&sent(&others[0]), principal("Ada"));
        assert_eq!(known.get(&ada), Some(principal("ada")));
    }

    #[test]
    fn there_is_room_for_somebody_in_a_thousand_groups_and_not_for_many() {
        let groups = "g".repeat(65_536);
        let known = KnownHeaders::with_room_for(10);
        let users: Vec<_> = (0..10).map(|number| format!("user{number}")).collect();
        for user in &users {
            let headers = sent(&[Some(user), None, None, Some(&groups)]);
            known.insert(&headers, principal(user));
            assert_eq!(known.get(&headers), Some(principal(user)), "{user}");
        }
        let kept =
            users.iter().filter(|user| known.get(&sent(&[Some(user), None, None, Some(&groups)])).is_some());
        assert_eq!(kept.count(), 1);
    }
}
