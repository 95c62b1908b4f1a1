//! The request guards: [`RemoteUser`], and those that are built on it.

mod flags;
mod member;
mod permitted;
mod sentinel;
mod visitor;

use std::ops::Deref;
use std::sync::Arc;

use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use tokio::sync::OnceCell;

use crate::error::Error;
use crate::fairing::RemoteUserFairing;
use crate::service::Service;
use crate::user::User;
use crate::verdict::Verdict;

pub use flags::{Staff, Superuser};
pub use member::{Group, Member};
pub use permitted::{Permission, Permitted};
pub use visitor::Visitor;

/// The user who is signed in, by the proxy or by a session: a request guard, and
/// a cheap handle of the [`User`].
///
/// The user is brought in step once a request, however many guards ask.
///
/// | the request | outcome |
/// |---|---|
/// | a user | success |
/// | nobody signed in | forward, 401 |
/// | refused by the fairing | error, 400 or 403 |
/// | a user who is unknown, inactive or denied | error, 403 |
/// | the store is out of reach | error, 503 |
/// | not judged by the fairing | error, 500 |
///
/// `Option<RemoteUser>` is `None` for every row but the first: take
/// [`Visitor`] where a refusal or an outage should stay one.
#[derive(Debug, Clone)]
pub struct RemoteUser(Arc<User>);

impl RemoteUser {
    /// The fairing that makes the guards work. Its store is a database of its
    /// own, `[default.databases.remote_user]`, unless it is given another.
    pub fn fairing() -> RemoteUserFairing {
        RemoteUserFairing::new()
    }

    /// The user of `request`, resolved at most once; `None` if nobody signed
    /// in.
    async fn of(request: &Request<'_>) -> Result<Option<RemoteUser>, Error> {
        let service = request.rocket().state::<Service>().ok_or(Error::Unjudged)?;
        let verdict = Verdict::of(request).ok_or(Error::Unjudged)?;
        let resolution: &OnceCell<Result<Option<RemoteUser>, Error>> = request.local_cache(OnceCell::new);
        let resolve = async || Ok(service.user(request, verdict).await?.map(|user| RemoteUser(user.into())));
        resolution.get_or_init(resolve).await.clone()
    }

    /// Lets the user of `request` in, if `check` does.
    async fn admit(
        request: &Request<'_>,
        check: impl FnOnce(&User) -> Result<(), Error>,
    ) -> Outcome<RemoteUser, Error> {
        let admitted = Self::of(request).await.and_then(|user| match user {
            Some(user) => check(&user).map(|()| Some(user)),
            None => Ok(None),
        });
        match admitted {
            Ok(Some(user)) => Outcome::Success(user),
            Ok(None) => Outcome::Forward(Status::Unauthorized),
            Err(error) => {
                error.note(request);
                Outcome::Error((error.status(), error))
            }
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for RemoteUser {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        Self::admit(request, |_| Ok(())).await
    }
}

impl Deref for RemoteUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}
