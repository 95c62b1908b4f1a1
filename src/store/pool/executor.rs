//! Statements on the pool itself.
//!
//! Within this folder it depends on nothing.

use rocket::futures::future::BoxFuture;
use rocket::futures::stream::BoxStream;
use sqlx::{Database, Describe, Either, Error, Execute, Executor, SqlStr};

use super::SqlxPool;

/// A reference to the pool runs statements, each on a connection of its own, as one to sqlx's
/// own pool does. It needs the feature `macros`.
///
/// # Example
///
/// ```rust
/// use rocket::State;
/// use rocket_remote_user::{SqlitePool, sqlx};
///
/// async fn count_users(pool: &SqlitePool) -> Result<i64, sqlx::Error> {
///     sqlx::query_scalar("SELECT count(*) FROM remote_users").fetch_one(pool).await
/// }
/// ```
// `describe` is there with sqlx's macros only, so without them nobody can tell whether to
// implement it.
impl<'p, D: Database> Executor<'p> for &'p SqlxPool<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    type Database = D;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<D::QueryResult, D::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, D>,
    {
        (&self.pool).fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<D::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, D>,
    {
        (&self.pool).fetch_optional(query)
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [D::TypeInfo],
    ) -> BoxFuture<'e, Result<D::Statement, Error>>
    where
        'p: 'e,
    {
        (&self.pool).prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<D>, Error>>
    where
        'p: 'e,
    {
        (&self.pool).describe(sql)
    }
}
