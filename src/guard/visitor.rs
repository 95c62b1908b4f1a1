//! The guard for pages that greet users and strangers alike.
//!
//! Within this folder it depends on `remote_user` and `sentinel`.

use rocket::Request;
use rocket::request::{FromRequest, Outcome};
use serde::Serialize;

use super::remote_user::RemoteUser;
use super::sentinel::abort_without_fairing;
use crate::error::Error;

/// A request guard for a page that greets users and strangers alike.
///
/// Where [`RemoteUser`] forwards, the guard is [`Nobody`](Visitor::Nobody). Where it fails,
/// because the request is refused or the database is down, this guard fails with the
/// same error, while `Option<RemoteUser>` would be `None`.
///
/// # Example
///
/// ```rust
/// # use rocket::get;
/// use rocket_remote_user::Visitor;
///
/// #[get("/")]
/// fn index(visitor: Visitor) -> String {
///     match visitor {
///         Visitor::User(user) => format!("Hello, {}!", user.username()),
///         Visitor::Nobody => "Hello, stranger!".into(),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Visitor {
    /// This user is signed in.
    User(RemoteUser),
    /// Nobody is signed in.
    Nobody,
}

impl Visitor {
    /// Returns the user, if one is signed in.
    pub fn user(&self) -> Option<&RemoteUser> {
        match self {
            Visitor::User(user) => Some(user),
            Visitor::Nobody => None,
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        match RemoteUser::from_request(request).await {
            Outcome::Success(user) => Outcome::Success(Visitor::User(user)),
            Outcome::Forward(_) => Outcome::Success(Visitor::Nobody),
            Outcome::Error(error) => Outcome::Error(error),
        }
    }
}

abort_without_fairing!(Visitor);
