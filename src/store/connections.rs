use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::runtime::Handle;
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
    /// Half of it, and nothing of less than three connections: the rest is the
    /// application's.
    Half,
}

struct Shelf<D: Database> {
    capacity: usize,
    kept: Mutex<Vec<Kept<D>>>,
    runtime: Handle,
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
    pool: &'a Pool<D>,
    shelf: &'a Shelf<D>,
    _turn: SemaphorePermit<'a>,
}

impl<D: Database> Connections<D> {
    /// Keeps a share of `pool`, and `most` connections if that is less.
    pub(super) fn new(pool: Pool<D>, share: Share, most: usize) -> Self {
        let all = pool.options().get_max_connections() as usize;
        let capacity = most.min(match share {
            Share::All => all,
            Share::Half if all < 3 => 0,
            Share::Half => all / 2,
        });
        let shelf = Arc::new(Shelf { capacity, kept: Mutex::default(), runtime: Handle::current() });
        let (closing, closed) = (shelf.clone(), pool.close_event());
        tokio::spawn(async move {
            closed.await;
            closing.lock().clear();
        });
        Self { pool, turns: Semaphore::new(all.min(most).max(1)), shelf }
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
        Ok(Lent { kept, pool: &self.pool, shelf: &self.shelf, _turn: turn })
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
        let mut kept = self.lock();
        kept.retain(|kept| {
            !over(kept.taken, options.get_max_lifetime()) && !over(kept.used, options.get_idle_timeout())
        });
        kept.pop()
    }
}

/// Connections go back to their pool in a task, and there may be no runtime
/// any more where the application is dropped.
impl<D: Database> Drop for Shelf<D> {
    fn drop(&mut self) {
        let _runtime = self.runtime.enter();
        self.lock().clear();
    }
}

impl<D: Database> Lent<'_, D> {
    /// Keeps the connection for the next use.
    pub(super) fn keep(self) {
        let mut kept = self.shelf.lock();
        if kept.len() < self.shelf.capacity {
            kept.push(Kept { used: Instant::now(), ..self.kept });
        }
        // A pool that closes waits for whatever was put here after the shelf was cleared.
        if self.pool.is_closed() {
            kept.clear();
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

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::time::Duration;

    use sqlx::Sqlite;
    use sqlx::pool::PoolOptions;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    /// A pool, and word of each connection that comes back to it, which is when
    /// sqlx pings it.
    async fn pool(connections: u32) -> (Pool<Sqlite>, UnboundedReceiver<()>) {
        let (returned, returns) = unbounded_channel();
        let options = PoolOptions::new().max_connections(connections).after_release(move |_, _| {
            let _ = returned.send(());
            Box::pin(async { Ok(true) })
        });
        (options.connect("sqlite::memory:").await.expect("a pool"), returns)
    }

    #[rocket::async_test]
    async fn what_is_kept_does_not_go_back_and_what_is_dropped_does() {
        let (pool, mut returns) = pool(1).await;
        let connections = Connections::new(pool, Share::All, 9);
        for _ in 0..3 {
            connections.lend().await.expect("a connection").keep();
        }
        drop(connections.lend().await.expect("a connection"));
        returns.recv().await.expect("a return");
        connections.lend().await.expect("a connection").keep();
        assert!(returns.try_recv().is_err());
    }

    #[rocket::async_test]
    async fn nothing_is_kept_of_a_pool_too_small_to_share() {
        let (pool, mut returns) = pool(1).await;
        let connections = Connections::new(pool, Share::Half, 9);
        for _ in 0..3 {
            connections.lend().await.expect("a connection").keep();
            returns.recv().await.expect("a return");
        }
    }

    #[rocket::async_test]
    async fn a_pool_closes_in_spite_of_what_is_kept() {
        let (pool, _) = pool(4).await;
        let connections = Connections::new(pool.clone(), Share::Half, 9);
        connections.lend().await.expect("a connection").keep();
        timeout(Duration::from_secs(9), pool.close()).await.expect("the pool to close");
        assert!(matches!(connections.lend().await.map(|_| ()), Err(sqlx::Error::PoolClosed)));
    }

    #[rocket::async_test]
    async fn a_pool_closes_in_spite_of_what_is_in_use_meanwhile() {
        let (pool, _) = pool(4).await;
        let connections = Connections::new(pool.clone(), Share::Half, 9);
        let lent = connections.lend().await.expect("a connection");
        let (closing, shelf) = (tokio::spawn(async move { pool.close().await }), connections.shelf.clone());
        connections.pool.close_event().await;
        lent.keep();
        timeout(Duration::from_secs(9), closing).await.expect("the pool to close").expect("no panic");
        assert!(shelf.lock().is_empty());
    }

    #[rocket::async_test]
    async fn a_connection_past_its_time_is_not_used_again() {
        let options = PoolOptions::<Sqlite>::new().max_connections(2).idle_timeout(Duration::ZERO);
        let pool = options.connect("sqlite::memory:").await.expect("a pool");
        let connections = Connections::new(pool.clone(), Share::All, 9);
        connections.lend().await.expect("a connection").keep();
        assert_eq!(connections.shelf.lock().len(), 1);
        let lent = connections.lend().await.expect("a connection");
        assert!(connections.shelf.lock().is_empty());
        drop(lent);
    }
}
