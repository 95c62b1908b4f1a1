use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The connections of a pool that the store keeps at hand.
///
/// sqlx pings a connection whenever it goes back to its pool. What is kept does
/// not go back after each use, so that a request is its statement and nothing
/// else. It goes back when it fails, when it is older or longer idle than the
/// pool allows, and when the pool closes.
pub(super) struct Connections<D: Database> {
    pool: Pool<D>,
    turns: Semaphore,
    shelf: Arc<Shelf<D>>,
}

/// How much of a pool the store may keep.
#[derive(Debug, Clone, Copy)]
pub enum Share {
    /// All of it: nobody else uses the pool.
    All,
    /// Half of it: the rest is the application's.
    Half,
}

struct Shelf<D: Database> {
    capacity: usize,
    kept: Mutex<Vec<Kept<D>>>,
}

struct Kept<D: Database> {
    connection: PoolConnection<D>,
    taken: Instant,
    used: Instant,
}

/// A connection for one use. [`keep`](Lent::keep) it if it is still good;
/// dropped, it goes back to the pool, which sees to it.
pub(super) struct Lent<'a, D: Database> {
    kept: Kept<D>,
    shelf: &'a Shelf<D>,
    _turn: SemaphorePermit<'a>,
}

impl<D: Database> Connections<D> {
    /// Keeps a share of `pool`, and `most` connections if that is less.
    pub(super) fn new(pool: Pool<D>, share: Share, most: usize) -> Self {
        let all = pool.options().get_max_connections() as usize;
        let capacity = most.min(match share {
            Share::All => all,
            Share::Half => all / 2,
        });
        let shelf = Arc::new(Shelf { capacity, kept: Mutex::default() });
        let (closing, closed) = (shelf.clone(), pool.close_event());
        tokio::spawn(async move {
            closed.await;
            closing.lock().clear();
        });
        Self { pool, turns: Semaphore::new(capacity.max(1)), shelf }
    }

    /// How long to wait for a connection, or for anything else.
    pub(super) async fn in_time<T>(&self, wait: impl Future<Output = T>) -> Result<T, sqlx::Error> {
        let limit = self.pool.options().get_acquire_timeout();
        timeout(limit, wait).await.map_err(|_| sqlx::Error::PoolTimedOut)
    }

    pub(super) async fn lend(&self) -> Result<Lent<'_, D>, sqlx::Error> {
        let turn = self.in_time(self.turns.acquire()).await?.map_err(|_| sqlx::Error::PoolClosed)?;
        let kept = match self.shelf.take(&self.pool) {
            Some(kept) => kept,
            None => {
                let now = Instant::now();
                Kept { connection: self.pool.acquire().await?, taken: now, used: now }
            }
        };
        Ok(Lent { kept, shelf: &self.shelf, _turn: turn })
    }
}

impl<D: Database> Shelf<D> {
    fn lock(&self) -> MutexGuard<'_, Vec<Kept<D>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last, unless the pool would close it.
    fn take(&self, pool: &Pool<D>) -> Option<Kept<D>> {
        let over = |since: Instant, limit: Option<_>| limit.is_some_and(|limit| since.elapsed() > limit);
        let options = pool.options();
        self.lock().pop().filter(|kept| {
            !over(kept.taken, options.get_max_lifetime()) && !over(kept.used, options.get_idle_timeout())
        })
    }
}

impl<D: Database> Lent<'_, D> {
    /// Keeps the connection for the next use.
    pub(super) fn keep(self) {
        let mut kept = self.shelf.lock();
        if kept.len() < self.shelf.capacity {
            kept.push(Kept { used: Instant::now(), ..self.kept });
        }
    }
}

impl<D: Database> Deref for Lent<'_, D> {
    type Target = PoolConnection<D>;

    fn deref(&self) -> &Self::Target {
        &self.kept.connection
    }
}

impl<D: Database> DerefMut for Lent<'_, D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.kept.connection
    }
}
