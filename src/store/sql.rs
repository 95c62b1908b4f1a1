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
        if migrate {
            migrations::run(pool).await?;
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let most = processors.saturating_mul(D::CONNECTIONS_PER_PROCESSOR);
        Ok(Self { connections: Connections::new(pool, share, most), writers: Semaphore::new(D::WRITERS) })
    }

    async fn try_find(&self, username: &Username, groups: &str) -> Result<Stored, StoreError> {
        let mut connection = self.connections.lend().await?;
        let found = self.answer(D::find(&mut connection, username, groups)).await.and_then(|found| found);
        match &found {
            Err(error) if is_of_dead::<D>(error) => connection.lose(),
            _ => connection.keep(),
        }
        found
    }

    async fn try_update(
        &self,
        username: &Username,
        groups: &str,
        planner: &Planner<'_>,
    ) -> Result<Plan, Failure> {
        let undone = |error: sqlx::Error| Failure::Undone(StoreError::from(error).into());
        let writing = timeout(self.connections.limit(), self.writers.acquire());
        let _writing = writing.await.map_err(|_| undone(sqlx::Error::PoolTimedOut))?;
        let mut connection = self.connections.lend().await.map_err(undone)?;
        let transaction = Self::transact(&mut connection, username, groups, planner);
        let outcome = match self.answer(transaction).await {
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

    /// Changes a user in a transaction. One that cannot be ended has lost its
    /// connection: SQLite ends it by itself when the disk is full, and sqlx would
    /// think that it still goes on.
    async fn transact(
        connection: &mut D::Connection,
        username: &Username,
        groups: &str,
        planner: &Planner<'_>,
    ) -> Result<Plan, Failure> {
        let mut tx = connection.begin_with(D::BEGIN).await.map_err(Failure::of_begin::<D>)?;
        match Self::change(&mut tx, username, groups, planner).await {
            Ok(plan) => match tx.commit().await {
                Ok(()) => Ok(plan),
                Err(error) => Err(Failure::of_commit::<D>(error)),
            },
            Err(error) => match tx.rollback().await {
                Ok(()) => Err(Failure::Undone(error)),
                Err(_) => Err(Failure::Lost(error)),
            },
        }
    }

    async fn change(
        connection: &mut D::Connection,
        username: &Username,
        groups: &str,
        planner: &Planner<'_>,
    ) -> Result<Plan, Error> {
        D::lock(connection, username).await?;
        let mut plan = planner(D::find(connection, username, groups).await?)?;
        if plan.is_creation() {
            plan.created_as(D::create(connection, username).await?);
        }
        for change in plan.changes() {
            D::make(connection, plan.user().id(), change).await?;
        }
        Ok(plan)
    }
}

#[rocket::async_trait]
impl<D: Statements> UserStore for SqlStore<D> {
    async fn find(&self, username: &Username, groups: &[&str]) -> Result<Stored, StoreError> {
        let groups = to_json(groups);
        match self.try_find(username, &groups).await {
            Err(error) if is_replaceable::<D>(&error) => self.try_find(username, &groups).await,
            found => found,
        }
    }

    async fn update(
        &self,
        username: &Username,
        groups: &[&str],
        planner: &Planner<'_>,
    ) -> Result<Plan, Error> {
        let groups = to_json(groups);
        let mut replaced = false;
        for retry in 1..=RETRIES {
            match self.try_update(username, &groups, planner).await {
                Err(failure) if failure.is_transient::<D>() => {
                    sleep(Duration::from_millis(retry * retry)).await;
                }
                Err(failure) if failure.is_replaceable::<D>() && !replaced => replaced = true,
                outcome => return outcome.map_err(Failure::into_error),
            }
        }
        self.try_update(username, &groups, planner).await.map_err(Failure::into_error)
    }
}
