use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::RemoteUser;
use super::sentinel::abort_without_fairing;
use crate::error::Error;

/// A user or nobody: a request guard for a page that greets both.
///
/// Where [`RemoteUser`] forwards, this is [`Nobody`](Visitor::Nobody). Where
/// `Option<RemoteUser>` makes `None` of a refusal or of a database that is
/// down, this is an error with the status that it has.
#[derive(Debug, Clone)]
pub enum Visitor {
    /// This user is signed in.
    User(RemoteUser),
    /// Nobody is signed in.
    Nobody,
}

impl Visitor {
    /// The user, if there is one.
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
