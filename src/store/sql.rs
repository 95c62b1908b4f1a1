use std::time::Duration;

use sqlx::Connection;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::connections::{Connections, Share};
use super::failure::{Failure, is_of_dead, is_replaceable};
use super::statements::{Statements, to_json};
use super::{Planner, StoreError, UserStore, migrations};
use crate::error::Error;
use crate::pool::SqlxPool;
use crate::sync::{Plan, Stored};
use crate::username::Username;

/// How often a transaction that the database gave up is tried again, each time
/// after a longer pause: at most 0.4 seconds in all.
const RETRIES: u64 = 10;

/// Users in the tables `remote_users`, `remote_groups` and
/// `remote_memberships` of a database.
pub(crate) struct SqlStore<D: Statements> {
    connections: Connections<D>,
    writers: Semaphore,
}

impl<D: Statements> SqlStore<D> {
    /// Opens the store, its schema brought up to date first if `migrate` says
    /// so. The error is a sentence for whoever launches.
    pub(crate) async fn open(pool: &SqlxPool<D>, share: Share, migrate: bool) -> Result<Self, String> {
        match migrate {
            true => migrations::run(pool).await?,
            false => migrations::check(pool).await?,
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let most = processors.saturating_mul(D::CONNECTIONS_PER_PROCESSOR);
        Ok(Self { connections: Connections::new(pool, share, most), writers: Semaphore::new(D::WRITERS) })
    }

    /// Reads with one statement, and again where the connection turns out dead.
    pub(super) async fn read<R: Read<D>>(&self, read: &R) -> Result<R::Found, StoreError> {
        match self.try_read(read).await {
            Err(error) if is_replaceable::<D>(&error) => self.try_read(read).await,
            outcome => outcome,
        }
    }

    async fn try_read<R: Read<D>>(&self, read: &R) -> Result<R::Found, StoreError> {
        let mut connection = self.connections.lend().await?;
        let outcome = self.answer(read.find(&mut connection)).await.and_then(|found| found);
        match &outcome {
            Err(error) if is_of_dead::<D>(error) => connection.lose(),
            _ => connection.keep(),
        }
        outcome
    }

    /// Writes in a transaction: again where the database gave it up, and once
    /// more where the connection turns out dead before anything was written.
    pub(super) async fn write<W: Write<D>>(&self, write: &W) -> Result<W::Outcome, Error> {
        let mut replaced = false;
        for retry in 1..=RETRIES {
            match self.try_write(write).await {
                Err(failure) if failure.is_transient::<D>() => {
                    sleep(Duration::from_millis(retry * retry)).await;
                }
                Err(failure) if failure.is_replaceable::<D>() && !replaced => replaced = true,
                outcome => return outcome.map_err(Failure::into_error),
            }
        }
        self.try_write(write).await.map_err(Failure::into_error)
    }

    async fn try_write<W: Write<D>>(&self, write: &W) -> Result<W::Outcome, Failure> {
        let undone = |error: sqlx::Error| Failure::Undone(StoreError::from(error).into());
        let writing = timeout(self.connections.limit(), self.writers.acquire());
        let _writing = writing.await.map_err(|_| undone(sqlx::Error::PoolTimedOut))?;
        let mut connection = self.connections.lend().await.map_err(undone)?;
        let outcome = match self.answer(Self::transact(&mut connection, write)).await {
            Ok(outcome) => outcome,
            Err(error) => Err(Failure::Unknown(error.into())),
        };
        match &outcome {
            Ok(_) | Err(Failure::Undone(_)) => connection.keep(),
            Err(failure) if failure.is_of_dead::<D>() => connection.lose(),
            Err(_) => connection.close(),
        }
        outcome
    }

    /// Waits for the answer of a server, though not for ever.
    async fn answer<T>(&self, answer: impl Future<Output = T>) -> Result<T, StoreError> {
        let limit = self.connections.limit();
        match D::REMOTE {
            true => timeout(limit, answer).await.map_err(|_| StoreError::TimedOut(limit)),
            false => Ok(answer.await),
        }
    }

    /// Writes in a transaction. One that cannot be ended has lost its connection:
    /// SQLite ends it by itself when the disk is full, and sqlx would think that
    /// it still goes on.
    async fn transact<W: Write<D>>(connection: &mut D::Connection, write: &W) -> Result<W::Outcome, Failure> {
        let mut tx = connection.begin_with(D::BEGIN).await.map_err(Failure::of_begin::<D>)?;
        match write.make(&mut tx).await {
            Ok(outcome) => match tx.commit().await {
                Ok(()) => Ok(outcome),
                Err(error) => Err(Failure::of_commit::<D>(error)),
            },
            Err(error) => match tx.rollback().await {
                Ok(()) => Err(Failure::Undone(error)),
                Err(_) => Err(Failure::Lost(error)),
            },
        }
    }
}

/// What is read with one statement.
pub(super) trait Read<D: Statements>: Sync {
    type Found: Send;

    /// Finds it.
    fn find(
        &self,
        connection: &mut D::Connection,
    ) -> impl Future<Output = Result<Self::Found, StoreError>> + Send;
}

/// What is written in one transaction.
pub(super) trait Write<D: Statements>: Sync {
    type Outcome: Send;

    /// Writes it; an error leaves everything as it was.
    fn make(
        &self,
        connection: &mut D::Connection,
    ) -> impl Future<Output = Result<Self::Outcome, Error>> + Send;
}

/// A user, and which of `groups` exist.
struct Find<'a> {
    username: &'a Username,
    groups: &'a str,
}

impl<D: Statements> Read<D> for Find<'_> {
    type Found = Stored;

    async fn find(&self, connection: &mut D::Connection) -> Result<Stored, StoreError> {
        D::find(connection, self.username, self.groups).await
    }
}

/// Brings a user in step.
struct Update<'a> {
    user: Find<'a>,
    planner: &'a Planner<'a>,
}

impl<D: Statements> Write<D> for Update<'_> {
    type Outcome = Plan;

    async fn make(&self, connection: &mut D::Connection) -> Result<Plan, Error> {
        let Find { username, groups } = self.user;
        D::lock(connection, username).await?;
        let mut plan = (self.planner)(D::find(connection, username, groups).await?)?;
        if plan.is_creation() {
            plan.created_as(D::create(connection, username).await?);
        }
        for change in plan.changes() {
            D::make(connection, plan.user().id(), change).await?;
        }
        if plan.moves_groups()
            && let Some(user) = D::find(connection, username, groups).await?.user
        {
            plan.permit(user.permissions);
        }
        Ok(plan)
    }
}

#[rocket::async_trait]
impl<D: Statements> UserStore for SqlStore<D> {
    async fn find(&self, username: &Username, groups: &[&str]) -> Result<Stored, StoreError> {
        self.read(&Find { username, groups: &to_json(groups) }).await
    }

    async fn update(
        &self,
        username: &Username,
        groups: &[&str],
        planner: &Planner<'_>,
    ) -> Result<Plan, Error> {
        let user = Find { username, groups: &to_json(groups) };
        self.write(&Update { user, planner }).await
    }
}
