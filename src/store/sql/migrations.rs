use std::borrow::Cow;
use std::fmt::Display;

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Error as SqlError, Pool, SqlSafeStr};

use super::dialect::Dialect;
use super::statement::{Statement, Statements};

/// The table of this crate's own bookkeeping, apart from `_sqlx_migrations`,
/// which is the application's.
const TABLE: &str = "_remote_user_migrations";

/// How often migrations are tried again.
const RETRIES: usize = 3;

/// Brings the schema to the version that this crate knows, unless it is there:
/// then nobody needs the right to change it. The error is a sentence for whoever
/// launches.
pub(super) async fn run<D: Statements>(pool: &Pool<D>) -> Result<(), String> {
    let mut connection = pool.acquire().await.map_err(|e| failed(&e))?;
    let migrator = migrator::<D>();
    // Another instance may be at it, which is no fault yet.
    if let Ok(applied) = applied::<D>(&mut connection).await {
        let is_made = |known: &Migration| {
            applied.iter().any(|made| (made.version, &made.checksum) == (known.version, &known.checksum))
        };
        if migrator.iter().all(is_made) {
            return Ok(());
        }
    }
    lock::<D>(&mut connection).await?;
    let mut retries = 0..RETRIES;
    let outcome = loop {
        // `run` takes no connection of whatever kind.
        match migrator.run_direct(None, &mut *connection, false).await {
            // Another instance may be at it, and not every database locks it out.
            Err(MigrateError::ExecuteMigration(..) | MigrateError::Execute(_))
                if retries.next().is_some() => {}
            outcome => break outcome,
        }
    };
    if D::BEGIN_MIGRATION.is_some() || outcome.is_err() {
        connection.close_on_drop();
    }
    outcome.map_err(sentence)
}

/// Locks other instances out, where sqlx does not.
async fn lock<D: Statements>(connection: &mut D::Connection) -> Result<(), String> {
    let Some(lock) = D::BEGIN_MIGRATION else { return Ok(()) };
    match D::fetch_integer(connection, &Statement::new(lock)).await {
        Ok(Some(1)) => Ok(()),
        Ok(_) => Err(failed(&"another instance is changing it for too long")),
        Err(error) => Err(failed(&error)),
    }
}

/// Refuses a schema that this crate does not know, and leaves any other as it is.
pub(super) async fn check<D: Statements>(pool: &Pool<D>) -> Result<(), String> {
    let mut connection = pool.acquire().await.map_err(|e| failed(&e))?;
    applied::<D>(&mut connection).await.map(drop).map_err(sentence)
}

/// The migrations that were made, if the bookkeeping of them is there: none of
/// them half, and none that this crate does not know.
async fn applied<D: Dialect>(connection: &mut D::Connection) -> Result<Vec<AppliedMigration>, MigrateError> {
    match connection.dirty_version(TABLE).await {
        Err(MigrateError::Execute(SqlError::Database(_))) => return Ok(Vec::new()),
        Ok(Some(version)) => return Err(MigrateError::Dirty(version)),
        checked => checked?,
    };
    let applied = connection.list_applied_migrations(TABLE).await?;
    match applied.iter().map(|migration| migration.version).find(|version| *version > latest::<D>()) {
        Some(newer) => Err(MigrateError::VersionMissing(newer)),
        None => Ok(applied),
    }
}

/// The version that this crate knows.
fn latest<D: Dialect>() -> i64 {
    D::MIGRATIONS.len() as i64
}

fn failed(error: &dyn Display) -> String {
    format!("the `remote_*` tables could not be brought up to date: {error}")
}

fn sentence(error: MigrateError) -> String {
    match error {
        MigrateError::VersionMissing(version) => format!(
            "the database has version {version} of the `remote_*` tables, which is newer than this \
             version of `rocket_remote_user` knows: update the crate"
        ),
        MigrateError::Dirty(version) => format!(
            "version {version} of the `remote_*` tables was left half made when a launch was interrupted: \
             drop what there is of it, delete its row from `{TABLE}`, and launch again"
        ),
        error => failed(&error),
    }
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
