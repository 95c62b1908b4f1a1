//! How the schema is brought up to date. The SQL is in the folder of the same name.
//!
//! Within this folder it depends on `connections`, `dialect` and `statement`.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use rocket::warn;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Error as SqlError, SqlSafeStr};
use tokio::time::sleep;

use super::connections::ConnectionCache;
use super::dialect::Dialect;
use super::statement::{Statement, Statements};
use crate::error::StoreError;
use crate::store::pool::jitter;

/// The table that records the migrations of this crate. The application's own are in
/// `_sqlx_migrations`.
const TABLE: &str = "_remote_user_migrations";

/// How often the migrations are retried.
const RETRIES: usize = 3;

/// The longest pause before the migrations are retried.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// What to do where `migrate` is `false`.
const BY_HAND: &str = "run the files of `src/store/sql/migrations/` in their order, or set `migrate = true`";

/// Brings the schema to the version that this crate knows. A schema that is up to date
/// is left alone, so that no right to change it is needed.
///
/// # Errors
///
/// Returns a sentence for the log of the launch.
pub(super) async fn run<D: Statements>(connections: &ConnectionCache<D>) -> Result<(), String> {
    let mut connection = connections.acquire().await.map_err(|e| describe_failure(&e))?;
    let migrator = migrator::<D>();
    if is_up_to_date::<D>(&mut connection, &migrator).await {
        connection.release();
        return Ok(());
    }
    begin::<D>(&mut connection).await?;
    let outcome = migrate::<D>(&mut connection, &migrator).await;
    if D::BEGIN_MIGRATION.is_some() || outcome.is_err() {
        connection.close();
    } else {
        connection.release();
    }
    outcome.map_err(describe)
}

/// Makes the migrations of the application that are missing, with `migrator`.
///
/// # Errors
///
/// Returns a sentence for the log of the launch.
pub(super) async fn run_of_application<D: Statements>(
    connection: &mut D::Connection,
    migrator: &Migrator,
) -> Result<(), String> {
    begin::<D>(connection).await?;
    let outcome = migrate::<D>(connection, migrator).await;
    outcome.map_err(|error| format!("the migrations of the application could not be made: {error}"))
}

/// Checks that this crate knows the schema and can read every table, and changes nothing.
///
/// # Errors
///
/// Returns a sentence for the log of the launch.
pub(super) async fn check<D: Statements>(connections: &ConnectionCache<D>) -> Result<(), String> {
    let mut connection = connections.acquire().await.map_err(|e| describe_unreadable(&e))?;
    let applied = applied_migrations::<D>(&mut connection).await.map_err(describe)?;
    let version = applied.iter().map(|migration| migration.version).max();
    let is_older = version.is_some_and(|version| version < latest::<D>());
    match read_tables::<D>(&mut connection).await {
        Ok(()) if is_older => warn!("{}: {BY_HAND}.", describe_version::<D>(version)),
        Ok(()) => {}
        Err(StoreError::Database(SqlError::Database(error))) => {
            return Err(format!("{}: {BY_HAND} ({})", describe_version::<D>(version), error.message()));
        }
        Err(error) => return Err(describe_unreadable(&error)),
    }
    connection.release();
    Ok(())
}

/// Reads nothing from every table, which fails if a column is missing, or may not be read.
async fn read_tables<D: Statements>(connection: &mut D::Connection) -> Result<(), StoreError> {
    let find_user = Statement::new(D::FIND_USER).bind_names(&[""; 0]).bind("");
    D::fetch_all(connection, &find_user).await?;
    let find_sessions = Statement::new(D::FIND_SESSIONS).bind_names(&[""; 0]);
    D::fetch_all(connection, &find_sessions).await.map(drop)
}

/// Whether every migration was made. Not being able to tell is no error yet, because
/// another instance may be migrating.
async fn is_up_to_date<D: Statements>(connection: &mut D::Connection, migrator: &Migrator) -> bool {
    let Ok(applied) = applied_migrations::<D>(connection).await else { return false };
    migrator.iter().all(|known| {
        applied.iter().any(|made| (made.version, &made.checksum) == (known.version, &known.checksum))
    })
}

/// Prepares the connection for migrations, where sqlx does not do enough.
async fn begin<D: Statements>(connection: &mut D::Connection) -> Result<(), String> {
    let Some(statement) = D::BEGIN_MIGRATION else { return Ok(()) };
    match D::fetch_integer(connection, &Statement::new(statement)).await {
        Ok(Some(1)) => Ok(()),
        Ok(_) => Err(describe_failure(&"another instance is changing it for too long")),
        Err(error) => Err(describe_failure(&error)),
    }
}

/// Makes the migrations that are missing. They are retried, because another instance may
/// be making them too, and not every database locks it out.
async fn migrate<D: Statements>(
    connection: &mut D::Connection,
    migrator: &Migrator,
) -> Result<(), MigrateError> {
    let mut retries = 0..RETRIES;
    loop {
        // `Migrator::run` does not accept a connection of a generic type.
        match migrator.run_direct(None, connection, false).await {
            Err(MigrateError::ExecuteMigration(..) | MigrateError::Execute(_))
                if retries.next().is_some() =>
            {
                sleep(jitter(LONGEST_PAUSE)).await;
            }
            outcome => return outcome,
        }
    }
}

/// Lists the migrations that were made. There are none if their table does not exist.
///
/// # Errors
///
/// Returns an error for a migration that was left half made, or that this crate does not
/// know.
async fn applied_migrations<D: Dialect>(
    connection: &mut D::Connection,
) -> Result<Vec<AppliedMigration>, MigrateError> {
    match connection.dirty_version(TABLE).await {
        Err(MigrateError::Execute(SqlError::Database(_))) => return Ok(Vec::new()),
        Ok(Some(version)) => return Err(MigrateError::Dirty(version)),
        checked => checked?,
    };
    let applied = connection.list_applied_migrations(TABLE).await?;
    let newer = applied.iter().map(|migration| migration.version).find(|version| *version > latest::<D>());
    match newer {
        Some(version) => Err(MigrateError::VersionMissing(version)),
        None => Ok(applied),
    }
}

/// The latest version that this crate knows.
fn latest<D: Dialect>() -> i64 {
    D::MIGRATIONS.len() as i64
}

fn migrator<D: Dialect>() -> Migrator {
    let migrations = (1..).zip(D::MIGRATIONS).map(|(version, (name, sql))| {
        let sql = sql.into_sql_str();
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

fn describe(error: MigrateError) -> String {
    match error {
        MigrateError::VersionMissing(version) => format!(
            "the database has version {version} of the `remote_*` tables, which is newer than this \
             version of `rocket_remote_user` knows: update the crate"
        ),
        MigrateError::Dirty(version) => format!(
            "version {version} of the `remote_*` tables was left half made when a launch was interrupted: \
             drop what there is of it, delete its row from `{TABLE}`, and launch again"
        ),
        error => describe_failure(&error),
    }
}

fn describe_failure(error: &dyn Display) -> String {
    format!("the `remote_*` tables could not be brought up to date: {error}")
}

fn describe_unreadable(error: &dyn Display) -> String {
    format!("the `remote_*` tables could not be read: {error}")
}

/// Says that the tables are of an older version, or of none that is known.
fn describe_version<D: Dialect>(version: Option<i64>) -> String {
    let latest = latest::<D>();
    match version {
        Some(version) if version < latest => {
            format!("the `remote_*` tables are of version {version}, and version {latest} is needed")
        }
        _ => "the `remote_*` tables are not there, or not as this version of `rocket_remote_user` needs them"
            .into(),
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_to_be_older_only_if_they_are() {
        let latest = latest::<sqlx::Sqlite>();
        let older = format!("the `remote_*` tables are of version 1, and version {latest} is needed");
        assert_eq!(describe_version::<sqlx::Sqlite>(Some(1)), older);
        for version in [None, Some(latest), Some(latest + 1)] {
            let other = describe_version::<sqlx::Sqlite>(version);
            assert!(other.starts_with("the `remote_*` tables are not there, or not as "), "{other}");
        }
        assert_eq!(describe_unreadable(&"no answer"), "the `remote_*` tables could not be read: no answer");
    }
}
