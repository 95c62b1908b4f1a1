//! Where the fairing gets its store from.
//!
//! Within this folder it depends on `open`, `pool`, `sql` and `user_store`.

use std::any::type_name;
use std::marker::PhantomData;
use std::sync::Arc;

use rocket::{Build, Rocket};
use rocket_db_pools::Database;
use sqlx::migrate::Migrator;

use super::open::{Open, OpenStore};
use super::pool::SqlxPool;
use super::sql::{PoolShare, Statements};
use super::user_store::UserStore;
use crate::launch::LaunchError;

/// Where the fairing gets its store from.
///
/// Its methods work once every fairing that was attached before the launch has ignited.
///
/// # Errors
///
/// The methods fail if the database is not there, or cannot be used.
#[rocket::async_trait]
pub(crate) trait StoreSource: Send + Sync + 'static {
    /// The longest name that the store can hold, in characters, if it has a limit.
    fn max_name_length(&self, rocket: &Rocket<Build>) -> Result<Option<usize>, LaunchError>;

    /// Opens the store. If `migrate` is true, its schema is brought up to date first.
    async fn open(&self, rocket: &Rocket<Build>, migrate: bool) -> Result<OpenStore, LaunchError>;

    /// Makes the application's own tables with `migrator`, once the store is open.
    async fn migrate_application(
        &self,
        rocket: &Rocket<Build>,
        migrator: &Migrator,
    ) -> Result<(), LaunchError>;

    /// The name of the store in the liftoff summary.
    fn name(&self) -> String;
}

/// A [`UserStore`] of the application.
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
        Ok(OpenStore { users: self.0.clone(), sessions: None, stamped: None })
    }

    async fn migrate_application(&self, _: &Rocket<Build>, _: &Migrator) -> Result<(), LaunchError> {
        Err(LaunchError::new(format!("{} is no database that migrations can be made in", self.name()))
            .help("leave `RemoteUserFairing::migrations` out, and run them where you open your database"))
    }

    fn name(&self) -> String {
        type_name::<S>().into()
    }
}

/// A database that a [`Database`] fairing opens.
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
        rocket.state().ok_or_else(|| self.missing_error())
    }

    /// The error that there is no such database. If this crate attached its fairing,
    /// that has logged why.
    fn missing_error(&self) -> LaunchError {
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
        self.database(rocket)?;
        Ok(Some(D::Pool::MAX_NAME_LENGTH))
    }

    async fn open(&self, rocket: &Rocket<Build>, migrate: bool) -> Result<OpenStore, LaunchError> {
        self.database(rocket)?.open(self.share, migrate).await.map_err(LaunchError::new)
    }

    async fn migrate_application(
        &self,
        rocket: &Rocket<Build>,
        migrator: &Migrator,
    ) -> Result<(), LaunchError> {
        self.database(rocket)?.migrate_application(migrator).await.map_err(LaunchError::new)
    }

    fn name(&self) -> String {
        format!("database `{}`", D::NAME)
    }
}

/// A database pool in which users can be kept.
///
/// The pools of this crate implement it, `SqlitePool`, `PgPool` and `MySqlPool`, and no
/// other type can. It is the bound of
/// [`RemoteUserFairing::database`](crate::RemoteUserFairing::database).
///
/// # Example
///
/// A function that works with whichever database an application chooses:
///
/// ```rust
/// use rocket::{Build, Rocket};
/// use rocket_db_pools::Database;
/// use rocket_remote_user::store::StorePool;
/// use rocket_remote_user::{RemoteUser, SqlitePool};
///
/// fn attach_users<D: Database<Pool: StorePool>>(rocket: Rocket<Build>) -> Rocket<Build> {
///     rocket.attach(D::init()).attach(RemoteUser::fairing().database::<D>())
/// }
///
/// #[derive(Database)]
/// #[database("app")]
/// struct App(SqlitePool);
///
/// let rocket = attach_users::<App>(rocket::build());
/// ```
pub trait StorePool: rocket_db_pools::Pool + Open {}

impl<D: Statements> StorePool for SqlxPool<D> {}
