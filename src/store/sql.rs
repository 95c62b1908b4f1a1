use sqlx::{Connection, Pool};
use tokio::sync::Semaphore;

use super::connections::{Connections, Share};
use super::statements::{Statements, to_json};
use super::{Planner, StoreError, UserStore, migrations};
use crate::error::Error;
use crate::sync::{Plan, Stored};
use crate::username::Username;

/// How often a transaction that the database gave up is tried again.
const RETRIES: usize = 3;

/// Users in the tables `remote_users`, `remote_groups` and
/// `remote_memberships` of a database.
pub(crate) struct SqlStore<D: Statements> {
    connections: Connections<D>,
    writers: Semaphore,
}

impl<D: Statements> SqlStore<D> {
    /// Opens the store, its schema brought up to date first if `migrate` says
    /// so. The error is a sentence for whoever launches.
    pub(crate) async fn open(pool: Pool<D>, share: Share, migrate: bool) -> Result<Self, String> {
        if migrate {
            migrations::run(&pool).await.map_err(|e| migrations::explain(&e))?;
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let most = processors.saturating_mul(D::CONNECTIONS_PER_PROCESSOR);
        Ok(Self { connections: Connections::new(pool, share, most), writers: Semaphore::new(D::WRITERS) })
    }

    /// Updates a user in a transaction. A connection that could not end one is
    /// closed: SQLite ends the transaction by itself when the disk is full, and
    /// sqlx would think that it still goes on.
    async fn try_update(
        &self,
        username: &Username,
        groups: &str,
        planner: &Planner<'_>,
    ) -> Result<Plan, Error> {
        let writing = self.connections.in_time(self.writers.acquire()).await.map_err(StoreError::from)?;
        let mut connection = self.connections.lend().await.map_err(StoreError::from)?;
        let mut tx = connection.begin_with(D::BEGIN).await.map_err(StoreError::from)?;
        let outcome = Self::change(&mut tx, username, groups, planner).await;
        let end = match outcome {
            Ok(_) => tx.commit().await,
            Err(_) => tx.rollback().await,
        };
        match end {
            Ok(()) => connection.keep(),
            Err(_) => connection.close_on_drop(),
        }
        drop(writing);
        let plan = outcome?;
        end.map_err(StoreError::from)?;
        Ok(plan)
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

    /// Whether the database gave a transaction up for another one, or another
    /// one created the same user first.
    fn is_transient(error: &Error) -> bool {
        let Error::Store(error) = error else { return false };
        match &**error {
            StoreError::Database(sqlx::Error::Database(error)) => {
                error.is_unique_violation() || D::is_transient(&**error)
            }
            _ => false,
        }
    }
}

#[rocket::async_trait]
impl<D: Statements> UserStore for SqlStore<D> {
    async fn find(&self, username: &Username, groups: &[&str]) -> Result<Stored, StoreError> {
        let mut connection = self.connections.lend().await?;
        let stored = D::find(&mut connection, username, &to_json(groups)).await?;
        connection.keep();
        Ok(stored)
    }

    async fn update(
        &self,
        username: &Username,
        groups: &[&str],
        planner: &Planner<'_>,
    ) -> Result<Plan, Error> {
        let groups = to_json(groups);
        for _ in 0..RETRIES {
            match self.try_update(username, &groups, planner).await {
                Err(error) if Self::is_transient(&error) => continue,
                outcome => return outcome,
            }
        }
        self.try_update(username, &groups, planner).await
    }
}
