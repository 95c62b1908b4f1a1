use rocket::time::OffsetDateTime;

use super::StoreError;
use super::sql::{SqlStore, Write};
use super::statements::Statements;
use crate::error::Error;
use crate::session::{Digest, Held, SessionRecord};
use crate::sync::Change;

/// Where sessions are remembered, beside the users.
#[rocket::async_trait]
pub(crate) trait SessionStore: Send + Sync + 'static {
    /// Finds a session, over or not, and its user.
    async fn find_session(&self, digest: &Digest) -> Result<Option<Held>, StoreError>;

    /// Begins a session in place of those `replaced`, which is a login of the
    /// user, and deletes those that expired. [`Error::UnknownUser`] if there is no such user.
    async fn begin_session(
        &self,
        user_id: i64,
        digest: &Digest,
        session: &SessionRecord,
        replaced: &[Digest],
    ) -> Result<(), Error>;

    /// Changes the sessions.
    async fn change_sessions(&self, change: SessionChange<'_>) -> Result<(), Error>;

    /// Every session of a user, over or not, the oldest first.
    async fn sessions_of(&self, user_id: i64) -> Result<Vec<(Digest, SessionRecord)>, StoreError>;
}

/// A change to the sessions. What is no more is not changed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SessionChange<'a> {
    /// Set `last_seen_at`, `expires_at` and the groups.
    Touch(&'a Digest, &'a SessionRecord),
    /// End a session.
    End(&'a Digest),
    /// End every session of a user.
    EndAll(i64),
    /// Delete those that expired by then.
    Purge(OffsetDateTime),
}

struct Begin<'a> {
    user_id: i64,
    digest: &'a Digest,
    session: &'a SessionRecord,
    replaced: &'a [Digest],
}

impl<D: Statements> Write<D> for Begin<'_> {
    type Outcome = ();

    async fn make(&self, connection: &mut D::Connection) -> Result<(), Error> {
        D::change_sessions(connection, SessionChange::Purge(self.session.created_at)).await?;
        for digest in self.replaced {
            D::change_sessions(connection, SessionChange::End(digest)).await?;
        }
        match D::begin_session(connection, self.user_id, self.digest, self.session).await {
            Err(error) if error.is_foreign_key_violation() => return Err(Error::UnknownUser),
            begun => begun?,
        }
        let login = Change::LogIn(self.session.created_at);
        Ok(D::make(connection, self.user_id, &login).await?)
    }
}

impl<D: Statements> Write<D> for SessionChange<'_> {
    type Outcome = ();

    async fn make(&self, connection: &mut D::Connection) -> Result<(), Error> {
        Ok(D::change_sessions(connection, *self).await?)
    }
}

#[rocket::async_trait]
impl<D: Statements> SessionStore for SqlStore<D> {
    async fn find_session(&self, digest: &Digest) -> Result<Option<Held>, StoreError> {
        self.read(async |connection| D::find_session(connection, digest).await).await
    }

    async fn begin_session(
        &self,
        user_id: i64,
        digest: &Digest,
        session: &SessionRecord,
        replaced: &[Digest],
    ) -> Result<(), Error> {
        self.write(&Begin { user_id, digest, session, replaced }).await
    }

    async fn change_sessions(&self, change: SessionChange<'_>) -> Result<(), Error> {
        self.write(&change).await
    }

    async fn sessions_of(&self, user_id: i64) -> Result<Vec<(Digest, SessionRecord)>, StoreError> {
        self.read(async |connection| D::sessions_of(connection, user_id).await).await
    }
}
