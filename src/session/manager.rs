//! How sessions begin, go on and end.
//!
//! Within this folder it depends on `begin_path`, `config`, `cookie`, `lifetime`,
//! `record`, `store` and `token`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use rocket::http::uri::Origin;
use rocket::http::{CookieJar, HeaderMap};
use rocket::time::OffsetDateTime;
use rocket::{Request, warn};

use super::begin_path::BeginPath;
use super::config::SessionConfig;
use super::cookie::SessionCookie;
use super::lifetime::Lifetime;
use super::record::{ActiveSession, PROXY_SOURCE, SessionRecord, UserSession};
use super::store::SessionStore;
use super::token::{SessionToken, TokenHash};
use crate::error::{Error, StoreError};
use crate::lock::ignore_poison;

/// How many sessions of one request are looked up. A browser has more than one only if
/// cookies were planted, and if it has more than this many, none counts.
const MAX_LOOKED_UP: usize = 8;

/// Begins, finds and ends the sessions of the application. Each is a row in the
/// store, and a cookie with its token in the browser.
pub(crate) struct SessionManager {
    /// Whether sessions that the proxy began go on without the header.
    is_persistent: bool,
    /// The paths where the header begins a session. `None` is everywhere.
    begin_on: Option<Vec<BeginPath>>,
    /// Whether a session counts only where the proofs of the proxy hold.
    needs_proof: bool,
    max_per_user: u32,
    cookie: SessionCookie,
    lifetime: Lifetime,
    store: Arc<dyn SessionStore>,
}

/// The sessions of one request: those whose tokens it sent, and the one that began while
/// it was answered.
#[derive(Debug)]
pub(crate) struct RequestSession {
    /// Whether a session counts in this request.
    counts: bool,
    /// Whether the request sent the cookie at all, even if it holds no token.
    has_cookie: bool,
    /// The sessions whose tokens were sent. There is none if no session counts.
    sent: BTreeSet<TokenHash>,
    begun: Mutex<Option<TokenHash>>,
}

impl SessionManager {
    /// Creates a manager of the sessions in `store`. `is_debug` says whether Rocket
    /// runs in its debug profile.
    pub(crate) fn new(config: &SessionConfig, is_debug: bool, store: Arc<dyn SessionStore>) -> Self {
        Self {
            is_persistent: config.persistent,
            begin_on: config.begin_on.clone(),
            needs_proof: config.proof,
            max_per_user: config.max_per_user,
            cookie: SessionCookie::new(config, is_debug),
            lifetime: Lifetime::new(config),
            store,
        }
    }

    /// The sessions of `request`, whose cookies are read once. There are none if the proofs
    /// of the proxy do not hold for its peer: whoever stole a cookie and sends it from
    /// elsewhere is nobody.
    pub(crate) fn of_request<'r>(
        &self,
        request: &'r Request<'_>,
        is_peer_trusted: bool,
    ) -> &'r RequestSession {
        request.local_cache(|| {
            let counts = is_peer_trusted || !self.needs_proof;
            let values = self.cookie.values(request);
            let tokens = values.iter().filter(|_| counts).filter_map(|value| SessionToken::parse(value));
            RequestSession {
                counts,
                has_cookie: !values.is_empty(),
                sent: tokens.map(|token| token.hash()).collect(),
                begun: Mutex::default(),
            }
        })
    }

    /// Finds the session of a request in which the proxy names nobody, by one statement. See
    /// [`choose`](Self::choose).
    pub(crate) async fn find(&self, session: &RequestSession) -> Result<Option<UserSession>, StoreError> {
        Ok(Self::choose(self.find_all(session).await?))
    }

    /// Chooses the session of a request in which the proxy names nobody from those that
    /// [`find_all`](Self::find_all) found.
    ///
    /// A browser sends several cookies of one name if another path or subdomain planted
    /// some, or if an older one is left. The one that is a session is used. If there are
    /// more, and all are of one user, the newest is used. If they are of two users, nobody
    /// can tell whose the browser is, and none is used.
    pub(crate) fn choose(mut found: Vec<UserSession>) -> Option<UserSession> {
        let is_of_two = found.windows(2).any(|pair| pair[0].user.id() != pair[1].user.id());
        if is_of_two { None } else { found.pop() }
    }

    /// Finds the sessions of a request that have not expired, whosever they are. The last
    /// one of a user is the one to use. The store is not asked if no cookie can be a token,
    /// or if too many can be.
    pub(crate) async fn find_all(&self, session: &RequestSession) -> Result<Vec<UserSession>, StoreError> {
        let hashes = session.current();
        if hashes.is_empty() || self.has_too_many(session) {
            return Ok(Vec::new());
        }
        let now = OffsetDateTime::now_utc();
        let mut found = self.store.find(&hashes).await?;
        found.retain(|found| !self.lifetime.is_expired(&found.record, now));
        found.sort_by_key(|found| self.precedence(&found.record));
        Ok(found)
    }

    /// Whether a session that was found earlier goes on, by the times that were found then.
    /// One that does not may have been used by another instance in the meantime.
    pub(crate) fn goes_on(&self, session: &SessionRecord) -> bool {
        !self.lifetime.is_expired(session, OffsetDateTime::now_utc())
    }

    /// Whether a request sent so many tokens that none is looked up.
    pub(crate) fn has_too_many(&self, session: &RequestSession) -> bool {
        session.current().len() > MAX_LOOKED_UP
    }

    /// By what one of several sessions of a user in a request is chosen: the greatest is
    /// the session of the request.
    fn precedence(&self, session: &SessionRecord) -> (bool, OffsetDateTime) {
        (self.counts_without_header(session), session.created_at)
    }

    /// Whether a session counts in a request in which the proxy names nobody: one that the
    /// application began always does, and one that the proxy began if sessions are
    /// persistent.
    pub(crate) fn counts_without_header(&self, session: &SessionRecord) -> bool {
        self.is_persistent || session.source != PROXY_SOURCE
    }

    /// Whether the proxy's header begins a session in a request for `uri`.
    pub(crate) fn begins_at(&self, uri: &Origin<'_>) -> bool {
        let is_path = |paths: &Vec<BeginPath>| paths.iter().any(|path| path.matches(uri));
        self.is_persistent && self.begin_on.as_ref().is_none_or(is_path)
    }

    /// Whether the headers of a response give the browser a token, or remove it.
    pub(crate) fn sets_cookie(&self, headers: &HeaderMap<'_>) -> bool {
        self.cookie.is_set_by(headers)
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
        self.store.begin(user_id, &hash, &record, &session.hashes(), self.max_per_user).await?;
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

    /// Records that a session was used, if it is time to. A failure is only logged. Returns the
    /// session with its new times, if they were recorded.
    pub(crate) async fn note_use(&self, session: &UserSession) -> Option<UserSession> {
        let now = OffsetDateTime::now_utc();
        if !self.lifetime.is_update_due(&session.record, now) {
            return None;
        }
        let expires_at = self.lifetime.expires_at(session.record.created_at, now);
        if let Err(error) = self.store.note_use(&session.hash, now, expires_at).await {
            warn!("The use of a session was not noted: {error}.");
            return None;
        }
        let mut used = session.clone();
        (used.record.last_seen_at, used.record.expires_at) = (now, expires_at);
        Some(used)
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
        let hashes = session.hashes();
        if !hashes.is_empty() {
            self.store.end(&hashes).await?;
        }
        if session.has_cookie || session.begun().is_some() {
            self.cookie.remove(jar);
        }
        Ok(())
    }

    /// Ends those of some sessions that are not of this user.
    pub(crate) async fn end_foreign(&self, sessions: &[UserSession], user_id: i64) -> Result<(), Error> {
        let foreign = sessions.iter().filter(|session| session.user.id() != user_id);
        let hashes: BTreeSet<_> = foreign.map(|session| session.hash.clone()).collect();
        if hashes.is_empty() { Ok(()) } else { self.store.end(&hashes).await }
    }

    /// Ends every session of a user.
    pub(crate) async fn end_all(&self, user_id: i64) -> Result<(), Error> {
        self.store.end_all(user_id).await
    }

    /// Ends the sessions of a request whose user is refused, and every other session of that
    /// user, on whichever device: none of them lets the user in again. Nothing is written if
    /// there is none, however often the user comes back.
    pub(crate) async fn end_refused(
        &self,
        session: &RequestSession,
        jar: &CookieJar<'_>,
        user_id: i64,
    ) -> Result<(), Error> {
        self.end(session, jar).await?;
        if self.store.list(user_id).await?.is_empty() {
            return Ok(());
        }
        self.end_all(user_id).await
    }

    /// Lists the sessions of a user that have not expired, oldest first.
    pub(crate) async fn list(
        &self,
        session: &RequestSession,
        user_id: i64,
    ) -> Result<Vec<ActiveSession>, StoreError> {
        let now = OffsetDateTime::now_utc();
        let mut listed = self.store.list(user_id).await?;
        listed.retain(|(_, record)| !self.lifetime.is_expired(record, now));
        let own = session.current();
        let own = listed.iter().filter(|(hash, _)| own.contains(hash));
        let current = own.max_by_key(|(_, record)| self.precedence(record)).map(|(hash, _)| hash.clone());
        let sessions = listed.into_iter().map(|(hash, record)| {
            let is_current = Some(&hash) == current.as_ref();
            ActiveSession { hash, record, is_current }
        });
        Ok(sessions.collect())
    }

    /// Ends one session.
    pub(crate) async fn revoke(&self, session: &ActiveSession) -> Result<(), Error> {
        self.store.end(&BTreeSet::from([session.hash.clone()])).await
    }

    /// The lines about sessions in the liftoff summary.
    pub(crate) fn summary(&self) -> Vec<(&'static str, String)> {
        let mode =
            if self.is_persistent { "outlive the header" } else { "of the application's own sign-in only" };
        let sessions = format!("{mode}, {}, {} a user", self.lifetime, self.max_per_user);
        let mut facts = vec![("sessions", sessions)];
        if let Some(paths) = &self.begin_on {
            let paths: Vec<_> = paths.iter().map(BeginPath::to_string).collect();
            facts.push(("sessions begin on", paths.join(", ")));
        }
        facts.push(("session cookie", self.cookie.summary()));
        facts
    }

    /// The warning for the liftoff summary, if a stolen cookie counts from anywhere.
    pub(crate) fn warning(&self) -> Option<String> {
        let warning = "`session.proof` is off, so a session counts from every peer, and whoever steals a cookie \
                       can use it from anywhere";
        if self.needs_proof { None } else { Some(warning.into()) }
    }
}

impl RequestSession {
    fn begun(&self) -> MutexGuard<'_, Option<TokenHash>> {
        ignore_poison(self.begun.lock())
    }

    /// Whether a session that begins in this request would count in the next one like it.
    pub(crate) fn counts(&self) -> bool {
        self.counts
    }

    /// The hash of the one session that may be in force, if there is no other.
    pub(crate) fn only(&self) -> Option<TokenHash> {
        match &*self.begun() {
            Some(begun) => Some(begun.clone()),
            None if self.sent.len() == 1 => self.sent.first().cloned(),
            None => None,
        }
    }

    /// The hashes of the sessions that may be in force: the one that began, or else those
    /// that were sent.
    fn current(&self) -> BTreeSet<TokenHash> {
        match &*self.begun() {
            Some(begun) => BTreeSet::from([begun.clone()]),
            None => self.sent.clone(),
        }
    }

    /// The hashes of all sessions.
    fn hashes(&self) -> BTreeSet<TokenHash> {
        self.sent.iter().chain(self.begun().iter()).cloned().collect()
    }
}
