//! Users and sessions in an SQL database.
//!
//! A [`Dialect`](dialect::Dialect) holds what differs from one database to the next: the
//! statements, as constants, and how errors are told apart. An [`SqlStore`] runs the
//! statements. It takes connections from a
//! [`ConnectionCache`](connections::ConnectionCache), limits how long it waits, and
//! retries what may succeed the second time.
//!
//! This module depends on the pools and the traits for a store, on [`session`](crate::session) and
//! [`user`](crate::user), and on the errors.

mod connections;
mod dialect;
mod migrations;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod revisions;
mod rows;
mod schema;
mod sessions;
mod sql_store;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
mod transaction_error;
mod user_update;
mod users;

pub(super) use connections::PoolShare;
pub(super) use schema::Schema;
pub(super) use sql_store::SqlStore;
pub(super) use statement::Statements;
