//! The revisions of an SQL store, and the triggers that make them.
//!
//! Within this folder it depends on `connections`, `dialect`, `rows`, `sql_store`, `statement`
//! and `users`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::connections::ConnectionCache;
use super::dialect::Dialect;
use super::rows;
use super::sql_store::SqlStore;
use super::statement::{Statement, Statements};
use super::users::find_user;
use crate::error::StoreError;
use crate::store::revisions::{Stamped, StampedStore};
use crate::user::{Revisions, UserKey};

#[rocket::async_trait]
impl<D: Statements> StampedStore for SqlStore<D> {
    async fn prepare(&self, migrate: bool) -> Result<(), String> {
        prepare(self.connections(), migrate).await
    }

    async fn find_stamped(&self, key: &UserKey<'_>, groups: &[&str]) -> Result<Stamped, StoreError> {
        rows::read_user(self.fetch_text(&find_user::<D>(key, groups)).await?, key)
    }

    async fn revisions(&self) -> Result<Option<Revisions>, StoreError> {
        let stored = self.fetch_all(&Statement::new(D::REVISIONS)).await?.concat();
        Ok(Revisions::parse(&stored, D::SHARDS))
    }

    fn changes(&self) -> u64 {
        self.count_of_changes()
    }

    fn time_limit(&self) -> Duration {
        self.connections().time_limit()
    }
}

/// Makes sure that the triggers are there, as [`StampedStore::prepare`] does.
pub(super) async fn prepare<D: Statements>(
    connections: &ConnectionCache<D>,
    migrate: bool,
) -> Result<(), String> {
    let mut missing = missing_triggers::<D>(connections).await.map_err(|e| describe_unreadable(&e))?;
    while !missing.is_empty() {
        if !migrate {
            return Err(describe_missing::<D>(&missing));
        }
        let created = create_triggers::<D>(connections, &missing).await;
        let left = missing_triggers::<D>(connections).await.map_err(|e| describe_unreadable(&e))?;
        match created {
            // Another instance creates them at the same time, as long as they become fewer.
            Err(_) if left.len() < missing.len() => missing = left,
            Err(error) => {
                return Err(format!(
                    "the triggers that tell of changes cannot be created: {}: {error}",
                    D::TRIGGER_RIGHTS
                ));
            }
            Ok(()) if left.is_empty() => return Ok(()),
            Ok(()) => return Err(describe_missing::<D>(&left)),
        }
    }
    Ok(())
}

/// A statement of [`REVISION_TRIGGERS`](Dialect::REVISION_TRIGGERS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TriggerStatement {
    sql: &'static str,
    /// The trigger that it creates. One that creates none may be executed again.
    trigger: Option<&'static str>,
}

fn trigger_statements<D: Dialect>() -> impl Iterator<Item = TriggerStatement> {
    D::REVISION_TRIGGERS.split("\n\n").map(|sql| TriggerStatement { sql, trigger: created_trigger(sql) })
}

fn created_trigger(sql: &'static str) -> Option<&'static str> {
    let created = sql.strip_prefix("CREATE ")?;
    created.strip_prefix("CONSTRAINT ").unwrap_or(created).strip_prefix("TRIGGER ")?.split(' ').next()
}

/// Lists the triggers that are not there.
async fn missing_triggers<D: Statements>(
    connections: &ConnectionCache<D>,
) -> Result<BTreeSet<&'static str>, StoreError> {
    let mut connection = connections.acquire().await?;
    let existing = D::fetch_all(&mut connection, &Statement::new(D::LIST_REVISION_TRIGGERS)).await?;
    connection.release();
    let mut missing: BTreeSet<_> =
        trigger_statements::<D>().filter_map(|statement| statement.trigger).collect();
    missing.retain(|trigger| !existing.iter().any(|existing| existing == trigger));
    Ok(missing)
}

/// Creates the `missing` triggers. One that is there is not touched, because it must not be
/// missing for a moment.
async fn create_triggers<D: Statements>(
    connections: &ConnectionCache<D>,
    missing: &BTreeSet<&'static str>,
) -> Result<(), StoreError> {
    let mut connection = connections.acquire().await?;
    for statement in trigger_statements::<D>() {
        if statement.trigger.is_none_or(|trigger| missing.contains(trigger)) {
            D::execute_unprepared(&mut connection, statement.sql).await?;
        }
    }
    connection.release();
    Ok(())
}

fn describe_missing<D: Dialect>(missing: &BTreeSet<&'static str>) -> String {
    let missing: Vec<_> = missing.iter().copied().collect();
    format!(
        "the triggers that tell of changes are not there ({}): run the statements of `revision_triggers.sql` in \
         `src/store/sql/migrations/`, or set `migrate = true`, and {}",
        missing.join(", "),
        D::TRIGGER_RIGHTS,
    )
}

fn describe_unreadable(error: &StoreError) -> String {
    format!("the triggers that tell of changes cannot be looked for: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_the_trigger_that_it_creates() {
        let cases = [
            ("CREATE TRIGGER remote_a AFTER DELETE ON b", Some("remote_a")),
            ("CREATE CONSTRAINT TRIGGER remote_a AFTER DELETE ON b", Some("remote_a")),
            ("CREATE OR REPLACE FUNCTION remote_a() RETURNS trigger", None),
        ];
        for (sql, trigger) in cases {
            assert_eq!(created_trigger(sql), trigger, "{sql}");
        }
    }

    #[test]
    fn why_triggers_cannot_be_looked_for_is_told() {
        let told = describe_unreadable(&StoreError::Schema("no answer".into()));
        assert_eq!(told, "the triggers that tell of changes cannot be looked for: no answer");
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn every_statement_of_sqlite_creates_a_trigger() {
        let triggers: BTreeSet<_> =
            trigger_statements::<sqlx::Sqlite>().map(|one| one.trigger.expect(one.sql)).collect();
        assert_eq!(triggers.len(), 19);
    }
}
