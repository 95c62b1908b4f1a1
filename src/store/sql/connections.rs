use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::store::pool::{LastDisconnect, SqlxPool};

/// The connections of a pool that the store keeps at hand.
///
/// sqlx pings a connection whenever it goes back to its pool. What is kept does
/// not go back after each use, so that a request is its statement and nothing
/// else. It goes back when it is older or longer idle than the pool allows, and
/// when the pool closes; a connection that is dead, or may be, is dropped.
pub(super) struct ConnectionCache<D: Database> {
    pool: Pool<D>,
    last_disconnect: LastDisconnect,
    turns: Semaphore,
    idle: Arc<IdleConnections<D>>,
}

/// How much of a pool the store may keep.
#[derive(Debug, Clone, Copy)]
pub enum PoolShare {
    /// All of it: nobody else uses the pool.
    All,
    /// Half of it, and nothing of less than three connections: the rest is the
    /// application's.
    Half,
}

struct IdleConnections<D: Database> {
    capacity: usize,
    kept: Mutex<Vec<IdleConnection<D>>>,
    runtime: Handle,
}

struct IdleConnection<D: Database> {
    connection: PoolConnection<D>,
    taken: Instant,
    used: Instant,
}

/// A connection for one use. [`release`](CachedConnection::release) it if it is still good;
/// dropped, it goes back to the pool, which sees to it.
pub(super) struct CachedConnection<'a, D: Database> {
    kept: IdleConnection<D>,
    connections: &'a ConnectionCache<D>,
    _turn: SemaphorePermit<'a>,
}

impl<D: Database> ConnectionCache<D> {
    /// Keeps a share of `pool`, and `most` connections if that is less.
    pub(super) fn new(pool: &SqlxPool<D>, share: PoolShare, most: usize) -> Self {
        let all = pool.options().get_max_connections() as usize;
        let capacity = most.min(match share {
            PoolShare::All => all,
            PoolShare::Half if all < 3 => 0,
            PoolShare::Half => all / 2,
        });
        let idle = Arc::new(IdleConnections { capacity, kept: Mutex::default(), runtime: Handle::current() });
        let (closing, closed) = (idle.clone(), pool.close_event());
        tokio::spawn(async move {
            closed.await;
            closing.lock().clear();
        });
        let turns = Semaphore::new(all.min(most).max(1));
        Self { pool: (**pool).clone(), last_disconnect: pool.last_disconnect().clone(), turns, idle }
    }

    /// How long to wait for a connection, and then for an answer.
    pub(super) fn time_limit(&self) -> Duration {
        self.pool.options().get_acquire_timeout()
    }

    pub(super) async fn acquire(&self) -> Result<CachedConnection<'_, D>, sqlx::Error> {
        let lent = async {
            let turn = self.turns.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let kept = match self.idle.take(&self.pool, &self.last_disconnect) {
                Some(kept) => kept,
                None => {
                    let connection = self.pool.acquire().await?;
                    let now = Instant::now();
                    IdleConnection { connection, taken: now, used: now }
                }
            };
            Ok(CachedConnection { kept, connections: self, _turn: turn })
        };
        timeout(self.time_limit(), lent).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }
}

impl<D: Database> IdleConnections<D> {
    fn lock(&self) -> MutexGuard<'_, Vec<IdleConnection<D>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last, unless the pool would close it.
    fn take(&self, pool: &Pool<D>, last_disconnect: &LastDisconnect) -> Option<IdleConnection<D>> {
        let over = |since: Instant, limit: Option<_>| limit.is_some_and(|limit| since.elapsed() > limit);
        let options = pool.options();
        let mut kept = self.lock();
        for dead in kept.extract_if(.., |kept| last_disconnect.may_be_dead(kept.used.elapsed())) {
            dead.connection.detach();
        }
        kept.retain(|kept| {
            !over(kept.taken, options.get_max_lifetime()) && !over(kept.used, options.get_idle_timeout())
        });
        kept.pop()
    }
}

/// ConnectionCache go back to their pool in a task, and there may be no runtime
/// any more where the application is dropped.
impl<D: Database> Drop for IdleConnections<D> {
    fn drop(&mut self) {
        let _runtime = self.runtime.enter();
        self.lock().clear();
    }
}

impl<D: Database> CachedConnection<'_, D> {
    /// Keeps the connection for the next use.
    pub(super) fn release(self) {
        let ConnectionCache { pool, idle, .. } = self.connections;
        let mut kept = idle.lock();
        if kept.len() < idle.capacity {
            kept.push(IdleConnection { used: Instant::now(), ..self.kept });
        }
        // A pool that closes waits for whatever was put here after the idle was cleared.
        if pool.is_closed() {
            kept.clear();
        }
    }

    /// Drops the connection, which is dead, without a farewell that could take
    /// for ever, and whatever else may be dead with it.
    pub(super) fn discard(self) {
        self.connections.last_disconnect.record();
        self.kept.connection.detach();
    }

    /// Closes the connection, whose state nobody knows.
    pub(super) fn close(mut self) {
        self.kept.connection.close_on_drop();
    }
}

impl<D: Database> Deref for CachedConnection<'_, D> {
    type Target = PoolConnection<D>;

    fn deref(&self) -> &Self::Target {
        &self.kept.connection
    }
}

impl<D: Database> DerefMut for CachedConnection<'_, D> {
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
    async fn pool(connections: u32) -> (SqlxPool<Sqlite>, UnboundedReceiver<()>) {
        let (returned, returns) = unbounded_channel();
        let options = PoolOptions::new().max_connections(connections).after_release(move |_, _| {
            let _ = returned.send(());
            Box::pin(async { Ok(true) })
        });
        (SqlxPool::from(options.connect("sqlite::memory:").await.expect("a pool")), returns)
    }

    #[rocket::async_test]
    async fn what_is_kept_does_not_go_back_and_what_is_dropped_does() {
        let (pool, mut returns) = pool(1).await;
        let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
        for _ in 0..3 {
            connections.acquire().await.expect("a connection").release();
        }
        drop(connections.acquire().await.expect("a connection"));
        returns.recv().await.expect("a return");
        connections.acquire().await.expect("a connection").release();
        assert!(returns.try_recv().is_err());
    }

    #[rocket::async_test]
    async fn nothing_is_kept_of_a_pool_too_small_to_share() {
        let (pool, mut returns) = pool(1).await;
        let connections = ConnectionCache::new(&pool, PoolShare::Half, 9);
        for _ in 0..3 {
            connections.acquire().await.expect("a connection").release();
            returns.recv().await.expect("a return");
        }
    }

    #[rocket::async_test]
    async fn a_pool_closes_in_spite_of_what_is_kept() {
        let (pool, _) = pool(4).await;
        let connections = ConnectionCache::new(&pool, PoolShare::Half, 9);
        connections.acquire().await.expect("a connection").release();
        timeout(Duration::from_secs(9), pool.close()).await.expect("the pool to close");
        assert!(matches!(connections.acquire().await.map(|_| ()), Err(sqlx::Error::PoolClosed)));
    }

    #[rocket::async_test]
    async fn a_pool_closes_in_spite_of_what_is_in_use_meanwhile() {
        let (pool, _) = pool(4).await;
        let connections = ConnectionCache::new(&pool, PoolShare::Half, 9);
        let lent = connections.acquire().await.expect("a connection");
        let (closing, idle) = (tokio::spawn(async move { pool.close().await }), connections.idle.clone());
        connections.pool.close_event().await;
        lent.release();
        timeout(Duration::from_secs(9), closing).await.expect("the pool to close").expect("no panic");
        assert!(idle.lock().is_empty());
    }

    #[rocket::async_test]
    async fn a_connection_past_its_time_is_not_used_again() {
        let options = PoolOptions::<Sqlite>::new().max_connections(2).idle_timeout(Duration::ZERO);
        let pool = SqlxPool::from(options.connect("sqlite::memory:").await.expect("a pool"));
        let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
        connections.acquire().await.expect("a connection").release();
        assert_eq!(connections.idle.lock().len(), 1);
        let lent = connections.acquire().await.expect("a connection");
        assert!(connections.idle.lock().is_empty());
        drop(lent);
    }

    #[rocket::async_test]
    async fn what_was_kept_when_a_connection_was_lost_is_not_used_again() {
        let (pool, mut returns) = pool(4).await;
        let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
        let (first, second) = (connections.acquire().await, connections.acquire().await);
        first.expect("a connection").release();
        second.expect("a connection").discard();
        assert_eq!(connections.idle.lock().len(), 1);
        connections.acquire().await.expect("a connection").release();
        assert_eq!((connections.idle.lock().len(), pool.size()), (1, 1));
        assert!(returns.try_recv().is_err(), "nothing that may be dead goes back to the pool");
    }
}
