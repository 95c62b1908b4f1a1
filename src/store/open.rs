//! A store that is open, and the pools that one can be opened in.
//!
//! Within this folder it depends on `pool`, `revisions`, `sql` and `user_store`.

use std::sync::Arc;

use sqlx::migrate::Migrator;

use super::pool::SqlxPool;
use super::revisions::StampedStore;
use super::sql::{PoolShare, Schema, SqlStore, Statements};
use super::user_store::UserStore;
use crate::session::SessionStore;

/// A store that is ready for use.
pub struct OpenStore {
    pub(crate) users: Arc<dyn UserStore>,
    /// The same store, if it can keep sessions.
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
    /// The same store, if it can tell whether anything has changed.
    pub(crate) stamped: Option<Arc<dyn StampedStore>>,
}

/// A pool in which a store can be opened. Nothing outside of this crate can name the
/// trait, so no other pool implements it.
#[rocket::async_trait]
pub trait Open {
    /// The longest name that the store can hold, in characters.
    const MAX_NAME_LENGTH: usize;

    /// Opens the store in this pool. If `migrate` is true, its schema is brought up to
    /// date first.
    ///
    /// # Errors
    ///
    /// Returns a sentence for the log of the launch.
    async fn open(&self, share: PoolShare, migrate: bool) -> Result<OpenStore, String>;

    /// Makes the application's own tables.
    ///
    /// # Errors
    ///
    /// Returns a sentence for the log of the launch.
    async fn migrate_application(&self, migrator: &Migrator) -> Result<(), String>;
}

#[rocket::async_trait]
impl<D: Statements> Open for SqlxPool<D> {
    const MAX_NAME_LENGTH: usize = D::MAX_NAME_LENGTH;

    async fn open(&self, share: PoolShare, migrate: bool) -> Result<OpenStore, String> {
        let store = Arc::new(SqlStore::open(self, share, migrate).await?);
        Ok(OpenStore { users: store.clone(), sessions: Some(store.clone()), stamped: Some(store) })
    }

    async fn migrate_application(&self, migrator: &Migrator) -> Result<(), String> {
        D::migrate_application(self, migrator).await
    }
}
