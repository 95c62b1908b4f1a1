//! The database of a fairing that was given none.
//!
//! Within this folder it depends on `source` and `pool`.

use std::sync::Arc;

use rocket::fairing::Fairing;
use rocket::figment::{self, Figment};

use super::pool::scheme;
use super::source::StoreSource;
use crate::launch::LaunchError;

/// The database that [`RemoteUser::fairing`] attaches, unless it is given another store.
///
/// [`RemoteUser::fairing`]: crate::RemoteUser::fairing
pub(crate) struct DefaultDatabase {
    pub(crate) pool: Arc<dyn Fairing>,
    pub(crate) source: Arc<dyn StoreSource>,
}

const SCHEMES: &str = "use a `sqlite:`, `postgres:` or `mysql:` URL in [default.databases.remote_user]";

impl DefaultDatabase {
    /// Chooses the driver by the scheme of `databases.remote_user.url`.
    ///
    /// # Errors
    ///
    /// There is no such URL, or no driver for its scheme.
    pub(crate) fn choose(figment: &Figment) -> Result<Self, LaunchError> {
        let url: String = figment.extract_inner("databases.remote_user.url").map_err(explain_url)?;
        let Some(scheme) = scheme(&url) else {
            return Err(LaunchError::new("the URL of the database that users are kept in has no scheme")
                .help(SCHEMES));
        };
        match scheme {
            "sqlite" => sqlite::open(scheme),
            "postgres" | "postgresql" => postgres::open(scheme),
            "mysql" | "mariadb" => mysql::open(scheme),
            _ => Err(LaunchError::new(format!("users cannot be kept in a database of scheme `{scheme}:`"))
                .help(SCHEMES)),
        }
    }
}

fn explain_url(error: figment::Error) -> LaunchError {
    if !error.missing() {
        return error.into();
    }
    LaunchError::new("there is no database to keep users in").help(
        "set `url` in [default.databases.remote_user], or give \
         `RemoteUser::fairing()` a `.database::<D>()` or a `.store(..)`",
    )
}

/// Defines a module whose function `open` gives the database `remote_user` on a driver,
/// or an error if the feature of the driver is off.
macro_rules! default_database {
    ($driver:ident, $feature:literal, $pool:ident) => {
        mod $driver {
            use super::{DefaultDatabase, LaunchError};

            #[cfg(feature = $feature)]
            #[derive(rocket_db_pools::Database)]
            #[database("remote_user")]
            struct RemoteUserDatabase(crate::store::pool::$pool);

            #[cfg(feature = $feature)]
            pub(super) fn open(_: &str) -> Result<DefaultDatabase, LaunchError> {
                use std::sync::Arc;

                use rocket_db_pools::Database;

                use crate::store::source::DatabaseStore;

                Ok(DefaultDatabase {
                    pool: Arc::new(RemoteUserDatabase::init()),
                    source: Arc::new(DatabaseStore::<RemoteUserDatabase>::of_fairing()),
                })
            }

            #[cfg(not(feature = $feature))]
            pub(super) fn open(scheme: &str) -> Result<DefaultDatabase, LaunchError> {
                Err(LaunchError::new(format!("the driver for `{scheme}:` is not compiled in")).help(concat!(
                    "enable the feature `",
                    $feature,
                    "` of `rocket_remote_user`"
                )))
            }
        }
    };
}

default_database!(sqlite, "sqlite", SqlitePool);
default_database!(postgres, "postgres", PgPool);
default_database!(mysql, "mysql", MySqlPool);
