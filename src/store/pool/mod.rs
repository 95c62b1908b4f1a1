//! Implements [`rocket_db_pools::Pool`] for sqlx 0.9. The pools of that crate itself are
//! made for sqlx 0.7.
//!
//! This module depends on `lock` only.

mod driver;
#[cfg(feature = "macros")]
mod executor;
mod first_connection;
mod jitter;
mod outages;
mod scheme;
#[cfg(feature = "sqlite")]
mod sqlite_file;

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rocket::config::LogLevel;
use rocket::figment::Figment;
use rocket_db_pools::{Config, Error, Pool};
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::{ConnectOptions, Connection, Database, Error as SqlError};

pub(crate) use jitter::jitter;
pub(crate) use outages::Outages;
pub(crate) use scheme::scheme;

/// More connections than any database accepts.
const MAX_CONNECTIONS: usize = 65_535;

/// The longest timeout. SQLite counts milliseconds in 32 bits.
const MAX_SECONDS: u64 = i32::MAX as u64 / 1000;

/// A pool of database connections that [`rocket_db_pools`] configures, and that
/// dereferences to sqlx's own pool.
///
/// The keys of its table in `Rocket.toml` are those of [`rocket_db_pools::Config`]. It
/// differs from the pools of that crate in these points:
///
/// - A connection is not pinged before it is used.
/// - Statements, and how long they took, are logged when Rocket's own `log_level` is
///   `"debug"`, unless that of the database is another.
/// - With the feature `tls`, a connection over a network is encrypted, and the name and
///   certificate of the server are verified, unless the URL says otherwise with
///   `sslmode`. `sslrootcert` (PostgreSQL) or `ssl-ca` (MySQL) is the path of a
///   certificate authority to trust instead of the system's.
/// - An SQLite database is in WAL mode. Its files, if they are created, can be read by the
///   user of this process only. One in memory has a single connection, which stays open.
/// - A database that is down is waited for at launch, for `connect_timeout`.
/// - Connections to a server that was found not to take writes any more are not used again.
///
/// # Example
///
/// Use one of the aliases `SqlitePool`, `PgPool` and `MySqlPool`. Routes take a
/// [`Connection`](rocket_db_pools::Connection); outside of routes, the pool itself runs
/// statements, for example to create a table before the launch:
///
/// ```rust
/// # use rocket::local::blocking::Client;
/// use rocket::fairing::AdHoc;
/// use rocket_db_pools::Database;
/// use rocket_remote_user::SqlitePool;
///
/// #[derive(Database)]
/// #[database("notes")]
/// struct Notes(SqlitePool);
///
/// let create_table = AdHoc::try_on_ignite("Notes table", |rocket| async {
///     let Some(Notes(pool)) = Notes::fetch(&rocket) else { return Err(rocket) };
///     let statement = sqlx::query("CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)");
///     match statement.execute(&**pool).await {
///         Ok(_) => Ok(rocket),
///         Err(_) => Err(rocket),
///     }
/// });
///
/// # let figment = rocket::Config::figment()
/// #     .merge(("log_level", "off"))
/// #     .merge(("databases.notes.url", "sqlite::memory:"));
/// let rocket = rocket::custom(figment).attach(Notes::init()).attach(create_table);
/// # Client::untracked(rocket).expect("a launch");
/// ```
pub struct SqlxPool<D: Database> {
    pool: sqlx::Pool<D>,
    outages: Outages,
    /// A connection that nothing uses, and that keeps a database in memory as long as the pool
    /// is there.
    anchor: Option<Arc<Mutex<D::Connection>>>,
}

/// A pool of SQLite connections, for `#[derive(Database)]`.
///
/// # Example
///
/// Users are kept in the application's own database, which the application queries too:
///
/// ```rust
/// # #[macro_use] extern crate rocket;
/// # use rocket::{http::Header, local::blocking::Client};
/// use rocket_db_pools::{Connection, Database};
/// use rocket_remote_user::{RemoteUser, SqlitePool};
///
/// #[derive(Database)]
/// #[database("app")]
/// struct App(SqlitePool);
///
/// #[get("/people")]
/// async fn people(_user: RemoteUser, mut db: Connection<App>) -> Option<String> {
///     let query = sqlx::query_as("SELECT id, username FROM remote_users ORDER BY username");
///     let people: Vec<(i64, String)> = query.fetch_all(&mut **db).await.ok()?;
///     Some(format!("{people:?}"))
/// }
///
/// # let figment = rocket::Config::figment()
/// #     .merge(("log_level", "off"))
/// #     .merge(("databases.app.url", "sqlite::memory:"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// let rocket = rocket::custom(figment)
///     .attach(App::init())
///     .attach(RemoteUser::fairing().database::<App>())
///     .mount("/", routes![people]);
/// # let client = Client::untracked(rocket).expect("a launch");
/// # let request = client.get("/people").remote(([127, 0, 0, 1], 9).into());
/// # let response = request.header(Header::new("Remote-User", "ada")).dispatch();
/// # assert_eq!(response.into_string().as_deref(), Some(r#"[(1, "ada")]"#));
/// ```
#[cfg(feature = "sqlite")]
pub type SqlitePool = SqlxPool<sqlx::Sqlite>;

/// A pool of PostgreSQL connections, for `#[derive(Database)]`.
///
/// # Example
///
/// ```rust
/// # #[macro_use] extern crate rocket;
/// use rocket_db_pools::{Connection, Database};
/// use rocket_remote_user::{PgPool, RemoteUser};
///
/// #[derive(Database)]
/// #[database("app")]
/// struct App(PgPool);
///
/// #[get("/joined")]
/// async fn joined(user: RemoteUser, mut db: Connection<App>) -> Option<String> {
///     let query = sqlx::query_scalar("SELECT created_at::text FROM remote_users WHERE id = $1");
///     query.bind(user.id()).fetch_one(&mut **db).await.ok()
/// }
///
/// let rocket = rocket::build()
///     .attach(App::init())
///     .attach(RemoteUser::fairing().database::<App>())
///     .mount("/", routes![joined]);
/// ```
#[cfg(feature = "postgres")]
pub type PgPool = SqlxPool<sqlx::Postgres>;

/// A pool of MySQL or MariaDB connections, for `#[derive(Database)]`.
///
/// # Example
///
/// ```rust
/// # #[macro_use] extern crate rocket;
/// use rocket_db_pools::{Connection, Database};
/// use rocket_remote_user::{MySqlPool, RemoteUser};
///
/// #[derive(Database)]
/// #[database("app")]
/// struct App(MySqlPool);
///
/// #[get("/colleagues")]
/// async fn colleagues(user: RemoteUser, mut db: Connection<App>) -> Option<String> {
///     let query = sqlx::query_scalar("SELECT count(*) FROM remote_users WHERE id <> ?");
///     let count: i64 = query.bind(user.id()).fetch_one(&mut **db).await.ok()?;
///     Some(format!("{count} colleagues"))
/// }
///
/// let rocket = rocket::build()
///     .attach(App::init())
///     .attach(RemoteUser::fairing().database::<App>())
///     .mount("/", routes![colleagues]);
/// ```
#[cfg(feature = "mysql")]
pub type MySqlPool = SqlxPool<sqlx::MySql>;

type Options<D> = <<D as Database>::Connection as Connection>::Options;

impl<D: Database> SqlxPool<D> {
    pub(crate) fn outages(&self) -> &Outages {
        &self.outages
    }

    fn pool_options(config: &Config, is_in_memory: bool, outages: Outages) -> PoolOptions<D> {
        let outages_at_release = outages.clone();
        let options = PoolOptions::new()
            .max_connections(config.max_connections.try_into().unwrap_or(u32::MAX))
            .min_connections(config.min_connections.unwrap_or_default())
            .acquire_timeout(Duration::from_secs(config.connect_timeout))
            .idle_timeout(config.idle_timeout.map(Duration::from_secs))
            .test_before_acquire(false)
            .before_acquire(move |_, connection| {
                let is_doubtful =
                    outages.may_be_dead(connection.idle_for) || outages.may_be_outdated(connection.age);
                Box::pin(async move { Ok(!is_doubtful) })
            })
            .after_release(move |_, connection| {
                let is_outdated = outages_at_release.may_be_outdated(connection.age);
                Box::pin(async move { Ok(!is_outdated) })
            });
        if is_in_memory {
            options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None)
        } else {
            options
        }
    }
}

#[rocket::async_trait]
impl<D: Database> Pool for SqlxPool<D> {
    type Connection = PoolConnection<D>;

    type Error = Error<SqlError>;

    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let config: Config = figment.extract()?;
        check(&config).map_err(|reason| Error::Config(reason.into()))?;
        check_scheme::<D>(&config).map_err(|reason| Error::Config(reason.into()))?;
        let mut options = config.url.parse::<Options<D>>().map_err(Error::Init)?;
        driver::configure(&mut options, &config).map_err(|reason| Error::Config(reason.into()))?;

        let level = statement_level(figment).into();
        let options = options.log_statements(level).log_slow_statements(level, Duration::ZERO);

        driver::keep_private(&options, &config);
        let is_in_memory = driver::is_in_memory(&options, &config);
        let first = first_connection::open::<D::Connection>(&options, &config).await.map_err(Error::Init)?;
        let anchor = if is_in_memory {
            Some(Arc::new(Mutex::new(first)))
        } else {
            // The pool makes its own connections, so that this one does not close well is no error.
            let _ = first.close().await;
            None
        };
        let outages = Outages::default();
        let pool_options = Self::pool_options(&config, is_in_memory, outages.clone());
        let pool = pool_options.connect_with(options.clone()).await;
        let pool = pool.map_err(|e| Error::Init(first_connection::explain(&e, &options, &config)))?;
        Ok(Self { pool, outages, anchor })
    }

    async fn get(&self) -> Result<Self::Connection, Self::Error> {
        self.acquire().await.map_err(Error::Get)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// Checks the keys that sqlx would panic over or ignore.
fn check(config: &Config) -> Result<(), String> {
    if !(1..=MAX_CONNECTIONS).contains(&config.max_connections) {
        return Err(format!("`max_connections` is not in 1..={MAX_CONNECTIONS}"));
    }
    if config.connect_timeout.max(config.idle_timeout.unwrap_or(0)) > MAX_SECONDS {
        return Err(format!("a timeout is longer than {MAX_SECONDS} seconds"));
    }
    if config.extensions.as_ref().is_some_and(|extensions| !extensions.is_empty()) {
        return Err("this pool loads no `extensions` of SQLite".into());
    }
    Ok(())
}

/// Checks that the URL is one of this pool's driver. The driver itself would take the URL of
/// another for the name of a file, for example.
fn check_scheme<D: Database>(config: &Config) -> Result<(), String> {
    let Some(scheme) = scheme(&config.url) else {
        return Err(format!("`url` has no scheme: one for {} begins with `{}:`", D::NAME, D::URL_SCHEMES[0]));
    };
    if D::URL_SCHEMES.contains(&scheme) {
        Ok(())
    } else {
        Err(format!(
            "`url` is of the scheme `{scheme}:`, and this is a pool for {}, whose URLs begin with `{}:`",
            D::NAME,
            D::URL_SCHEMES[0]
        ))
    }
}

/// The level at which statements are logged. Rocket shows it when its `log_level` is
/// `"debug"`, unless that of this database is another.
///
/// Rocket sets the level of its logger after all pools are open, so the logger decides.
fn statement_level(figment: &Figment) -> LogLevel {
    match figment.extract_inner::<LogLevel>(rocket::Config::LOG_LEVEL) {
        Ok(LogLevel::Debug) | Err(_) => LogLevel::Debug,
        Ok(_) => LogLevel::Off,
    }
}

/// A pool of sqlx, which stays as it was configured.
impl<D: Database> From<sqlx::Pool<D>> for SqlxPool<D> {
    fn from(pool: sqlx::Pool<D>) -> Self {
        Self { pool, outages: Outages::default(), anchor: None }
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
        Self { pool: self.pool.clone(), outages: self.outages.clone(), anchor: self.anchor.clone() }
    }
}

impl<D: Database> fmt::Debug for SqlxPool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool.fmt(f)
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests {
    use super::*;

    async fn pool() -> SqlitePool {
        let figment = Figment::from(("url", "sqlite::memory:")).merge(("connect_timeout", 5));
        SqlxPool::init(&figment.merge(("max_connections", 1))).await.expect("a pool")
    }

    #[tokio::test]
    async fn a_pool_shows_how_many_connections_it_has() {
        let shown = format!("{:?}", pool().await);
        assert!(shown.starts_with("Pool { size: 1,"), "{shown}");
    }

    #[test]
    fn a_pool_may_have_the_most_connections_and_the_longest_timeouts() {
        let config = |max_connections, timeout| Config {
            url: "sqlite::memory:".into(),
            min_connections: None,
            max_connections,
            connect_timeout: timeout,
            idle_timeout: Some(timeout),
            extensions: Some(Vec::new()),
        };
        assert_eq!(check(&config(65_535, 2_147_483)), Ok(()));
        assert!(check(&config(65_536, 2_147_483)).is_err() && check(&config(1, 2_147_484)).is_err());
    }

    #[tokio::test]
    async fn a_pool_that_rocket_closes_is_closed() {
        let pool = pool().await;
        Pool::close(&pool).await;
        assert!(pool.is_closed());
    }

    /// Marks a connection, which has a temporary table of its own.
    async fn mark(connection: &mut PoolConnection<sqlx::Sqlite>) {
        sqlx::query("CREATE TEMP TABLE mark (x)").execute(&mut **connection).await.expect("a table");
    }

    async fn is_marked(connection: &mut PoolConnection<sqlx::Sqlite>) -> bool {
        sqlx::query("SELECT * FROM mark").fetch_all(&mut **connection).await.is_ok()
    }

    async fn until_idle(pool: &SqlitePool) {
        while pool.num_idle() == 0 {
            tokio::task::yield_now().await;
        }
    }

    #[rocket::async_test]
    async fn a_connection_is_used_again_unless_there_was_an_outage_since() {
        type Record = fn(&Outages);
        let cases: [(Record, bool); 3] =
            [(|_| (), true), (Outages::record_disconnect, false), (Outages::record_failover, false)];
        for (record, is_used_again) in cases {
            let pool = pool().await;
            let mut connection = pool.get().await.expect("a connection");
            mark(&mut connection).await;
            drop(connection);
            until_idle(&pool).await;
            record(pool.outages());
            let mut connection = pool.get().await.expect("a connection");
            assert_eq!(is_marked(&mut connection).await, is_used_again);
        }
    }

    #[rocket::async_test]
    async fn a_connection_that_the_application_used_during_a_failover_is_closed_when_it_comes_back() {
        let pool = pool().await;
        let mut connection = pool.get().await.expect("a connection");
        mark(&mut connection).await;
        pool.outages().record_failover();
        assert!(is_marked(&mut connection).await);
        drop(connection);
        until_idle(&pool).await;
        assert!(!is_marked(&mut pool.get().await.expect("a connection")).await);
    }
}
