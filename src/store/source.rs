use std::any::type_name;
use std::marker::PhantomData;
use std::sync::Arc;

use rocket::{Build, Rocket};
use rocket_db_pools::Database;

use self::sealed::Open;
use super::connections::Share;
use super::{SessionStore, Statements, UserStore};
use crate::config::Config;
use crate::launch::Abort;
use crate::pool::SqlxPool;

/// Where the fairing gets its store from.
#[rocket::async_trait]
pub(crate) trait Source: Send + Sync + 'static {
    /// Opens the store, once every fairing that was attached has ignited.
    async fn open(&self, rocket: &Rocket<Build>, config: &Config) -> Result<Opened, Abort>;

    /// What the liftoff summary calls the store.
    fn name(&self) -> String;
}

/// A store that is open.
pub struct Opened {
    pub(crate) users: Arc<dyn UserStore>,
    /// Where sessions are remembered, if that store can.
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
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
    async fn open(&self, _: &Rocket<Build>, _: &Config) -> Result<Opened, Abort> {
        Ok(Opened { users: self.0.clone(), sessions: None })
    }

    fn name(&self) -> String {
        type_name::<S>().into()
    }
}

/// A database that some [`Database`] fairing opens.
pub(crate) struct Pooled<D> {
    share: Share,
    database: PhantomData<fn() -> D>,
}

impl<D: Database<Pool: StorePool>> Pooled<D> {
    /// A database whose fairing the application attaches.
    pub(crate) fn of_application() -> Self {
        Self { share: Share::Half, database: PhantomData }
    }

    /// A database whose fairing this crate attaches.
    #[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
    pub(crate) fn own() -> Self {
        Self { share: Share::All, database: PhantomData }
    }

    fn absent(&self) -> Abort {
        match self.share {
            Share::All => Abort::Told,
            Share::Half => Abort::new(format!("there is no database `{}` to keep users in", D::NAME))
                .cure(format!("attach `{}::init()`; if it is attached, see its own error", type_name::<D>())),
        }
    }
}

#[rocket::async_trait]
impl<D: Database<Pool: StorePool>> Source for Pooled<D> {
    async fn open(&self, rocket: &Rocket<Build>, config: &Config) -> Result<Opened, Abort> {
        let database = rocket.state::<D>().ok_or_else(|| self.absent())?;
        config.check_names(rocket.figment(), D::Pool::LONGEST_NAME)?;
        database.open(self.share, config.migrate).await.map_err(Abort::new)
    }

    fn name(&self) -> String {
        format!("database `{}`", D::NAME)
    }
}

/// A pool that users can be kept in: [`SqlitePool`](crate::SqlitePool),
/// [`PgPool`](crate::PgPool), [`MySqlPool`](crate::MySqlPool).
pub trait StorePool: rocket_db_pools::Pool + Open {}

impl<D: Statements> StorePool for SqlxPool<D> {}

mod sealed {
    use std::sync::Arc;

    use crate::pool::SqlxPool;
    use crate::store::connections::Share;
    use crate::store::{Opened, SqlStore, Statements};

    #[rocket::async_trait]
    pub trait Open {
        /// How many characters a name can have.
        const LONGEST_NAME: usize;

        /// Opens the store in this pool, or says in a sentence why it cannot.
        async fn open(&self, share: Share, migrate: bool) -> Result<Opened, String>;
    }

    #[rocket::async_trait]
    impl<D: Statements> Open for SqlxPool<D> {
        const LONGEST_NAME: usize = D::LONGEST_NAME;

        async fn open(&self, share: Share, migrate: bool) -> Result<Opened, String> {
            let store = Arc::new(SqlStore::open(self, share, migrate).await?);
            Ok(Opened { users: store.clone(), sessions: Some(store) })
        }
    }
}
