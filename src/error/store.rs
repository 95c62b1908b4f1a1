//! Why a store fails.
//!
//! Within this folder it depends on nothing.

use std::time::Duration;

use thiserror::Error;

/// Why a store could not do its work.
///
/// # Example
///
/// A [`UserStore`](crate::store::UserStore) of your own wraps its errors in
/// [`StoreError::Other`]:
///
/// ```rust
/// use std::{fs, io};
///
/// use rocket_remote_user::store::StoreError;
///
/// /// Reads what is stored of a user. No user is no error.
/// fn read(path: &str) -> Result<Option<String>, StoreError> {
///     match fs::read_to_string(path) {
///         Ok(text) => Ok(Some(text)),
///         Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
///         Err(error) => Err(StoreError::Other(error.into())),
///     }
/// }
///
/// assert!(matches!(read("no such user"), Ok(None)));
/// assert!(matches!(read("src"), Err(StoreError::Other(_))));
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database did not answer, or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The database did not answer within the `connect_timeout` of its pool.
    #[error("the database did not answer within {0:?}")]
    TimedOut(Duration),
    /// A row holds something that this crate never writes.
    #[error("a stored user cannot be read: {0}")]
    Corrupt(String),
    /// [`migrate`](crate::migrate) could not make the tables, or bring them up to date.
    #[error("{0}")]
    Schema(String),
    /// A store that is not a database of this crate failed.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether a row could not be written because it refers to one that does not
    /// exist.
    pub(crate) fn is_foreign_key_violation(&self) -> bool {
        let StoreError::Database(error) = self else { return false };
        error.as_database_error().is_some_and(|error| error.is_foreign_key_violation())
    }
}
