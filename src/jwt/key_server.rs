use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use rocket::{info_, warn};
use tokio::sync::Mutex;

use super::Key;
use crate::launch::Abort;

/// The keys of an issuer, as its server gave them out.
///
/// They are good for `max_age` without a word from the server. From half of
/// that age on, and when a token names a key that is not among them, they are
/// fetched again: by one request at a time, and once in an `interval`.
#[derive(Debug)]
pub(super) struct KeyServer {
    url: Url,
    client: Client,
    max_age: Duration,
    interval: Duration,
    fetched: RwLock<Option<Fetched>>,
    attempted: Mutex<Option<Instant>>,
}

/// The keys, and when they were fetched.
#[derive(Debug, Clone)]
struct Fetched {
    keys: Arc<[Key]>,
    at: Instant,
}

impl KeyServer {
    /// How long a fetch may take.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// How many bytes a key set may have.
    const LARGEST: usize = 262_144;

    pub(super) fn new(url: Url, max_age: u64, interval: u64) -> Result<Self, Abort> {
        let client = Client::builder().redirect(Policy::none()).timeout(Self::PATIENCE).build();
        let failed = |e| Abort::new(format!("no HTTP client for `{url}` can be made: {e}"));
        Ok(Self {
            client: client.map_err(failed)?,
            url,
            max_age: Duration::from_secs(max_age),
            interval: Duration::from_secs(interval),
            fetched: RwLock::default(),
            attempted: Mutex::default(),
        })
    }

    /// The keys that are good at `now`, if there are any.
    pub(super) async fn keys(self: &Arc<Self>, now: Instant) -> Option<Arc<[Key]>> {
        match self.age(now) {
            Some(age) if age < self.max_age / 2 => {}
            Some(age) if age < self.max_age && !self.is_due(now) => {}
            Some(age) if age < self.max_age => {
                let server = self.clone();
                tokio::spawn(async move { server.refresh(now).await });
            }
            _ => self.refresh(now).await,
        }
        self.good(now)
    }

    /// The keys that are good at `now`, fetched again if that is due.
    pub(super) async fn fresh_keys(&self, now: Instant) -> Option<Arc<[Key]>> {
        self.refresh(now).await;
        self.good(now)
    }

    fn good(&self, now: Instant) -> Option<Arc<[Key]>> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        let good =
            fetched.as_ref().filter(|fetched| now.saturating_duration_since(fetched.at) < self.max_age);
        good.map(|fetched| fetched.keys.clone())
    }

    fn age(&self, now: Instant) -> Option<Duration> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        fetched.as_ref().map(|fetched| now.saturating_duration_since(fetched.at))
    }

    /// Whether nobody tries to fetch the keys, or did within the interval.
    fn is_due(&self, now: Instant) -> bool {
        self.attempted.try_lock().is_ok_and(|attempted| !self.is_recent(*attempted, now))
    }

    fn is_recent(&self, attempted: Option<Instant>, now: Instant) -> bool {
        attempted.is_some_and(|at| now.saturating_duration_since(at) < self.interval)
    }

    /// Fetches the keys, unless that was tried within the interval. Whoever
    /// comes while it is tried waits for it.
    async fn refresh(&self, now: Instant) {
        let mut attempted = self.attempted.lock().await;
        if self.is_recent(*attempted, now) {
            return;
        }
        *attempted = Some(now);
        match self.fetch().await {
            Ok(keys) => {
                let fetched = Fetched { keys: keys.into(), at: now };
                *self.fetched.write().unwrap_or_else(PoisonError::into_inner) = Some(fetched);
            }
            Err(reason) => {
                warn!("The keys at {} cannot be fetched: {}.", self.url, reason);
                match self.good(now) {
                    Some(_) => info_!("Those that are known stay in use."),
                    None => info_!("Until they can be, a token is answered with 503."),
                }
            }
        }
    }

    async fn fetch(&self) -> Result<Vec<Key>, String> {
        let response = self.client.get(self.url.clone()).send().await;
        let mut response = response.map_err(|e| e.without_url().to_string())?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(format!("the answer is {}", response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| e.without_url().to_string())? {
            body.extend_from_slice(&chunk);
            if body.len() > Self::LARGEST {
                return Err(format!("the answer is larger than {} bytes", Self::LARGEST));
            }
        }
        let text = String::from_utf8(body).map_err(|_| "the answer is no text".to_owned())?;
        Key::of_jwks(&text).map_err(|fault| format!("the answer {fault}"))
    }
}
