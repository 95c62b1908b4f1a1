//! The errors, the statuses that answer them, and where a catcher finds them.
//!
//! This module depends on `lock` only, so that each of the others may use it.

mod rejection;
mod store;

use std::sync::{Arc, Mutex, MutexGuard};

use rocket::http::Status;
use rocket::response::{self, Responder};
use rocket::{Request, error};
use thiserror::Error as ThisError;

use crate::lock::ignore_poison;

pub use rejection::{Fault, Rejection};
pub use store::StoreError;

/// Why a request has no user, or a user who may not enter.
///
/// The guards fail with it, and a catcher reads it with [`Error::of`]. If nobody is
/// signed in there is no error: the guards forward, with 401. Only where `require_user`
/// asks for a user is it [`UserRequired`](Error::UserRequired), and no guard is asked.
///
/// # Example
///
/// A handler can return it, too. The catcher of its [`status`](Error::status) then
/// answers the request.
///
/// ```rust
/// # use rocket::http::{Header, Status};
/// # use rocket::local::blocking::Client;
/// # use rocket::routes;
/// use rocket::get;
/// use rocket_remote_user::{Error, RemoteUser};
///
/// #[get("/drafts/<author>")]
/// fn drafts(user: RemoteUser, author: &str) -> Result<String, Error> {
///     if user.username() != author && !user.is_staff() {
///         return Err(Error::NotStaff);
///     }
///     Ok(format!("The drafts of {author}"))
/// }
/// # let figment = rocket::figment::Figment::from(rocket::Config::default())
/// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing()).mount("/", routes![drafts]);
/// # let client = Client::tracked(rocket).unwrap();
/// # let get = |path: &'static str| {
/// #     let request = client.get(path).remote("127.0.0.1:1024".parse().unwrap());
/// #     request.header(Header::new("Remote-User", "ada")).dispatch().status()
/// # };
/// # assert_eq!(get("/drafts/ada"), Status::Ok);
/// # assert_eq!(get("/drafts/bob"), Status::Forbidden);
/// ```
#[derive(Debug, Clone, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The fairing refused the request (400, 403, 421 or 503).
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The proxy vouches for a user who is not in the store, and `create_users` is
    /// `false` (403).
    #[error("the user is unknown and `create_users` is false")]
    UnknownUser,
    /// The user is inactive, and `allow_inactive` is `false` (403).
    #[error("the user is inactive")]
    Inactive,
    /// The user is in none of the `required_groups` (403).
    #[error("the user is in none of `required_groups`")]
    GroupRequired,
    /// The user is in one of the `denied_groups` (403).
    #[error("the user is in one of `denied_groups`")]
    GroupDenied,
    /// The groups header is missing, and `missing_groups` is `"deny"` (403).
    #[error("the groups header is missing and `missing_groups` is \"deny\"")]
    GroupsMissing,
    /// The guard [`Member`](crate::Member) asks for a group that the user is not in
    /// (403).
    #[error("the user is not in group `{0}`")]
    NotAMember(&'static str),
    /// The guard [`Staff`](crate::Staff) asks for staff, and the user is not (403).
    #[error("the user is not staff")]
    NotStaff,
    /// The guard [`Superuser`](crate::Superuser) asks for a superuser, and the user
    /// is not one (403).
    #[error("the user is not a superuser")]
    NotSuperuser,
    /// The guard [`Permitted`](crate::Permitted) asks for a permission that the user
    /// does not have (403).
    #[error("the user has no permission `{0}`")]
    NotPermitted(&'static str),
    /// [`AuthSession::login`](crate::AuthSession::login) was called, and
    /// `[default.remote_user.session]` is not configured (500).
    #[error("there are no sessions: `session` is not configured")]
    NoSessions,
    /// [`AuthSession::login`](crate::AuthSession::login) was given a source that is
    /// blank, too long or the proxy's own (500).
    #[error("the source of a login is blank, over 64 characters or `remote`, which is the proxy's")]
    InvalidLoginSource,
    /// Nobody is signed in, and `require_user` asks for a user on this path (401).
    #[error("nobody is signed in and `require_user` asks for a user")]
    UserRequired,
    /// The store of users is out of reach, or failed (503).
    #[error("the user store is out of reach: {0}")]
    Store(#[source] Arc<StoreError>),
    /// [`AuthSession::login`](crate::AuthSession::login) was called for a peer that is no
    /// trusted proxy, where no session counts (403).
    #[error("the peer is no trusted proxy, so that a session which begins here would not count")]
    UntrustedLogin,
    /// The fairing has not seen the request, so nothing in it can be trusted (500).
    /// That is so in the 400 catcher that Rocket runs for an unknown method.
    #[error("the request was not judged by `RemoteUser::fairing()`")]
    Unjudged,
}

impl Error {
    /// The status that answers the request.
    pub fn status(&self) -> Status {
        match self {
            Error::Rejected(rejection) => rejection.status(),
            Error::UserRequired => Status::Unauthorized,
            Error::Store(_) => Status::ServiceUnavailable,
            Error::Unjudged | Error::NoSessions | Error::InvalidLoginSource => Status::InternalServerError,
            _ => Status::Forbidden,
        }
    }

    /// Returns the error of `request`, for a catcher.
    ///
    /// It is what the last guard or the handler failed with, or why the fairing
    /// refused the request. `None` if none of them did, for example because nobody
    /// signed in.
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::http::Header;
    /// # use rocket::local::blocking::Client;
    /// # use rocket::{catchers, get, routes};
    /// # use rocket_remote_user::{Group, Member, RemoteUser};
    /// use rocket::{Request, catch};
    /// use rocket_remote_user::Error;
    ///
    /// #[catch(403)]
    /// fn forbidden(request: &Request<'_>) -> String {
    ///     match Error::of(request) {
    ///         Some(Error::Inactive) => "Your account is not active.".into(),
    ///         Some(Error::NotAMember(group)) => format!("This page is for the group `{group}`."),
    ///         _ => "You may not enter.".into(),
    ///     }
    /// }
    /// # struct Editors;
    /// # impl Group for Editors {
    /// #     const NAME: &'static str = "editors";
    /// # }
    /// # #[get("/")]
    /// # fn index(_editor: Member<Editors>) {}
    /// # let figment = rocket::figment::Figment::from(rocket::Config::default())
    /// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
    /// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
    /// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing());
    /// # let rocket = rocket.mount("/", routes![index]).register("/", catchers![forbidden]);
    /// # let client = Client::tracked(rocket).unwrap();
    /// # let request = client.get("/").remote("127.0.0.1:1024".parse().unwrap());
    /// # let response = request.header(Header::new("Remote-User", "ada")).dispatch();
    /// # assert_eq!(response.into_string().unwrap(), "This page is for the group `editors`.");
    /// ```
    pub fn of(request: &Request<'_>) -> Option<Error> {
        Self::noted(request).clone()
    }

    /// Notes the error for the catchers of `request`.
    pub(crate) fn note(&self, request: &Request<'_>) {
        *Self::noted(request) = Some(self.clone());
    }

    /// Whether this is a failure of the store that no guard has logged for `request`.
    fn is_unlogged_outage(&self, request: &Request<'_>) -> bool {
        self.is_outage() && !Error::of(request).is_some_and(|noted| noted.is_outage())
    }

    fn is_outage(&self) -> bool {
        matches!(self, Error::Store(_))
    }

    /// The error that was noted for `request`, if any.
    fn noted<'r>(request: &'r Request<'_>) -> MutexGuard<'r, Option<Error>> {
        let noted: &Mutex<Option<Error>> = request.local_cache(Mutex::default);
        ignore_poison(noted.lock())
    }
}

/// A handler that returns the error goes to the catcher of its status, where
/// [`Error::of`] returns it.
impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        if self.is_unlogged_outage(request) {
            error!("Failed {} {}: {self}.", request.method(), request.uri().path());
        }
        self.note(request);
        Err(self.status())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Error::Store(error.into())
    }
}
