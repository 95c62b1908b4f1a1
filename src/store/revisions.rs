//! What keeping a user between two requests needs of a store.
//!
//! Within this folder it depends on nothing.

use std::time::Duration;

use crate::error::StoreError;
use crate::user::{Revisions, Stamp, Stored, UserKey};

/// A store in which each change that counts makes a new revision, whoever makes the change.
///
/// What was found with a [`Stamp`] is what is stored as long as the [`Revisions`]
/// [confirm](Revisions::confirm) it. These changes do not count: a new user or session, a later
/// time of a user's last login, and a session that was used and goes on for longer.
#[rocket::async_trait]
pub(crate) trait StampedStore: Send + Sync + 'static {
    /// Makes sure that changes make revisions. If `migrate` is true, what that takes is
    /// created where it is missing.
    ///
    /// # Errors
    ///
    /// Returns why that is not so, for the log of the launch. The store works without
    /// revisions, but nothing that was found may be kept.
    async fn prepare(&self, migrate: bool) -> Result<(), String>;

    /// Finds a user as [`UserStore::find`](super::UserStore::find) does, with the revisions of
    /// that moment.
    async fn find_stamped(&self, key: &UserKey<'_>, groups: &[&str]) -> Result<Stamped, StoreError>;

    /// Reads the revisions. There are none if their table was emptied.
    async fn revisions(&self) -> Result<Option<Revisions>, StoreError>;

    /// How often this store has tried to change something.
    fn changes(&self) -> u64;

    /// How long an answer of the store is waited for.
    fn time_limit(&self) -> Duration;
}

/// What was found of a user, and when.
#[derive(Debug, Clone)]
pub(crate) struct Stamped {
    pub(crate) stored: Stored,
    /// There is no stamp without a user.
    pub(crate) stamp: Option<Stamp>,
}
