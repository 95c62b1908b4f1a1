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

    /// Reads with one statement.
    pub(super) async fn read<T>(
        &self,
        statement: impl AsyncFnOnce(&mut D::Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connections.lend().await?;
        let read = statement(&mut connection).await?;
        connection.keep();
        Ok(read)
    }

    /// Writes in a transaction, which is tried again where the database gave it
    /// up.
    pub(super) async fn write<W: Write<D>>(&self, write: &W) -> Result<W::Outcome, Error> {
        for _ in 0..RETRIES {
            match self.try_write(write).await {
                Err(error) if Self::is_transient(&error) => continue,
                outcome => return outcome,
            }
        }
        self.try_write(write).await
    }

    /// Writes in a transaction. A connection that could not end one is closed:
    /// SQLite ends the transaction by itself when the disk is full, and sqlx
    /// would think that it still goes on.
    async fn try_write<W: Write<D>>(&self, write: &W) -> Result<W::Outcome, Error> {
        let writing = self.connections.in_time(self.writers.acquire()).await.map_err(StoreError::from)?;
        let mut connection = self.connections.lend().await.map_err(StoreError::from)?;
        let mut tx = connection.begin_with(D::BEGIN).await.map_err(StoreError::from)?;
        let outcome = write.make(&mut tx).await;
        let end = match outcome {
            Ok(_) => tx.commit().await,
            Err(_) => tx.rollback().await,
        };
        match end {
            Ok(()) => connection.keep(),
            Err(_) => connection.close_on_drop(),
        }
        drop(writing);
        let outcome = outcome?;
        end.map_err(StoreError::from)?;
        Ok(outcome)
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

/// What is written in one transaction.
pub(super) trait Write<D: Statements>: Sync {
    type Outcome: Send;

    /// Writes it; an error leaves everything as it was.
    fn make(
        &self,
        connection: &mut D::Connection,
    ) -> impl Future<Output = Result<Self::Outcome, Error>> + Send;
}

/// Brings a user in step.
struct Update<'a> {
    username: &'a Username,
    groups: &'a str,
    planner: &'a Planner<'a>,
}

impl Update<'_> {
    async fn find<D: Statements>(&self, connection: &mut D::Connection) -> Result<Stored, StoreError> {
        D::find(connection, self.username, self.groups).await
    }
}

impl<D: Statements> Write<D> for Update<'_> {
    type Outcome = Plan;

    async fn make(&self, connection: &mut D::Connection) -> Result<Plan, Error> {
        D::lock(connection, self.username).await?;
        let mut plan = (self.planner)(self.find::<D>(connection).await?)?;
        if plan.is_creation() {
            plan.created_as(D::create(connection, self.username).await?);
        }
        for change in plan.changes() {
            D::make(connection, plan.user().id(), change).await?;
        }
        if plan.moves_groups()
            && let Some(user) = self.find::<D>(connection).await?.user
        {
            plan.permit(user.permissions);
        }
        Ok(plan)
    }
}

#[rocket::async_trait]
impl<D: Statements> UserStore for SqlStore<D> {
    async fn find(&self, username: &Username, groups: &[&str]) -> Result<Stored, StoreError> {
        let groups = to_json(groups);
        self.read(async |connection| D::find(connection, username, &groups).await).await
    }

    async fn update(
        &self,
        username: &Username,
        groups: &[&str],
        planner: &Planner<'_>,
    ) -> Result<Plan, Error> {
        self.write(&Update { username, groups: &to_json(groups), planner }).await
    }
}
