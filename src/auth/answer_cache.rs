//! What was found of people, kept for as long as nothing has changed.
//!
//! Within this folder it depends on `cache_config` and `principal`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::OnceCell;

use super::cache_config::CacheTable;
use super::principal::Principal;
use crate::error::StoreError;
use crate::session::{TokenHash, UserSession};
use crate::store::{SharedReading, Staleness, StampedStore};
use crate::user::{Revisions, Stamp, Stored, User, Username};

/// Keeps what was found of users and sessions between two requests.
///
/// Nothing that is kept is used unless the [`Revisions`] confirm it, which are read after the
/// request came. So a request sees every change that was committed before it, whoever made it.
/// Nothing is kept of somebody who was refused.
pub(crate) struct AnswerCache {
    store: Arc<dyn StampedStore>,
    /// How long before a request its revisions may have been read.
    staleness: Duration,
    revisions: SharedReading<Option<Arc<Revisions>>>,
    users: Cache<Username, Arc<KeptUser>>,
    sessions: Cache<TokenHash, Arc<UserSession>>,
}

/// A user who was let in, and for whom nothing was to be changed.
pub(crate) struct KeptUser {
    /// Whom the proxy named.
    pub(super) principal: Arc<Principal>,
    /// The groups that the session remembered.
    pub(super) remembered: BTreeSet<String>,
    /// What the store had, for hooks that must be asked again. There are none mostly, so it is
    /// not in the room of each.
    pub(super) stored: Option<Box<Stored>>,
    /// The user, with the permissions that the configuration grants.
    pub(super) user: Arc<User>,
    pub(super) stamp: Stamp,
}

impl AnswerCache {
    /// Creates a cache of what `store` has.
    pub(crate) fn new(config: &CacheTable, store: Arc<dyn StampedStore>) -> Self {
        Self {
            store,
            staleness: config.staleness(),
            revisions: SharedReading::new(),
            users: Cache::new(config.users),
            sessions: Cache::new(config.users),
        }
    }

    pub(super) fn store(&self) -> &dyn StampedStore {
        &*self.store
    }

    /// Reads the revisions, or shares the reading of other requests.
    async fn revisions(&self) -> Option<Arc<Revisions>> {
        let staleness = Staleness { limit: self.staleness, changes: self.store.changes() };
        let read = async || Ok::<_, StoreError>(self.store.revisions().await?.map(Arc::new));
        self.revisions.get(staleness, self.store.time_limit(), read).await.flatten()
    }
}

/// What is kept, for one request, whose revisions are read once at most.
pub(crate) struct KeptAnswers<'a> {
    cache: Option<&'a AnswerCache>,
    revisions: OnceCell<Option<Arc<Revisions>>>,
}

impl<'a> KeptAnswers<'a> {
    /// What `cache` keeps, for a request that came just now.
    pub(super) fn new(cache: Option<&'a AnswerCache>) -> Self {
        Self { cache, revisions: OnceCell::new() }
    }

    /// The store that tells with which revisions it found a user, if there is a cache.
    pub(super) fn stamped_store(&self) -> Option<&'a dyn StampedStore> {
        self.cache.map(AnswerCache::store)
    }

    /// Returns what is kept of the person whom the proxy names, if it was the same person in
    /// every respect, and nothing has changed since then.
    pub(super) async fn user(
        &self,
        principal: &Arc<Principal>,
        remembered: &BTreeSet<String>,
    ) -> Option<Arc<KeptUser>> {
        let cache = self.cache?;
        let kept = cache.users.get(&principal.username)?;
        if kept.principal != *principal || kept.remembered != *remembered {
            return None;
        }
        if self.confirm(&kept.stamp).await {
            return Some(kept);
        }
        cache.users.remove(&principal.username);
        None
    }

    pub(super) fn keep_user(&self, user: KeptUser) {
        if let Some(cache) = self.cache {
            self.note_found(cache, &user.stamp);
            cache.users.insert(user.principal.username.clone(), Arc::new(user));
        }
    }

    /// Returns what is kept of a session, if nothing has changed since then. Its times are
    /// those of when it was found, or was last noted to be in use here.
    pub(super) async fn session(&self, hash: &TokenHash) -> Option<Arc<UserSession>> {
        let cache = self.cache?;
        let kept = cache.sessions.get(hash)?;
        if self.confirm(kept.stamp.as_ref()?).await {
            return Some(kept);
        }
        cache.sessions.remove(hash);
        None
    }

    pub(super) fn keep_session(&self, session: &UserSession) {
        if let (Some(cache), Some(stamp)) = (self.cache, &session.stamp) {
            self.note_found(cache, stamp);
            cache.sessions.insert(session.hash.clone(), Arc::new(session.clone()));
        }
    }

    /// Whether what was found with `stamp` is what the store has now.
    async fn confirm(&self, stamp: &Stamp) -> bool {
        let Some(cache) = self.cache else { return false };
        let revisions = self.revisions.get_or_init(|| cache.revisions()).await;
        revisions.as_ref().is_some_and(|revisions| revisions.confirm(stamp))
    }

    /// Forgets revisions that are known to be old, because something was found with others.
    fn note_found(&self, cache: &AnswerCache, stamp: &Stamp) {
        if let Some(Some(revisions)) = self.revisions.get()
            && !revisions.confirm(stamp)
        {
            cache.revisions.forget();
        }
    }
}
