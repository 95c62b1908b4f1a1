use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Pool, SqlSafeStr};

use super::dialect::Dialect;

/// The table of this crate's own bookkeeping, apart from `_sqlx_migrations`,
/// which is the application's.
const TABLE: &str = "_remote_user_migrations";

/// How often migrations are tried again.
const RETRIES: usize = 3;

/// Brings the schema to the version that this crate knows.
pub(super) async fn run<D: Dialect>(pool: &Pool<D>) -> Result<(), MigrateError> {
    let migrations = (1..).zip(D::MIGRATIONS).map(|(version, (name, sql))| {
        let sql = sql.into_sql_str();
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(TABLE);
    // Another instance may be at it, and not every database locks it out.
    for _ in 0..RETRIES {
        match migrator.run(pool).await {
            Err(MigrateError::ExecuteMigration(..) | MigrateError::Execute(_)) => continue,
            outcome => return outcome,
        }
    }
    migrator.run(pool).await
}

/// What to tell whoever launches, when the schema could not be brought there.
pub(super) fn explain(error: &MigrateError) -> String {
    match error {
        MigrateError::VersionMissing(version) => format!(
            "the database has version {version} of the `remote_*` tables, which is newer than this \
             version of `rocket_remote_user` knows: update the crate"
        ),
        error => format!("the `remote_*` tables could not be brought up to date: {error}"),
    }
}
