//! One reading of the store for all requests that wait for one.
//!
//! Within this folder it depends on nothing.

use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::lock::ignore_poison;

/// A value of the store that is read once for all who wait for it.
///
/// Whoever asks gets a value whose reading **began after** it asked, and so sees everything
/// that was committed before. The first who waits reads for everybody who asked before that
/// reading began, so however many ask, there are only as many readings as follow one another.
#[derive(Debug)]
pub(crate) struct SharedReading<T> {
    /// How many have asked. Each takes the number as its ticket.
    asked: AtomicU64,
    /// The last reading that is over.
    last: StdMutex<Option<Reading<T>>>,
    /// Held by the one who reads.
    turn: Mutex<()>,
}

#[derive(Debug, Clone)]
struct Reading<T> {
    /// How many had asked when the reading began: it is for these.
    serves: u64,
    began_at: Instant,
    /// How often the store had been changed here when the reading began.
    changes: u64,
    /// What was read, if the reading did not fail.
    value: Option<T>,
}

/// How old a value may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Staleness {
    /// How long before it is asked for a reading may have begun. With zero, no value is old.
    pub(crate) limit: Duration,
    /// How often the store has been changed here. A value of before the last change is too old.
    pub(crate) changes: u64,
}

impl<T: Clone> SharedReading<T> {
    pub(crate) fn new() -> Self {
        Self { asked: AtomicU64::new(0), last: StdMutex::new(None), turn: Mutex::new(()) }
    }

    /// Returns a value that is not older than `staleness` allows, and calls `read` if that
    /// takes a new reading. Returns `None` if the reading failed, or none was over within
    /// `limit`.
    pub(crate) async fn get<E>(
        &self,
        staleness: Staleness,
        limit: Duration,
        read: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Option<T> {
        let ticket = self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some(reading) = self.last().filter(|reading| reading.is_young(staleness)) {
            return reading.value;
        }
        // In a box, so that whoever need not wait need not have the room for it.
        Box::pin(timeout(limit, self.take_turn(ticket, staleness, read))).await.ok().flatten()
    }

    /// Waits for the turn to read, and reads unless somebody has done so meanwhile.
    async fn take_turn<E>(
        &self,
        ticket: u64,
        staleness: Staleness,
        read: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Option<T> {
        let _turn = self.turn.lock().await;
        if let Some(reading) = self.last().filter(|reading| reading.is_for(ticket, staleness)) {
            return reading.value;
        }
        // Others who are about to ask can join, which halves the readings.
        yield_now().await;
        let (serves, began_at) = (self.asked.load(Ordering::SeqCst), Instant::now());
        let value = read().await.ok();
        let reading = Reading { serves, began_at, changes: staleness.changes, value: value.clone() };
        *ignore_poison(self.last.lock()) = Some(reading);
        value
    }

    /// Forgets the last reading, because the store is known to have changed since then.
    pub(crate) fn forget(&self) {
        *ignore_poison(self.last.lock()) = None;
    }

    fn last(&self) -> Option<Reading<T>> {
        ignore_poison(self.last.lock()).clone()
    }
}

impl<T> Reading<T> {
    /// Whether the reading is for the holder of `ticket`: it began after the ticket was taken,
    /// or it is young enough. One that failed is for those who waited for it, and no others.
    fn is_for(&self, ticket: u64, staleness: Staleness) -> bool {
        self.serves > ticket || self.is_young(staleness)
    }

    fn is_young(&self, staleness: Staleness) -> bool {
        let is_young = !staleness.limit.is_zero() && self.began_at.elapsed() < staleness.limit;
        is_young && self.changes == staleness.changes && self.value.is_some()
    }
}

#[cfg(test)]
mod tests;
