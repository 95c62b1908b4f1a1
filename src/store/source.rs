use std::any::type_name;
use std::marker::PhantomData;
use std::sync::Arc;

use rocket::{Build, Rocket};
use rocket_db_pools::Database;

use super::open::{Open, OpenStore};
use super::pool::SqlxPool;
use super::sql::{PoolShare, Statements};
use super::user_store::UserStore;
use crate::launch::LaunchError;

/// Where the fairing gets its store from.
#[rocket::async_trait]
pub(crate) trait StoreSource: Send + Sync + 'static {
    /// The most characters that a name can have in the store, if it has a limit.
    /// Ask once every fairing that was attached has ignited.
    fn max_name_length(&self, rocket: &Rocket<Build>) -> Result<Option<usize>, LaunchError>;

    /// Opens the store, and brings its schema up to date first if `migrate` says
    /// so. Ask once every fairing that was attached has ignited.
    async fn open(&self, rocket: &Rocket<Build>, migrate: bool) -> Result<OpenStore, LaunchError>;

    /// What the liftoff summary calls the store.
    fn name(&self) -> String;
}

/// A store of the application's own.
pub(crate) struct CustomStore<S>(Arc<S>);

impl<S> CustomStore<S> {
    pub(crate) fn new(store: S) -> Self {
        Self(Arc::new(store))
    }
}

#[rocket::async_trait]
impl<S: UserStore> StoreSource for CustomStore<S> {
    fn max_name_length(&self, _: &Rocket<Build>) -> Result<Option<usize>, LaunchError> {
        Ok(None)
    }

    async fn open(&self, _: &Rocket<Build>, _: bool) -> Result<OpenStore, LaunchError> {
        Ok(OpenStore { users: self.0.clone(), sessions: None })
    }

    fn name(&self) -> String {
        type_name::<S>().into()
    }
}

/// A database that some [`Database`] fairing opens.
pub(crate) struct DatabaseStore<D> {
    share: PoolShare,
    database: PhantomData<fn() -> D>,
}

impl<D: Database<Pool: StorePool>> DatabaseStore<D> {
    /// A database whose fairing the application attaches.
    pub(crate) fn of_application() -> Self {
        Self { share: PoolShare::Half, database: PhantomData }
    }

    /// A database whose fairing this crate attaches.
    #[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
    pub(crate) fn of_fairing() -> Self {
        Self { share: PoolShare::All, database: PhantomData }
    }

    fn database<'r>(&self, rocket: &'r Rocket<Build>) -> Result<&'r D, LaunchError> {
        rocket.state::<D>().ok_or_else(|| self.absent())
    }

    fn absent(&self) -> LaunchError {
        match self.share {
            PoolShare::All => LaunchError::AlreadyLogged,
            PoolShare::Half => {
                LaunchError::new(format!("there is no database `{}` to keep users in", D::NAME)).help(
                    format!("attach `{}::init()`; if it is attached, see its own error", type_name::<D>()),
                )
            }
        }
    }
}

#[rocket::async_trait]
impl<D: Database<Pool: StorePool>> StoreSource for DatabaseStore<D> {
    fn max_name_length(&self, rocket: &Rocket<Build>) -> Result<Option<usize>, LaunchError> {
        self.database(rocket).map(|_| Some(D::Pool::MAX_NAME_LENGTH))
    }

    async fn open(&self, rocket: &Rocket<Build>, migrate: bool) -> Result<OpenStore, LaunchError> {
        self.database(rocket)?.open(self.share, migrate).await.map_err(LaunchError::new)
    }

    fn name(&self) -> String {
        format!("database `{}`", D::NAME)
    }
}

/// A pool that users can be kept in: [`SqlitePool`](crate::SqlitePool),
/// [`PgPool`](crate::PgPool), [`MySqlPool`](crate::MySqlPool).
pub trait StorePool: rocket_db_pools::Pool + Open {}

impl<D: Statements> StorePool for SqlxPool<D> {}
