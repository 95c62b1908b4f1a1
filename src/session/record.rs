//! What is remembered of a session.
//!
//! Within this folder it depends on `token`.

use std::collections::BTreeSet;
use std::sync::Arc;

use rocket::time::OffsetDateTime;

use super::token::TokenHash;
use crate::user::{Stamp, User};

/// The source of a session or a membership that the proxy began.
pub(crate) const PROXY_SOURCE: &str = "remote";

/// A session as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionRecord {
    /// How the user signed in: [`PROXY_SOURCE`], or the application's own word.
    pub(crate) source: String,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_seen_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    /// The groups the proxy named at sign-in that `required_groups` or
    /// `group_permissions` mentions. A group counts even if the database has no such
    /// row.
    pub(crate) groups: BTreeSet<String>,
}

/// A session that was found by its token, with its user.
#[derive(Debug, Clone)]
pub(crate) struct UserSession {
    pub(crate) hash: TokenHash,
    pub(crate) record: SessionRecord,
    pub(crate) user: Arc<User>,
    /// The revisions with which both were read, if the store has any.
    pub(crate) stamp: Option<Stamp>,
}

/// One of a user's sessions, as [`AuthSession::list`](crate::AuthSession::list)
/// returns it.
///
/// # Example
///
/// A page on which people see where they are signed in, and a route that ends one of
/// their sessions:
///
/// ```rust
/// # #[macro_use] extern crate rocket;
/// # use rocket::{http::Header, local::blocking::{Client, LocalRequest}};
/// use rocket::http::Status;
/// use rocket_remote_user::{AuthSession, Error, RemoteUser};
///
/// #[get("/sessions")]
/// async fn list(_user: RemoteUser, session: AuthSession<'_>) -> Result<String, Error> {
///     let mut lines = String::new();
///     for active in session.list().await? {
///         let here = if active.is_current() { " (this browser)" } else { "" };
///         lines += &format!("{} since {}{here}\n", active.id(), active.created_at());
///     }
///     Ok(lines)
/// }
///
/// #[delete("/sessions/<id>")]
/// async fn revoke(id: &str, session: AuthSession<'_>) -> Result<Status, Error> {
///     let was_found = session.revoke(id).await?;
///     Ok(if was_found { Status::NoContent } else { Status::NotFound })
/// }
/// # let figment = rocket::Config::figment()
/// #     .merge(("log_level", "off"))
/// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]))
/// #     .merge(("remote_user.session.persistent", true));
/// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing());
/// # let client = Client::tracked(rocket.mount("/", routes![list, revoke])).unwrap();
/// # fn as_ada<'c>(request: LocalRequest<'c>) -> LocalRequest<'c> {
/// #     request.remote(([127, 0, 0, 1], 9).into()).header(Header::new("Remote-User", "ada"))
/// # }
/// # let sessions = as_ada(client.get("/sessions")).dispatch().into_string().unwrap();
/// # assert!(sessions.ends_with(" (this browser)\n"), "{sessions}");
/// # let (id, _) = sessions.split_once(' ').unwrap();
/// # let proxy = "127.0.0.1:9".parse().unwrap();
/// # let revoke = || client.delete(format!("/sessions/{id}")).remote(proxy).dispatch().status();
/// # assert_eq!((revoke(), revoke()), (Status::NoContent, Status::NotFound));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveSession {
    pub(crate) hash: TokenHash,
    pub(crate) record: SessionRecord,
    pub(crate) is_current: bool,
}

impl ActiveSession {
    /// The identifier that [`AuthSession::revoke`](crate::AuthSession::revoke) takes.
    /// It is a hash of the session's token, so nobody can sign in with it.
    pub fn id(&self) -> &str {
        self.hash.as_str()
    }

    /// How the user signed in: `remote` by the proxy, or else the source that
    /// [`AuthSession::login`](crate::AuthSession::login) was given.
    pub fn source(&self) -> &str {
        &self.record.source
    }

    /// When the session began.
    pub fn created_at(&self) -> OffsetDateTime {
        self.record.created_at
    }

    /// When the session was last used, to the nearest minute, or to the nearest tenth
    /// of `idle_timeout` if that is shorter.
    pub fn last_seen_at(&self) -> OffsetDateTime {
        self.record.last_seen_at
    }

    /// When the session ends if it is not used again.
    pub fn expires_at(&self) -> OffsetDateTime {
        self.record.expires_at
    }

    /// Whether this is the session of the current request.
    pub fn is_current(&self) -> bool {
        self.is_current
    }
}
