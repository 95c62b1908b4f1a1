use std::sync::Arc;

use super::pool::SqlxPool;
use super::sql::{PoolShare, SqlStore, Statements};
use super::user_store::UserStore;
use crate::session::SessionStore;

/// A store that is open.
pub struct OpenStore {
    pub(crate) users: Arc<dyn UserStore>,
    /// Where sessions are remembered, if that store can.
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
}

/// A pool that a store can be opened in. Nothing outside of this crate can name the
/// trait, so no other pool implements it.
#[rocket::async_trait]
pub trait Open {
    /// The most characters that a name can have.
    const MAX_NAME_LENGTH: usize;

    /// Opens the store in this pool, or says in a sentence why it cannot.
    async fn open(&self, share: PoolShare, migrate: bool) -> Result<OpenStore, String>;
}

#[rocket::async_trait]
impl<D: Statements> Open for SqlxPool<D> {
    const MAX_NAME_LENGTH: usize = D::MAX_NAME_LENGTH;

    async fn open(&self, share: PoolShare, migrate: bool) -> Result<OpenStore, String> {
        let store = Arc::new(SqlStore::open(self, share, migrate).await?);
        Ok(OpenStore { users: store.clone(), sessions: Some(store) })
    }
}
