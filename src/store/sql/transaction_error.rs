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

#[cfg(test)]
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod tests {
    use std::io::ErrorKind::BrokenPipe;
    use std::time::Duration;

    use TransactionError::{ConnectionLost, OutcomeUnknown, RolledBack};
    use sqlx::error::ErrorKind;
    use sqlx::{Postgres, Sqlite};

    use super::*;
    use crate::store::database_errors::{coded, of_kind};

    /// The session is over: the administrator ended it.
    const ENDED: &str = "57P01";
    const READ_ONLY: &str = "25006";
    const DEADLOCK: &str = "40P01";
    const SYNTAX: &str = "42601";

    fn broken() -> SqlError {
        SqlError::Io(BrokenPipe.into())
    }

    fn stored(error: SqlError) -> Error {
        StoreError::from(error).into()
    }

    #[test]
    fn a_connection_is_dead_if_it_broke_or_its_server_did_not_answer() {
        let is_dead = |error: SqlError| is_connection_dead::<Postgres>(&error.into());
        assert_eq!([coded(ENDED), broken(), SqlError::Protocol("?".into())].map(is_dead), [true; 3]);
        assert_eq!([coded(READ_ONLY), coded(SYNTAX), SqlError::RowNotFound].map(is_dead), [false; 3]);
        assert!(is_connection_dead::<Postgres>(&StoreError::TimedOut(Duration::from_secs(1))));
        assert!(!is_connection_dead::<Sqlite>(&broken().into()), "there is no server");
        for error in [RolledBack, ConnectionLost, OutcomeUnknown] {
            assert!(error(stored(broken())).is_connection_dead::<Postgres>());
            assert!(!error(stored(coded(SYNTAX))).is_connection_dead::<Postgres>());
        }
    }

    #[test]
    fn a_read_may_succeed_elsewhere_if_the_connection_broke_or_the_server_takes_no_writes() {
        let may = |error: SqlError| may_succeed_elsewhere::<Postgres>(&error.into());
        assert_eq!([coded(ENDED), coded(READ_ONLY), broken()].map(may), [true; 3]);
        assert_eq!([coded(SYNTAX), coded(DEADLOCK)].map(may), [false; 2]);
        let timed_out = StoreError::TimedOut(Duration::from_secs(1));
        assert!(!may_succeed_elsewhere::<Postgres>(&timed_out), "there is no time for another try");
    }

    #[test]
    fn a_transaction_may_succeed_elsewhere_if_nothing_of_it_can_have_been_written() {
        let cases = [
            (ConnectionLost(stored(broken())), true),
            (ConnectionLost(stored(coded(ENDED))), true),
            (ConnectionLost(stored(coded(SYNTAX))), false),
            (RolledBack(stored(coded(READ_ONLY))), true),
            (RolledBack(stored(broken())), false),
            (RolledBack(stored(coded(SYNTAX))), false),
            (OutcomeUnknown(stored(broken())), false),
            (OutcomeUnknown(stored(coded(READ_ONLY))), false),
        ];
        for (error, may) in cases {
            assert_eq!(error.may_succeed_elsewhere::<Postgres>(), may, "{}", error.error());
        }
        assert!(RolledBack(stored(coded(READ_ONLY))).is_not_primary::<Postgres>());
        assert!(!RolledBack(stored(coded(SYNTAX))).is_not_primary::<Postgres>());
    }

    #[test]
    fn a_transaction_that_was_rolled_back_for_another_one_is_tried_again() {
        let conflicts = [
            coded(DEADLOCK),
            coded("40001"),
            of_kind("23505", ErrorKind::UniqueViolation),
            of_kind("23503", ErrorKind::ForeignKeyViolation),
        ];
        for error in conflicts {
            assert!(RolledBack(stored(error)).is_transient::<Postgres>());
        }
        for error in [coded(SYNTAX), coded(READ_ONLY), broken()] {
            assert!(!RolledBack(stored(error)).is_transient::<Postgres>());
        }
        for error in [ConnectionLost, OutcomeUnknown] {
            assert!(!error(stored(coded(DEADLOCK))).is_transient::<Postgres>());
        }
    }

    #[test]
    fn a_server_that_answers_has_not_committed_unless_it_ended_the_session() {
        let is_rolled_back = |error| matches!(error, RolledBack(_));
        let committing = |error| is_rolled_back(TransactionError::from_commit::<Postgres>(error));
        assert_eq!([coded(DEADLOCK), coded(ENDED), broken()].map(committing), [true, false, false]);
        assert!(
            !is_rolled_back(TransactionError::from_commit::<Sqlite>(coded("5"))),
            "it can be tried again"
        );
        let beginning = |error| is_rolled_back(TransactionError::from_begin::<Postgres>(error));
        assert_eq!([coded(SYNTAX), coded(ENDED), broken()].map(beginning), [true, false, false]);
    }

    /// Checks which of the `codes` are of the kind that `is_of_kind` tells.
    #[track_caller]
    fn check(
        is_of_kind: fn(&dyn sqlx::error::DatabaseError) -> bool,
        codes: &[&'static str],
        expected: bool,
    ) {
        for code in codes {
            let error = coded(code).into_database_error().expect("an error of a database");
            assert_eq!(is_of_kind(&*error), expected, "{code}");
        }
    }

    #[test]
    fn the_codes_of_postgresql_and_sqlite_are_told_apart() {
        check(Postgres::ends_session, &["57P01", "57P02", "57P03", "57P04", "57P05"], true);
        check(Postgres::ends_session, &["57014", "25006", "40001"], false);
        check(Postgres::is_not_primary, &["25006"], true);
        check(Postgres::is_not_primary, &["25001", "57P01"], false);
        check(Postgres::is_transient, &["40001", "40P01"], true);
        check(Postgres::is_transient, &["40002", "25006"], false);
        check(Sqlite::ends_session, &["5", "8", "57P01"], false);
        check(Sqlite::is_not_primary, &["8", "264", "1032"], true);
        check(Sqlite::is_not_primary, &["5", "261", "25006x"], false);
        check(Sqlite::is_transient, &["261", "262", "517"], true);
        check(Sqlite::is_transient, &["5", "6", "8"], false);
    }

    #[cfg(feature = "mysql")]
    #[rocket::async_test]
    async fn the_numbers_of_mysql_and_mariadb_are_told_apart() {
        use crate::store::database_errors::of_mysql;

        let cases = [
            (1053, [true, false, false]),
            (1927, [true, false, false]),
            (3169, [true, false, false]),
            (4031, [true, false, false]),
            (1047, [false, true, false]),
            (1290, [false, true, false]),
            (1792, [false, true, false]),
            (1836, [false, true, false]),
            (1205, [false, false, true]),
            (1213, [false, false, true]),
            (3101, [false, false, true]),
            (1064, [false; 3]),
        ];
        for (number, expected) in cases {
            let error = of_mysql(number).await.into_database_error().expect("an error of a database");
            let told = [
                sqlx::MySql::ends_session(&*error),
                sqlx::MySql::is_not_primary(&*error),
                sqlx::MySql::is_transient(&*error),
            ];
            assert_eq!(told, expected, "{number}");
        }
    }
}
