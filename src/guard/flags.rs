use std::ops::Deref;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::remote_user::RemoteUser;
use super::sentinel::is_fairing_missing;
use crate::error::Error;
use crate::user::User;

/// A request guard for a user who [is staff](User::is_staff).
///
/// Its outcomes are those of [`RemoteUser`], and an error, 403, for a user who is not
/// staff.
///
/// # Example
///
/// ```rust
/// # use rocket::get;
/// use rocket_remote_user::Staff;
///
/// #[get("/reports")]
/// fn reports(staff: Staff) -> String {
///     format!("Reports for {}", staff.username())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Staff(RemoteUser);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Staff {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        RemoteUser::admit_if(request, User::is_staff, Error::NotStaff).await.map(Self)
    }
}

impl Sentinel for Staff {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_fairing_missing(rocket, "Staff")
    }
}

impl Deref for Staff {
    type Target = RemoteUser;

    fn deref(&self) -> &RemoteUser {
        &self.0
    }
}

/// A request guard for a user who [is a superuser](User::is_superuser).
///
/// Its outcomes are those of [`RemoteUser`], and an error, 403, for a user who is not a
/// superuser.
///
/// # Example
///
/// ```rust
/// # use rocket::{delete, http::Status};
/// use rocket_remote_user::Superuser;
///
/// #[delete("/wiki/<page>")]
/// fn delete(page: &str, superuser: Superuser) -> Status {
///     rocket::info!("{} deletes {page}.", superuser.username());
///     Status::NoContent
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Superuser(RemoteUser);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Superuser {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        RemoteUser::admit_if(request, User::is_superuser, Error::NotSuperuser).await.map(Self)
    }
}

impl Sentinel for Superuser {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_fairing_missing(rocket, "Superuser")
    }
}

impl Deref for Superuser {
    type Target = RemoteUser;

    fn deref(&self) -> &RemoteUser {
        &self.0
    }
}
