//! Statements with their values, and the ways to run one.
//!
//! Within this folder it depends on `dialect`.

use std::future::Future;

use rocket::time::OffsetDateTime;
use serde::Serialize;
use sqlx::query::Query;
use sqlx::{ColumnIndex, Decode, Encode, Executor, Row, Type};

use super::dialect::Dialect;
use crate::error::StoreError;

/// A statement of a [`Dialect`], with the values of its parameters in their order.
#[derive(Debug)]
pub(crate) struct Statement<'a> {
    sql: &'static str,
    values: Vec<Value<'a>>,
    /// Whether a violated foreign key means that the user does not exist.
    is_of_user: bool,
}

/// The value of a statement's parameter.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    OptionalText(Option<&'a str>),
    Json(String),
    Integer(i64),
    Flag(bool),
}

impl<'a> Statement<'a> {
    pub(super) fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new(), is_of_user: false }
    }

    /// Marks a statement whose only foreign key is that of a user: if it is violated, the
    /// user does not exist.
    pub(super) fn of_user(self) -> Self {
        Self { is_of_user: true, ..self }
    }

    pub(super) fn is_of_user(&self) -> bool {
        self.is_of_user
    }

    /// Gives the next parameter its value.
    pub(super) fn bind(mut self, value: impl Into<Value<'a>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Gives the next parameter names, as a JSON array of them, or as an object whose keys and
    /// values they are.
    pub(super) fn bind_names<T: Serialize + ?Sized>(mut self, names: &T) -> Self {
        let json = serde_json::to_string(names).unwrap_or_else(|e| unreachable!("names are JSON: {e}"));
        self.values.push(Value::Json(json));
        self
    }

    /// Gives the next parameter a time of a user, in seconds.
    pub(super) fn bind_seconds(self, time: OffsetDateTime) -> Self {
        self.bind(time.unix_timestamp())
    }

    /// Gives the next parameter a time of a session, in milliseconds.
    pub(super) fn bind_milliseconds(self, time: OffsetDateTime) -> Self {
        self.bind(i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Value::OptionalText(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(integer: i64) -> Self {
        Value::Integer(integer)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

/// Runs the statements of a [`Dialect`]. Every dialect implements this trait, which
/// exists so that the bounds that sqlx needs are written once.
pub(crate) trait Statements: Dialect {
    /// Executes a statement, and ignores the rows that it returns.
    fn execute(
        connection: &mut Self::Connection,
        statement: &Statement<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Executes SQL that has no parameters, some of which no database prepares.
    fn execute_unprepared(
        connection: &mut Self::Connection,
        sql: &'static str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Fetches a text, the first column of the first row, if there is a row.
    fn fetch_text(
        connection: &mut Self::Connection,
        statement: &Statement<'_>,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Fetches an integer or null, the first column of the one row.
    fn fetch_integer(
        connection: &mut Self::Connection,
        statement: &Statement<'_>,
    ) -> impl Future<Output = Result<Option<i64>, StoreError>> + Send;

    /// Fetches a text of each row, its first column.
    fn fetch_all(
        connection: &mut Self::Connection,
        statement: &Statement<'_>,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;
}

impl<D> Statements for D
where
    D: Dialect,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    for<'q> &'q str: Encode<'q, D>,
    for<'q> Option<&'q str>: Encode<'q, D>,
    for<'q> String: Decode<'q, D>,
    for<'q> i64: Encode<'q, D> + Decode<'q, D>,
    for<'q> bool: Encode<'q, D>,
    str: Type<D>,
    String: Type<D>,
    i64: Type<D>,
    bool: Type<D>,
    usize: ColumnIndex<D::Row>,
{
    async fn execute(connection: &mut D::Connection, statement: &Statement<'_>) -> Result<(), StoreError> {
        query::<D>(statement).execute(connection).await?;
        Ok(())
    }

    async fn execute_unprepared(connection: &mut D::Connection, sql: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(sql).execute(connection).await?;
        Ok(())
    }

    async fn fetch_text(
        connection: &mut D::Connection,
        statement: &Statement<'_>,
    ) -> Result<Option<String>, StoreError> {
        let row = query::<D>(statement).fetch_optional(connection).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    async fn fetch_integer(
        connection: &mut D::Connection,
        statement: &Statement<'_>,
    ) -> Result<Option<i64>, StoreError> {
        Ok(query::<D>(statement).fetch_one(connection).await?.try_get(0)?)
    }

    async fn fetch_all(
        connection: &mut D::Connection,
        statement: &Statement<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let rows = query::<D>(statement).fetch_all(connection).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }
}

/// Binds the values of a statement to it.
fn query<'q, D>(statement: &'q Statement<'q>) -> Query<'q, D, D::Arguments>
where
    D: Dialect,
    for<'e> &'e str: Encode<'e, D>,
    for<'e> Option<&'e str>: Encode<'e, D>,
    for<'e> i64: Encode<'e, D>,
    for<'e> bool: Encode<'e, D>,
    str: Type<D>,
    i64: Type<D>,
    bool: Type<D>,
{
    let mut query = sqlx::query(statement.sql);
    for value in &statement.values {
        query = match value {
            Value::Text(text) => query.bind(*text),
            Value::OptionalText(text) => query.bind(*text),
            Value::Json(json) => query.bind(json.as_str()),
            Value::Integer(integer) => query.bind(*integer),
            Value::Flag(flag) => query.bind(*flag),
        };
    }
    query
}
