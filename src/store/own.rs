use std::sync::Arc;

use rocket::fairing::Fairing;
use rocket::figment::Figment;
#[cfg(feature = "sqlite")]
use rocket_db_pools::Database;

#[cfg(feature = "sqlite")]
use super::source::Pooled;
use super::source::Source;
use crate::launch::Abort;

/// The database that [`RemoteUser::fairing`] brings, unless it is given one.
///
/// [`RemoteUser::fairing`]: crate::RemoteUser::fairing
pub(crate) struct OwnDatabase {
    pub(crate) pool: Arc<dyn Fairing>,
    pub(crate) source: Arc<dyn Source>,
}

#[cfg(feature = "sqlite")]
#[derive(Database)]
#[database("remote_user")]
struct OwnSqlite(crate::pool::SqlitePool);

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
            #[cfg(feature = "sqlite")]
            "sqlite" => {
                Ok(Self { pool: Arc::new(OwnSqlite::init()), source: Arc::new(Pooled::<OwnSqlite>::own()) })
            }
            #[cfg(not(feature = "sqlite"))]
            "sqlite" => Err(Abort::new("the driver for `sqlite:` is not compiled in")
                .cure("enable the feature `sqlite` of `rocket_remote_user`")),
            _ => Err(Abort::new(format!("users cannot be kept in a database of scheme `{scheme}:`"))
                .cure("use a `sqlite:` URL in [default.databases.remote_user]")),
        }
    }
}
