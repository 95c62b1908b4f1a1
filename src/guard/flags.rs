use std::ops::Deref;

use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::RemoteUser;
use crate::error::Error;

/// A user who is staff: a request guard. As [`RemoteUser`], and an error, 403,
/// for a user who is not.
#[derive(Debug, Clone)]
pub struct Staff(RemoteUser);

/// A user who is a superuser: a request guard. As [`RemoteUser`], and an
/// error, 403, for a user who is not.
#[derive(Debug, Clone)]
pub struct Superuser(RemoteUser);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Staff {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let is_staff = |user: &crate::User| user.is_staff().then_some(()).ok_or(Error::NotStaff);
        RemoteUser::admit(request, is_staff).await.map(Self)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Superuser {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let is_superuser = |user: &crate::User| user.is_superuser().then_some(()).ok_or(Error::NotSuperuser);
        RemoteUser::admit(request, is_superuser).await.map(Self)
    }
}

impl Deref for Staff {
    type Target = RemoteUser;

    fn deref(&self) -> &RemoteUser {
        &self.0
    }
}

impl Deref for Superuser {
    type Target = RemoteUser;

    fn deref(&self) -> &RemoteUser {
        &self.0
    }
}
