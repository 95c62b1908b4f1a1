//! [`rocket_db_pools::Pool`] over sqlx 0.9, which that crate's own pools, made
//! for sqlx 0.7, are not.

mod disconnects;
mod driver;

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use rocket::config::LogLevel;
use rocket::figment::Figment;
use rocket_db_pools::{Config, Error, Pool};
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::{ConnectOptions, Connection, Database};

pub(crate) use disconnects::LastDisconnect;

/// A pool of SQLite connections, for `#[derive(Database)]`.
#[cfg(feature = "sqlite")]
pub type SqlitePool = SqlxPool<sqlx::Sqlite>;

/// A pool of PostgreSQL connections, for `#[derive(Database)]`.
#[cfg(feature = "postgres")]
pub type PgPool = SqlxPool<sqlx::Postgres>;

/// A pool of MySQL or MariaDB connections, for `#[derive(Database)]`.
#[cfg(feature = "mysql")]
pub type MySqlPool = SqlxPool<sqlx::MySql>;

/// A pool that [`rocket_db_pools`] configures and that dereferences to sqlx's
/// own.
///
/// The keys of its table in `Rocket.toml` are those of
/// [`rocket_db_pools::Config`]. It differs from the pools of that crate in these
/// points:
///
/// - A connection is not pinged before it is used.
/// - Statements, and how long they took, are logged when Rocket's own `log_level`
///   is `"debug"`, unless that of the database is another.
/// - With the feature `tls`, a connection over a network is encrypted and the
///   name and certificate of the server are verified, unless the URL says
///   otherwise with `sslmode`. `sslrootcert` (PostgreSQL) or `ssl-ca` (MySQL) is
///   the path of a certificate authority of one's own; otherwise the system's
///   are trusted.
/// - An SQLite database is in WAL mode, and one in memory has a single
///   connection, which stays open.
pub struct SqlxPool<D: Database> {
    pool: sqlx::Pool<D>,
    last_disconnect: LastDisconnect,
}

/// More connections than any database accepts.
const MAX_CONNECTIONS: usize = 65_535;

/// As long as SQLite can wait, which counts milliseconds in 32 bits.
const MAX_SECONDS: u64 = i32::MAX as u64 / 1000;

type Options<D> = <<D as Database>::Connection as Connection>::Options;

impl<D: Database> SqlxPool<D> {
    fn pool_options(config: &Config, last_disconnect: LastDisconnect) -> PoolOptions<D> {
        let seconds = Duration::from_secs;
        let options = PoolOptions::new()
            .max_connections(config.max_connections.try_into().unwrap_or(u32::MAX))
            .min_connections(config.min_connections.unwrap_or_default())
            .acquire_timeout(seconds(config.connect_timeout))
            .idle_timeout(config.idle_timeout.map(seconds))
            .test_before_acquire(false)
            .before_acquire(move |_, connection| {
                let usable = !last_disconnect.may_be_dead(connection.idle_for);
                Box::pin(async move { Ok(usable) })
            });
        if config.url.contains(":memory:") || config.url.contains("mode=memory") {
            options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None)
        } else {
            options
        }
    }
}

impl<D: Database> SqlxPool<D> {
    pub(crate) fn last_disconnect(&self) -> &LastDisconnect {
        &self.last_disconnect
    }
}

/// The level at which statements are logged, which Rocket shows when its
/// `log_level` is `"debug"`, unless that of this database is another.
///
/// Rocket sets the level of its logger after all pools are open, so it is the
/// logger that decides.
fn statement_level(figment: &Figment) -> LogLevel {
    match figment.extract_inner::<LogLevel>(rocket::Config::LOG_LEVEL) {
        Ok(LogLevel::Debug) | Err(_) => LogLevel::Debug,
        Ok(_) => LogLevel::Off,
    }
}

#[rocket::async_trait]
impl<D: Database> Pool for SqlxPool<D> {
    type Connection = PoolConnection<D>;

    type Error = Error<sqlx::Error>;

    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let config: Config = figment.extract()?;
        if !(1..=MAX_CONNECTIONS).contains(&config.max_connections) {
            return Err(Error::Config(format!("`max_connections` is not in 1..={MAX_CONNECTIONS}").into()));
        }
        if config.connect_timeout.max(config.idle_timeout.unwrap_or(0)) > MAX_SECONDS {
            return Err(Error::Config(format!("a timeout is longer than {MAX_SECONDS} seconds").into()));
        }
        if config.extensions.as_ref().is_some_and(|extensions| !extensions.is_empty()) {
            return Err(Error::Config("this pool loads no `extensions` of SQLite".into()));
        }
        let mut options = config.url.parse::<Options<D>>().map_err(Error::Init)?;
        driver::specialize(&mut options, &config).map_err(|fault| Error::Config(fault.into()))?;

        let level = statement_level(figment);
        let options = options.log_statements(level.into()).log_slow_statements(level.into(), Duration::ZERO);

        let last_disconnect = LastDisconnect::default();
        let pool_options = Self::pool_options(&config, last_disconnect.clone());
        let pool = pool_options.connect_with(options).await;
        let pool = pool.map_err(|error| Error::Init(driver::explain(error, &config)))?;
        Ok(Self { pool, last_disconnect })
    }

    async fn get(&self) -> Result<Self::Connection, Self::Error> {
        self.acquire().await.map_err(Error::Get)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[cfg(test)]
impl<D: Database> From<sqlx::Pool<D>> for SqlxPool<D> {
    fn from(pool: sqlx::Pool<D>) -> Self {
        Self { pool, last_disconnect: LastDisconnect::default() }
    }
}

impl<D: Database> Deref for SqlxPool<D> {
    type Target = sqlx::Pool<D>;

    fn deref(&self) -> &Self::Target {
        &self.pool
    }
}

impl<D: Database> Clone for SqlxPool<D> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), last_disconnect: self.last_disconnect.clone() }
    }
}

impl<D: Database> fmt::Debug for SqlxPool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool.fmt(f)
    }
}
