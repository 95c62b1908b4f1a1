//! Users and sessions in an SQL database.
//!
//! What differs from one database to the next is its [`Dialect`](dialect::Dialect):
//! the statements, as constants, and how it names errors. An [`SqlStore`] runs them:
//! it takes connections from a [`ConnectionCache`](connections::ConnectionCache),
//! bounds how long it waits, and tries again what may succeed the second time.

mod connections;
mod dialect;
mod migrations;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod rows;
mod sessions;
mod sql_store;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
mod transaction_error;
mod user_update;
mod users;

pub(super) use connections::PoolShare;
pub(super) use sql_store::SqlStore;
pub(super) use statement::Statements;
