use std::ops::Deref;
use std::sync::Arc;

use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use tokio::sync::OnceCell;

use super::sentinel::abort_without_fairing;
use crate::auth::{Authenticator, Verdict};
use crate::error::Error;
use crate::fairing::RemoteUserFairing;
use crate::user::User;

/// The user who is signed in, by the proxy or by a session: a request guard, and
/// a cheap handle of the [`User`].
///
/// The user is brought in step once a request, however many guards ask.
///
/// | the request | outcome |
/// |---|---|
/// | a user | success |
/// | nobody signed in | forward, 401 |
/// | refused by the fairing | error, 400, 403 or 503 |
/// | a user who is unknown, inactive or denied | error, 403 |
/// | the store is out of reach | error, 503 |
/// | not judged by the fairing | error, 500 |
///
/// `Option<RemoteUser>` is `None` for every row but the first: take
/// [`Visitor`](crate::Visitor) where a refusal or an outage should stay one.
#[derive(Debug, Clone)]
pub struct RemoteUser(Arc<User>);

impl RemoteUser {
    /// The fairing that makes the guards work. Its store is a database of its
    /// own, `[default.databases.remote_user]`, unless it is given another.
    pub fn fairing() -> RemoteUserFairing {
        RemoteUserFairing::new()
    }

    /// The user of `request`, resolved at most once. `None` if nobody is signed in.
    async fn of(request: &Request<'_>) -> Result<Option<RemoteUser>, Error> {
        let authenticator = request.rocket().state::<Authenticator>().ok_or(Error::Unjudged)?;
        let verdict = Verdict::of(request).ok_or(Error::Unjudged)?;
        let resolved: &OnceCell<Result<Option<RemoteUser>, Error>> = request.local_cache(OnceCell::new);
        let resolve = async || {
            let user = authenticator.user(request, verdict).await?;
            Ok(user.map(|user| RemoteUser(user.into())))
        };
        resolved.get_or_init(resolve).await.clone()
    }

    async fn admit(request: &Request<'_>) -> Outcome<RemoteUser, Error> {
        match Self::of(request).await {
            Ok(Some(user)) => Outcome::Success(user),
            Ok(None) => Outcome::Forward(Status::Unauthorized),
            Err(error) => refuse(request, error),
        }
    }

    /// Admits the user of `request` if `admits` is true of them, and refuses them
    /// with `error` if it is not.
    pub(super) async fn admit_if(
        request: &Request<'_>,
        admits: impl FnOnce(&User) -> bool,
        error: Error,
    ) -> Outcome<RemoteUser, Error> {
        match Self::admit(request).await {
            Outcome::Success(user) if !admits(&user) => refuse(request, error),
            outcome => outcome,
        }
    }
}

/// Fails with `error`, and notes it for the catchers.
pub(super) fn refuse<T>(request: &Request<'_>, error: Error) -> Outcome<T, Error> {
    error.note(request);
    Outcome::Error((error.status(), error))
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for RemoteUser {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        Self::admit(request).await
    }
}

abort_without_fairing!(RemoteUser);

impl Deref for RemoteUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}
