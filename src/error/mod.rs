//! What can go wrong: errors, the statuses that answer them, and where a
//! catcher finds them.
//!
//! This module depends on no other one of this crate, so that each may use it.

mod rejection;
mod store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rocket::http::Status;
use rocket::response::{self, Responder};
use rocket::{Request, error};
use thiserror::Error as ThisError;

pub use rejection::{Fault, Rejection};
pub use store::StoreError;

/// Why there is no user. A catcher reads it with [`Error::of`].
///
/// That nobody signed in is no error: the guards forward then, with 401.
#[derive(Debug, Clone, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The fairing refused the request (400, 403 or 503).
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The proxy vouches for somebody who is not known here, and
    /// `create_users` is `false` (403).
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
    /// The guard [`Member`](crate::Member) asks for a group that the user is
    /// not in (403).
    #[error("the user is not in group `{0}`")]
    NotAMember(&'static str),
    /// The guard [`Staff`](crate::Staff) asks for staff (403).
    #[error("the user is not staff")]
    NotStaff,
    /// The guard [`Superuser`](crate::Superuser) asks for a superuser (403).
    #[error("the user is not a superuser")]
    NotSuperuser,
    /// The guard [`Permitted`](crate::Permitted) asks for a permission that the
    /// user has not (403).
    #[error("the user has no permission `{0}`")]
    NotPermitted(&'static str),
    /// [`Session::login`](crate::AuthSession::login) was called without
    /// `[default.remote_user.session]` (500).
    #[error("there are no sessions: `session` is not configured")]
    NoSessions,
    /// [`Session::login`](crate::AuthSession::login) was given a source that is
    /// blank, too long or the proxy's own (500).
    #[error("the source of a login is blank, over 64 characters or `remote`, which is the proxy's")]
    InvalidLoginSource,
    /// The store of users is out of reach, or does not do as it is told (503).
    #[error("the user store is out of reach: {0}")]
    Store(#[source] Arc<StoreError>),
    /// The request was never judged, so nothing in it can be trusted (500).
    /// Rocket runs its 400 catcher so for an unknown method.
    #[error("the request was not judged by `RemoteUser::fairing()`")]
    Unjudged,
}

impl Error {
    /// The status that answers the request.
    pub fn status(&self) -> Status {
        match self {
            Error::Rejected(rejection) => rejection.status(),
            Error::Store(_) => Status::ServiceUnavailable,
            Error::Unjudged | Error::NoSessions | Error::InvalidLoginSource => Status::InternalServerError,
            _ => Status::Forbidden,
        }
    }

    /// Why `request` has no user, or not one who may enter: for a catcher.
    ///
    /// It is what the last guard answered, or what the fairing did when it
    /// refused the request. `None` if neither did, as when nobody signed in.
    pub fn of(request: &Request<'_>) -> Option<Error> {
        Self::noted(request).clone()
    }

    /// Notes the error for the catchers of `request`.
    pub(crate) fn note(&self, request: &Request<'_>) {
        *Self::noted(request) = Some(self.clone());
    }

    /// Whether the log already has that the store failed `request`.
    fn is_logged(&self, request: &Request<'_>) -> bool {
        !matches!(self, Error::Store(_)) || matches!(Error::of(request), Some(Error::Store(_)))
    }

    fn noted<'r>(request: &'r Request<'_>) -> MutexGuard<'r, Option<Error>> {
        let noted: &Mutex<Option<Error>> = request.local_cache(Mutex::default);
        noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handler may end with the error: it goes to the catcher of its status,
/// where [`Error::of`] has it.
impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        if !self.is_logged(request) {
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
