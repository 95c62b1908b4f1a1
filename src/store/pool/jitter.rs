//! Pauses of random length between two tries.
//!
//! Within this folder it depends on nothing.

use std::time::Duration;

/// Returns a pause of random length, up to `longest`. Instances that failed together are so
/// not back together ("full jitter").
pub(crate) fn jitter(longest: Duration) -> Duration {
    fraction(longest, getrandom::u64().unwrap_or(u64::MAX))
}

/// The part of `longest` that `random` is of all numbers.
fn fraction(longest: Duration, random: u64) -> Duration {
    longest.mul_f64(random as f64 / u64::MAX as f64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const LONGEST: Duration = Duration::from_millis(100);

    #[test]
    fn a_pause_is_anything_from_none_to_the_longest() {
        assert_eq!(fraction(LONGEST, 0), Duration::ZERO);
        assert_eq!(fraction(LONGEST, u64::MAX / 4), LONGEST / 4);
        assert_eq!(fraction(LONGEST, u64::MAX), LONGEST);
        assert_eq!(fraction(Duration::ZERO, u64::MAX), Duration::ZERO);
    }

    #[test]
    fn no_two_pauses_are_the_same() {
        let pauses: BTreeSet<_> = (0..100).map(|_| jitter(LONGEST)).collect();
        assert!(pauses.len() > 90, "{}", pauses.len());
        assert!(pauses.iter().all(|pause| *pause <= LONGEST), "{pauses:?}");
    }
}
