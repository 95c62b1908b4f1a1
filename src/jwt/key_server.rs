#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use rocket::{info_, warn};
use tokio::sync::Mutex;

use super::key::Key;
use super::key_url::KeyUrl;
use crate::error::Fault;
use crate::launch::LaunchError;

/// The keys of an issuer, as its server gave them out.
///
/// They are good for `max_age` without a word from the server. From half of
/// that age on, and when a token names a key that is not among them, they are
/// fetched again: each URL by one request at a time, and once in an `interval`,
/// and so many URLs at most that were made up.
#[derive(Debug)]
pub(super) struct KeyServer {
    url: KeyUrl,
    client: Client,
    max_age: Duration,
    interval: Duration,
    /// What was fetched, by its URL.
    fetched: RwLock<HashMap<Url, Fetched>>,
    attempts: StdMutex<HashMap<Url, Arc<Mutex<Attempt>>>>,
}

/// The last attempt to fetch the keys of a URL.
#[derive(Debug, Default)]
struct Attempt {
    at: Option<Instant>,
    /// When its answer was there, or was not to be.
    end: Option<Instant>,
    /// Whether the server said that it has none.
    is_missing: bool,
}

/// Why keys were not fetched.
struct FetchError {
    reason: String,
    is_missing: bool,
}

/// The keys, and when they were fetched.
#[derive(Debug, Clone)]
struct Fetched {
    keys: Arc<[Key]>,
    at: Instant,
    /// Whether one of them verified a token.
    is_proven: bool,
}

impl KeyServer {
    /// How long a fetch may take.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// How many bytes an answer may have.
    const LARGEST: usize = 262_144;

    /// How many keys are kept that have a URL each, and how many others are asked
    /// for within an interval.
    const MOST: usize = 16;

    pub(super) fn new(url: KeyUrl, max_age: u64, interval: u64) -> Result<Self, LaunchError> {
        let client = Client::builder().redirect(Policy::none()).timeout(Self::PATIENCE);
        let client = if url.is_loopback() { client.no_proxy() } else { client };
        let failed = |e| LaunchError::new(format!("no HTTP client for `{url}` can be made: {e}"));
        Ok(Self {
            client: client.build().map_err(failed)?,
            url,
            max_age: Duration::from_secs(max_age),
            interval: Duration::from_secs(interval),
            fetched: RwLock::default(),
            attempts: StdMutex::default(),
        })
    }

    /// The keys that a token which names the key `name` may be signed with, if
    /// they are good at `now`.
    pub(super) async fn keys(
        self: &Arc<Self>,
        name: Option<&str>,
        now: Instant,
    ) -> Result<Arc<[Key]>, Fault> {
        let url = self.url.for_key(name).ok_or(Fault::UnknownKey)?;
        match self.age(&url, now) {
            Some(age) if age < self.max_age / 2 => {}
            Some(age) if age < self.max_age && !self.is_due(&url, now) => {}
            Some(age) if age < self.max_age => {
                let (server, url) = (self.clone(), url.clone());
                tokio::spawn(async move { server.refresh(&url, now).await });
            }
            _ => self.refresh(&url, now).await,
        }
        self.good(&url, now)
    }

    /// The same, fetched again if that is due.
    pub(super) async fn fresh_keys(&self, name: Option<&str>, now: Instant) -> Result<Arc<[Key]>, Fault> {
        let url = self.url.for_key(name).ok_or(Fault::UnknownKey)?;
        self.refresh(&url, now).await;
        self.good(&url, now)
    }

    /// The keys of `url`, or why there are none: the server has none of that
    /// name, or it was not asked, or did not answer.
    fn good(&self, url: &Url, now: Instant) -> Result<Arc<[Key]>, Fault> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        match fetched.get(url) {
            Some(fetched) if now.saturating_duration_since(fetched.at) < self.max_age => {
                Ok(fetched.keys.clone())
            }
            _ if self.is_attempt(url, |attempt| attempt.is_missing) => Err(Fault::UnknownKey),
            _ => Err(Fault::KeysUnavailable),
        }
    }

    fn age(&self, url: &Url, now: Instant) -> Option<Duration> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        fetched.get(url).map(|fetched| now.saturating_duration_since(fetched.at))
    }

    /// Whether nobody tries to fetch the keys of `url`, or did within the
    /// interval.
    fn is_due(&self, url: &Url, now: Instant) -> bool {
        self.is_attempt(url, |attempt| !attempt.is_recent(now, self.interval))
    }

    /// Whether there was an attempt, which is over, of that kind.
    fn is_attempt(&self, url: &Url, kind: impl FnOnce(&Attempt) -> bool) -> bool {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.get(url).is_some_and(|attempt| attempt.try_lock().is_ok_and(|attempt| kind(&attempt)))
    }

    /// The attempts at `url`, unless too many others that are not known were
    /// asked for within the interval.
    fn attempt(&self, url: &Url, now: Instant) -> Option<Arc<Mutex<Attempt>>> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.retain(|url, attempt| {
            let is_over = attempt.try_lock().is_ok_and(|attempt| !attempt.is_recent(now, self.interval));
            fetched.contains_key(url) || !is_over || Arc::strong_count(attempt) > 1
        });
        let others = attempts.keys().filter(|url| !fetched.contains_key(*url)).count();
        match attempts.get(url) {
            Some(attempt) => Some(attempt.clone()),
            None if others < Self::MOST || fetched.contains_key(url) => {
                Some(attempts.entry(url.clone()).or_default().clone())
            }
            None => None,
        }
    }

    /// Fetches the keys, unless that was tried within the interval. Whoever
    /// comes while it is tried waits for it.
    async fn refresh(&self, url: &Url, now: Instant) {
        let Some(attempt) = self.attempt(url, now) else { return };
        let asked = Instant::now();
        let mut attempt = attempt.lock().await;
        if attempt.is_recent(now, self.interval) || attempt.end.is_some_and(|end| end > asked) {
            return;
        }
        attempt.at = Some(now);
        let fetched = self.fetch(url).await;
        attempt.end = Some(Instant::now());
        attempt.is_missing = fetched.as_ref().is_err_and(|failure| failure.is_missing);
        match fetched {
            Ok(keys) => self.keep(url, keys.into(), now),
            Err(FetchError { reason, .. }) => {
                warn!("The keys at {} cannot be fetched: {}.", self.url, reason);
                match self.good(url, now) {
                    Ok(_) => info_!("Those that are known stay in use."),
                    Err(_) => info_!("Until they can be, no token of theirs is accepted."),
                }
            }
        }
    }

    /// Keeps what was fetched, in the place of the oldest if there is much, and
    /// of one that verified nothing yet if there is such a one: anybody can
    /// name a key, and only its owner can sign with it.
    fn keep(&self, url: &Url, keys: Arc<[Key]>, at: Instant) {
        let mut kept = self.fetched.write().unwrap_or_else(PoisonError::into_inner);
        let is_proven = kept.get(url).is_some_and(|fetched| fetched.is_proven);
        kept.insert(url.clone(), Fetched { keys, at, is_proven });
        if kept.len() > Self::MOST {
            let others = kept.iter().filter(|(other, _)| *other != url);
            let least = others.min_by_key(|(_, fetched)| (fetched.is_proven, fetched.at));
            let least = least.map(|(url, _)| url.clone());
            least.map(|url| kept.remove(&url));
        }
    }

    /// Notes that a token which names the key `name` was verified. The keys of a
    /// set are kept together, and nothing takes their place.
    pub(super) fn prove(&self, name: Option<&str>) {
        if self.is_set() {
            return;
        }
        let Some(url) = self.url.for_key(name) else { return };
        let is_new = {
            let kept = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
            kept.get(&url).is_some_and(|fetched| !fetched.is_proven)
        };
        if is_new {
            let mut kept = self.fetched.write().unwrap_or_else(PoisonError::into_inner);
            kept.entry(url).and_modify(|fetched| fetched.is_proven = true);
        }
    }

    /// Whether all keys are fetched together, so that one that is not known may
    /// be among them by now.
    pub(super) fn is_set(&self) -> bool {
        matches!(self.url, KeyUrl::Set(_))
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<Key>, FetchError> {
        let response = self.client.get(url.clone()).send().await;
        let mut response = response.map_err(causes)?;
        if response.status() != StatusCode::OK {
            let is_answer = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::GONE];
            let is_missing = matches!(self.url, KeyUrl::Each(_)) && is_answer.contains(&response.status());
            return Err(FetchError { reason: format!("the answer is {}", response.status()), is_missing });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(causes)? {
            body.extend_from_slice(&chunk);
            if body.len() > Self::LARGEST {
                return Err(format!("the answer is larger than {} bytes", Self::LARGEST).into());
            }
        }
        let text = String::from_utf8(body).map_err(|_| "the answer is no text".to_owned())?;
        let keys = match self.url {
            KeyUrl::Set(_) => Key::from_jwks(&text),
            KeyUrl::Each(_) => Key::from_pem(&text),
        };
        keys.map_err(|fault| format!("the answer {fault}").into())
    }
}

impl Attempt {
    fn is_recent(&self, now: Instant, interval: Duration) -> bool {
        self.at.is_some_and(|at| now.saturating_duration_since(at) < interval)
    }
}

impl From<String> for FetchError {
    fn from(reason: String) -> Self {
        Self { reason, is_missing: false }
    }
}

/// What went wrong, down to its cause.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
