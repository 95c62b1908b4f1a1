use std::collections::BTreeSet;

use rocket::time::OffsetDateTime;

use super::token::TokenHash;
use crate::user::User;

/// What the store remembers of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionRecord {
    /// Who began it: [`PROXY_SOURCE`], or a word of the application's.
    pub(crate) source: String,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_seen_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    /// Those of the groups that the proxy named at the sign-in which the
    /// configuration has a use for, whether they exist here or not.
    pub(crate) groups: BTreeSet<String>,
}

/// The source of a session that the proxy began, as it is of a membership.
pub(crate) const PROXY_SOURCE: &str = "remote";

/// A session that a request holds the token of, with its user.
#[derive(Debug)]
pub(crate) struct UserSession {
    pub(crate) hash: TokenHash,
    pub(crate) record: SessionRecord,
    pub(crate) user: User,
}

/// One of a user's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveSession {
    pub(crate) hash: TokenHash,
    pub(crate) record: SessionRecord,
    pub(crate) is_current: bool,
}

impl ActiveSession {
    /// What [`Session::revoke`](crate::AuthSession::revoke) takes. It opens nothing.
    pub fn id(&self) -> &str {
        self.hash.as_str()
    }

    /// Who began it: `remote` for the proxy, or what
    /// [`Session::login`](crate::AuthSession::login) was given.
    pub fn source(&self) -> &str {
        &self.record.source
    }

    /// When it began.
    pub fn created_at(&self) -> OffsetDateTime {
        self.record.created_at
    }

    /// When it was last used, to the nearest tenth of `idle_timeout` or
    /// minute.
    pub fn last_seen_at(&self) -> OffsetDateTime {
        self.record.last_seen_at
    }

    /// When it ends unless it is used again.
    pub fn expires_at(&self) -> OffsetDateTime {
        self.record.expires_at
    }

    /// Whether it is the session of the request that asks.
    pub fn is_current(&self) -> bool {
        self.is_current
    }
}
