use std::time::Duration;

use thiserror::Error;

/// Why a store could not do its work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database did not answer, or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The database did not answer in the `connect_timeout` of its pool.
    #[error("the database did not answer within {0:?}")]
    TimedOut(Duration),
    /// A row holds what this crate never writes.
    #[error("a stored user cannot be read: {0}")]
    Corrupt(String),
    /// A store that is no database failed.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether a row that was to be written refers to one that does not exist.
    pub(crate) fn is_foreign_key_violation(&self) -> bool {
        let StoreError::Database(error) = self else { return false };
        error.as_database_error().is_some_and(|error| error.is_foreign_key_violation())
    }
}
