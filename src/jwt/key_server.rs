//! The server that the keys of an issuer come from: when it is asked, and what is kept.
//!
//! Within this folder it depends on `cache_control`, `key` and `key_url`.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use rocket::{info_, warn};
use tokio::sync::Mutex as AsyncMutex;

use super::cache_control::lifetime;
use super::key::{Key, NO_KEYS};
use super::key_url::KeyUrl;
use crate::error::Fault;
use crate::launch::LaunchError;
use crate::lock::ignore_poison;
use crate::text::Escaped;

/// How long fetched keys are used before they are fetched again, unless the server says a
/// shorter time. A key that was withdrawn is good for no longer.
const MAX_FRESH: Duration = Duration::from_secs(600);

/// How long a failure of the server is believed to last: until then no request waits for
/// another attempt if there are old keys.
const OUTAGE_MEMORY: Duration = MAX_FRESH;

/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// How many bytes a response may have.
const MAX_RESPONSE_BYTES: usize = 262_144;

/// How many URLs the cache holds if every key has its own, and how many others may be
/// fetched within one interval.
const MAX_KEY_URLS: usize = 16;

/// A client of the server that has the keys of an issuer, with a cache.
///
/// Cached keys are fetched again, before they are used, when they are ten minutes old, or
/// half of `max_age`, or as old as the server lets them become, whichever is first; and
/// when a token names a key that is not among them. While the server is down they may be
/// used for `max_age`, and are asked for in the background.
///
/// A URL is fetched by one request at a time, and at most once in a
/// `refresh_interval`. A fetch goes on if the request that began it is given up. The sender of a token can make up the name of a key, so the
/// number of URLs is limited.
#[derive(Debug)]
pub(super) struct KeyServer {
    url: KeyUrl,
    client: Client,
    max_age: Duration,
    refresh_interval: Duration,
    /// The keys that were fetched, by their URL. Where both locks are needed, this one
    /// is taken before `attempts`.
    cache: RwLock<HashMap<Url, CachedKeys>>,
    /// The last attempt to fetch each URL. A fetch in progress holds the inner lock,
    /// which is only tried, never waited for, while an outer lock is held.
    attempts: Mutex<HashMap<Url, Arc<AsyncMutex<Attempt>>>>,
}

/// The keys that a URL served.
#[derive(Debug, Clone)]
struct CachedKeys {
    keys: Arc<[Key]>,
    fetched_at: Instant,
    /// How old the keys may become before they are fetched again.
    fresh_for: Duration,
    /// When the last attempt to fetch them again began, if it failed.
    failed_at: Option<Instant>,
    /// Whether one of the keys verified a token.
    has_verified_token: bool,
}

/// The last attempt to fetch the keys of a URL.
#[derive(Debug, Default)]
struct Attempt {
    started_at: Option<Instant>,
    /// When the last attempt finished, whether it succeeded or failed.
    finished_at: Option<Instant>,
    /// Whether the server said that it has no such key.
    is_key_missing: bool,
}

/// The keys that a server answered with, and for how long it says that they are good.
struct Fetched {
    keys: Vec<Key>,
    lifetime: Option<Duration>,
}

/// Why no keys were fetched.
#[derive(Debug)]
enum FetchError {
    /// The server did not answer as a server of keys does, so it may be down.
    Failed(String),
    /// The server says that it has no such key.
    KeyMissing(String),
    /// The server says that it has no keys that can verify a signature.
    NoKeys(String),
}

impl KeyServer {
    /// Makes the client of a key server. Nothing is fetched yet. `max_age` and
    /// `refresh_interval` are in seconds.
    ///
    /// # Errors
    ///
    /// Returns a [`LaunchError`] if no HTTP client can be made.
    pub(super) fn new(url: KeyUrl, max_age: u64, refresh_interval: u64) -> Result<Self, LaunchError> {
        let builder = Client::builder().redirect(Policy::none()).timeout(FETCH_TIMEOUT);
        let builder = if url.is_plain_http() { builder.no_proxy() } else { builder };
        let client = builder
            .build()
            .map_err(|e| LaunchError::new(format!("no HTTP client for `{url}` can be made: {e}")))?;
        Ok(Self {
            url,
            client,
            max_age: Duration::from_secs(max_age),
            refresh_interval: Duration::from_secs(refresh_interval),
            cache: RwLock::default(),
            attempts: Mutex::default(),
        })
    }

    /// Whether one URL serves all keys, so that a key that is not known yet may have
    /// been added to them.
    pub(super) fn is_jwk_set(&self) -> bool {
        self.url.is_jwk_set()
    }

    /// Returns the keys that may have signed a token that names the key `key_id`. They
    /// are fetched first if the cache has none that are fresh at `now`; if the server is
    /// known to be down, older ones are used, and fetched in the background.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::UnknownKey`] if the server has no such key, or
    /// [`Fault::KeysUnavailable`] if the server could not be asked.
    pub(super) async fn keys(
        self: &Arc<Self>,
        key_id: Option<&str>,
        now: Instant,
    ) -> Result<Arc<[Key]>, Fault> {
        let url = self.url.for_key(key_id).ok_or(Fault::UnknownKey)?;
        if !self.are_fresh(&url, now) {
            let has_to_wait = !self.can_do_without(&url, now);
            let refresh = self.refresh(&url, now);
            if has_to_wait {
                refresh.await;
            }
        }
        self.cached_keys(&url, now)
    }

    /// Returns the same keys as [`keys`](KeyServer::keys), fetched again even if they
    /// are young, unless that was tried within the interval.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`keys`](KeyServer::keys).
    pub(super) async fn fresh_keys(
        self: &Arc<Self>,
        key_id: Option<&str>,
        now: Instant,
    ) -> Result<Arc<[Key]>, Fault> {
        let url = self.url.for_key(key_id).ok_or(Fault::UnknownKey)?;
        self.refresh(&url, now).await;
        self.cached_keys(&url, now)
    }

    /// Notes that the key `key_id` verified a token, so that keys that never did are
    /// dropped from the cache first. A JWK set is cached as a whole, and never dropped.
    pub(super) fn note_verified(&self, key_id: Option<&str>) {
        if self.is_jwk_set() {
            return;
        }
        let Some(url) = self.url.for_key(key_id) else { return };
        let is_first = {
            let cache = ignore_poison(self.cache.read());
            cache.get(&url).is_some_and(|cached| !cached.has_verified_token)
        };
        if is_first {
            let mut cache = ignore_poison(self.cache.write());
            cache.entry(url).and_modify(|cached| cached.has_verified_token = true);
        }
    }

    /// Returns the keys of `url` in the cache, if they may be used at `now`.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::UnknownKey`] if the server answered that it has no such key, or
    /// [`Fault::KeysUnavailable`] if it was not asked or did not answer.
    fn cached_keys(&self, url: &Url, now: Instant) -> Result<Arc<[Key]>, Fault> {
        let cache = ignore_poison(self.cache.read());
        match cache.get(url) {
            Some(cached) if cached.age(now) < self.max_age => Ok(cached.keys.clone()),
            _ if self.has_finished_attempt(url, |attempt| attempt.is_key_missing) => Err(Fault::UnknownKey),
            _ => Err(Fault::KeysUnavailable),
        }
    }

    /// Whether the keys of `url` in the cache need not be fetched again yet.
    fn are_fresh(&self, url: &Url, now: Instant) -> bool {
        let cache = ignore_poison(self.cache.read());
        cache.get(url).is_some_and(|cached| cached.age(now) < cached.fresh_for)
    }

    /// Whether the keys of `url` in the cache may be used although they are not fresh: an
    /// attempt to fetch them failed a short while ago.
    fn can_do_without(&self, url: &Url, now: Instant) -> bool {
        let cache = ignore_poison(self.cache.read());
        cache.get(url).is_some_and(|cached| {
            let is_outage =
                cached.failed_at.is_some_and(|at| now.saturating_duration_since(at) < OUTAGE_MEMORY);
            is_outage && cached.age(now) < self.max_age
        })
    }

    /// Whether there was an attempt at `url` that is not in progress and that meets
    /// `condition`.
    fn has_finished_attempt(&self, url: &Url, condition: impl FnOnce(&Attempt) -> bool) -> bool {
        let attempts = ignore_poison(self.attempts.lock());
        attempts.get(url).is_some_and(|attempt| attempt.try_lock().is_ok_and(|attempt| condition(&attempt)))
    }

    /// Fetches the keys of `url` into the cache, unless that was tried within the
    /// interval. A request that comes while another one fetches them waits for that
    /// attempt, and begins none of its own.
    ///
    /// The fetch is a task of its own: it begins at once, and goes on if nobody waits for
    /// it, so that a client that hangs up does not keep others from the keys.
    fn refresh(self: &Arc<Self>, url: &Url, now: Instant) -> impl Future<Output = ()> + use<> {
        let is_recent = |attempt: &Arc<AsyncMutex<Attempt>>| {
            attempt.try_lock().is_ok_and(|attempt| attempt.is_recent(now, self.refresh_interval))
        };
        let attempt = self.attempt(url, now).filter(|attempt| !is_recent(attempt));
        let fetch = attempt.map(|attempt| {
            let (server, url, asked_at) = (self.clone(), url.clone(), Instant::now());
            tokio::spawn(async move { server.try_fetch(attempt, &url, asked_at, now).await })
        });
        async {
            if let Some(fetch) = fetch {
                let _ = fetch.await;
            }
        }
    }

    /// Makes an attempt at `url`, unless one was made within the interval, or finished since
    /// `asked_at`.
    async fn try_fetch(&self, attempt: Arc<AsyncMutex<Attempt>>, url: &Url, asked_at: Instant, now: Instant) {
        let mut attempt = attempt.lock().await;
        let has_finished_meanwhile = attempt.finished_at.is_some_and(|finished_at| finished_at > asked_at);
        if has_finished_meanwhile || attempt.is_recent(now, self.refresh_interval) {
            return;
        }
        attempt.started_at = Some(now);
        let fetched = self.fetch(url).await;
        attempt.finished_at = Some(Instant::now());
        attempt.is_key_missing = matches!(fetched, Err(FetchError::KeyMissing(_)));
        match fetched {
            Ok(fetched) => self.add_to_cache(url, fetched, now),
            Err(error) => {
                self.note_failure(&error, url, now);
                self.warn_of(&error, url, now);
            }
        }
    }

    /// Returns the last attempt at `url`, or a new one. There is none if the cache
    /// lacks `url` and too many other URLs that it lacks were tried within the
    /// interval.
    fn attempt(&self, url: &Url, now: Instant) -> Option<Arc<AsyncMutex<Attempt>>> {
        let cache = ignore_poison(self.cache.read());
        let mut attempts = ignore_poison(self.attempts.lock());
        attempts.retain(|url, attempt| self.still_counts(attempt, now) || cache.contains_key(url));
        if let Some(attempt) = attempts.get(url) {
            return Some(attempt.clone());
        }
        let uncached = attempts.keys().filter(|url| !cache.contains_key(*url)).count();
        if uncached < MAX_KEY_URLS || cache.contains_key(url) {
            Some(attempts.entry(url.clone()).or_default().clone())
        } else {
            None
        }
    }

    /// Whether an attempt is in progress, was made within the interval, or is held by
    /// a request that waits for it.
    fn still_counts(&self, attempt: &Arc<AsyncMutex<Attempt>>, now: Instant) -> bool {
        let is_over = attempt.try_lock().is_ok_and(|attempt| !attempt.is_recent(now, self.refresh_interval));
        !is_over || Arc::strong_count(attempt) > 1
    }

    fn add_to_cache(&self, url: &Url, fetched: Fetched, fetched_at: Instant) {
        let Fetched { keys, lifetime } = fetched;
        let fresh_for = MAX_FRESH.min(self.max_age / 2).min(lifetime.unwrap_or(MAX_FRESH));
        let mut cache = ignore_poison(self.cache.write());
        let has_verified_token = cache.get(url).is_some_and(|cached| cached.has_verified_token);
        let cached =
            CachedKeys { keys: keys.into(), fetched_at, fresh_for, failed_at: None, has_verified_token };
        cache.insert(url.clone(), cached);
        if cache.len() > MAX_KEY_URLS {
            drop_oldest(&mut cache, url);
        }
    }

    /// Notes that the server is down, or drops the keys that it says it has no more.
    fn note_failure(&self, error: &FetchError, url: &Url, now: Instant) {
        let mut cache = ignore_poison(self.cache.write());
        match error {
            FetchError::Failed(_) => {
                cache.entry(url.clone()).and_modify(|cached| cached.failed_at = Some(now));
            }
            FetchError::KeyMissing(_) | FetchError::NoKeys(_) => drop(cache.remove(url)),
        }
    }

    fn warn_of(&self, error: &FetchError, url: &Url, now: Instant) {
        let (FetchError::Failed(reason) | FetchError::KeyMissing(reason) | FetchError::NoKeys(reason)) =
            error;
        warn!("The keys at {} cannot be fetched: {}.", self.url, Escaped::line(reason));
        if self.cached_keys(url, now).is_ok() {
            info_!("Those that are known stay in use.");
        } else {
            info_!("Until they can be, no token of theirs is accepted.");
        }
    }

    async fn fetch(&self, url: &Url) -> Result<Fetched, FetchError> {
        let response = self.client.get(url.clone()).send().await.map_err(describe)?;
        self.check_status(response.status())?;
        let lifetime = lifetime(response.headers());
        let text = read_text(response).await?;
        let keys = if self.is_jwk_set() { Key::from_jwks(&text) } else { Key::from_pem(&text) };
        let keys = keys.map_err(|fault| FetchError::Failed(format!("the answer {fault}")))?;
        if keys.is_empty() {
            return Err(FetchError::NoKeys(format!("the answer {NO_KEYS}")));
        }
        Ok(Fetched { keys, lifetime })
    }

    fn check_status(&self, status: StatusCode) -> Result<(), FetchError> {
        if status == StatusCode::OK {
            return Ok(());
        }
        let reason = format!("the answer is {status}");
        let is_refusal = matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE);
        if is_refusal && !self.is_jwk_set() {
            Err(FetchError::KeyMissing(reason))
        } else {
            Err(FetchError::Failed(reason))
        }
    }
}

impl CachedKeys {
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.fetched_at)
    }
}

impl Attempt {
    fn is_recent(&self, now: Instant, interval: Duration) -> bool {
        self.started_at.is_some_and(|started_at| now.saturating_duration_since(started_at) < interval)
    }
}

impl From<String> for FetchError {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// Drops the oldest keys of a cache that is too large, but not those of `newest`. Keys
/// that never verified a token go first: anybody can name a key, but only its owner can
/// sign with it.
fn drop_oldest(cache: &mut HashMap<Url, CachedKeys>, newest: &Url) {
    let others = cache.iter().filter(|(url, _)| *url != newest);
    let oldest = others.min_by_key(|(_, cached)| (cached.has_verified_token, cached.fetched_at));
    if let Some(url) = oldest.map(|(url, _)| url.clone()) {
        cache.remove(&url);
    }
}

/// Reads the body of a response, up to a limit.
async fn read_text(mut response: Response) -> Result<String, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(describe)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_RESPONSE_BYTES {
            return Err(format!("the answer is larger than {MAX_RESPONSE_BYTES} bytes").into());
        }
    }
    String::from_utf8(body).map_err(|_| "the answer is no text".to_owned().into())
}

/// Describes an error of the HTTP client and all of its causes.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
