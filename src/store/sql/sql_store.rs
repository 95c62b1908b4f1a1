//! How statements and transactions are run: retries, time limits, and what becomes of a
//! connection.
//!
//! Within this folder it depends on `connections`, `migrations`, `statement`,
//! `transaction_error` and `user_update`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::{Connection, Transaction};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

use super::connections::{CachedConnection, ConnectionCache, PoolShare};
use super::migrations;
use super::statement::{Statement, Statements};
use super::transaction_error::{TransactionError, is_connection_dead, is_not_primary, may_succeed_elsewhere};
use super::user_update::UserUpdate;
use crate::error::{Error, StoreError};
use crate::store::pool::{SqlxPool, jitter};
use crate::user::Plan;

/// How often a transaction that the database gave up is retried. The pause before each
/// retry is random, and may be longer than the one before. All of them add up to 0.8
/// seconds at most, and mostly to half of that.
const MAX_RETRIES: u64 = 10;

/// Users and sessions in the tables `remote_*` of a database.
pub(crate) struct SqlStore<D: Statements> {
    connections: ConnectionCache<D>,
    /// A permit for each transaction that may write at once.
    writers: Semaphore,
    changes: AtomicU64,
}

impl<D: Statements> SqlStore<D> {
    /// Opens the store. If `migrate` is true, its schema is brought up to date first.
    ///
    /// # Errors
    ///
    /// Returns a sentence for the log of the launch, if the schema is unknown, cannot be
    /// brought up to date, or is not there and is not to be made.
    pub(crate) async fn open(pool: &SqlxPool<D>, share: PoolShare, migrate: bool) -> Result<Self, String> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let max_connections = processors.saturating_mul(D::CONNECTIONS_PER_PROCESSOR);
        let connections = ConnectionCache::new(pool, share, max_connections);
        if migrate {
            migrations::run(&connections).await?;
        } else {
            migrations::check(&connections).await?;
        }
        Ok(Self { connections, writers: Semaphore::new(D::MAX_WRITERS), changes: AtomicU64::new(0) })
    }

    pub(super) fn connections(&self) -> &ConnectionCache<D> {
        &self.connections
    }

    /// How many transactions have ended, whether they changed anything or not.
    pub(super) fn count_of_changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Fetches the text of the first row, if there is one. See [`fetch_all`](Self::fetch_all).
    pub(super) async fn fetch_text(&self, statement: &Statement<'_>) -> Result<Option<String>, StoreError> {
        Ok(self.fetch_all(statement).await?.into_iter().next())
    }

    /// Fetches the text of each row. If the connection turns out to be broken, or to lead to
    /// a server that has left its cluster, another one is tried.
    pub(super) async fn fetch_all(&self, statement: &Statement<'_>) -> Result<Vec<String>, StoreError> {
        match self.try_fetch_all(statement).await {
            Err(error) if may_succeed_elsewhere::<D>(&error) => self.try_fetch_all(statement).await,
            outcome => outcome,
        }
    }

    async fn try_fetch_all(&self, statement: &Statement<'_>) -> Result<Vec<String>, StoreError> {
        let mut connection = self.connections.acquire().await?;
        let outcome = self.within_limit(D::fetch_all(&mut connection, statement)).await.flatten();
        Self::put_back(connection, &outcome);
        outcome
    }

    fn put_back<T>(connection: CachedConnection<'_, D>, outcome: &Result<T, StoreError>) {
        match outcome {
            Err(error) if is_connection_dead::<D>(error) => connection.discard(),
            Err(error) if is_not_primary::<D>(error) => connection.fail_over(),
            _ => connection.release(),
        }
    }

    /// Executes statements in one transaction, and retries it if that may help.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UnknownUser`] if a statement that is
    /// [`of_user`](Statement::of_user) refers to a user who does not exist, or
    /// [`Error::Store`].
    pub(super) async fn execute(&self, statements: &[Statement<'_>]) -> Result<(), Error> {
        self.run(statements).await
    }

    /// Updates a user in one transaction, and retries it if that may help. Each try asks
    /// the planner again.
    ///
    /// # Errors
    ///
    /// Returns the error of the planner, or [`Error::Store`].
    pub(super) async fn update_user(&self, update: &UserUpdate<'_>) -> Result<Plan, Error> {
        self.run(update).await
    }

    async fn run<W: Work<D> + ?Sized>(&self, work: &W) -> Result<W::Output, Error> {
        let _counted = CountedChange(&self.changes);
        let mut retries = Retries::default();
        loop {
            match self.try_run(work).await {
                Err(error) if retries.wait_to_retry::<D>(&error).await => {}
                outcome => return outcome.map_err(TransactionError::into_error),
            }
        }
    }

    async fn try_run<W: Work<D> + ?Sized>(&self, work: &W) -> Result<W::Output, TransactionError> {
        let mut writer = self.acquire_writer().await?;
        let transaction = async {
            let mut transaction = writer.begin().await?;
            let outcome = work.run(&mut transaction).await;
            end(transaction, outcome).await
        };
        let outcome = self.within_limit(transaction).await;
        writer.put_back(outcome)
    }

    /// Waits for permission to write, and for a connection.
    async fn acquire_writer(&self) -> Result<Writer<'_, D>, TransactionError> {
        let permit = self.acquire_permit().await.map_err(TransactionError::from_acquire)?;
        let connection = self.connections.acquire().await.map_err(TransactionError::from_acquire)?;
        Ok(Writer { connection, _permit: permit })
    }

    async fn acquire_permit(&self) -> Result<SemaphorePermit<'_>, sqlx::Error> {
        let permit = timeout(self.connections.time_limit(), self.writers.acquire()).await;
        permit.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Waits for an answer. For that of a server it waits only as long as the pool waits
    /// for a connection.
    async fn within_limit<T>(&self, answer: impl Future<Output = T>) -> Result<T, StoreError> {
        if D::IS_REMOTE {
            let limit = self.connections.time_limit();
            timeout(limit, answer).await.map_err(|_| StoreError::TimedOut(limit))
        } else {
            Ok(answer.await)
        }
    }
}

/// Counts a change once it is over, also if nobody waits for it any more.
struct CountedChange<'a>(&'a AtomicU64);

impl Drop for CountedChange<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A connection that may write.
struct Writer<'a, D: Statements> {
    connection: CachedConnection<'a, D>,
    _permit: SemaphorePermit<'a>,
}

impl<D: Statements> Writer<'_, D> {
    async fn begin(&mut self) -> Result<Transaction<'_, D>, TransactionError> {
        self.connection.begin_with(D::BEGIN).await.map_err(TransactionError::from_begin::<D>)
    }

    /// Keeps the connection for the next use, if it is still good. The outer error of
    /// `outcome` means that the server did not answer in time.
    fn put_back<T>(
        self,
        outcome: Result<Result<T, TransactionError>, StoreError>,
    ) -> Result<T, TransactionError> {
        let outcome = outcome.unwrap_or_else(|error| Err(TransactionError::OutcomeUnknown(error.into())));
        match &outcome {
            Err(error) if error.is_not_primary::<D>() => self.connection.fail_over(),
            Ok(_) | Err(TransactionError::RolledBack(_)) => self.connection.release(),
            Err(error) if error.is_connection_dead::<D>() => self.connection.discard(),
            Err(_) => self.connection.close(),
        }
        outcome
    }
}

/// The retries of a transaction.
#[derive(Default)]
struct Retries {
    count: u64,
    is_connection_replaced: bool,
}

impl Retries {
    /// Whether to retry after `error`, once a pause is over. A transaction is retried if
    /// the database gave it up, and one time if its connection broke before anything was
    /// written, or its server takes no writes.
    async fn wait_to_retry<D: Statements>(&mut self, error: &TransactionError) -> bool {
        self.count += 1;
        if self.count > MAX_RETRIES {
            return false;
        }
        if error.is_transient::<D>() {
            sleep(jitter(longest_pause(self.count))).await;
            return true;
        }
        error.may_succeed_elsewhere::<D>() && !std::mem::replace(&mut self.is_connection_replaced, true)
    }
}

/// Returns the longest pause before the retry that is the `count`th.
fn longest_pause(count: u64) -> Duration {
    Duration::from_millis(2 * count * count)
}

/// What is done within a transaction.
trait Work<D: Statements>: Sync {
    type Output: Send;

    fn run(&self, connection: &mut D::Connection)
    -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

impl<D: Statements> Work<D> for [Statement<'_>] {
    type Output = ();

    async fn run(&self, connection: &mut D::Connection) -> Result<(), Error> {
        for statement in self {
            match D::execute(connection, statement).await {
                Err(error) if statement.is_of_user() && error.is_foreign_key_violation() => {
                    return Err(Error::UnknownUser);
                }
                outcome => outcome?,
            }
        }
        Ok(())
    }
}

impl<D: Statements> Work<D> for UserUpdate<'_> {
    type Output = Plan;

    async fn run(&self, connection: &mut D::Connection) -> Result<Plan, Error> {
        self.execute::<D>(connection).await
    }
}

/// Commits a transaction, or rolls it back. A connection that cannot roll back is given
/// up. SQLite, for example, ends a transaction by itself when the disk is full, and sqlx
/// would believe that it still goes on.
async fn end<D: Statements, T>(
    transaction: Transaction<'_, D>,
    outcome: Result<T, Error>,
) -> Result<T, TransactionError> {
    match outcome {
        Ok(outcome) => match transaction.commit().await {
            Ok(()) => Ok(outcome),
            Err(error) => Err(TransactionError::from_commit::<D>(error)),
        },
        Err(error) => match transaction.rollback().await {
            Ok(()) => Err(TransactionError::RolledBack(error)),
            Err(_) => Err(TransactionError::ConnectionLost(error)),
        },
    }
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests {
    use sqlx::Postgres;

    use super::*;
    use crate::store::database_errors::coded;

    fn stored(code: &'static str) -> Error {
        StoreError::from(coded(code)).into()
    }

    #[cfg(feature = "sqlite")]
    fn store(pool: &SqlxPool<sqlx::Sqlite>) -> SqlStore<sqlx::Sqlite> {
        SqlStore {
            connections: ConnectionCache::new(pool, PoolShare::All, 2),
            writers: Semaphore::new(1),
            changes: AtomicU64::new(0),
        }
    }

    #[cfg(feature = "sqlite")]
    #[rocket::async_test]
    async fn what_fails_on_a_good_connection_is_not_tried_again() {
        let options = sqlx::pool::PoolOptions::new().max_connections(1);
        let store = store(&SqlxPool::from(options.connect("sqlite::memory:").await.expect("a pool")));
        store.fetch_all(&Statement::new("CREATE TABLE tries (x)")).await.expect("a table");
        let unreadable = Statement::new("INSERT INTO tries VALUES (1) RETURNING x'ff'");
        store.fetch_all(&unreadable).await.expect_err("a text that is none");
        let tries = store.fetch_all(&Statement::new("SELECT 'one' FROM tries")).await.expect("rows");
        assert_eq!(tries, ["one"]);
    }

    /// Returns how many of two connections are used again: one that is kept, and a writer's, which
    /// `put_back` puts back.
    #[cfg(feature = "sqlite")]
    async fn used_again(put_back: impl FnOnce(Writer<'_, sqlx::Sqlite>)) -> usize {
        let options = sqlx::pool::PoolOptions::new().max_connections(2);
        let store = store(&SqlxPool::from(options.connect("sqlite::memory:").await.expect("a pool")));
        let mut kept = store.connections.acquire().await.expect("a connection");
        let Ok(mut writer) = store.acquire_writer().await else { panic!("no writer") };
        for connection in [&mut kept, &mut writer.connection] {
            let mark = sqlx::query("CREATE TEMP TABLE mark (x)");
            mark.execute(&mut ***connection).await.expect("a table");
        }
        kept.release();
        put_back(writer);
        let mut count = 0;
        let mut first = store.connections.acquire().await.expect("a connection");
        let mut second = store.connections.acquire().await.expect("a connection");
        for connection in [&mut first, &mut second] {
            let marked = sqlx::query("SELECT * FROM mark").fetch_all(&mut ***connection).await;
            count += usize::from(marked.is_ok());
        }
        count
    }

    #[cfg(feature = "sqlite")]
    #[rocket::async_test]
    async fn what_an_error_says_of_a_connection_decides_which_are_used_again() {
        const READ_ONLY: &str = "8";
        const BUSY: &str = "5";
        let timed_out = || StoreError::TimedOut(Duration::from_secs(1));

        let read = |outcome: Result<(), StoreError>| {
            used_again(move |writer| SqlStore::put_back(writer.connection, &outcome))
        };
        assert_eq!(read(Ok(())).await, 2);
        assert_eq!(read(Err(coded(BUSY).into())).await, 2);
        assert_eq!(read(Err(coded(READ_ONLY).into())).await, 0);
        assert_eq!(read(Err(timed_out())).await, 0);

        let write = |outcome: Result<Result<(), TransactionError>, StoreError>| {
            used_again(move |writer| drop(writer.put_back(outcome)))
        };
        assert_eq!(write(Ok(Ok(()))).await, 2);
        assert_eq!(write(Ok(Err(TransactionError::RolledBack(stored(BUSY))))).await, 2);
        assert_eq!(write(Ok(Err(TransactionError::RolledBack(stored(READ_ONLY))))).await, 0);
        assert_eq!(write(Ok(Err(TransactionError::OutcomeUnknown(stored(BUSY))))).await, 1);
        assert_eq!(write(Err(timed_out())).await, 0);
    }

    #[test]
    fn the_pauses_of_all_retries_are_less_than_a_second() {
        assert_eq!([1, 2, 10].map(|count| longest_pause(count).as_millis()), [2, 8, 200]);
        assert_eq!((1..=MAX_RETRIES).map(longest_pause).sum::<Duration>(), Duration::from_millis(770));
    }

    #[rocket::async_test]
    async fn a_conflict_is_retried_ten_times_and_a_broken_connection_replaced_once() {
        let (conflict, broken, wrong) = (
            TransactionError::RolledBack(stored("40P01")),
            TransactionError::ConnectionLost(stored("57P01")),
            TransactionError::RolledBack(stored("42601")),
        );
        let mut retries = Retries::default();
        let mut count = 0;
        while retries.wait_to_retry::<Postgres>(&conflict).await {
            count += 1;
        }
        assert_eq!(count, 10);

        let mut retries = Retries::default();
        for is_retried in [true, false, false] {
            assert_eq!(retries.wait_to_retry::<Postgres>(&broken).await, is_retried);
        }
        assert!(!Retries::default().wait_to_retry::<Postgres>(&wrong).await);
    }
}
