use std::future::Future;

use rocket::time::OffsetDateTime;
use serde::Serialize;
use sqlx::{ColumnIndex, Decode, Encode, Executor, Row, Type};

use super::dialect::Dialect;
use super::sessions::SessionChange;
use super::{StoreError, record};
use crate::session::{Digest, Held, SessionRecord};
use crate::sync::{Change, Stored};
use crate::username::Username;

/// The statements of the SQL store, for every dialect whose types fit.
pub(crate) trait Statements: Dialect {
    /// Readies a session that is to change the schema.
    fn begin_migration(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Locks a user, if there is one, until the end of the transaction.
    fn lock(
        connection: &mut Self::Connection,
        username: &Username,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Finds a user, and which of `groups` exist.
    fn find(
        connection: &mut Self::Connection,
        username: &Username,
        groups: &str,
    ) -> impl Future<Output = Result<Stored, StoreError>> + Send;

    /// Creates a user, and tells its `id`.
    fn create(
        connection: &mut Self::Connection,
        username: &Username,
    ) -> impl Future<Output = Result<i64, StoreError>> + Send;

    /// Makes a change to a user who exists.
    fn make(
        connection: &mut Self::Connection,
        user_id: i64,
        change: &Change,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Finds a session, over or not, and its user.
    fn find_session(
        connection: &mut Self::Connection,
        digest: &Digest,
    ) -> impl Future<Output = Result<Option<Held>, StoreError>> + Send;

    /// Begins a session.
    fn begin_session(
        connection: &mut Self::Connection,
        user_id: i64,
        digest: &Digest,
        session: &SessionRecord,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes a change to the sessions.
    fn change_sessions(
        connection: &mut Self::Connection,
        change: SessionChange<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Every session of a user, the oldest first.
    fn sessions_of(
        connection: &mut Self::Connection,
        user_id: i64,
    ) -> impl Future<Output = Result<Vec<(Digest, SessionRecord)>, StoreError>> + Send;
}

impl<D> Statements for D
where
    D: Dialect,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    for<'q> &'q str: Encode<'q, D>,
    for<'q> Option<&'q str>: Encode<'q, D>,
    for<'q> String: Encode<'q, D> + Decode<'q, D>,
    for<'q> i64: Encode<'q, D> + Decode<'q, D>,
    for<'q> bool: Encode<'q, D>,
    str: Type<D>,
    String: Type<D>,
    i64: Type<D>,
    bool: Type<D>,
    usize: ColumnIndex<D::Row>,
{
    async fn begin_migration(connection: &mut D::Connection) -> Result<(), StoreError> {
        let Some(sql) = D::BEGIN_MIGRATION else { return Ok(()) };
        let locked: Option<i64> = sqlx::query(sql).fetch_one(connection).await?.try_get(0)?;
        match locked {
            Some(1) => Ok(()),
            _ => Err(StoreError::Other("another instance is changing it for too long".into())),
        }
    }

    async fn lock(connection: &mut D::Connection, username: &Username) -> Result<(), StoreError> {
        if let Some(sql) = D::LOCK_USER {
            sqlx::query(sql).bind(username.as_str()).fetch_optional(connection).await?;
        }
        Ok(())
    }

    async fn find(
        connection: &mut D::Connection,
        username: &Username,
        groups: &str,
    ) -> Result<Stored, StoreError> {
        let query = sqlx::query(D::FIND).bind(groups).bind(username.as_str());
        let found: String = query.fetch_one(connection).await?.try_get(0)?;
        record::read(&found)
    }

    async fn create(connection: &mut D::Connection, username: &Username) -> Result<i64, StoreError> {
        sqlx::query(D::CREATE_USER).bind(username.as_str()).execute(&mut *connection).await?;
        let find = sqlx::query(D::FIND_ID).bind(username.as_str());
        Ok(find.fetch_one(connection).await?.try_get(0)?)
    }

    async fn make(connection: &mut D::Connection, user_id: i64, change: &Change) -> Result<(), StoreError> {
        let query = match change {
            Change::Create => return Ok(()),
            Change::Profile(profile) => sqlx::query(D::SET_PROFILE)
                .bind(profile.name.as_deref())
                .bind(profile.email.as_deref())
                .bind(profile.flags.staff)
                .bind(profile.flags.superuser)
                .bind(user_id),
            Change::LogIn(now) => sqlx::query(D::LOG_IN).bind(now.unix_timestamp()).bind(user_id),
            Change::CreateGroups(names) => sqlx::query(D::CREATE_GROUPS).bind(to_json(names)),
            Change::Join(names) => sqlx::query(D::JOIN).bind(user_id).bind(to_json(names)),
            Change::Leave(names) => sqlx::query(D::LEAVE).bind(to_json(names)).bind(user_id),
        };
        query.execute(connection).await?;
        Ok(())
    }

    async fn find_session(
        connection: &mut D::Connection,
        digest: &Digest,
    ) -> Result<Option<Held>, StoreError> {
        let query = sqlx::query(D::FIND_SESSION).bind(digest.as_str());
        match query.fetch_optional(connection).await? {
            Some(row) => record::read_held(&row.try_get::<String, _>(0)?).map(Some),
            None => Ok(None),
        }
    }

    async fn begin_session(
        connection: &mut D::Connection,
        user_id: i64,
        digest: &Digest,
        session: &SessionRecord,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(D::BEGIN_SESSION)
            .bind(digest.as_str())
            .bind(user_id)
            .bind(&*session.source)
            .bind(to_json(&session.groups))
            .bind(to_milliseconds(session.created_at))
            .bind(to_milliseconds(session.last_seen_at))
            .bind(to_milliseconds(session.expires_at));
        query.execute(connection).await?;
        Ok(())
    }

    async fn change_sessions(
        connection: &mut D::Connection,
        change: SessionChange<'_>,
    ) -> Result<(), StoreError> {
        let query = match change {
            SessionChange::Touch(digest, session) => sqlx::query(D::TOUCH_SESSION)
                .bind(to_milliseconds(session.last_seen_at))
                .bind(to_milliseconds(session.expires_at))
                .bind(to_json(&session.groups))
                .bind(digest.as_str()),
            SessionChange::End(digest) => sqlx::query(D::END_SESSION).bind(digest.as_str()),
            SessionChange::EndAll(user_id) => sqlx::query(D::END_SESSIONS).bind(user_id),
            SessionChange::Purge(now) => sqlx::query(D::PURGE_SESSIONS).bind(to_milliseconds(now)),
        };
        query.execute(connection).await?;
        Ok(())
    }

    async fn sessions_of(
        connection: &mut D::Connection,
        user_id: i64,
    ) -> Result<Vec<(Digest, SessionRecord)>, StoreError> {
        let rows = sqlx::query(D::SESSIONS_OF).bind(user_id).fetch_all(connection).await?;
        rows.iter().map(|row| record::read_session(&row.try_get::<String, _>(0)?)).collect()
    }
}

/// A time of a session, as the statements take it.
fn to_milliseconds(time: OffsetDateTime) -> i64 {
    (time.unix_timestamp_nanos() / 1_000_000).try_into().unwrap_or(i64::MAX)
}

/// A list of names, as the statements take it.
pub(super) fn to_json<T: Serialize + ?Sized>(names: &T) -> String {
    serde_json::to_string(names).unwrap_or_else(|e| unreachable!("names are JSON: {e}"))
}
