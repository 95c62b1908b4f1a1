//! Why a transaction failed, and what became of it.
//!
//! Within this folder it depends on `dialect`.

use sqlx::Error as SqlError;

use super::dialect::Dialect;
use crate::error::{Error, StoreError};

/// Why a transaction failed, and what became of it.
pub(super) enum TransactionError {
    /// The transaction changed nothing, and no connection was lost.
    RolledBack(Error),
    /// The connection failed before anything could be written.
    ConnectionLost(Error),
    /// The connection failed when everything may have been written.
    OutcomeUnknown(Error),
}

impl TransactionError {
    /// The error of a transaction that got no connection.
    pub(super) fn from_acquire(error: SqlError) -> Self {
        TransactionError::RolledBack(StoreError::from(error).into())
    }

    /// The error of a transaction that could not begin.
    pub(super) fn from_begin<D: Dialect>(error: SqlError) -> Self {
        let error = StoreError::from(error);
        if is_connection_dead::<D>(&error) {
            TransactionError::ConnectionLost(error.into())
        } else {
            TransactionError::RolledBack(error.into())
        }
    }

    /// The error of a transaction that could not be committed. A server that answers
    /// with an error has not committed.
    pub(super) fn from_commit<D: Dialect>(error: SqlError) -> Self {
        match error {
            SqlError::Database(error) if D::IS_REMOTE && !D::ends_session(&*error) => {
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

    /// Whether the error means that the connection is dead.
    pub(super) fn is_connection_dead<D: Dialect>(&self) -> bool {
        matches!(self.error(), Error::Store(error) if is_connection_dead::<D>(error))
    }

    /// Whether the server takes no writes, so that no connection to it is of use.
    pub(super) fn is_not_primary<D: Dialect>(&self) -> bool {
        matches!(self.error(), Error::Store(error) if is_not_primary::<D>(error))
    }

    /// Whether the transaction may succeed on another connection, because this one
    /// broke before anything was written, or its server takes no writes.
    pub(super) fn may_succeed_elsewhere<D: Dialect>(&self) -> bool {
        match self {
            TransactionError::ConnectionLost(Error::Store(error)) => may_succeed_elsewhere::<D>(error),
            TransactionError::RolledBack(Error::Store(error)) => is_not_primary::<D>(error),
            _ => false,
        }
    }

    /// Whether the transaction may succeed if it is tried again. That is so if the
    /// database gave it up in favour of another one, or if another one created the
    /// same user first or deleted a group meanwhile.
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

/// Whether an error means that its connection is dead: it broke, or the server did not
/// answer in time.
pub(super) fn is_connection_dead<D: Dialect>(error: &StoreError) -> bool {
    matches!(error, StoreError::TimedOut(_)) || is_disconnect::<D>(error)
}

/// Whether an error means that its connection broke. As this shows at once, there is
/// time to try another connection.
fn is_disconnect<D: Dialect>(error: &StoreError) -> bool {
    match error {
        StoreError::Database(SqlError::Database(error)) => D::ends_session(&**error),
        StoreError::Database(SqlError::Io(_) | SqlError::Protocol(_) | SqlError::Tls(_)) => D::IS_REMOTE,
        _ => false,
    }
}

/// Whether an error means that the server takes no writes.
pub(super) fn is_not_primary<D: Dialect>(error: &StoreError) -> bool {
    matches!(error, StoreError::Database(SqlError::Database(error)) if D::is_not_primary(&**error))
}

/// Whether a statement that wrote nothing may succeed on another connection.
pub(super) fn may_succeed_elsewhere<D: Dialect>(error: &StoreError) -> bool {
    is_disconnect::<D>(error) || is_not_primary::<D>(error)
}
