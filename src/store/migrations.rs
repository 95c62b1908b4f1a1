use std::borrow::Cow;
use std::fmt::Display;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Pool, SqlSafeStr};

use super::dialect::Dialect;
use super::statements::Statements;

/// The table of this crate's own bookkeeping, apart from `_sqlx_migrations`,
/// which is the application's.
const TABLE: &str = "_remote_user_migrations";

/// How often migrations are tried again.
const RETRIES: usize = 3;

/// Brings the schema to the version that this crate knows. The error is a
/// sentence for whoever launches.
pub(super) async fn run<D: Statements>(pool: &Pool<D>) -> Result<(), String> {
    let failed =
        |error: &dyn Display| format!("the `remote_*` tables could not be brought up to date: {error}");
    let mut connection = pool.acquire().await.map_err(|e| failed(&e))?;
    D::begin_migration(&mut connection).await.map_err(|e| failed(&e))?;
    let (migrator, mut retries) = (migrator::<D>(), 0..RETRIES);
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
    outcome.map_err(|error| match error {
        MigrateError::VersionMissing(version) => format!(
            "the database has version {version} of the `remote_*` tables, which is newer than this \
             version of `rocket_remote_user` knows: update the crate"
        ),
        MigrateError::Dirty(version) => format!(
            "version {version} of the `remote_*` tables was left half made when a launch was interrupted: \
             drop what there is of it, delete its row from `{TABLE}`, and launch again"
        ),
        error => failed(&error),
    })
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
