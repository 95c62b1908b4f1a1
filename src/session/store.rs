//! What sessions need of a store.
//!
//! Within this folder it depends on `record` and `token`.

use std::collections::BTreeSet;

use rocket::time::OffsetDateTime;

use super::record::{SessionRecord, UserSession};
use super::token::TokenHash;
use crate::error::{Error, StoreError};

/// A store of sessions, which also knows the users they belong to.
///
/// Changing or ending a session that does not exist has no effect and is no error.
///
/// # Errors
///
/// Each method fails with a [`StoreError`] if the store is out of reach.
#[rocket::async_trait]
pub(crate) trait SessionStore: Send + Sync + 'static {
    /// Finds those of some sessions that exist, and their users, even if the sessions have
    /// expired.
    async fn find(&self, hashes: &BTreeSet<TokenHash>) -> Result<Vec<UserSession>, StoreError>;

    /// Begins a session, records it as a login of the user, and ends the sessions in
    /// `replaced`. If the user had `max_per_user` sessions or more, the oldest end, and
    /// those that have expired before others. All of it happens in one transaction, in
    /// which no other session of the user begins.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UnknownUser`] if no user has this `id`.
    async fn begin(
        &self,
        user_id: i64,
        hash: &TokenHash,
        record: &SessionRecord,
        replaced: &BTreeSet<TokenHash>,
        max_per_user: u32,
    ) -> Result<(), Error>;

    /// Sets when a session was last used and when it expires.
    async fn note_use(
        &self,
        hash: &TokenHash,
        last_seen_at: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<(), Error>;

    /// Sets the groups that a session remembers.
    async fn set_groups(&self, hash: &TokenHash, groups: &BTreeSet<String>) -> Result<(), Error>;

    /// Ends some sessions.
    async fn end(&self, hashes: &BTreeSet<TokenHash>) -> Result<(), Error>;

    /// Ends every session of a user.
    async fn end_all(&self, user_id: i64) -> Result<(), Error>;

    /// Deletes some of the sessions that expired before `now`.
    async fn purge(&self, now: OffsetDateTime) -> Result<(), Error>;

    /// Lists the sessions of a user, oldest first, including expired ones.
    async fn list(&self, user_id: i64) -> Result<Vec<(TokenHash, SessionRecord)>, StoreError>;
}
