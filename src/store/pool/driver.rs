//! What one kind of database needs that others do not.
//!
//! Within this folder it depends on nothing.

use std::any::Any;

use rocket_db_pools::Config;

/// Sets the options that only one kind of database has.
///
/// # Errors
///
/// Returns a sentence, if the URL asks for what was not compiled in.
pub(super) fn configure(options: &mut dyn Any, config: &Config) -> Result<(), String> {
    #[cfg(feature = "sqlite")]
    if let Some(options) = options.downcast_mut() {
        configure_sqlite(options, config);
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
fn configure_sqlite(options: &mut sqlx::sqlite::SqliteConnectOptions, config: &Config) {
    use std::time::Duration;

    use sqlx::sqlite::SqliteJournalMode;

    *options =
        std::mem::take(options).foreign_keys(true).busy_timeout(Duration::from_secs(config.connect_timeout));
    if !config.url.contains("mode=") {
        *options = std::mem::take(options).create_if_missing(true);
    }
    if !config.url.contains("mode=ro") && !config.url.contains("immutable=") {
        *options = std::mem::take(options).journal_mode(SqliteJournalMode::Wal);
    }
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
fn has_tls_mode(config: &Config) -> bool {
    let query = config.url.split_once('?').map_or("", |(_, query)| query);
    let mut keys = query.split('&').filter_map(|pair| pair.split('=').next());
    keys.any(|key| key == "sslmode" || key == "ssl-mode")
        || (config.url.starts_with("postgres") && std::env::var_os("PGSSLMODE").is_some())
}

/// Adds a hint to an error about TLS, if neither the URL nor the environment asked for
/// TLS.
pub(super) fn explain(error: sqlx::Error, config: &Config) -> sqlx::Error {
    match error {
        sqlx::Error::Tls(reason) if !has_tls_mode(config) => {
            let hint = "the URL may say `sslmode=disable`, which trusts the network";
            sqlx::Error::Tls(format!("{reason}; {hint}").into())
        }
        error => error,
    }
}
