use std::time::Duration;

use sqlx::{Connection, Transaction};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

use super::connections::{CachedConnection, ConnectionCache, PoolShare};
use super::migrations;
use super::statement::{Statement, Statements};
use super::transaction_error::{TransactionError, is_of_dead_connection, is_replaceable};
use super::user_update::UserUpdate;
use crate::error::{Error, StoreError};
use crate::store::pool::SqlxPool;
use crate::user::Plan;

/// How often a transaction that the database gave up is tried again, each time
/// after a longer pause: at most 0.4 seconds in all.
const MAX_RETRIES: u64 = 10;

/// Users and sessions in the tables `remote_*` of a database.
pub(crate) struct SqlStore<D: Statements> {
    connections: ConnectionCache<D>,
    writers: Semaphore,
}

impl<D: Statements> SqlStore<D> {
    /// Opens the store, and brings its schema up to date first if `migrate` says
    /// so. The error is a sentence for whoever launches.
    pub(crate) async fn open(pool: &SqlxPool<D>, share: PoolShare, migrate: bool) -> Result<Self, String> {
        if migrate {
            migrations::run(pool).await?;
        } else {
            migrations::check(pool).await?;
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let max_connections = processors.saturating_mul(D::CONNECTIONS_PER_PROCESSOR);
        Ok(Self {
            connections: ConnectionCache::new(pool, share, max_connections),
            writers: Semaphore::new(D::WRITERS),
        })
    }

    /// Fetches the text of one row, if there is one, and tries once more where the
    /// connection turns out to be dead.
    pub(super) async fn fetch_text(&self, statement: &Statement<'_>) -> Result<Option<String>, StoreError> {
        match self.try_fetch_text(statement).await {
            Err(error) if is_replaceable::<D>(&error) => self.try_fetch_text(statement).await,
            outcome => outcome,
        }
    }

    async fn try_fetch_text(&self, statement: &Statement<'_>) -> Result<Option<String>, StoreError> {
        let mut connection = self.connections.acquire().await?;
        let outcome = self.within_limit(D::fetch_text(&mut connection, statement)).await.flatten();
        Self::put_back(connection, &outcome);
        outcome
    }

    /// Fetches the text of every row, likewise.
    pub(super) async fn fetch_all(&self, statement: &Statement<'_>) -> Result<Vec<String>, StoreError> {
        match self.try_fetch_all(statement).await {
            Err(error) if is_replaceable::<D>(&error) => self.try_fetch_all(statement).await,
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
            Err(error) if is_of_dead_connection::<D>(error) => connection.discard(),
            _ => connection.release(),
        }
    }

    /// Executes statements in one transaction, and tries again where that may help.
    /// They refer to no rows but those of users.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownUser`] if there is no such user.
    pub(super) async fn execute(&self, statements: &[Statement<'_>]) -> Result<(), Error> {
        let mut retries = Retries::default();
        loop {
            match self.try_execute(statements).await {
                Err(error) if retries.may_help::<D>(&error).await => {}
                outcome => return outcome.map_err(TransactionError::into_error),
            }
        }
    }

    async fn try_execute(&self, statements: &[Statement<'_>]) -> Result<(), TransactionError> {
        let mut writer = self.writer().await?;
        let transaction = async {
            let mut transaction = writer.begin().await?;
            let outcome = execute_all::<D>(&mut transaction, statements).await;
            end(transaction, outcome).await
        };
        let outcome = self.within_limit(transaction).await;
        writer.put_back(outcome)
    }

    /// Updates a user in one transaction, and tries again where that may help.
    pub(super) async fn update_user(&self, update: &UserUpdate<'_>) -> Result<Plan, Error> {
        let mut retries = Retries::default();
        loop {
            match self.try_update_user(update).await {
                Err(error) if retries.may_help::<D>(&error).await => {}
                outcome => return outcome.map_err(TransactionError::into_error),
            }
        }
    }

    async fn try_update_user(&self, update: &UserUpdate<'_>) -> Result<Plan, TransactionError> {
        let mut writer = self.writer().await?;
        let transaction = async {
            let mut transaction = writer.begin().await?;
            let outcome = update.execute::<D>(&mut transaction).await;
            end(transaction, outcome).await
        };
        let outcome = self.within_limit(transaction).await;
        writer.put_back(outcome)
    }

    /// Waits for its turn to write, and for a connection.
    async fn writer(&self) -> Result<Writer<'_, D>, TransactionError> {
        let permit = timeout(self.connections.time_limit(), self.writers.acquire()).await;
        let permit = permit.map_err(|_| TransactionError::not_begun(sqlx::Error::PoolTimedOut))?;
        let connection = self.connections.acquire().await.map_err(TransactionError::not_begun)?;
        Ok(Writer { connection, _permit: permit.ok() })
    }

    /// Waits for an answer, but from a server no longer than the pool would wait
    /// for a connection.
    async fn within_limit<T>(&self, answer: impl Future<Output = T>) -> Result<T, StoreError> {
        if !D::REMOTE {
            return Ok(answer.await);
        }
        let limit = self.connections.time_limit();
        timeout(limit, answer).await.map_err(|_| StoreError::TimedOut(limit))
    }
}

/// A connection that may write.
struct Writer<'a, D: Statements> {
    connection: CachedConnection<'a, D>,
    _permit: Option<SemaphorePermit<'a>>,
}

impl<D: Statements> Writer<'_, D> {
    async fn begin(&mut self) -> Result<Transaction<'_, D>, TransactionError> {
        self.connection.begin_with(D::BEGIN).await.map_err(TransactionError::of_begin::<D>)
    }

    /// Puts the connection back, if its state is known. The outer error is that
    /// there was no answer in time.
    fn put_back<T>(
        self,
        outcome: Result<Result<T, TransactionError>, StoreError>,
    ) -> Result<T, TransactionError> {
        let outcome = outcome.unwrap_or_else(|error| Err(TransactionError::OutcomeUnknown(error.into())));
        match &outcome {
            Ok(_) | Err(TransactionError::RolledBack(_)) => self.connection.release(),
            Err(error) if error.is_of_dead_connection::<D>() => self.connection.discard(),
            Err(_) => self.connection.close(),
        }
        outcome
    }
}

/// Counts how often a transaction was tried again.
#[derive(Default)]
struct Retries {
    count: u64,
    is_connection_replaced: bool,
}

impl Retries {
    /// Whether to try again after `error`, once this returns: where the database
    /// gave the transaction up, and once where the connection turned out to be dead
    /// before anything was written.
    async fn may_help<D: Statements>(&mut self, error: &TransactionError) -> bool {
        self.count += 1;
        if self.count > MAX_RETRIES {
            return false;
        }
        if error.is_transient::<D>() {
            sleep(Duration::from_millis(self.count * self.count)).await;
            return true;
        }
        error.is_replaceable::<D>() && !std::mem::replace(&mut self.is_connection_replaced, true)
    }
}

async fn execute_all<D: Statements>(
    connection: &mut D::Connection,
    statements: &[Statement<'_>],
) -> Result<(), Error> {
    for statement in statements {
        match D::execute(connection, statement).await {
            Err(error) if error.is_foreign_key_violation() => return Err(Error::UnknownUser),
            outcome => outcome?,
        }
    }
    Ok(())
}

/// Commits a transaction, or rolls it back. One that cannot be rolled back has lost
/// its connection: SQLite ends a transaction by itself when the disk is full, and
/// sqlx would think that it still goes on.
async fn end<D: Statements, T>(
    transaction: Transaction<'_, D>,
    outcome: Result<T, Error>,
) -> Result<T, TransactionError> {
    match outcome {
        Ok(outcome) => match transaction.commit().await {
            Ok(()) => Ok(outcome),
            Err(error) => Err(TransactionError::of_commit::<D>(error)),
        },
        Err(error) => match transaction.rollback().await {
            Ok(()) => Err(TransactionError::RolledBack(error)),
            Err(_) => Err(TransactionError::ConnectionLost(error)),
        },
    }
}
