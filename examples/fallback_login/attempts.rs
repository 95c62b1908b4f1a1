use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The greatest number of attempts by one name within [`WINDOW`].
const MAX_ATTEMPTS: u32 = 5;

/// How long attempts count, from the first one.
const WINDOW: Duration = Duration::from_secs(60);

/// The greatest number of names that are counted. Beyond it the oldest is forgotten.
const MAX_NAMES: usize = 10_000;

/// The attempts to sign in by each name, and the time of the first one. They count until
/// one succeeds.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<String, (u32, Instant)>>);

impl Attempts {
    /// Counts an attempt, and returns whether it may go on. Call it before the password is
    /// checked, so that many attempts at once count too.
    pub(crate) fn begin(&self, name: &str) -> bool {
        let now = Instant::now();
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.retain(|_, (_, first)| now - *first < WINDOW);
        if attempts.len() >= MAX_NAMES
            && let Some(oldest) =
                attempts.iter().min_by_key(|(_, (_, first))| *first).map(|(name, _)| name.clone())
        {
            attempts.remove(&oldest);
        }
        let (count, _) = attempts.entry(name.into()).or_insert((0, now));
        *count += 1;
        *count <= MAX_ATTEMPTS
    }

    /// Forgets the attempts by a name after one succeeded.
    pub(crate) fn succeed(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}
