//! Connections that stay with the store between two requests.
//!
//! Within this folder it depends on nothing.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use sqlx::pool::{CloseEvent, PoolConnection};
use sqlx::{Database, Pool};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::lock::ignore_poison;
use crate::store::pool::{Outages, SqlxPool};

/// Connections of a pool that the store keeps for its next statements.
///
/// sqlx pings a connection whenever it goes back to its pool. A connection in this
/// cache does not go back after each use, so a request costs its statement and nothing
/// else. It goes back when it is older, or has been idle for longer, than the pool
/// allows, and when the pool closes. A connection that is or may be dead is dropped, and
/// so is one whose use was cancelled: it may be within a transaction.
pub(super) struct ConnectionCache<D: Database> {
    pool: Pool<D>,
    outages: Outages,
    /// A permit for each connection that the store may use at once.
    permits: Semaphore,
    idle: Arc<IdleConnections<D>>,
}

/// How many connections of a pool the store may keep.
#[derive(Debug, Clone, Copy)]
pub enum PoolShare {
    /// All of them, because nothing else uses the pool.
    All,
    /// Half of them, or none if the pool has fewer than three. The application uses
    /// the rest.
    Half,
}

struct IdleConnections<D: Database> {
    capacity: usize,
    connections: Mutex<Vec<IdleConnection<D>>>,
    runtime: Handle,
}

struct IdleConnection<D: Database> {
    connection: PoolConnection<D>,
    /// When the pool was asked for the connection.
    acquired_at: Instant,
    last_used_at: Instant,
}

/// A connection for one use. Call [`release`](CachedConnection::release) if it is still
/// good. If it is dropped instead, as it is when its use is cancelled, it is closed at
/// once: the server ends its transaction then, and nobody waits for its locks.
pub(super) struct CachedConnection<'a, D: Database> {
    /// Taken when the connection is released, discarded or closed.
    inner: Option<IdleConnection<D>>,
    cache: &'a ConnectionCache<D>,
    _permit: SemaphorePermit<'a>,
}

const IN_USE: &str = "a connection in use is there";

impl<D: Database> ConnectionCache<D> {
    /// Creates a cache that keeps the given share of `pool`, and never uses more than
    /// `max_connections` at once.
    pub(super) fn new(pool: &SqlxPool<D>, share: PoolShare, max_connections: usize) -> Self {
        let pool_size = pool.options().get_max_connections() as usize;
        let capacity = match share {
            PoolShare::All => pool_size,
            PoolShare::Half if pool_size < 3 => 0,
            PoolShare::Half => pool_size / 2,
        };
        let idle = Arc::new(IdleConnections {
            capacity: capacity.min(max_connections),
            connections: Mutex::default(),
            runtime: Handle::current(),
        });
        tokio::spawn(clear_on_close(pool.close_event(), idle.clone()));
        Self {
            pool: (**pool).clone(),
            outages: pool.outages().clone(),
            permits: Semaphore::new(pool_size.min(max_connections).max(1)),
            idle,
        }
    }

    /// How long to wait for a connection, and then for an answer.
    pub(super) fn time_limit(&self) -> Duration {
        self.pool.options().get_acquire_timeout()
    }

    /// Takes an idle connection, or else one of the pool.
    ///
    /// # Errors
    ///
    /// Returns [`sqlx::Error::PoolTimedOut`] if none is free within the
    /// [`time_limit`](Self::time_limit), or the error of the pool.
    pub(super) async fn acquire(&self) -> Result<CachedConnection<'_, D>, sqlx::Error> {
        timeout(self.time_limit(), self.wait_for_connection()).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    async fn wait_for_connection(&self) -> Result<CachedConnection<'_, D>, sqlx::Error> {
        let permit = self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let inner = match self.idle.take(&self.pool, &self.outages) {
            Some(idle) => idle,
            None => {
                let acquired_at = Instant::now();
                let connection = self.pool.acquire().await?;
                IdleConnection { connection, acquired_at, last_used_at: Instant::now() }
            }
        };
        Ok(CachedConnection { inner: Some(inner), cache: self, _permit: permit })
    }
}

/// Gives the idle connections back once the pool begins to close, because it waits for
/// all of them.
async fn clear_on_close<D: Database>(close_event: CloseEvent, idle: Arc<IdleConnections<D>>) {
    close_event.await;
    idle.lock().clear();
}

impl<D: Database> IdleConnections<D> {
    fn lock(&self) -> MutexGuard<'_, Vec<IdleConnection<D>>> {
        ignore_poison(self.connections.lock())
    }

    /// Takes the connection that was used last. Connections that the pool would close
    /// are removed first.
    fn take(&self, pool: &Pool<D>, outages: &Outages) -> Option<IdleConnection<D>> {
        let max_lifetime = pool.options().get_max_lifetime();
        let idle_timeout = pool.options().get_idle_timeout();
        let mut idle = self.lock();
        for dead in idle.extract_if(.., |idle| outages.may_be_dead(idle.last_used_at.elapsed())) {
            dead.connection.detach();
        }
        idle.retain(|idle| {
            !has_elapsed(idle.acquired_at, max_lifetime) && !has_elapsed(idle.last_used_at, idle_timeout)
        });
        idle.pop()
    }
}

/// Whether `limit`, if there is one, has passed since `start`.
fn has_elapsed(start: Instant, limit: Option<Duration>) -> bool {
    limit.is_some_and(|limit| start.elapsed() > limit)
}

/// A connection goes back to its pool in a task. The application may be dropped outside of
/// the runtime, so this enters it first.
impl<D: Database> Drop for IdleConnections<D> {
    fn drop(&mut self) {
        let _guard = self.runtime.enter();
        self.lock().clear();
    }
}

impl<D: Database> CachedConnection<'_, D> {
    /// Keeps the connection for the next use, or gives it back to the pool if enough
    /// are kept. One that was acquired before a [failover](Self::fail_over) is dropped.
    pub(super) fn release(mut self) {
        let ConnectionCache { pool, idle, outages, .. } = self.cache;
        let inner = self.inner.take_if(|inner| !outages.may_be_outdated(inner.acquired_at.elapsed()));
        let Some(inner) = inner else { return };
        let mut connections = idle.lock();
        if connections.len() < idle.capacity {
            connections.push(IdleConnection { last_used_at: Instant::now(), ..inner });
        }
        // `clear_on_close` may have run before, and the pool waits for this connection too.
        if pool.is_closed() {
            connections.clear();
        }
    }

    /// Drops the connection, which is dead, without saying goodbye to the server: that
    /// could take for ever. The idle connections may be dead too, and are not used again.
    pub(super) fn discard(self) {
        self.cache.outages.record_disconnect();
    }

    /// Drops the connection, which is to a server that takes no writes, and all others with
    /// it: those that are idle now, and those in use when they come back.
    pub(super) fn fail_over(self) {
        let ConnectionCache { pool, idle, outages, .. } = self.cache;
        outages.record_failover();
        for other in idle.lock().drain(..) {
            other.connection.detach();
        }
        while let Some(other) = pool.try_acquire() {
            other.detach();
        }
    }

    /// Closes the connection, whose state is unknown.
    pub(super) fn close(mut self) {
        if let Some(mut inner) = self.inner.take() {
            inner.connection.close_on_drop();
        }
    }
}

/// Closes a connection that was not [released](CachedConnection::release) without a word to
/// the server, which may still be busy with what was cancelled.
impl<D: Database> Drop for CachedConnection<'_, D> {
    fn drop(&mut self) {
        let _guard = self.cache.idle.runtime.enter();
        if let Some(inner) = self.inner.take() {
            inner.connection.detach();
        }
    }
}

impl<D: Database> Deref for CachedConnection<'_, D> {
    type Target = PoolConnection<D>;

    fn deref(&self) -> &Self::Target {
        &self.inner.as_ref().expect(IN_USE).connection
    }
}

impl<D: Database> DerefMut for CachedConnection<'_, D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner.as_mut().expect(IN_USE).connection
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests {
    use std::time::Duration;

    use sqlx::Sqlite;
    use sqlx::pool::PoolOptions;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    /// A pool, and a channel that hears of each connection that goes back to it, which
    /// is when sqlx pings it.
    async fn pool(connections: u32) -> (SqlxPool<Sqlite>, UnboundedReceiver<()>) {
        let (returned, returns) = unbounded_channel();
        let options = PoolOptions::new().max_connections(connections).after_release(move |_, _| {
            let _ = returned.send(());
            Box::pin(async { Ok(true) })
        });
        (SqlxPool::from(options.connect("sqlite::memory:").await.expect("a pool")), returns)
    }

    #[rocket::async_test]
    async fn what_is_kept_does_not_go_back_and_what_is_dropped_is_closed() {
        let (pool, mut returns) = pool(1).await;
        let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
        for _ in 0..3 {
            connections.acquire().await.expect("a connection").release();
        }
        assert_eq!(pool.size(), 1);
        drop(connections.acquire().await.expect("a connection"));
        assert_eq!(pool.size(), 0);
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
        let connection = connections.acquire().await.expect("a connection");
        let (closing, idle) = (tokio::spawn(async move { pool.close().await }), connections.idle.clone());
        connections.pool.close_event().await;
        connection.release();
        timeout(Duration::from_secs(9), closing).await.expect("the pool to close").expect("no panic");
        assert!(idle.lock().is_empty());
    }

    /// Marks a connection, which has a temporary table of its own.
    async fn mark(connection: &mut PoolConnection<Sqlite>) {
        sqlx::query("CREATE TEMP TABLE mark (x)").execute(&mut **connection).await.expect("a table");
    }

    async fn is_marked(connection: &mut PoolConnection<Sqlite>) -> bool {
        sqlx::query("SELECT * FROM mark").fetch_all(&mut **connection).await.is_ok()
    }

    #[rocket::async_test]
    async fn a_connection_past_its_time_is_not_used_again() {
        let options = || PoolOptions::<Sqlite>::new().max_connections(2);
        let cases = [
            (options(), true),
            (options().idle_timeout(Duration::ZERO), false),
            (options().max_lifetime(Duration::ZERO), false),
        ];
        for (options, is_used_again) in cases {
            let pool = SqlxPool::from(options.connect("sqlite::memory:").await.expect("a pool"));
            let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
            let mut connection = connections.acquire().await.expect("a connection");
            mark(&mut connection).await;
            connection.release();
            assert_eq!(connections.idle.lock().len(), 1);
            let mut connection = connections.acquire().await.expect("a connection");
            assert_eq!(is_marked(&mut connection).await, is_used_again);
        }
    }

    #[rocket::async_test]
    async fn what_was_kept_when_a_connection_was_lost_is_not_used_again() {
        let (pool, mut returns) = pool(4).await;
        let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
        let acquire = || async { connections.acquire().await.expect("a connection") };
        let (mut first, second) = (acquire().await, acquire().await);
        mark(&mut first).await;
        first.release();
        second.discard();
        assert_eq!(connections.idle.lock().len(), 1);
        let mut another = acquire().await;
        assert!(!is_marked(&mut another).await, "the one that was kept may be dead too");
        another.release();
        assert_eq!((connections.idle.lock().len(), pool.size()), (1, 1));
        assert!(returns.try_recv().is_err(), "nothing that may be dead goes back to the pool");
    }

    #[rocket::async_test]
    async fn a_failover_drops_what_is_idle_at_once_and_what_is_in_use_when_it_comes_back() {
        let (pool, mut returns) = pool(4).await;
        let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
        let acquire = || async { connections.acquire().await.expect("a connection") };
        let (kept, failed, in_use) = (acquire().await, acquire().await, acquire().await);
        let idle_in_pool = pool.acquire().await.expect("a connection");
        kept.release();
        drop(idle_in_pool);
        returns.recv().await.expect("a return");
        while pool.num_idle() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!((pool.size(), connections.idle.lock().len()), (4, 1));
        failed.fail_over();
        assert_eq!((pool.size(), connections.idle.lock().len()), (1, 0));
        in_use.release();
        assert_eq!((pool.size(), connections.idle.lock().len()), (0, 0));
        acquire().await.release();
        assert_eq!((pool.size(), connections.idle.lock().len()), (1, 1), "what came afterwards is kept");
    }

    #[rocket::async_test]
    async fn a_pool_serves_as_many_as_ever_after_uses_that_were_cancelled() {
        let (pool, _returns) = pool(3).await;
        let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
        for _ in 0..20 {
            drop(connections.acquire().await.expect("a connection"));
        }
        let acquire = || async { connections.acquire().await.expect("a connection") };
        let acquired = [acquire().await, acquire().await, acquire().await];
        assert_eq!((pool.size(), connections.permits.available_permits()), (3, 0));
        drop(acquired);
        assert_eq!((pool.size(), connections.permits.available_permits()), (0, 3));
    }

    #[test]
    fn what_is_kept_is_dropped_outside_of_the_runtime_without_a_panic() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (pool, returns) = runtime.block_on(pool(1));
        let connections = runtime.block_on(async {
            let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
            connections.acquire().await.expect("a connection").release();
            connections
        });
        let idle = connections.idle.clone();
        drop((connections, pool, returns));
        runtime.shutdown_timeout(Duration::from_secs(9));
        drop(idle);
    }

    #[test]
    fn a_use_that_is_cancelled_outside_of_the_runtime_is_no_panic() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (pool, connections) = runtime.block_on(async {
            let options = PoolOptions::<Sqlite>::new().max_connections(1).min_connections(1);
            let pool = SqlxPool::from(options.connect("sqlite::memory:").await.expect("a pool"));
            let connections = ConnectionCache::new(&pool, PoolShare::All, 9);
            (pool, connections)
        });
        let connection = runtime.block_on(connections.acquire()).expect("a connection");
        drop(connection);
        assert!(pool.size() <= 1);
    }
}
