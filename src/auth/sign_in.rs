use std::collections::BTreeSet;

use rocket::Request;
use rocket::response::Redirect;
use rocket::time::OffsetDateTime;

use super::authenticator::Authenticator;
use super::principal::Principal;
use super::verdict::Verdict;
use crate::error::Error;
use crate::policy::Event;
use crate::session::{PROXY_SOURCE, RequestSession, SessionManager, UserSession};
use crate::sync::{LoginTracking, PolicyHooks, UserSync};
use crate::user::{Field, Identity, Profile, User, Username};

/// What the guards ask for: how people come in, stay and go, by the header, by a
/// session, or by the application's own sign-in.
impl Authenticator {
    /// The user of `request`: the person for whom the proxy vouches, brought in
    /// step, or else the one whose session it has. `None` if nobody is signed in.
    pub(crate) async fn user(&self, request: &Request<'_>, verdict: &Verdict) -> Result<Option<User>, Error> {
        let user = match verdict {
            Verdict::Rejected { rejection, .. } => return Err(rejection.clone().into()),
            Verdict::Authenticated(principal) => self.sign_in(request, principal).await.map(Some),
            Verdict::Anonymous => self.resume(request).await,
        };
        if let Err(error) = &user {
            self.report_refusal(request, error).await;
        }
        user
    }

    /// Brings the person for whom the proxy vouches in step, and then the session of
    /// the request: that of the same person goes on, another's ends.
    ///
    /// A user who is deleted before the session begins is created again.
    async fn sign_in(&self, request: &Request<'_>, principal: &Principal) -> Result<User, Error> {
        match self.try_sign_in(request, principal).await {
            Err(Error::UnknownUser) => self.try_sign_in(request, principal).await?,
            outcome => outcome?,
        }
    }

    /// The outer error is about the session, the inner one about the user.
    async fn try_sign_in(
        &self,
        request: &Request<'_>,
        principal: &Principal,
    ) -> Result<Result<User, Error>, Error> {
        let identity = self.identity(principal);
        let no_groups = BTreeSet::new();
        let Some(sessions) = &self.sessions else {
            return Ok(self.synchronise(request, &identity, &no_groups, LoginTracking::ByInterval).await);
        };
        let found = sessions.find(sessions.of_request(request)).await?;
        let own = found.as_ref().filter(|found| found.user.username() == principal.username.as_str());
        let remembered_before = own.map_or(&no_groups, |own| &own.record.groups);
        let remembered = self.rules.groups_to_remember(&identity, remembered_before);
        let tracking = if own.is_some() || sessions.is_persistent {
            LoginTracking::BySession
        } else {
            LoginTracking::ByInterval
        };
        let mut user = self.synchronise(request, &identity, &remembered, tracking).await;
        self.update_session(request, sessions, found.as_ref(), remembered, &mut user).await?;
        Ok(user)
    }

    /// Lets the session of a request follow what its header came to: it goes on, it
    /// is replaced, or it ends.
    async fn update_session(
        &self,
        request: &Request<'_>,
        sessions: &SessionManager,
        found: Option<&UserSession>,
        remembered: BTreeSet<String>,
        user: &mut Result<User, Error>,
    ) -> Result<(), Error> {
        let (session, jar) = (sessions.of_request(request), request.cookies());
        match (user, found) {
            (Ok(user), Some(found)) if found.user.id() == user.id() => {
                sessions.set_groups(found, &remembered).await?;
                sessions.note_use(found).await;
            }
            (Ok(user), _) if sessions.is_persistent => {
                let begun = sessions.begin(session, jar, user.id(), PROXY_SOURCE, remembered).await?;
                user.last_login_at = Some(begun);
            }
            (Err(Error::Store(_)), _) | (_, None) => {}
            (_, Some(_)) => sessions.end(session, jar).await?,
        }
        Ok(())
    }

    /// The user whose session the request has, where the proxy names nobody.
    async fn resume(&self, request: &Request<'_>) -> Result<Option<User>, Error> {
        let Some(sessions) = &self.sessions else { return Ok(None) };
        let (session, jar) = (sessions.of_request(request), request.cookies());
        let Some(found) = sessions.find(session).await? else { return Ok(None) };
        match self.check_session(sessions, &found) {
            Ok(true) => {
                sessions.note_use(&found).await;
                let UserSession { mut user, record, .. } = found;
                self.rules.grant_permissions(&mut user, |group| record.groups.contains(group));
                Ok(Some(user))
            }
            Ok(false) => sessions.end(session, jar).await.map(|()| None),
            Err(refusal) => {
                sessions.end(session, jar).await?;
                Err(refusal)
            }
        }
    }

    /// Whether a session counts without a header.
    ///
    /// # Errors
    ///
    /// That of a user who may no longer be here.
    fn check_session(&self, sessions: &SessionManager, session: &UserSession) -> Result<bool, Error> {
        if session.record.source == PROXY_SOURCE && !sessions.is_persistent {
            return Ok(false);
        }
        self.rules.admit(&session.user, |group| session.record.groups.contains(group))?;
        Ok(true)
    }

    /// Brings a user in step with `identity`. `remembered` are the groups that the
    /// session remembers.
    async fn synchronise(
        &self,
        request: &Request<'_>,
        identity: &Identity<'_>,
        remembered: &BTreeSet<String>,
        tracking: LoginTracking,
    ) -> Result<User, Error> {
        let policy = self.policy.as_deref();
        let configure = |profile: &mut Profile, created| {
            if let Some(policy) = policy {
                policy.configure(request, profile, created);
            }
        };
        let sync = UserSync {
            identity,
            rules: &self.rules,
            hooks: policy.map(|policy| PolicyHooks { policy, configure: &configure }),
            tracking,
            remembered,
            now: OffsetDateTime::now_utc(),
        };
        let groups = sync.groups();
        let mut plan = sync.plan(self.store.find(identity.username, &groups).await?)?;
        if !plan.is_empty() {
            plan = self.store.update(identity.username, &groups, &|stored| sync.plan(stored)).await?;
        }
        if !plan.is_empty() {
            self.report(Event::of(&plan)).await;
        }
        let mut user = plan.into_user();
        self.rules.grant_permissions(&mut user, |group| sync.is_asserted(group));
        Ok(user)
    }

    /// Who a principal is here: the groups are those of this application.
    fn identity<'a>(&'a self, principal: &'a Principal) -> Identity<'a> {
        let groups = match &principal.groups {
            Field::Absent => None,
            Field::Blank => Some(BTreeSet::new()),
            Field::Value(groups) => {
                let names = self.reader.names(groups);
                Some(names.filter_map(|name| self.principals.group(name)).collect())
            }
        };
        Identity { username: &principal.username, name: &principal.name, email: &principal.email, groups }
    }

    /// The `id` of the user of a request, if somebody is signed in who may be here,
    /// by the proxy's word or by a session. Nothing is written.
    pub(crate) async fn user_id(
        &self,
        verdict: &Verdict,
        session: &RequestSession,
    ) -> Result<Option<i64>, Error> {
        if let Verdict::Authenticated(principal) = verdict {
            let identity = self.identity(principal);
            let Some(user) = self.store.find(&principal.username, &[]).await?.user else { return Ok(None) };
            self.rules.admit(&user, |group| identity.is_member(group))?;
            return Ok(Some(user.id()));
        }
        let Some(sessions) = &self.sessions else { return Ok(None) };
        match sessions.find(session).await? {
            Some(found) if self.check_session(sessions, &found)? => Ok(Some(found.user.id())),
            _ => Ok(None),
        }
    }

    pub(crate) fn sessions(&self) -> Option<&SessionManager> {
        self.sessions.as_ref()
    }

    /// The canonical form of a name that somebody typed, if it can be a user name.
    pub(crate) fn canonical(&self, username: &str) -> Option<Username> {
        self.principals.typed_username(username)
    }

    /// Finds the user of a name that somebody typed.
    pub(crate) async fn find_user(&self, username: &str) -> Result<Option<User>, Error> {
        let Some(username) = self.canonical(username) else { return Ok(None) };
        let Some(mut user) = self.store.find(&username, &[]).await?.user else { return Ok(None) };
        self.rules.grant_permissions(&mut user, |_| false);
        Ok(Some(user))
    }

    /// The `id` of a user who may sign in here, as the store has it now.
    pub(crate) async fn check_login(&self, user: &User) -> Result<i64, Error> {
        let found = self.find_user(user.username()).await?.filter(|found| found.id() == user.id());
        let found = found.ok_or(Error::UnknownUser)?;
        self.rules.admit(&found, |_| false)?;
        Ok(found.id())
    }

    /// The answer to a logout: a redirect to the proxy's own, if it has one.
    pub(crate) fn redirect_after_logout(&self) -> Redirect {
        Redirect::to(self.logout_url.clone())
    }
}
