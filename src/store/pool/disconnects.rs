use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When a connection of a pool was last found dead.
///
/// Whatever cut it off has probably cut off the others that were open. So none
/// that has been idle since before then is used again, and none needs a ping.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastDisconnect(Arc<Mutex<Option<Instant>>>);

impl LastDisconnect {
    /// Notes that a connection is dead.
    pub(crate) fn record(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection that has been idle for that long may be dead too.
    pub(crate) fn may_be_dead(&self, idle: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() <= idle)
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
