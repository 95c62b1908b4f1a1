//! When a connection was last found dead.
//!
//! Within this folder it depends on nothing.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::lock::ignore_poison;

/// When a connection of a pool was last found dead.
///
/// Whatever cut off that connection has probably cut off the others that were open. So a
/// connection that has been idle since before then is not used again, and no connection
/// needs a ping.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastDisconnect(Arc<Mutex<Option<Instant>>>);

impl LastDisconnect {
    /// Records that a connection was found dead just now.
    pub(crate) fn record(&self) {
        *self.lock() = Some(Instant::now());
    }

    /// Whether a connection that has been idle for that long may be dead too.
    pub(crate) fn may_be_dead(&self, idle: Duration) -> bool {
        let last = *self.lock();
        last.is_some_and(|last| last.elapsed() <= idle)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        ignore_poison(self.0.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_idle_when_a_connection_was_lost_is_in_doubt() {
        let last = LastDisconnect::default();
        assert!(!last.may_be_dead(Duration::MAX));
        last.record();
        assert!(last.may_be_dead(Duration::from_secs(60)));
        assert!(!last.may_be_dead(Duration::ZERO));
    }
}
