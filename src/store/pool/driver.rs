//! What one kind of database needs that others do not.
//!
//! Within this folder it depends on `sqlite_file`.

use std::any::Any;

use rocket_db_pools::Config;
use sqlx::error::DatabaseError;

#[cfg(all(unix, feature = "sqlite"))]
use super::sqlite_file;
#[cfg(feature = "sqlite")]
use super::sqlite_file::{Content, SqliteUrl};

/// Sets the options that only one kind of database has.
///
/// # Errors
///
/// Returns a sentence, if the URL asks for what was not compiled in, or names no database.
pub(super) fn configure(options: &mut dyn Any, config: &Config) -> Result<(), String> {
    #[cfg(feature = "sqlite")]
    if let Some(options) = options.downcast_mut() {
        configure_sqlite(options, config)?;
    }
    #[cfg(feature = "postgres")]
    if let Some(options) = options.downcast_mut() {
        configure_postgres(options, config)?;
    }
    #[cfg(feature = "mysql")]
    if let Some(options) = options.downcast_mut() {
        configure_mysql(options, config)?;
    }
    let _ = (options, config);
    Ok(())
}

#[cfg(feature = "sqlite")]
fn configure_sqlite(options: &mut sqlx::sqlite::SqliteConnectOptions, config: &Config) -> Result<(), String> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use sqlx::sqlite::SqliteJournalMode;

    /// Numbers databases in memory that no other pool shares.
    static UNSHARED: AtomicUsize = AtomicUsize::new(0);

    let url = SqliteUrl::of(config);
    match url.content(options.get_filename()) {
        Content::Memory | Content::File(_) => {}
        Content::OtherMemory => {
            return Err("`url` is another way to name a database in memory: write `sqlite::memory:`".into());
        }
        Content::Nothing => return Err("`url` names no file, as `sqlite:users.sqlite` does".into()),
    }
    let timeout = Duration::from_secs(config.connect_timeout);
    *options = std::mem::take(options).foreign_keys(true).busy_timeout(timeout);
    if url.is_created_if_missing {
        *options = std::mem::take(options).create_if_missing(true);
    }
    if !url.is_read_only && !url.is_immutable {
        *options = std::mem::take(options).journal_mode(SqliteJournalMode::Wal);
    }
    // A connection that is closed is then not the database's end: see `SqlxPool::anchor`.
    if url.is_in_memory {
        *options = std::mem::take(options).shared_cache(true);
        let is_shared = options.get_filename().to_str().is_some_and(|name| name.starts_with("file:"));
        if !is_shared || url.has_private_cache {
            let number = UNSHARED.fetch_add(1, Ordering::Relaxed);
            *options = std::mem::take(options).filename(format!("file:remote-user-in-memory-{number}"));
        }
    }
    Ok(())
}

#[cfg(feature = "postgres")]
fn configure_postgres(options: &mut sqlx::postgres::PgConnectOptions, config: &Config) -> Result<(), String> {
    use sqlx::postgres::PgSslMode::{Require, VerifyCa, VerifyFull};

    let is_remote = options.get_socket().is_none() && !options.get_host().starts_with('/');
    if matches!(options.get_ssl_mode(), Require | VerifyCa | VerifyFull) {
        check_tls()?;
    } else if cfg!(feature = "tls") && is_remote && !has_tls_mode(config) {
        *options = std::mem::take(options).ssl_mode(VerifyFull);
    }
    Ok(())
}

#[cfg(feature = "mysql")]
fn configure_mysql(options: &mut sqlx::mysql::MySqlConnectOptions, config: &Config) -> Result<(), String> {
    use sqlx::mysql::MySqlSslMode::{Required, VerifyCa, VerifyIdentity};

    let is_remote = options.get_socket().is_none();
    if matches!(options.get_ssl_mode(), Required | VerifyCa | VerifyIdentity) {
        check_tls()?;
    } else if cfg!(feature = "tls") && is_remote && !has_tls_mode(config) {
        *options = std::mem::take(options).ssl_mode(VerifyIdentity);
    }
    Ok(())
}

/// Checks that TLS is compiled in.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn check_tls() -> Result<(), String> {
    if cfg!(feature = "tls") {
        Ok(())
    } else {
        Err("`sslmode` asks for TLS: enable the feature `tls` of `rocket_remote_user`".into())
    }
}

/// Whether the URL, or the environment for PostgreSQL, says how to use TLS.
pub(super) fn has_tls_mode(config: &Config) -> bool {
    let url = config.url.split('#').next().unwrap_or_default();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == "sslmode" || key == "ssl-mode")
        || (config.url.starts_with("postgres") && std::env::var_os("PGSSLMODE").is_some())
}

/// Whether the database lasts only as long as a connection to it.
pub(super) fn is_in_memory(options: &dyn Any, config: &Config) -> bool {
    #[cfg(feature = "sqlite")]
    if options.is::<sqlx::sqlite::SqliteConnectOptions>() {
        return SqliteUrl::of(config).is_in_memory;
    }
    let _ = (options, config);
    false
}

/// Creates the file of an SQLite database that is missing, and warns of one that everybody
/// can read.
pub(super) fn keep_private(options: &dyn Any, config: &Config) {
    #[cfg(all(unix, feature = "sqlite"))]
    if let Some(options) = options.downcast_ref::<sqlx::sqlite::SqliteConnectOptions>() {
        let url = SqliteUrl::of(config);
        if let Content::File(file) = url.content(options.get_filename()) {
            if url.is_created_if_missing {
                sqlite_file::create(&file);
            }
            sqlite_file::warn_of_readers(&file);
        }
    }
    let _ = (options, config);
}

/// Where the database is, for messages: a host and its port, a socket or a file.
pub(super) fn place(options: &dyn Any) -> String {
    #[cfg(feature = "sqlite")]
    if let Some(options) = options.downcast_ref::<sqlx::sqlite::SqliteConnectOptions>() {
        return format!("`{}`", options.get_filename().display());
    }
    #[cfg(feature = "postgres")]
    if let Some(options) = options.downcast_ref::<sqlx::postgres::PgConnectOptions>() {
        return server_place(options.get_socket(), options.get_host(), options.get_port());
    }
    #[cfg(feature = "mysql")]
    if let Some(options) = options.downcast_ref::<sqlx::mysql::MySqlConnectOptions>() {
        return server_place(options.get_socket(), options.get_host(), options.get_port());
    }
    let _ = options;
    "its URL".into()
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn server_place(socket: Option<&std::path::PathBuf>, host: &str, port: u16) -> String {
    match socket {
        Some(socket) => format!("`{}`", socket.display()),
        None if host.contains(':') && !host.starts_with('[') => format!("[{host}]:{port}"),
        None => format!("{host}:{port}"),
    }
}

/// Why a server refuses a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is starting, stopping, or has too many connections.
    NotYet,
    /// The user is unknown or the password wrong, or the user may not come from here.
    User,
    /// It has no database of that name.
    NoDatabase,
    Other,
}

/// Tells why a server refuses a connection.
pub(super) fn refusal(error: &dyn DatabaseError) -> Refusal {
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        const ER_CON_COUNT_ERROR: u16 = 1040;
        const ER_BAD_DB_ERROR: u16 = 1049;
        const ER_SERVER_SHUTDOWN: u16 = 1053;
        const ER_TOO_MANY_USER_CONNECTIONS: u16 = 1203;
        const ER_USER_LIMIT_REACHED: u16 = 1226;
        match error.number() {
            ER_CON_COUNT_ERROR
            | ER_SERVER_SHUTDOWN
            | ER_TOO_MANY_USER_CONNECTIONS
            | ER_USER_LIMIT_REACHED => return Refusal::NotYet,
            ER_BAD_DB_ERROR => return Refusal::NoDatabase,
            _ => {}
        }
    }
    match error.code().as_deref() {
        Some("53300" | "57P01" | "57P02" | "57P03") => Refusal::NotYet,
        Some("3D000") => Refusal::NoDatabase,
        Some(code) if code.starts_with("28") => Refusal::User,
        _ => Refusal::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database_errors::coded;

    fn config(url: &str) -> Config {
        Config {
            url: url.into(),
            min_connections: None,
            max_connections: 1,
            connect_timeout: 1,
            idle_timeout: None,
            extensions: None,
        }
    }

    #[cfg(all(feature = "postgres", feature = "mysql", feature = "tls"))]
    #[test]
    fn a_server_elsewhere_is_verified_unless_the_url_says_how_to_use_tls() {
        use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
        use sqlx::postgres::{PgConnectOptions, PgSslMode};

        let postgres = |options: PgConnectOptions, url: &str| {
            let mut options = options.ssl_mode(PgSslMode::Prefer);
            configure_postgres(&mut options, &config(url)).expect("options");
            matches!(options.get_ssl_mode(), PgSslMode::VerifyFull)
        };
        let options = || PgConnectOptions::new_without_pgpass().host("db.example");
        assert!(postgres(options(), "postgresql://db.example"));
        assert!(!postgres(options(), "postgresql://db.example?sslmode=prefer"));
        assert!(!postgres(options().host("/run/postgresql"), "postgresql://"));
        assert!(!postgres(options().socket("/run/postgresql"), "postgresql://"));

        let mysql = |options: MySqlConnectOptions, url: &str| {
            let mut options = options.ssl_mode(MySqlSslMode::Preferred);
            configure_mysql(&mut options, &config(url)).expect("options");
            matches!(options.get_ssl_mode(), MySqlSslMode::VerifyIdentity)
        };
        let options = || MySqlConnectOptions::new().host("db.example");
        assert!(mysql(options(), "mysql://db.example"));
        assert!(!mysql(options(), "mysql://db.example?ssl-mode=PREFERRED"));
        assert!(!mysql(options().socket("/run/mysqld/mysqld.sock"), "mysql://"));
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_database_in_memory_is_one_of_the_pool_and_a_file_that_is_only_read_keeps_its_journal() {
        let configured = |url: &str| {
            let mut options = url.parse::<sqlx::sqlite::SqliteConnectOptions>().expect("options");
            configure_sqlite(&mut options, &config(url)).expect("options");
            options
        };
        let in_memory = [
            ("sqlite::memory:", false),
            ("sqlite::memory:?cache=shared", false),
            ("sqlite::memory:?cache=private", true),
            ("sqlite:app?mode=memory", true),
        ];
        for (url, is_renamed) in in_memory {
            let options = configured(url);
            let name = options.get_filename().to_string_lossy();
            assert_eq!(name.starts_with("file:remote-user-in-memory-"), is_renamed, "{url}: {name}");
        }
        let journals =
            [("sqlite:app", true), ("sqlite:app?mode=ro", false), ("sqlite:app?immutable=true", false)];
        for (url, is_wal) in journals {
            assert_eq!(format!("{:?}", configured(url)).contains("\"WAL\""), is_wal, "{url}");
        }
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    #[test]
    fn a_server_is_told_by_its_socket_or_its_host_and_port() {
        let places = ["db.example", "::1", "[::1]"].map(|host| server_place(None, host, 5432));
        assert_eq!(places, ["db.example:5432", "[::1]:5432", "[::1]:5432"]);
        assert_eq!(server_place(Some(&"/run/db".into()), "db.example", 5432), "`/run/db`");
    }

    #[test]
    fn why_a_server_refuses_is_told_by_its_code() {
        let cases = [
            (&["53300", "57P01", "57P02", "57P03"][..], Refusal::NotYet),
            (&["3D000"], Refusal::NoDatabase),
            (&["28000", "28P01"], Refusal::User),
            (&["42601", "2"], Refusal::Other),
        ];
        for (codes, expected) in cases {
            for code in codes {
                let error = coded(code).into_database_error().expect("an error of a database");
                assert_eq!(refusal(&*error), expected, "{code}");
            }
        }
    }

    #[cfg(feature = "mysql")]
    #[rocket::async_test]
    async fn why_mysql_refuses_is_told_by_its_number() {
        use crate::store::database_errors::of_mysql;

        let cases = [
            (&[1040, 1053, 1203, 1226][..], Refusal::NotYet),
            (&[1049], Refusal::NoDatabase),
            (&[1064], Refusal::Other),
        ];
        for (numbers, expected) in cases {
            for number in numbers {
                let error = of_mysql(*number).await.into_database_error().expect("an error of a database");
                assert_eq!(refusal(&*error), expected, "{number}");
            }
        }
    }

    #[test]
    fn a_url_says_how_to_use_tls_as_the_driver_reads_it() {
        let of_environment = std::env::var_os("PGSSLMODE").is_some();
        let cases = [
            ("postgres://db/app", of_environment),
            ("postgres://db/app?sslmode=disable", true),
            ("mysql://db/app", false),
            ("mysql://db/app?ssl-mode=DISABLED", true),
            ("mysql://db/app?charset=utf8mb4&sslmode=DISABLED", true),
            ("mysql://db/app?%73sl%2Dmode=DISABLED", true),
            ("mysql://db/app?sslmode", true),
            ("mysql://db/app?charset=sslmode", false),
            ("mysql://db/app#?sslmode=DISABLED", false),
            ("mysql://db/app?charset=utf8mb4#&sslmode=DISABLED", false),
        ];
        for (url, expected) in cases {
            assert_eq!(has_tls_mode(&config(url)), expected, "{url}");
        }
    }
}
