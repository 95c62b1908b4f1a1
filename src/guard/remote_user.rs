//! The guard that all others are built on.
//!
//! Within this folder it depends on `sentinel`.

use std::ops::Deref;
use std::sync::Arc;

use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use serde::{Serialize, Serializer};

use super::sentinel::abort_without_fairing;
use crate::auth::Authenticator;
use crate::error::Error;
use crate::fairing::RemoteUserFairing;
use crate::user::User;

/// A request guard for the user who is signed in, by the proxy or by a session.
///
/// It dereferences to the [`User`], and is cheap to clone. The user is brought in step with
/// the proxy once a request, however many guards ask.
///
/// | the request | outcome |
/// |---|---|
/// | a user | success |
/// | nobody signed in | forward, 401 |
/// | refused by the fairing | error, 400, 403, 421 or 503 |
/// | a user who is unknown, inactive or denied | error, 403 |
/// | the store is out of reach | error, 503 |
/// | not judged by the fairing | error, 500 |
///
/// `Option<RemoteUser>` is `None` for every row but the first. Take
/// [`Visitor`](crate::Visitor) where a refusal or an outage should remain an error.
///
/// An error of this guard, or of one that is built on it, is a refusal: it is logged, and
/// [`Policy::event`](crate::policy::Policy::event) hears it, once for each reason in a
/// request. A forward is none.
///
/// # Example
///
/// ```rust
/// # #[macro_use] extern crate rocket;
/// use rocket::http::{Header, Status};
/// use rocket::local::blocking::Client;
/// use rocket_remote_user::RemoteUser;
///
/// #[get("/")]
/// fn index(user: RemoteUser) -> String {
///     format!("Hello, {}!", user.username())
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let figment = rocket::Config::figment()
///     .merge(("databases.remote_user.url", "sqlite::memory:"))
///     .merge(("remote_user.trusted_proxies", ["10.0.0.2"]));
/// let rocket = rocket::custom(figment).attach(RemoteUser::fairing()).mount("/", routes![index]);
/// let client = Client::tracked(rocket)?;
///
/// // The proxy, at a trusted address, signs ada in.
/// let mut request = client.get("/").header(Header::new("Remote-User", "ada"));
/// request.set_remote("10.0.0.2:40000".parse()?);
/// assert_eq!(request.dispatch().into_string().as_deref(), Some("Hello, ada!"));
///
/// // Nobody else may say who sends a request.
/// let mut request = client.get("/").header(Header::new("Remote-User", "ada"));
/// request.set_remote("192.0.2.9:40000".parse()?);
/// assert_eq!(request.dispatch().status(), Status::Forbidden);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteUser(Arc<User>);

impl RemoteUser {
    /// Creates the fairing that the guards of this crate need.
    ///
    /// It keeps users in a database of its own, `[default.databases.remote_user]`, unless
    /// it is given another store: see [`RemoteUserFairing`].
    ///
    /// # Example
    ///
    /// ```rust,no_run
    /// # use rocket::launch;
    /// use rocket_remote_user::RemoteUser;
    ///
    /// #[launch]
    /// fn rocket() -> _ {
    ///     rocket::build().attach(RemoteUser::fairing())
    /// }
    /// ```
    pub fn fairing() -> RemoteUserFairing {
        RemoteUserFairing::new()
    }

    /// Finds the user of `request`. Returns `None` if nobody is signed in.
    async fn of(request: &Request<'_>) -> Result<Option<RemoteUser>, Error> {
        let authenticator = request.rocket().state::<Authenticator>().ok_or(Error::Unjudged)?;
        Ok(authenticator.user(request).await?.map(RemoteUser))
    }

    /// Admits the user of `request` if `check` accepts the user, for a guard of your own. The
    /// outcome is that of this guard, or the error of `check`, which is noted for the catchers,
    /// logged, and heard by [`Policy::event`](crate::policy::Policy::event).
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::get;
    /// use rocket::Request;
    /// use rocket::request::{FromRequest, Outcome};
    /// use rocket_remote_user::{Error, RemoteUser};
    ///
    /// /// Somebody of the company itself.
    /// struct Employee(RemoteUser);
    ///
    /// #[rocket::async_trait]
    /// impl<'r> FromRequest<'r> for Employee {
    ///     type Error = Error;
    ///
    ///     async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
    ///         let is_own = |email: &str| email.ends_with("@example.com");
    ///         let outcome = RemoteUser::admit(request, |user| match user.email() {
    ///             Some(email) if is_own(email) => Ok(()),
    ///             _ => Err(Error::Denied("only employees may enter".into())),
    ///         });
    ///         outcome.await.map(Employee)
    ///     }
    /// }
    ///
    /// #[get("/canteen")]
    /// fn canteen(employee: Employee) -> String {
    ///     format!("Enjoy your meal, {}!", employee.0.username())
    /// }
    /// ```
    pub async fn admit(
        request: &Request<'_>,
        check: impl FnOnce(&User) -> Result<(), Error>,
    ) -> Outcome<RemoteUser, Error> {
        let user = match Self::from_request(request).await {
            Outcome::Success(user) => user,
            outcome => return outcome,
        };
        match check(&user) {
            Ok(()) => Outcome::Success(user),
            Err(error) => fail(request, error).await,
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for RemoteUser {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        match Self::of(request).await {
            Ok(Some(user)) => Outcome::Success(user),
            Ok(None) => Outcome::Forward(Status::Unauthorized),
            Err(error) => Box::pin(fail(request, error)).await,
        }
    }
}

abort_without_fairing!(RemoteUser);

impl AsRef<User> for RemoteUser {
    fn as_ref(&self) -> &User {
        &self.0
    }
}

impl Serialize for RemoteUser {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Deref for RemoteUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

/// Fails a guard with `error`, which is noted for the catchers and reported.
pub(super) async fn fail<T>(request: &Request<'_>, error: Error) -> Outcome<T, Error> {
    error.note(request);
    if let Some(authenticator) = request.rocket().state::<Authenticator>() {
        authenticator.report_refusals(request).await;
    }
    Outcome::Error((error.status(), error))
}
