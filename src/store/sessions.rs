use std::collections::BTreeSet;

use rocket::time::OffsetDateTime;

use super::StoreError;
use super::sql::{Read, SqlStore, Write};
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
    /// user. [`Error::UnknownUser`] if there is no such user.
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
    /// Set `last_seen_at` and `expires_at`.
    Use(&'a Digest, OffsetDateTime, OffsetDateTime),
    /// Set the groups.
    Remember(&'a Digest, &'a BTreeSet<String>),
    /// End a session.
    End(&'a Digest),
    /// End every session of a user.
    EndAll(i64),
    /// Delete some of those that expired by then.
    Purge(OffsetDateTime),
}

impl<D: Statements> Read<D> for Digest {
    type Found = Option<Held>;

    async fn find(&self, connection: &mut D::Connection) -> Result<Option<Held>, StoreError> {
        D::find_session(connection, self).await
    }
}

struct SessionsOf(i64);

impl<D: Statements> Read<D> for SessionsOf {
    type Found = Vec<(Digest, SessionRecord)>;

    async fn find(&self, connection: &mut D::Connection) -> Result<Self::Found, StoreError> {
        D::sessions_of(connection, self.0).await
    }
}

struct Begin<'a> {
    user_id: i64,
    digest: &'a Digest,
    session: &'a SessionRecord,
    replaced: &'a [Digest],
}

impl<D: Statements> Write<D> for Begin<'_> {
    type Outcome = ();

    // The login comes first: it locks the user's row, which the foreign key of a new session
    // would only share, and two who share it cannot both write to it.
    async fn make(&self, connection: &mut D::Connection) -> Result<(), Error> {
        D::make(connection, self.user_id, &Change::LogIn(self.session.created_at)).await?;
        for digest in self.replaced {
            D::change_sessions(connection, SessionChange::End(digest)).await?;
        }
        match D::begin_session(connection, self.user_id, self.digest, self.session).await {
            Err(error) if error.is_foreign_key_violation() => Err(Error::UnknownUser),
            begun => Ok(begun?),
        }
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
        self.read(digest).await
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
        self.read(&SessionsOf(user_id)).await
    }
}
