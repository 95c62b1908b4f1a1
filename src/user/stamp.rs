//! By what it is told that what was read of a user is still what is stored.
//!
//! Within this folder it depends on nothing.

/// A revision of what is stored, which the database makes anew, at random, with each change.
/// It is no counter, because a counter repeats once a backup is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Revision(u128);

/// The revisions with which a user was read, in the same snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) user_id: i64,
    /// The revision of the shard in which the user is.
    pub(crate) of_user: Revision,
    /// The revision of the groups and of what they permit.
    pub(crate) of_groups: Revision,
}

/// All revisions, as they are at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revisions {
    of_groups: Revision,
    /// Their number is a power of two.
    of_shards: Vec<Revision>,
}

impl Revision {
    /// The length of a revision as it is stored.
    const LENGTH: usize = 32;

    /// Reads a revision. Returns `None` if it is none that a database made.
    pub(crate) fn parse(stored: &str) -> Option<Self> {
        let is_hexadecimal =
            stored.len() == Self::LENGTH && stored.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hexadecimal {
            return None;
        }
        u128::from_str_radix(stored, 16).ok().map(Self)
    }
}

impl Revisions {
    /// Reads the revisions of the groups and of each of `shards`, a power of two, one after
    /// the other. Returns `None` if any is missing.
    pub(crate) fn parse(stored: &str, shards: usize) -> Option<Self> {
        if stored.len() != (shards + 1) * Revision::LENGTH || !stored.is_ascii() {
            return None;
        }
        let (of_groups, of_shards) = stored.split_at(Revision::LENGTH);
        let of_shards = (0..shards)
            .map(|shard| Revision::parse(&of_shards[shard * Revision::LENGTH..][..Revision::LENGTH]));
        Some(Self { of_groups: Revision::parse(of_groups)?, of_shards: of_shards.collect::<Option<_>>()? })
    }

    /// Whether what was read with `stamp` is still what is stored.
    pub(crate) fn confirm(&self, stamp: &Stamp) -> bool {
        let last_shard = self.of_shards.len() as i64 - 1;
        let shard = (stamp.user_id & last_shard) as usize;
        self.of_groups == stamp.of_groups && self.of_shards.get(shard) == Some(&stamp.of_user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(number: u128) -> Revision {
        Revision(number)
    }

    fn stored(numbers: &[u128]) -> String {
        numbers.iter().map(|number| format!("{number:032x}")).collect()
    }

    #[test]
    fn a_stamp_is_confirmed_by_the_shard_of_its_user_and_by_the_groups() {
        let revisions = Revisions::parse(&stored(&[7, 10, 11, 12, 13]), 4).expect("revisions");
        let stamp = |user_id, of_user, of_groups| Stamp {
            user_id,
            of_user: revision(of_user),
            of_groups: revision(of_groups),
        };
        for user_id in [2, 6, 1_000_002, -2] {
            assert!(revisions.confirm(&stamp(user_id, 12, 7)), "{user_id}");
            assert!(!revisions.confirm(&stamp(user_id, 11, 7)), "{user_id}");
            assert!(!revisions.confirm(&stamp(user_id, 12, 8)), "{user_id}");
        }
        assert!(!revisions.confirm(&stamp(3, 12, 7)));
    }

    #[test]
    fn revisions_that_no_database_made_are_none() {
        let good = stored(&[1, 2, 3]);
        assert!(Revisions::parse(&good, 2).is_some());
        let broken = good.replacen('0', "+", 1);
        for stored in ["", &good[1..], &good[32..], &broken, &good.replacen("00", "é", 1)] {
            assert_eq!(Revisions::parse(stored, 2), None, "{stored}");
        }
        assert_eq!(Revisions::parse(&good, 4), None);
        for stored in ["", "1", &format!("+{:031x}", 1), &format!("{:033x}", 1)] {
            assert_eq!(Revision::parse(stored), None, "{stored}");
        }
    }
}
