use sqlx::Error as SqlError;

use super::dialect::Dialect;
use crate::error::{Error, StoreError};

/// Why a transaction failed, and what became of it.
pub(super) enum TransactionError {
    /// It is over, and changed nothing.
    RolledBack(Error),
    /// Its connection failed before anything could be written.
    ConnectionLost(Error),
    /// Its connection failed when everything may have been written.
    OutcomeUnknown(Error),
}

impl TransactionError {
    /// The error of a transaction that there was no connection for.
    pub(super) fn not_begun(error: SqlError) -> Self {
        TransactionError::RolledBack(StoreError::from(error).into())
    }

    pub(super) fn of_begin<D: Dialect>(error: SqlError) -> Self {
        let error = StoreError::from(error);
        if is_of_dead_connection::<D>(&error) {
            TransactionError::ConnectionLost(error.into())
        } else {
            TransactionError::RolledBack(error.into())
        }
    }

    /// A server that answers with an error has not committed.
    pub(super) fn of_commit<D: Dialect>(error: SqlError) -> Self {
        match error {
            SqlError::Database(error) if D::REMOTE && !D::ends_session(&*error) => {
                TransactionError::RolledBack(StoreError::from(SqlError::Database(error)).into())
            }
            error => TransactionError::OutcomeUnknown(StoreError::from(error).into()),
        }
    }

    pub(super) fn error(&self) -> &Error {
        match self {
            TransactionError::RolledBack(error)
            | TransactionError::ConnectionLost(error)
            | TransactionError::OutcomeUnknown(error) => error,
        }
    }

    pub(super) fn into_error(self) -> Error {
        match self {
            TransactionError::RolledBack(error)
            | TransactionError::ConnectionLost(error)
            | TransactionError::OutcomeUnknown(error) => error,
        }
    }

    /// Whether the connection is dead, as far as the error tells.
    pub(super) fn is_of_dead_connection<D: Dialect>(&self) -> bool {
        matches!(self.error(), Error::Store(error) if is_of_dead_connection::<D>(error))
    }

    /// Whether another connection may do what this one could not.
    pub(super) fn is_replaceable<D: Dialect>(&self) -> bool {
        matches!(self, TransactionError::ConnectionLost(Error::Store(error)) if is_replaceable::<D>(error))
    }

    /// Whether the database gave the transaction up for another one, or another
    /// one created the same user first, or deleted a group on the way.
    pub(super) fn is_transient<D: Dialect>(&self) -> bool {
        let TransactionError::RolledBack(Error::Store(error)) = self else { return false };
        match &**error {
            StoreError::Database(SqlError::Database(error)) => {
                error.is_unique_violation() || error.is_foreign_key_violation() || D::is_transient(&**error)
            }
            _ => false,
        }
    }
}

/// Whether an error says that its connection is dead.
pub(super) fn is_of_dead_connection<D: Dialect>(error: &StoreError) -> bool {
    matches!(error, StoreError::TimedOut(_)) || is_replaceable::<D>(error)
}

/// Whether an error says that its connection is dead, and said so at once.
pub(super) fn is_replaceable<D: Dialect>(error: &StoreError) -> bool {
    match error {
        StoreError::Database(SqlError::Database(error)) => D::ends_session(&**error),
        StoreError::Database(SqlError::Io(_) | SqlError::Protocol(_) | SqlError::Tls(_)) => D::REMOTE,
        _ => false,
    }
}
