//! The databases in which the tables can be made without a launch.
//!
//! Within this folder it depends on `connections`, `migrations`, `revisions` and `statement`.

use rocket::warn;
use sqlx::Pool;
use sqlx::migrate::Migrator;

use super::connections::{ConnectionCache, PoolShare};
use super::migrations;
use super::revisions;
use super::statement::Statements;
use crate::store::pool::SqlxPool;

/// A database in which the tables `remote_*` can be made. Nothing outside of this crate can
/// name the trait, so no other database implements it.
#[rocket::async_trait]
pub trait Schema: sqlx::Database {
    /// Makes the tables of this crate, or brings them up to date.
    ///
    /// # Errors
    ///
    /// Returns a sentence for a log.
    async fn migrate(pool: &Pool<Self>) -> Result<(), String>;

    /// Makes the tables of the application, or brings them up to date.
    ///
    /// # Errors
    ///
    /// Returns a sentence for a log.
    async fn migrate_application(pool: &Pool<Self>, migrator: &Migrator) -> Result<(), String>;
}

#[rocket::async_trait]
impl<D: Statements> Schema for D {
    async fn migrate(pool: &Pool<D>) -> Result<(), String> {
        let pool = SqlxPool::from(pool.clone());
        let connections = ConnectionCache::new(&pool, PoolShare::Half, 1);
        migrations::run(&connections).await?;
        if let Err(reason) = revisions::prepare(&connections, true).await {
            warn!("Nothing will be kept between two requests, because {reason}.");
        }
        Ok(())
    }

    async fn migrate_application(pool: &Pool<D>, migrator: &Migrator) -> Result<(), String> {
        let mut connection = pool.acquire().await.map_err(|error| error.to_string())?;
        let outcome = migrations::run_of_application::<D>(&mut connection, migrator).await;
        connection.close_on_drop();
        outcome
    }
}
