use std::collections::BTreeSet;

use sqlx::{Connection, Pool};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

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
    pool: Pool<D>,
    writers: Semaphore,
}

impl<D: Statements> SqlStore<D> {
    /// Opens the store, its schema brought up to date first if `migrate` says
    /// so. The error is a sentence for whoever launches.
    pub(crate) async fn open(pool: Pool<D>, migrate: bool) -> Result<Self, String> {
        if migrate {
            migrations::run(&pool).await.map_err(|e| migrations::explain(&e))?;
        }
        Ok(Self { pool, writers: Semaphore::new(D::WRITERS) })
    }

    /// Waits for its turn to write, as long as it would for a connection.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        match timeout(self.pool.options().get_acquire_timeout(), self.writers.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(sqlx::Error::PoolClosed.into()),
            Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
        }
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
        let _turn = self.turn().await?;
        let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
        let mut tx = connection.begin_with(D::BEGIN).await.map_err(StoreError::from)?;
        let outcome = Self::change(&mut tx, username, groups, planner).await;
        let end = match outcome {
            Ok(_) => tx.commit().await,
            Err(_) => tx.rollback().await,
        };
        if end.is_err() {
            connection.close_on_drop();
        }
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
            match D::create(connection, username).await? {
                Some(id) => plan.created_as(id),
                None => {
                    D::lock(connection, username).await?;
                    plan = planner(D::find(connection, username, groups).await?)?;
                }
            }
        }
        for change in plan.changes() {
            D::make(connection, plan.user().id(), change).await?;
        }
        Ok(plan)
    }

    fn is_transient(error: &Error) -> bool {
        let Error::Store(error) = error else { return false };
        match &**error {
            StoreError::Database(sqlx::Error::Database(error)) => D::is_transient(&**error),
            _ => false,
        }
    }
}

#[rocket::async_trait]
impl<D: Statements> UserStore for SqlStore<D> {
    async fn find(&self, username: &Username, groups: &BTreeSet<String>) -> Result<Stored, StoreError> {
        let mut connection = self.pool.acquire().await?;
        D::find(&mut connection, username, &to_json(groups)).await
    }

    async fn update(
        &self,
        username: &Username,
        groups: &BTreeSet<String>,
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
