//! The sessions of an SQL store.
//!
//! Within this folder it depends on `rows`, `sql_store` and `statement`.

use std::collections::BTreeSet;

use rocket::time::OffsetDateTime;

use super::rows;
use super::sql_store::SqlStore;
use super::statement::{Statement, Statements};
use crate::error::{Error, StoreError};
use crate::session::{SessionRecord, SessionStore, TokenHash, UserSession};

#[rocket::async_trait]
impl<D: Statements> SessionStore for SqlStore<D> {
    async fn find(&self, hashes: &BTreeSet<TokenHash>) -> Result<Vec<UserSession>, StoreError> {
        let rows = self.fetch_all(&Statement::new(D::FIND_SESSIONS).bind_names(hashes)).await?;
        rows.iter().map(|row| rows::read_user_session(row)).collect()
    }

    // The login comes first, because it locks the user's row. The foreign key of the new session
    // takes a shared lock only, and two transactions that share it cannot both write to the row.
    // It also lets one transaction at a time count the sessions of a user.
    async fn begin(
        &self,
        user_id: i64,
        hash: &TokenHash,
        record: &SessionRecord,
        replaced: &BTreeSet<TokenHash>,
        max_per_user: u32,
    ) -> Result<(), Error> {
        let mut statements = vec![Statement::new(D::LOG_IN).bind_seconds(record.created_at).bind(user_id)];
        if !replaced.is_empty() {
            statements.push(end_sessions::<D>(replaced));
        }
        statements.push(
            Statement::new(D::END_OLDEST_SESSIONS)
                .bind(user_id)
                .bind_milliseconds(record.created_at)
                .bind(i64::from(max_per_user) - 1),
        );
        statements.push(
            Statement::new(D::BEGIN_SESSION)
                .of_user()
                .bind(hash.as_str())
                .bind(user_id)
                .bind(record.source.as_str())
                .bind_names(&record.groups)
                .bind_milliseconds(record.created_at)
                .bind_milliseconds(record.last_seen_at)
                .bind_milliseconds(record.expires_at),
        );
        self.execute(&statements).await
    }

    async fn note_use(
        &self,
        hash: &TokenHash,
        last_seen_at: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<(), Error> {
        let statement = Statement::new(D::NOTE_SESSION_USE)
            .bind_milliseconds(last_seen_at)
            .bind_milliseconds(expires_at)
            .bind(hash.as_str());
        self.execute(&[statement]).await
    }

    async fn set_groups(&self, hash: &TokenHash, groups: &BTreeSet<String>) -> Result<(), Error> {
        self.execute(&[Statement::new(D::SET_SESSION_GROUPS).bind_names(groups).bind(hash.as_str())]).await
    }

    async fn end(&self, hashes: &BTreeSet<TokenHash>) -> Result<(), Error> {
        self.execute(&[end_sessions::<D>(hashes)]).await
    }

    async fn end_all(&self, user_id: i64) -> Result<(), Error> {
        self.execute(&[Statement::new(D::END_ALL_SESSIONS).bind(user_id)]).await
    }

    async fn purge(&self, now: OffsetDateTime) -> Result<(), Error> {
        self.execute(&[Statement::new(D::PURGE_SESSIONS).bind_milliseconds(now)]).await
    }

    async fn list(&self, user_id: i64) -> Result<Vec<(TokenHash, SessionRecord)>, StoreError> {
        let rows = self.fetch_all(&Statement::new(D::LIST_SESSIONS).bind(user_id)).await?;
        rows.iter().map(|row| rows::read_session(row)).collect()
    }
}

fn end_sessions<D: Statements>(hashes: &BTreeSet<TokenHash>) -> Statement<'_> {
    Statement::new(D::END_SESSIONS).bind_names(hashes)
}
