use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// The sessions of the application: a row in the store for each, and a cookie
/// with its token in the browser.
pub(crate) struct SessionManager {
    pub(crate) is_persistent: bool,
    cookie: SessionCookie,
    lifetime: Lifetime,
    store: Arc<dyn SessionStore>,
}

/// What a request has of sessions: the one whose token it sent, and the one that
/// was begun for it.
#[derive(Debug)]
pub(crate) struct RequestSession {
    /// Whether it sent a cookie of the name at all.
    has_cookie: bool,
    sent: Option<TokenHash>,
    begun: Mutex<Option<TokenHash>>,
}

impl SessionManager {
    /// Manages the sessions of `store`. `is_debug` tells whether Rocket runs in its
    /// debug profile.
    pub(crate) fn new(config: &SessionConfig, is_debug: bool, store: Arc<dyn SessionStore>) -> Self {
        Self {
            is_persistent: config.persistent,
            cookie: SessionCookie::new(config, is_debug),
            lifetime: Lifetime::new(config),
            store,
        }
    }

    /// What `request` has of sessions. Its cookies are read once.
    pub(crate) fn of_request<'r>(&self, request: &'r Request<'_>) -> &'r RequestSession {
        request.local_cache(|| {
            let sent = self.cookie.values(request);
            let token = if let [value] = sent[..] { SessionToken::parse(value) } else { None };
            RequestSession {
                has_cookie: !sent.is_empty(),
                sent: token.map(|token| token.hash()),
                begun: Mutex::default(),
            }
        })
    }

    /// Finds the session of a request, unless it is over. It takes one statement at
    /// most, and none for what cannot be a token.
    pub(crate) async fn find(&self, session: &RequestSession) -> Result<Option<UserSession>, StoreError> {
        let Some(hash) = session.current() else { return Ok(None) };
        let found = self.store.find(&hash).await?;
        Ok(found.filter(|found| !self.lifetime.is_over(&found.record, OffsetDateTime::now_utc())))
    }

    /// Begins a session of a user, in place of those that the request has, and
    /// hands its token to the browser. Returns the time of this login, which the
    /// store notes.
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
            expires_at: self.lifetime.end(now, now),
            groups,
        };
        self.store.begin(user_id, &hash, &record, &session.all()).await?;
        self.cookie.add(jar, &token);
        *session.begun() = Some(hash);
        self.purge(now).await;
        Ok(now)
    }

    /// Deletes some of the sessions that expired. It deletes more for each session
    /// that begins than begin, so that none pile up. If it fails, nobody is refused
    /// for that.
    async fn purge(&self, now: OffsetDateTime) {
        if let Err(error) = self.store.purge(now).await {
            warn!("Sessions that expired were not deleted: {error}.");
        }
    }

    /// Notes that a session was used, if the last note is old enough. If it fails,
    /// nobody is refused for that.
    pub(crate) async fn note_use(&self, session: &UserSession) {
        let now = OffsetDateTime::now_utc();
        if !self.lifetime.is_use_due(&session.record, now) {
            return;
        }
        let expires_at = self.lifetime.end(session.record.created_at, now);
        if let Err(error) = self.store.note_use(&session.hash, now, expires_at).await {
            warn!("The use of a session was not noted: {error}.");
        }
    }

    /// Sets the groups that a session remembers, if they are others.
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

    /// Ends every session that the request has, and takes its cookie from the
    /// browser if it sent one. Without one nothing is taken: a page of another site
    /// can have the browser send a request without its cookies.
    pub(crate) async fn end(&self, session: &RequestSession, jar: &CookieJar<'_>) -> Result<(), Error> {
        for hash in session.all() {
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

    /// Lists the sessions of a user that are not over, the oldest first.
    pub(crate) async fn list(
        &self,
        session: &RequestSession,
        user_id: i64,
    ) -> Result<Vec<ActiveSession>, StoreError> {
        let (now, own) = (OffsetDateTime::now_utc(), session.all());
        let mut sessions = Vec::new();
        for (hash, record) in self.store.list(user_id).await? {
            if !self.lifetime.is_over(&record, now) {
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

    /// What is in force, for the liftoff summary.
    pub(crate) fn summary(&self) -> [(&'static str, String); 2] {
        let mode =
            if self.is_persistent { "outlive the header" } else { "of the application's own sign-in only" };
        [("sessions", format!("{mode}, {}", self.lifetime)), ("session cookie", self.cookie.summary())]
    }
}

impl RequestSession {
    fn begun(&self) -> MutexGuard<'_, Option<TokenHash>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session that counts: the one that was begun, or else the one that was
    /// sent.
    fn current(&self) -> Option<TokenHash> {
        self.begun().clone().or_else(|| self.sent.clone())
    }

    fn all(&self) -> Vec<TokenHash> {
        self.sent.iter().chain(self.begun().iter()).cloned().collect()
    }
}
