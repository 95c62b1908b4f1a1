//! When connections of a pool were last found to be of no more use.
//!
//! Within this folder it depends on nothing.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::lock::ignore_poison;

/// When connections of a pool were last found to be of no more use, so that the others are
/// not used again either, and no connection needs a ping.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outages(Arc<Mutex<LastOutages>>);

#[derive(Debug, Default)]
struct LastOutages {
    disconnect: Option<Instant>,
    failover: Option<Instant>,
}

impl Outages {
    /// Records that a connection was found dead just now.
    pub(crate) fn record_disconnect(&self) {
        self.lock().disconnect = Some(Instant::now());
    }

    /// Records that a server was found just now that does not take writes, because another
    /// one does.
    pub(crate) fn record_failover(&self) {
        self.lock().failover = Some(Instant::now());
    }

    /// Whether a connection that has been idle for that long may be dead too. Whatever cut
    /// off one connection has probably cut off the others that were open.
    pub(crate) fn may_be_dead(&self, idle: Duration) -> bool {
        is_within(self.lock().disconnect, idle)
    }

    /// Whether a connection of that age may be to a server that no longer takes writes. Such
    /// a server answers reads as if nothing had happened, with what it knows.
    pub(crate) fn may_be_outdated(&self, age: Duration) -> bool {
        is_within(self.lock().failover, age)
    }

    fn lock(&self) -> MutexGuard<'_, LastOutages> {
        ignore_poison(self.0.lock())
    }
}

/// Whether that was less than `duration` ago, if it was at all.
fn is_within(last: Option<Instant>, duration: Duration) -> bool {
    last.is_some_and(|last| last.elapsed() <= duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_idle_when_a_connection_was_lost_is_in_doubt() {
        let outages = Outages::default();
        assert!(!outages.may_be_dead(Duration::MAX));
        outages.record_disconnect();
        assert!(outages.may_be_dead(Duration::from_secs(60)));
        assert!(!outages.may_be_dead(Duration::ZERO));
        assert!(!outages.may_be_outdated(Duration::MAX));
    }

    #[test]
    fn what_was_open_before_a_failover_is_outdated() {
        let outages = Outages::default();
        assert!(!outages.may_be_outdated(Duration::MAX));
        outages.record_failover();
        assert!(outages.may_be_outdated(Duration::from_secs(60)));
        assert!(!outages.may_be_outdated(Duration::ZERO));
        assert!(!outages.may_be_dead(Duration::MAX));
    }
}
