//! When a session is over.
//!
//! Within this folder it depends on `config` and `record`.

use std::fmt;

use rocket::time::{Duration, OffsetDateTime};

use super::config::SessionConfig;
use super::record::SessionRecord;

/// How long a session lasts, after its last use and in all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    idle_timeout: Duration,
    max_age: Duration,
}

impl Lifetime {
    pub(super) fn new(config: &SessionConfig) -> Self {
        Self { idle_timeout: config.idle_timeout(), max_age: config.max_age() }
    }

    /// When a session with these times expires, if it is not used again.
    pub(super) fn expires_at(
        &self,
        created_at: OffsetDateTime,
        last_seen_at: OffsetDateTime,
    ) -> OffsetDateTime {
        created_at.saturating_add(self.max_age).min(last_seen_at.saturating_add(self.idle_timeout))
    }

    /// Whether a session has expired, by the time that was stored or by the timeouts
    /// in force now, whichever is earlier.
    pub(super) fn is_expired(&self, session: &SessionRecord, now: OffsetDateTime) -> bool {
        now >= session.expires_at.min(self.expires_at(session.created_at, session.last_seen_at))
    }

    /// Whether it is time to store that a session was used. Storing every use would
    /// cost each request a write.
    pub(super) fn is_update_due(&self, session: &SessionRecord, now: OffsetDateTime) -> bool {
        now - session.last_seen_at >= (self.idle_timeout / 10_i32).min(Duration::MINUTE)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { idle_timeout, max_age } = self;
        write!(f, "{} s idle, {} s in all", idle_timeout.whole_seconds(), max_age.whole_seconds())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const LIFETIME: Lifetime =
        Lifetime { idle_timeout: Duration::seconds(100), max_age: Duration::seconds(1_000) };

    fn at(milliseconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(milliseconds)
    }

    fn session(seen: i64, expires: i64) -> SessionRecord {
        SessionRecord {
            source: "test".into(),
            created_at: at(0),
            last_seen_at: at(seen),
            expires_at: at(expires),
            groups: BTreeSet::new(),
        }
    }

    #[test]
    fn a_session_is_over_at_the_end_and_not_before() {
        let cases = [
            ("idle", session(0, i64::MAX / 1_000_000), 100_000),
            ("old", session(950_000, i64::MAX / 1_000_000), 1_000_000),
            ("stored", session(0, 5_000), 5_000),
        ];
        for (reason, session, end) in cases {
            assert!(!LIFETIME.is_expired(&session, at(end - 1)), "{reason}");
            assert!(LIFETIME.is_expired(&session, at(end)), "{reason}");
        }
    }

    #[test]
    fn a_session_ends_at_the_earlier_of_the_two() {
        assert_eq!(LIFETIME.expires_at(at(0), at(500_000)), at(600_000));
        assert_eq!(LIFETIME.expires_at(at(0), at(950_000)), at(1_000_000));
    }

    #[test]
    fn a_use_is_written_after_a_tenth_of_the_timeout_or_a_minute() {
        let idle = |seconds| Lifetime { idle_timeout: Duration::seconds(seconds), ..LIFETIME };
        for (lifetime, after) in [(LIFETIME, 10_000), (idle(86_400), 60_000), (idle(1), 100)] {
            assert!(!lifetime.is_update_due(&session(0, 1), at(after - 1)), "{after}");
            assert!(lifetime.is_update_due(&session(0, 1), at(after)), "{after}");
        }
    }
}
