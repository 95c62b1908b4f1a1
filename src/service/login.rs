use std::collections::BTreeSet;

use rocket::Request;
use rocket::response::Redirect;

use crate::error::Error;
use crate::policy::{Accepted, Identity};
use crate::service::Service;
use crate::session::{Held, PROXY, Sessions};
use crate::store::StoreError;
use crate::sync::Login;
use crate::user::User;
use crate::username::Username;

/// How people come in, stay, and go: by the header, by a session, or by the
/// application's own sign-in.
impl Service {
    pub(crate) fn sessions(&self) -> Option<&Sessions> {
        self.sessions.as_ref()
    }

    /// Brings the person whom the proxy vouches for in step, and the session of
    /// the request: that of the same person goes on, another's ends.
    pub(super) async fn sign_in(&self, request: &Request<'_>, accepted: &Accepted) -> Result<User, Error> {
        let identity = self.identity(accepted);
        let Some(sessions) = &self.sessions else {
            return self.synchronise(request, &identity, Login::OfHeader).await;
        };
        let held = sessions.held(sessions.presented(request)).await?;
        let is_same = held.as_ref().is_some_and(|held| held.user.username() == accepted.username.as_str());
        let login = if is_same || sessions.persistent { Login::OfSession } else { Login::OfHeader };
        let mut user = self.synchronise(request, &identity, login).await;
        self.follow(request, sessions, held.as_ref(), &identity, &mut user).await?;
        user
    }

    /// Lets the session of a request follow what its header came to.
    async fn follow(
        &self,
        request: &Request<'_>,
        sessions: &Sessions,
        held: Option<&Held>,
        identity: &Identity<'_>,
        user: &mut Result<User, Error>,
    ) -> Result<(), Error> {
        let (presented, jar) = (sessions.presented(request), request.cookies());
        match (user, held) {
            (Ok(user), Some(held)) if held.user.id() == user.id() => {
                let groups = self.rules.remembered(identity, &held.record.groups);
                sessions.go_on(held, groups).await?;
            }
            (Ok(user), _) if sessions.persistent => {
                let groups = self.rules.remembered(identity, &BTreeSet::new());
                user.last_login_at = Some(sessions.begin(presented, jar, user.id(), PROXY, groups).await?);
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
        let Some(held) = sessions.held(presented).await? else {
            sessions.forget(presented, jar);
            return Ok(None);
        };
        if held.record.source == PROXY && !sessions.persistent {
            sessions.end(presented, jar).await?;
            return Ok(None);
        }
        if let Err(refusal) = self.rules.admit(&held.user, |group| held.record.groups.contains(group)) {
            sessions.end(presented, jar).await?;
            return Err(refusal);
        }
        sessions.go_on(&held, held.record.groups.clone()).await?;
        let Held { mut user, record, .. } = held;
        self.rules.permit(&mut user, |group| record.groups.contains(group));
        Ok(Some(user))
    }

    /// The user of a name that somebody typed.
    pub(crate) async fn find_user(&self, username: &str) -> Result<Option<User>, Error> {
        let Some(username) = self.acceptance.typed(username) else { return Ok(None) };
        let user = self.store.find(&username, &[]).await?.user;
        Ok(user.map(|mut user| {
            self.rules.permit(&mut user, |_| false);
            user
        }))
    }

    /// The `id` of whom the proxy names.
    pub(crate) async fn find_id(&self, username: &Username) -> Result<Option<i64>, StoreError> {
        Ok(self.store.find(username, &[]).await?.user.map(|user| user.id()))
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
