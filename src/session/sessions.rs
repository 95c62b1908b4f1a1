use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rocket::http::CookieJar;
use rocket::time::OffsetDateTime;
use rocket::{Request, warn};

use super::cookie::SessionCookie;
use super::lifetime::Lifetime;
use super::record::{ActiveSession, Held, Record};
use super::token::{Digest, Token};
use crate::config;
use crate::error::Error;
use crate::store::{SessionChange, SessionStore, StoreError};

/// The sessions of the application: a row each in the store, and a cookie
/// with the token in the browser.
pub(crate) struct Sessions {
    pub(crate) persistent: bool,
    cookie: SessionCookie,
    lifetime: Lifetime,
    store: Arc<dyn SessionStore>,
}

/// The session that a request presents the token of, if it is one, and the one
/// that was begun for it.
#[derive(Debug)]
pub(crate) struct Presented {
    /// Whether it sent a cookie of the name at all.
    is_sent: bool,
    digest: Option<Digest>,
    begun: Mutex<Option<Digest>>,
}

impl Sessions {
    pub(crate) fn new(config: &config::Sessions, debug: bool, store: Arc<dyn SessionStore>) -> Self {
        Self {
            persistent: config.persistent,
            cookie: SessionCookie::new(config, debug),
            lifetime: Lifetime::new(config),
            store,
        }
    }

    pub(crate) fn presented<'r>(&self, request: &'r Request<'_>) -> &'r Presented {
        request.local_cache(|| {
            let sent = self.cookie.sent(request);
            let token = if let [value] = sent[..] { Token::parse(value) } else { None };
            let digest = token.map(|token| token.digest());
            Presented { is_sent: !sent.is_empty(), digest, begun: Mutex::default() }
        })
    }

    /// The session that a request holds, unless it is over: one statement at
    /// most, and none for what cannot be a token.
    pub(crate) async fn held(&self, presented: &Presented) -> Result<Option<Held>, StoreError> {
        let Some(digest) = presented.current() else { return Ok(None) };
        let held = self.store.find_session(&digest).await?;
        Ok(held.filter(|held| !self.lifetime.is_over(&held.record, OffsetDateTime::now_utc())))
    }

    /// Begins a session of the user `id`, in place of the one that the request
    /// holds, and hands its token to the browser. Returns the time of this login,
    /// which the store notes.
    pub(crate) async fn begin(
        &self,
        presented: &Presented,
        jar: &CookieJar<'_>,
        id: i64,
        source: &str,
        groups: BTreeSet<String>,
    ) -> Result<OffsetDateTime, Error> {
        let token = Token::generate().map_err(|e| StoreError::Other(Box::new(e)))?;
        let digest = token.digest();
        let now = OffsetDateTime::now_utc();
        let record = Record {
            source: source.into(),
            created_at: now,
            last_seen_at: now,
            expires_at: self.lifetime.end(now, now),
            groups,
        };
        self.store.begin_session(id, &digest, &record, &presented.digests()).await?;
        self.cookie.add(jar, &token);
        *presented.lock() = Some(digest);
        self.purge(now).await;
        Ok(now)
    }

    /// Deletes some of the sessions that expired, and more of them than begin: one
    /// for each that begins would do. That they stay is no reason to refuse anybody.
    async fn purge(&self, now: OffsetDateTime) {
        if let Err(error) = self.store.change_sessions(SessionChange::Purge(now)).await {
            warn!("Sessions that expired were not deleted: {error}.");
        }
    }

    /// Writes down that a session was used, if it is time to. That it cannot be
    /// is no reason to refuse its user.
    pub(crate) async fn note_use(&self, held: &Held) {
        let now = OffsetDateTime::now_utc();
        if !self.lifetime.is_stale(&held.record, now) {
            return;
        }
        let end = self.lifetime.end(held.record.created_at, now);
        if let Err(error) = self.store.change_sessions(SessionChange::Use(&held.digest, now, end)).await {
            warn!("The use of a session was not noted: {error}.");
        }
    }

    /// Makes `groups` what a session remembers of those that the proxy named.
    pub(crate) async fn remember(&self, held: &Held, groups: &BTreeSet<String>) -> Result<(), Error> {
        match *groups == held.record.groups {
            true => Ok(()),
            false => self.store.change_sessions(SessionChange::Remember(&held.digest, groups)).await,
        }
    }

    /// Ends every session of the request, and takes its token from the browser,
    /// if the browser sent one: a page of another site can have it send a request
    /// without.
    pub(crate) async fn end(&self, presented: &Presented, jar: &CookieJar<'_>) -> Result<(), Error> {
        for digest in presented.digests() {
            self.store.change_sessions(SessionChange::End(&digest)).await?;
        }
        if presented.is_sent || presented.lock().is_some() {
            self.cookie.remove(jar);
        }
        Ok(())
    }

    /// Ends every session of a user.
    pub(crate) async fn end_all(&self, id: i64) -> Result<(), Error> {
        self.store.change_sessions(SessionChange::EndAll(id)).await
    }

    /// The sessions of a user that are not over, the oldest first.
    pub(crate) async fn of_user(
        &self,
        presented: &Presented,
        id: i64,
    ) -> Result<Vec<ActiveSession>, StoreError> {
        let now = OffsetDateTime::now_utc();
        let mut sessions = Vec::new();
        for (digest, record) in self.store.sessions_of(id).await? {
            if !self.lifetime.is_over(&record, now) {
                let is_current = presented.digests().contains(&digest);
                sessions.push(ActiveSession { digest, record, is_current });
            }
        }
        Ok(sessions)
    }

    /// Ends one session.
    pub(crate) async fn revoke(&self, session: &ActiveSession) -> Result<(), Error> {
        self.store.change_sessions(SessionChange::End(&session.digest)).await
    }

    /// For the liftoff summary.
    pub(crate) fn summary(&self) -> [(&'static str, String); 2] {
        let mode =
            if self.persistent { "outlive the header" } else { "of the application's own sign-in only" };
        [("sessions", format!("{mode}, {}", self.lifetime)), ("session cookie", self.cookie.summary())]
    }
}

impl Presented {
    fn lock(&self) -> MutexGuard<'_, Option<Digest>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> Option<Digest> {
        self.lock().clone().or_else(|| self.digest.clone())
    }

    fn digests(&self) -> Vec<Digest> {
        self.digest.iter().chain(self.lock().iter()).cloned().collect()
    }
}
