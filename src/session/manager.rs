//! How sessions begin, go on and end.
//!
//! Within this folder it depends on `config`, `cookie`, `lifetime`, `record`, `store`
//! and `token`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use rocket::http::CookieJar;
use rocket::time::OffsetDateTime;
use rocket::{Request, warn};

use super::config::SessionConfig;
use super::cookie::SessionCookie;
use super::lifetime::Lifetime;
use super::record::{ActiveSession, SessionRecord, UserSession};
use super::store::SessionStore;
use super::token::{SessionToken, TokenHash};
use crate::error::{Error, StoreError};
use crate::lock::ignore_poison;

/// Begins, finds and ends the sessions of the application. Each is a row in the
/// store, and a cookie with its token in the browser.
pub(crate) struct SessionManager {
    /// Whether sessions that the proxy began go on without the header.
    pub(crate) is_persistent: bool,
    cookie: SessionCookie,
    lifetime: Lifetime,
    store: Arc<dyn SessionStore>,
}

/// The sessions of one request: the one whose token it sent, and the one that began
/// while it was answered.
#[derive(Debug)]
pub(crate) struct RequestSession {
    /// Whether the request sent the cookie at all, even if it holds no token.
    has_cookie: bool,
    sent: Option<TokenHash>,
    begun: Mutex<Option<TokenHash>>,
}

impl SessionManager {
    /// Creates a manager of the sessions in `store`. `is_debug` says whether Rocket
    /// runs in its debug profile.
    pub(crate) fn new(config: &SessionConfig, is_debug: bool, store: Arc<dyn SessionStore>) -> Self {
        Self {
            is_persistent: config.persistent,
            cookie: SessionCookie::new(config, is_debug),
            lifetime: Lifetime::new(config),
            store,
        }
    }

    /// The sessions of `request`, whose cookies are read once. A request that sends
    /// the cookie more than once has no session.
    pub(crate) fn of_request<'r>(&self, request: &'r Request<'_>) -> &'r RequestSession {
        request.local_cache(|| {
            let values = self.cookie.values(request);
            let token = if let [value] = values[..] { SessionToken::parse(value) } else { None };
            RequestSession {
                has_cookie: !values.is_empty(),
                sent: token.map(|token| token.hash()),
                begun: Mutex::default(),
            }
        })
    }

    /// Finds the session of a request, unless it has expired. The store is asked at
    /// most once, and not at all if the cookie cannot be a token.
    pub(crate) async fn find(&self, session: &RequestSession) -> Result<Option<UserSession>, StoreError> {
        let Some(hash) = session.current() else { return Ok(None) };
        let found = self.store.find(&hash).await?;
        Ok(found.filter(|found| !self.lifetime.is_expired(&found.record, OffsetDateTime::now_utc())))
    }

    /// Begins a session of a user in place of those the request has, and gives its
    /// token to the browser. Returns the time of this login, as the store records it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UnknownUser`] if no user has this `id`, or [`Error::Store`] if
    /// the store or the system's source of random bytes fails.
    pub(crate) async fn begin(
        &self,
        session: &RequestSession,
        jar: &CookieJar<'_>,
        user_id: i64,
        source: &str,
        groups: BTreeSet<String>,
    ) -> Result<OffsetDateTime, Error> {
        let token = SessionToken::generate().map_err(|e| StoreError::Other(Box::new(e)))?;
        let hash = token.hash();
        let now = OffsetDateTime::now_utc();
        let record = SessionRecord {
            source: source.into(),
            created_at: now,
            last_seen_at: now,
            expires_at: self.lifetime.expires_at(now, now),
            groups,
        };
        self.store.begin(user_id, &hash, &record, &session.hashes()).await?;
        self.cookie.add(jar, &token);
        *session.begun() = Some(hash);
        self.purge(now).await;
        Ok(now)
    }

    /// Deletes some of the expired sessions. Each session that begins deletes more than
    /// one, so expired sessions do not pile up. A failure is only logged.
    async fn purge(&self, now: OffsetDateTime) {
        if let Err(error) = self.store.purge(now).await {
            warn!("Sessions that expired were not deleted: {error}.");
        }
    }

    /// Records that a session was used, if it is time to. A failure is only logged.
    pub(crate) async fn note_use(&self, session: &UserSession) {
        let now = OffsetDateTime::now_utc();
        if !self.lifetime.is_update_due(&session.record, now) {
            return;
        }
        let expires_at = self.lifetime.expires_at(session.record.created_at, now);
        if let Err(error) = self.store.note_use(&session.hash, now, expires_at).await {
            warn!("The use of a session was not noted: {error}.");
        }
    }

    /// Sets the groups that a session remembers, if they have changed.
    pub(crate) async fn set_groups(
        &self,
        session: &UserSession,
        groups: &BTreeSet<String>,
    ) -> Result<(), Error> {
        if *groups == session.record.groups {
            return Ok(());
        }
        self.store.set_groups(&session.hash, groups).await
    }

    /// Ends the sessions of the request, and removes the cookie if the browser has
    /// one. A request without the cookie removes nothing, because a page of another
    /// site can make the browser send a request without its cookies.
    pub(crate) async fn end(&self, session: &RequestSession, jar: &CookieJar<'_>) -> Result<(), Error> {
        for hash in session.hashes() {
            self.store.end(&hash).await?;
        }
        if session.has_cookie || session.begun().is_some() {
            self.cookie.remove(jar);
        }
        Ok(())
    }

    /// Ends every session of a user.
    pub(crate) async fn end_all(&self, user_id: i64) -> Result<(), Error> {
        self.store.end_all(user_id).await
    }

    /// Lists the sessions of a user that have not expired, oldest first.
    pub(crate) async fn list(
        &self,
        session: &RequestSession,
        user_id: i64,
    ) -> Result<Vec<ActiveSession>, StoreError> {
        let now = OffsetDateTime::now_utc();
        let own = session.hashes();
        let mut sessions = Vec::new();
        for (hash, record) in self.store.list(user_id).await? {
            if !self.lifetime.is_expired(&record, now) {
                let is_current = own.contains(&hash);
                sessions.push(ActiveSession { hash, record, is_current });
            }
        }
        Ok(sessions)
    }

    /// Ends one session.
    pub(crate) async fn revoke(&self, session: &ActiveSession) -> Result<(), Error> {
        self.store.end(&session.hash).await
    }

    /// The lines about sessions in the liftoff summary.
    pub(crate) fn summary(&self) -> [(&'static str, String); 2] {
        let mode =
            if self.is_persistent { "outlive the header" } else { "of the application's own sign-in only" };
        [("sessions", format!("{mode}, {}", self.lifetime)), ("session cookie", self.cookie.summary())]
    }
}

impl RequestSession {
    fn begun(&self) -> MutexGuard<'_, Option<TokenHash>> {
        ignore_poison(self.begun.lock())
    }

    /// The hash of the session in force: the one that began, or else the one that was
    /// sent.
    fn current(&self) -> Option<TokenHash> {
        self.begun().clone().or_else(|| self.sent.clone())
    }

    /// The hashes of both sessions.
    fn hashes(&self) -> Vec<TokenHash> {
        self.sent.iter().chain(self.begun().iter()).cloned().collect()
    }
}
