use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When a connection of a pool was last found dead.
///
/// Whatever cut it off has probably cut off the others that were open. So none
/// that has been idle since before then is used again, and none needs a ping.
#[derive(Debug, Clone, Default)]
pub(crate) struct Losses(Arc<Mutex<Option<Instant>>>);

impl Losses {
    /// Notes that a connection is dead.
    pub(crate) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection that has been idle for that long may be dead too.
    pub(crate) fn doubt(&self, idle: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() <= idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_idle_when_a_connection_was_lost_is_in_doubt() {
        let losses = Losses::default();
        assert!(!losses.doubt(Duration::MAX));
        losses.note();
        assert!(losses.doubt(Duration::from_secs(60)));
        assert!(!losses.doubt(Duration::ZERO));
    }
}
