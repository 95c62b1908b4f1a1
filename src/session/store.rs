use std::collections::BTreeSet;

use rocket::time::OffsetDateTime;

use super::record::{SessionRecord, UserSession};
use super::token::TokenHash;
use crate::error::{Error, StoreError};

/// Where sessions are remembered, beside the users. A change to a session that
/// does not exist changes nothing, and is no error.
#[rocket::async_trait]
pub(crate) trait SessionStore: Send + Sync + 'static {
    /// Finds a session and its user, whether the session is over or not.
    async fn find(&self, hash: &TokenHash) -> Result<Option<UserSession>, StoreError>;

    /// Begins a session, which is a login of the user, and ends those that it
    /// replaces.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownUser`] if there is no such user.
    async fn begin(
        &self,
        user_id: i64,
        hash: &TokenHash,
        record: &SessionRecord,
        replaced: &[TokenHash],
    ) -> Result<(), Error>;

    /// Sets when a session was last used, and when it ends.
    async fn note_use(
        &self,
        hash: &TokenHash,
        last_seen_at: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<(), Error>;

    /// Sets the groups that a session remembers.
    async fn set_groups(&self, hash: &TokenHash, groups: &BTreeSet<String>) -> Result<(), Error>;

    /// Ends a session.
    async fn end(&self, hash: &TokenHash) -> Result<(), Error>;

    /// Ends every session of a user.
    async fn end_all(&self, user_id: i64) -> Result<(), Error>;

    /// Deletes some of the sessions that expired before `now`.
    async fn purge(&self, now: OffsetDateTime) -> Result<(), Error>;

    /// Lists the sessions of a user, over or not, the oldest first.
    async fn list(&self, user_id: i64) -> Result<Vec<(TokenHash, SessionRecord)>, StoreError>;
}
