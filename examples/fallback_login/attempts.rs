use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often somebody may be wrong within [`WINDOW`].
const MOST: u32 = 5;

const WINDOW: Duration = Duration::from_secs(60);

/// How many names are remembered; beyond, the oldest is forgotten.
const NAMES: usize = 10_000;

/// The attempts to sign in by each name that failed, or have not succeeded yet.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<String, (u32, Instant)>>);

impl Attempts {
    /// Counts an attempt before its password is looked at, so that many at once
    /// count too. Whether it may go on.
    pub(crate) fn begin(&self, name: &str) -> bool {
        let now = Instant::now();
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.retain(|_, (_, first)| now - *first < WINDOW);
        if attempts.len() >= NAMES
            && let Some(oldest) =
                attempts.iter().min_by_key(|(_, (_, first))| *first).map(|(name, _)| name.clone())
        {
            attempts.remove(&oldest);
        }
        let (count, _) = attempts.entry(name.into()).or_insert((0, now));
        *count += 1;
        *count <= MOST
    }

    /// Forgets the attempts that led to a success.
    pub(crate) fn succeed(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}
