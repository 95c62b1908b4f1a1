//! Makes the tables of this crate without a launch.
//!
//! Within this folder it depends on `sql`.

use sqlx::Pool;

use super::sql::Schema;
use crate::error::StoreError;

/// Makes the tables `remote_*` in the database of `pool`, or brings them up to date, as a
/// launch does.
///
/// It is for what needs the tables without a launch: tables of your own that refer to
/// `remote_users`, in a build script, a test or a step of your CI, and the macro
/// `sqlx::query!`, which asks a database when your code is compiled. Call it before your own
/// migrations. It may be called any number of times, and by several processes at once.
///
/// `pool` is one of sqlx, or one of this crate.
///
/// # Errors
///
/// Returns [`StoreError::Schema`] if the database is out of reach, if the tables are newer
/// than this crate, or if they cannot be made.
///
/// # Example
///
/// A test of a query of your own:
///
/// ```rust
/// use rocket_remote_user::sqlx::{self, SqlitePool};
///
/// # rocket::async_test(async {
/// let pool = SqlitePool::connect("sqlite::memory:").await.unwrap();
/// rocket_remote_user::migrate(&pool).await.unwrap();
///
/// sqlx::query("INSERT INTO remote_users (username) VALUES ('ada')").execute(&pool).await.unwrap();
/// let query = sqlx::query_scalar("SELECT username FROM remote_users");
/// let username: String = query.fetch_one(&pool).await.unwrap();
/// assert_eq!(username, "ada");
/// # });
/// ```
pub async fn migrate<D: Schema>(pool: &Pool<D>) -> Result<(), StoreError> {
    D::migrate(pool).await.map_err(StoreError::Schema)
}
