//! What is remembered: the users and their groups.

mod connections;
mod dialect;
mod migrations;
#[cfg(feature = "mysql")]
mod mysql;
mod own;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
mod sessions;
mod source;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;

use thiserror::Error;

use crate::error;
use crate::sync::{Plan, Stored};
use crate::username::Username;

pub(crate) use own::OwnDatabase;
pub(crate) use sessions::{SessionChange, SessionStore};
pub use source::StorePool;
pub(crate) use source::{Given, Opened, Pooled, Source};
pub(crate) use sql::SqlStore;
pub(crate) use statements::Statements;

/// Plans the changes to what is stored, or refuses the user.
pub type Planner<'a> = dyn Fn(Stored) -> Result<Plan, error::Error> + Send + Sync + 'a;

/// Where users are remembered. [`RemoteUser::fairing`] keeps them in a
/// database; give it another store with
/// [`store`](crate::RemoteUserFairing::store).
///
/// [`RemoteUser::fairing`]: crate::RemoteUser::fairing
#[rocket::async_trait]
pub trait UserStore: Send + Sync + 'static {
    /// Finds the user of that name, and which of `groups`, which are sorted and
    /// all different, exist. No user is no error.
    async fn find(&self, username: &Username, groups: &[&str]) -> Result<Stored, StoreError>;

    /// Finds the user again, asks `planner` what is to change, and makes these
    /// changes, in one transaction: nobody else changes the user in between,
    /// and an error, the planner's own too, leaves everything as it was.
    ///
    /// Returns the plan, which [knows](Plan::created_as) the `id` of a user
    /// who was created.
    async fn update(
        &self,
        username: &Username,
        groups: &[&str],
        planner: &Planner<'_>,
    ) -> Result<Plan, error::Error>;
}

/// Why a store could not do its work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database did not answer, or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A row holds what this crate never writes.
    #[error("a stored user cannot be read: {0}")]
    Corrupt(String),
    /// A store that is no database failed.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    fn is_foreign_key_violation(&self) -> bool {
        let StoreError::Database(error) = self else { return false };
        error.as_database_error().is_some_and(|error| error.is_foreign_key_violation())
    }
}

impl From<StoreError> for error::Error {
    fn from(error: StoreError) -> Self {
        error::Error::Store(error.into())
    }
}
