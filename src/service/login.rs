use std::collections::BTreeSet;

use rocket::Request;
use rocket::response::Redirect;

use crate::error::Error;
use crate::policy::Accepted;
use crate::service::Service;
use crate::session::{Held, PROXY, Presented, Sessions};
use crate::sync::Login;
use crate::user::User;
use crate::username::Username;
use crate::verdict::Verdict;

/// How people come in, stay, and go: by the header, by a session, or by the
/// application's own sign-in.
impl Service {
    pub(crate) fn sessions(&self) -> Option<&Sessions> {
        self.sessions.as_ref()
    }

    /// Brings the person whom the proxy vouches for in step, and the session of
    /// the request: that of the same person goes on, another's ends.
    ///
    /// A user who is deleted before the session begins is created again.
    pub(super) async fn sign_in(&self, request: &Request<'_>, accepted: &Accepted) -> Result<User, Error> {
        match self.try_sign_in(request, accepted).await {
            Err(Error::UnknownUser) => self.try_sign_in(request, accepted).await?,
            outcome => outcome?,
        }
    }

    /// The outer error is one of the session, the inner one of the user.
    async fn try_sign_in(
        &self,
        request: &Request<'_>,
        accepted: &Accepted,
    ) -> Result<Result<User, Error>, Error> {
        let identity = self.identity(accepted);
        let nothing = BTreeSet::new();
        let Some(sessions) = &self.sessions else {
            return Ok(self.synchronise(request, &identity, &nothing, Login::OfHeader).await);
        };
        let held = sessions.held(sessions.presented(request)).await?;
        let same = held.as_ref().filter(|held| held.user.username() == accepted.username.as_str());
        let before = same.map_or(&nothing, |held| &held.record.groups);
        let remembered = self.rules.remembered(&identity, before);
        let login = match same.is_some() || sessions.persistent {
            true => Login::OfSession,
            false => Login::OfHeader,
        };
        let mut user = self.synchronise(request, &identity, &remembered, login).await;
        self.follow(request, sessions, held.as_ref(), remembered, &mut user).await?;
        Ok(user)
    }

    /// Lets the session of a request follow what its header came to.
    async fn follow(
        &self,
        request: &Request<'_>,
        sessions: &Sessions,
        held: Option<&Held>,
        remembered: BTreeSet<String>,
        user: &mut Result<User, Error>,
    ) -> Result<(), Error> {
        let (presented, jar) = (sessions.presented(request), request.cookies());
        match (user, held) {
            (Ok(user), Some(held)) if held.user.id() == user.id() => {
                sessions.remember(held, &remembered).await?;
                sessions.note_use(held).await;
            }
            (Ok(user), _) if sessions.persistent => {
                let begun = sessions.begin(presented, jar, user.id(), PROXY, remembered).await?;
                user.last_login_at = Some(begun);
            }
            (Err(Error::Store(_)), _) | (_, None) => {}
            (_, Some(_)) => sessions.end(presented, jar).await?,
        }
        Ok(())
    }

    /// The user whose session the request holds, where the proxy names nobody.
    pub(super) async fn resume(&self, request: &Request<'_>) -> Result<Option<User>, Error> {
        let Some(sessions) = &self.sessions else { return Ok(None) };
        let (presented, jar) = (sessions.presented(request), request.cookies());
        let Some(held) = sessions.held(presented).await? else { return Ok(None) };
        match self.check(sessions, &held) {
            Ok(true) => {
                sessions.note_use(&held).await;
                let Held { mut user, record, .. } = held;
                self.rules.permit(&mut user, |group| record.groups.contains(group));
                Ok(Some(user))
            }
            Ok(false) => sessions.end(presented, jar).await.map(|()| None),
            Err(refusal) => {
                sessions.end(presented, jar).await?;
                Err(refusal)
            }
        }
    }

    /// Whether a session counts without a header, and its user may be here.
    fn check(&self, sessions: &Sessions, held: &Held) -> Result<bool, Error> {
        if held.record.source == PROXY && !sessions.persistent {
            return Ok(false);
        }
        self.rules.admit(&held.user, |group| held.record.groups.contains(group))?;
        Ok(true)
    }

    /// The `id` of the user of a request, if somebody is signed in who may be
    /// here: of whom the proxy names, or else of whose session it is.
    pub(crate) async fn user_id(
        &self,
        verdict: &Verdict,
        presented: &Presented,
    ) -> Result<Option<i64>, Error> {
        if let Verdict::Somebody(accepted) = verdict {
            let identity = self.identity(accepted);
            let Some(user) = self.store.find(&accepted.username, &[]).await?.user else { return Ok(None) };
            self.rules.admit(&user, |group| identity.is_member(group))?;
            return Ok(Some(user.id()));
        }
        let Some(sessions) = &self.sessions else { return Ok(None) };
        match sessions.held(presented).await? {
            Some(held) if self.check(sessions, &held)? => Ok(Some(held.user.id())),
            _ => Ok(None),
        }
    }

    /// The canonical form of a name that somebody typed, if it can be one.
    pub(crate) fn canonical(&self, username: &str) -> Option<Username> {
        self.acceptance.typed(username)
    }

    /// The user of a name that somebody typed.
    pub(crate) async fn find_user(&self, username: &str) -> Result<Option<User>, Error> {
        let Some(username) = self.canonical(username) else { return Ok(None) };
        let user = self.store.find(&username, &[]).await?.user;
        Ok(user.map(|mut user| {
            self.rules.permit(&mut user, |_| false);
            user
        }))
    }

    /// The `id` of a user who may sign in here, as the store has it now.
    pub(crate) async fn check_login(&self, user: &User) -> Result<i64, Error> {
        let found = self.find_user(user.username()).await?.filter(|found| found.id() == user.id());
        let found = found.ok_or(Error::UnknownUser)?;
        self.rules.admit(&found, |_| false)?;
        Ok(found.id())
    }

    /// Where a logout leads: to the proxy's own, if it has one.
    pub(crate) fn after_logout(&self) -> Redirect {
        Redirect::to(self.logout_url.clone())
    }
}
