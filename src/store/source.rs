use std::any::type_name;
use std::marker::PhantomData;
use std::sync::Arc;

use rocket::{Build, Rocket};
use rocket_db_pools::Database;

use super::{SqlStore, Statements, UserStore};
use crate::launch::Abort;
use crate::pool::SqlxPool;

/// Where the fairing gets its store from.
#[rocket::async_trait]
pub(crate) trait Source: Send + Sync + 'static {
    /// Opens the store, once every fairing that was attached has ignited.
    async fn open(&self, rocket: &Rocket<Build>, migrate: bool) -> Result<Arc<dyn UserStore>, Abort>;

    /// What the liftoff summary calls the store.
    fn name(&self) -> String;
}

/// A store of the application's own.
pub(crate) struct Given<S>(Arc<S>);

impl<S> Given<S> {
    pub(crate) fn new(store: S) -> Self {
        Self(Arc::new(store))
    }
}

#[rocket::async_trait]
impl<S: UserStore> Source for Given<S> {
    async fn open(&self, _: &Rocket<Build>, _: bool) -> Result<Arc<dyn UserStore>, Abort> {
        Ok(self.0.clone())
    }

    fn name(&self) -> String {
        type_name::<S>().into()
    }
}

/// A database that some [`Database`] fairing opens.
pub(crate) struct Pooled<D>(PhantomData<fn() -> D>);

impl<D> Default for Pooled<D> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

#[rocket::async_trait]
impl<D: Database<Pool: StorePool>> Source for Pooled<D> {
    async fn open(&self, rocket: &Rocket<Build>, migrate: bool) -> Result<Arc<dyn UserStore>, Abort> {
        match rocket.state::<D>() {
            Some(database) => database
                .open(migrate)
                .await
                .map_err(|reason| Abort::new(format!("the user store in database `{}`: {reason}", D::NAME))),
            None => Err(Abort::new(format!("database `{}` is not there for its users", D::NAME)).cure(
                format!("attach `{}::init()`; if it is attached, its own error is above", type_name::<D>()),
            )),
        }
    }

    fn name(&self) -> String {
        format!("database `{}`", D::NAME)
    }
}

/// A pool that users can be kept in: [`SqlitePool`](crate::SqlitePool),
/// [`PgPool`](crate::PgPool), [`MySqlPool`](crate::MySqlPool).
#[rocket::async_trait]
pub trait StorePool: rocket_db_pools::Pool + sealed::Sealed {
    #[doc(hidden)]
    async fn open(&self, migrate: bool) -> Result<Arc<dyn UserStore>, String>;
}

#[rocket::async_trait]
impl<D: Statements> StorePool for SqlxPool<D> {
    async fn open(&self, migrate: bool) -> Result<Arc<dyn UserStore>, String> {
        let pool: &sqlx::Pool<D> = self;
        Ok(Arc::new(SqlStore::open(pool.clone(), migrate).await?))
    }
}

mod sealed {
    pub trait Sealed {}

    impl<D: sqlx::Database> Sealed for crate::pool::SqlxPool<D> {}
}
