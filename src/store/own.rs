use std::sync::Arc;

use rocket::fairing::Fairing;
use rocket::figment::Figment;

use super::source::Source;
use crate::launch::Abort;

/// The database that [`RemoteUser::fairing`] brings, unless it is given one.
///
/// [`RemoteUser::fairing`]: crate::RemoteUser::fairing
pub(crate) struct OwnDatabase {
    pub(crate) pool: Arc<dyn Fairing>,
    pub(crate) source: Arc<dyn Source>,
}

/// A database named `remote_user` on a driver, if its feature compiled it in.
macro_rules! own_database {
    ($driver:ident, $feature:literal, $pool:ident) => {
        mod $driver {
            use super::{Abort, OwnDatabase};

            #[cfg(feature = $feature)]
            #[derive(rocket_db_pools::Database)]
            #[database("remote_user")]
            struct Own(crate::pool::$pool);

            #[cfg(feature = $feature)]
            pub(super) fn own(_: &str) -> Result<OwnDatabase, Abort> {
                use std::sync::Arc;

                use rocket_db_pools::Database;

                use crate::store::source::Pooled;

                Ok(OwnDatabase { pool: Arc::new(Own::init()), source: Arc::new(Pooled::<Own>::own()) })
            }

            #[cfg(not(feature = $feature))]
            pub(super) fn own(scheme: &str) -> Result<OwnDatabase, Abort> {
                Err(Abort::new(format!("the driver for `{scheme}:` is not compiled in")).cure(concat!(
                    "enable the feature `",
                    $feature,
                    "` of `rocket_remote_user`"
                )))
            }
        }
    };
}

own_database!(sqlite, "sqlite", SqlitePool);
own_database!(postgres, "postgres", PgPool);
own_database!(mysql, "mysql", MySqlPool);

impl OwnDatabase {
    /// Chooses the driver by the scheme of `databases.remote_user.url`.
    pub(crate) fn choose(figment: &Figment) -> Result<Self, Abort> {
        let url: String =
            figment.extract_inner("databases.remote_user.url").map_err(|error| match error.missing() {
                true => Abort::new("there is no database to keep users in").cure(
                    "set `url` in [default.databases.remote_user], or give \
                     `RemoteUser::fairing()` a `.database::<D>()` or a `.store(..)`",
                ),
                false => Abort::from(error),
            })?;
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            "sqlite" => sqlite::own(scheme),
            "postgres" | "postgresql" => postgres::own(scheme),
            "mysql" | "mariadb" => mysql::own(scheme),
            _ => Err(Abort::new(format!("users cannot be kept in a database of scheme `{scheme}:`"))
                .cure("use a `sqlite:`, `postgres:` or `mysql:` URL in [default.databases.remote_user]")),
        }
    }
}
