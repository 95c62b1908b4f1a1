use std::any::Any;

use rocket_db_pools::Config;

/// Sets what only one kind of database has, or says what cannot be.
pub(super) fn specialize(options: &mut dyn Any, config: &Config) -> Result<(), String> {
    #[cfg(feature = "sqlite")]
    if let Some(options) = options.downcast_mut::<sqlx::sqlite::SqliteConnectOptions>() {
        use std::time::Duration;

        use sqlx::sqlite::SqliteJournalMode;

        *options = std::mem::take(options)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(config.connect_timeout));
        if !config.url.contains("mode=") {
            *options = std::mem::take(options).create_if_missing(true);
        }
        if !config.url.contains("mode=ro") && !config.url.contains("immutable=") {
            *options = std::mem::take(options).journal_mode(SqliteJournalMode::Wal);
        }
    }
    #[cfg(feature = "postgres")]
    if let Some(options) = options.downcast_mut::<sqlx::postgres::PgConnectOptions>() {
        use sqlx::postgres::PgSslMode::{Require, VerifyCa, VerifyFull};

        let is_remote = options.get_socket().is_none() && !options.get_host().starts_with('/');
        if matches!(options.get_ssl_mode(), Require | VerifyCa | VerifyFull) {
            check_tls()?;
        } else if cfg!(feature = "tls") && is_remote && !says_tls(config) {
            *options = std::mem::take(options).ssl_mode(VerifyFull);
        }
    }
    #[cfg(feature = "mysql")]
    if let Some(options) = options.downcast_mut::<sqlx::mysql::MySqlConnectOptions>() {
        use sqlx::mysql::MySqlSslMode::{Required, VerifyCa, VerifyIdentity};

        let is_remote = options.get_socket().is_none();
        if matches!(options.get_ssl_mode(), Required | VerifyCa | VerifyIdentity) {
            check_tls()?;
        } else if cfg!(feature = "tls") && is_remote && !says_tls(config) {
            *options = std::mem::take(options).ssl_mode(VerifyIdentity);
        }
    }
    let _ = (options, config);
    Ok(())
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn check_tls() -> Result<(), String> {
    if cfg!(feature = "tls") {
        return Ok(());
    }
    Err("`sslmode` asks for TLS: enable the feature `tls` of `rocket_remote_user`".into())
}

/// Whether the URL, or the environment for it, says how to use TLS.
fn says_tls(config: &Config) -> bool {
    let query = config.url.split_once('?').map_or("", |(_, query)| query);
    let mut keys = query.split('&').filter_map(|pair| pair.split('=').next());
    let of_postgres = config.url.starts_with("postgres") && std::env::var_os("PGSSLMODE").is_some();
    of_postgres || keys.any(|key| key == "sslmode" || key == "ssl-mode")
}

/// Adds to an error about TLS what to do where nobody asked for it.
pub(super) fn explain(error: sqlx::Error, config: &Config) -> sqlx::Error {
    match error {
        sqlx::Error::Tls(reason) if !says_tls(config) => {
            let cure = "the URL may say `sslmode=disable`, which trusts the network";
            sqlx::Error::Tls(format!("{reason}; {cure}").into())
        }
        error => error,
    }
}
