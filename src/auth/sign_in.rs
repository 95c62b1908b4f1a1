//! The half of an authenticator that the guards use: it resolves a request to a user.
//!
//! Within this folder it depends on `answer_cache`, `authenticator`, `personal`, `principal`,
//! `request_notes` and `verdict`.

use std::collections::BTreeSet;
use std::sync::Arc;

use rocket::Request;
use rocket::response::Redirect;
use rocket::time::OffsetDateTime;

use super::answer_cache::{KeptAnswers, KeptUser};
use super::authenticator::Authenticator;
use super::personal::PersonalAnswer;
use super::principal::Principal;
use super::request_notes::RequestNotes;
use super::verdict::Verdict;
use crate::error::{Error, Refusals, StoreError};
use crate::policy::Event;
use crate::session::{PROXY_SOURCE, RequestSession, SessionManager, UserSession};
use crate::store::Stamped;
use crate::sync::{LoginTracking, PolicyHooks, UserSync};
use crate::user::{Identity, Plan, Profile, Stored, User, Username};

/// A stored user who is signed in, or tries to be.
pub(crate) struct SignedIn {
    pub(crate) user_id: i64,
    /// Whether the rules let the user in. The error says why not.
    pub(crate) admission: Result<(), Error>,
}

/// What came of bringing a user in step.
struct Synchronised {
    user_id: i64,
    /// The user, if the rules let the user in. The error says why not.
    admission: Result<Arc<User>, Error>,
}

/// The steps that the guards ask for: people sign in by the header of the proxy or by
/// the application's own form, stay by a session, and sign out.
impl Authenticator {
    /// Finds the user of `request`, at most once for each request, however many ask: the
    /// person the proxy names, or else the person whose session the request carries.
    /// Returns `None` if nobody is signed in.
    ///
    /// # Errors
    ///
    /// Returns the reason why the request, or its user, is refused, or was not judged. The
    /// caller reports it.
    pub(crate) async fn user(&self, request: &Request<'_>) -> Result<Option<Arc<User>>, Error> {
        let verdict = Verdict::of(request).ok_or(Error::Unjudged)?;
        RequestNotes::of(request).user.get_or_init(|| self.resolve(request, verdict)).await.clone()
    }

    /// Resolves the verdict on a request to a user.
    async fn resolve(&self, request: &Request<'_>, verdict: &Verdict) -> Result<Option<Arc<User>>, Error> {
        let user = match verdict {
            Verdict::Rejected(error) => return Err(error.clone()),
            Verdict::Authenticated(principal) => self.sign_in(request, principal).await.map(Some),
            Verdict::Anonymous { is_peer_trusted } if self.sessions.is_some() => {
                Box::pin(self.resume(request, *is_peer_trusted)).await
            }
            Verdict::Anonymous { .. } => Ok(None),
        };
        if !matches!(user, Ok(None)) {
            PersonalAnswer::of(request).note();
        }
        user
    }

    /// Signs in the person the proxy names: first the user follows the proxy, and then
    /// the session of the request follows the user.
    async fn sign_in(&self, request: &Request<'_>, principal: &Arc<Principal>) -> Result<Arc<User>, Error> {
        let kept = KeptAnswers::new(self.cache.as_ref());
        let Some(sessions) = &self.sessions else {
            let no_groups = BTreeSet::new();
            let tracking = LoginTracking::ByInterval;
            return self.synchronise(request, principal, &no_groups, tracking, &kept).await?.admission;
        };
        if let Some(user) = Box::pin(self.sign_in_with_session(request, sessions, principal, &kept)).await? {
            return Ok(user);
        }
        // The user was deleted meanwhile: a second attempt treats the person as new.
        let nothing_kept = KeptAnswers::new(None);
        let user = Box::pin(self.sign_in_with_session(request, sessions, principal, &nothing_kept)).await?;
        user.ok_or(Error::UnknownUser)
    }

    /// Makes one attempt to sign in. Returns `None` if the user was deleted before the
    /// session began.
    async fn sign_in_with_session(
        &self,
        request: &Request<'_>,
        sessions: &SessionManager,
        principal: &Arc<Principal>,
        kept: &KeptAnswers<'_>,
    ) -> Result<Option<Arc<User>>, Error> {
        let identity = principal.identity();
        let (session, jar) = (sessions.of_request(request, true), request.cookies());
        let found = self.find_sessions(sessions, session, kept).await?;
        let own_session = own_session(&found, &identity);

        let remembered = self.groups_to_remember(&identity, own_session);
        let tracking = if own_session.is_some() || sessions.begins_at(request.uri()) {
            LoginTracking::BySession
        } else {
            LoginTracking::ByInterval
        };

        let synchronised = match self.synchronise(request, principal, &remembered, tracking, kept).await {
            Ok(synchronised) => synchronised,
            Err(error) => {
                let is_refusal = !matches!(error, Error::Store(_));
                if is_refusal && !found.is_empty() {
                    sessions.end(session, jar).await?;
                }
                return Err(error);
            }
        };
        let mut user = match synchronised.admission {
            Ok(user) => user,
            Err(refusal) => {
                sessions.end_refused(session, jar, synchronised.user_id).await?;
                return Err(refusal);
            }
        };
        match self.update_session(request, sessions, &found, remembered, &mut user, kept).await {
            Ok(()) => Ok(Some(user)),
            Err(Error::UnknownUser) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Finds the sessions of a request that have not expired, as
    /// [`SessionManager::find_all`] does, unless what is kept answers.
    async fn find_sessions(
        &self,
        sessions: &SessionManager,
        session: &RequestSession,
        kept: &KeptAnswers<'_>,
    ) -> Result<Vec<UserSession>, StoreError> {
        let only = session.only();
        if let Some(hash) = &only
            && let Some(found) = kept.session(hash).await
            && sessions.goes_on(&found.record)
        {
            return Ok(vec![UserSession::clone(&found)]);
        }
        let found = sessions.find_all(session).await?;
        if let (Some(_), [only]) = (only, &*found) {
            kept.keep_session(only);
        }
        Ok(found)
    }

    /// Updates the sessions that were found of a request whose header signed `user` in. The
    /// newest one of that user goes on, and those of others end. If there is none, a new one
    /// replaces them if the header begins one here, and they end if it does not.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UnknownUser`] if the user was deleted before the new session
    /// began, and [`Error::Store`] if the store is out of reach.
    async fn update_session(
        &self,
        request: &Request<'_>,
        sessions: &SessionManager,
        found: &[UserSession],
        remembered: BTreeSet<String>,
        user: &mut Arc<User>,
        kept: &KeptAnswers<'_>,
    ) -> Result<(), Error> {
        let (session, jar) = (sessions.of_request(request, true), request.cookies());
        if let Some(own) = found.iter().rfind(|found| found.user.id() == user.id()) {
            sessions.end_foreign(found, user.id()).await?;
            sessions.set_groups(own, &remembered).await?;
            note_use(sessions, own, kept).await;
        } else if sessions.begins_at(request.uri()) {
            let begun = sessions.begin(session, jar, user.id(), PROXY_SOURCE, remembered).await?;
            Arc::make_mut(user).last_login_at = Some(begun);
        } else if !found.is_empty() {
            sessions.end(session, jar).await?;
        }
        Ok(())
    }

    /// Makes the stored user follow the person whom the proxy names, creating the user if
    /// there is none. `remembered` are the groups that the session remembers.
    ///
    /// # Errors
    ///
    /// Returns the error of the rule that refuses somebody who is not stored, or
    /// [`Error::Store`] if the store is out of reach.
    async fn synchronise(
        &self,
        request: &Request<'_>,
        principal: &Arc<Principal>,
        remembered: &BTreeSet<String>,
        tracking: LoginTracking,
        kept: &KeptAnswers<'_>,
    ) -> Result<Synchronised, Error> {
        let policy = self.policy.as_deref();
        let configure = |profile: &mut Profile, created| {
            if let Some(policy) = policy {
                policy.configure(request, profile, created);
            }
        };
        let sync = UserSync {
            identity: &principal.identity(),
            rules: &self.rules,
            hooks: policy.map(|policy| PolicyHooks { policy, configure: &configure }),
            tracking,
            remembered,
            now: OffsetDateTime::now_utc(),
        };
        if let Some(user) = self.unchanged(&sync, principal, kept).await {
            return Ok(Synchronised { user_id: user.id(), admission: Ok(user) });
        }
        // In a box, because a request of somebody who is kept need not have the room for it.
        Box::pin(self.synchronise_anew(&sync, principal, kept)).await
    }

    /// Makes the stored user follow, as [`synchronise`](Self::synchronise) does, by what is
    /// stored now.
    async fn synchronise_anew(
        &self,
        sync: &UserSync<'_>,
        principal: &Arc<Principal>,
        kept: &KeptAnswers<'_>,
    ) -> Result<Synchronised, Error> {
        let groups = sync.groups();
        let Stamped { stored, stamp } = match kept.stamped_store() {
            Some(store) => store.find_stamped(&principal.username, &groups).await?,
            None => Stamped { stored: self.store.find(&principal.username, &groups).await?, stamp: None },
        };
        let stored_to_keep =
            if stamp.is_some() && !sync.is_pure() { Some(Box::new(stored.clone())) } else { None };
        let mut plan = sync.plan(stored)?;
        let mut is_unchanged = plan.is_empty();
        if !plan.is_empty() {
            plan = self.store.update(&principal.username, &groups, &|stored| sync.plan(stored)).await?;
        }
        if !plan.is_empty() {
            self.report(Event::of(&plan)).await;
            is_unchanged = false;
        }
        let user_id = plan.user.id();
        let admission = plan.into_admitted().map(Arc::new).map(|mut user| {
            self.rules.grant_permissions(&mut user, |group| sync.is_asserted(group));
            user
        });
        if let (true, Ok(user), Some(stamp)) = (is_unchanged, &admission, stamp) {
            kept.keep_user(KeptUser {
                principal: principal.clone(),
                remembered: sync.remembered.clone(),
                stored: stored_to_keep,
                user: user.clone(),
                stamp,
            });
        }
        Ok(Synchronised { user_id, admission })
    }

    /// Returns the user as the last request found it, if nothing has changed since then and
    /// nothing is to be changed now. Hooks that are not pure are asked again.
    async fn unchanged(
        &self,
        sync: &UserSync<'_>,
        principal: &Arc<Principal>,
        kept: &KeptAnswers<'_>,
    ) -> Option<Arc<User>> {
        let found = kept.user(principal, sync.remembered).await?;
        let Some(stored) = &found.stored else {
            return if sync.is_login_due(found.user.last_login_at) { None } else { Some(found.user.clone()) };
        };
        let plan = sync.plan(Stored::clone(stored)).ok()?;
        if !plan.is_empty() {
            return None;
        }
        let mut user = Arc::new(plan.into_admitted().ok()?);
        self.rules.grant_permissions(&mut user, |group| sync.is_asserted(group));
        Some(user)
    }

    /// Resumes the session of a request in which the proxy names nobody. A session that
    /// no longer counts ends.
    ///
    /// # Errors
    ///
    /// Returns the error of the rule that refuses the user, or [`Error::Store`] if the
    /// store is out of reach.
    async fn resume(&self, request: &Request<'_>, is_peer_trusted: bool) -> Result<Option<Arc<User>>, Error> {
        let Some(sessions) = &self.sessions else { return Ok(None) };
        let kept = KeptAnswers::new(self.cache.as_ref());
        let (session, jar) = (sessions.of_request(request, is_peer_trusted), request.cookies());
        let found = self.find_sessions(sessions, session, &kept).await?;
        let Some(found) = SessionManager::choose(found) else { return Ok(None) };
        if !sessions.counts_without_header(&found.record) {
            sessions.end(session, jar).await?;
            return Ok(None);
        }
        Refusals::of(request).set_username(found.user.username());
        if let Err(refusal) = self.admit_by_session(&found) {
            sessions.end_refused(session, jar, found.user.id()).await?;
            return Err(refusal);
        }
        note_use(sessions, &found, &kept).await;
        let UserSession { mut user, record, .. } = found;
        self.rules.grant_permissions(&mut user, |group| self.rules.is_remembered(&record.groups, group));
        Ok(Some(user))
    }

    /// Checks that the user of a session may still use the application.
    fn admit_by_session(&self, session: &UserSession) -> Result<(), Error> {
        self.rules.admit(&session.user, |group| self.rules.is_remembered(&session.record.groups, group))
    }

    /// Whether anybody is signed in, or could be signed out: the proxy names a person, or the
    /// request sent a session, be it one of several people's or of somebody who may not sign
    /// in. Nothing is written.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Store`] if the store is out of reach.
    pub(super) async fn is_signed_in(&self, request: &Request<'_>, verdict: &Verdict) -> Result<bool, Error> {
        let (Verdict::Anonymous { is_peer_trusted }, Some(sessions)) = (verdict, &self.sessions) else {
            return Ok(matches!(verdict, Verdict::Authenticated(_)));
        };
        let session = sessions.of_request(request, *is_peer_trusted);
        if self.signed_in(verdict, session, Refusals::of(request)).await?.is_some() {
            return Ok(true);
        }
        Ok(sessions.has_too_many(session) || !sessions.find_all(session).await?.is_empty())
    }

    /// Takes from the stored user of the person whom the proxy names what a sign-in would take
    /// from somebody whom the rules refuse. It is for requests that sign nobody in, and gives
    /// nothing. Of the hooks, the one that configures a profile is not asked.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Store`] if the store is out of reach.
    pub(crate) async fn take_from_refused(&self, principal: &Principal) -> Result<(), Error> {
        let (identity, no_groups) = (principal.identity(), BTreeSet::new());
        let configure = |_: &mut Profile, _: bool| {};
        let sync = UserSync {
            identity: &identity,
            rules: &self.rules,
            hooks: self.policy.as_deref().map(|policy| PolicyHooks { policy, configure: &configure }),
            tracking: LoginTracking::BySession,
            remembered: &no_groups,
            now: OffsetDateTime::now_utc(),
        };
        let plan_of_refused = |stored: Stored| {
            let plan = sync.plan(stored)?;
            if plan.refusal.is_some() { Ok(plan) } else { Ok(Plan { changes: Vec::new(), ..plan }) }
        };
        let Some(user) = self.store.find(identity.username, &[]).await?.user else { return Ok(()) };
        if plan_of_refused(Stored { user: Some(user), groups: BTreeSet::new() })?.is_empty() {
            return Ok(());
        }
        let plan = self.store.update(identity.username, &[], &plan_of_refused).await?;
        if !plan.is_empty() {
            self.report(Event::of(&plan)).await;
        }
        Ok(())
    }

    /// Finds the user of a request, by the proxy's header or by the session, without a
    /// write. Returns `None` if nobody is signed in, or if the person is not stored yet.
    /// `refusals` are told whose session it is.
    ///
    /// # Errors
    ///
    /// Returns a [`StoreError`] if the store is out of reach.
    pub(crate) async fn signed_in(
        &self,
        verdict: &Verdict,
        session: &RequestSession,
        refusals: &Refusals,
    ) -> Result<Option<SignedIn>, StoreError> {
        if let Verdict::Authenticated(principal) = verdict {
            return self.signed_in_by_header(principal, session).await;
        }
        let Some(sessions) = &self.sessions else { return Ok(None) };
        let Some(found) = sessions.find(session).await? else { return Ok(None) };
        if !sessions.counts_without_header(&found.record) {
            return Ok(None);
        }
        refusals.set_username(found.user.username());
        Ok(Some(SignedIn { user_id: found.user.id(), admission: self.admit_by_session(&found) }))
    }

    /// Finds the stored user of the person whom the proxy names, and plans whether a sign-in
    /// would let the user in.
    async fn signed_in_by_header(
        &self,
        principal: &Principal,
        session: &RequestSession,
    ) -> Result<Option<SignedIn>, StoreError> {
        let identity = principal.identity();
        let found = match &self.sessions {
            Some(sessions) => sessions.find_all(session).await?,
            None => Vec::new(),
        };
        let Some(user) = self.store.find(identity.username, &[]).await?.user else { return Ok(None) };
        let user_id = user.id();
        let sync = UserSync {
            identity: &identity,
            rules: &self.rules,
            hooks: None,
            tracking: LoginTracking::BySession,
            remembered: &self.groups_to_remember(&identity, own_session(&found, &identity)),
            now: OffsetDateTime::now_utc(),
        };
        let plan = sync.plan(Stored { user: Some(user), groups: BTreeSet::new() });
        Ok(Some(SignedIn { user_id, admission: plan.and_then(Plan::into_admitted).map(drop) }))
    }

    /// Returns the groups that the session of a sign-in must remember. `own_session` is the
    /// one that the request has already.
    fn groups_to_remember(
        &self,
        identity: &Identity<'_>,
        own_session: Option<&UserSession>,
    ) -> BTreeSet<String> {
        let no_groups = BTreeSet::new();
        let before = own_session.map_or(&no_groups, |own_session| &own_session.record.groups);
        self.rules.groups_to_remember(identity, before)
    }

    /// The manager of the sessions, if sessions are configured.
    pub(crate) fn sessions(&self) -> Option<&SessionManager> {
        self.sessions.as_ref()
    }

    /// Makes a name that somebody typed canonical. Returns `None` if it cannot be a user
    /// name.
    pub(crate) fn canonical(&self, username: &str) -> Option<Username> {
        self.principal_mapper.typed_username(username)
    }

    /// Finds the user of a name that somebody typed.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Store`] if the store is out of reach.
    pub(crate) async fn find_user(&self, username: &str) -> Result<Option<User>, Error> {
        let Some(username) = self.canonical(username) else { return Ok(None) };
        let Some(user) = self.store.find(&username, &[]).await?.user else { return Ok(None) };
        let mut user = Arc::new(user);
        self.rules.grant_permissions(&mut user, |_| false);
        Ok(Some(Arc::unwrap_or_clone(user)))
    }

    /// Checks that `user` may sign in by the application's own form, as the store has the
    /// user now.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UnknownUser`] if the store has no such user, or another one of
    /// that name; or [`Error::Store`] if the store is out of reach.
    pub(crate) async fn check_login(&self, user: &User) -> Result<SignedIn, Error> {
        let found = self.find_user(user.username()).await?.filter(|found| found.id() == user.id());
        let found = found.ok_or(Error::UnknownUser)?;
        Ok(SignedIn { user_id: found.id(), admission: self.rules.admit(&found, |_| false) })
    }

    /// Redirects to the proxy's own logout after a logout here, or to `/` if `logout_url`
    /// is not configured.
    pub(crate) fn redirect_after_logout(&self) -> Redirect {
        Redirect::to(self.logout_url.clone())
    }
}

/// Records that a session was used, if it is time to, and keeps its new times.
async fn note_use(sessions: &SessionManager, session: &UserSession, kept: &KeptAnswers<'_>) {
    if let Some(used) = sessions.note_use(session).await {
        kept.keep_session(&used);
    }
}

/// Returns the newest of the sessions that were `found` of a request, of those that are of
/// the person whom the proxy names.
fn own_session<'a>(found: &'a [UserSession], identity: &Identity<'_>) -> Option<&'a UserSession> {
    found.iter().rfind(|found| found.user.username() == identity.username.as_str())
}
