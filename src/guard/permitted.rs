use std::marker::PhantomData;
use std::ops::Deref;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::remote_user::RemoteUser;
use super::sentinel::is_fairing_missing;
use crate::error::Error;

/// A permission that [`Permitted`] can ask for. Implement it for a type of your own, as
/// the example of [`Permitted`] shows.
pub trait Permission: Send + Sync + 'static {
    /// The name of the permission, as the store or `group_permissions` has it.
    const NAME: &'static str;
}

/// A request guard for a user who [has](crate::User::has_permission) the permission `P`.
///
/// Its outcomes are those of [`RemoteUser`], and an error, 403, for a user who does not
/// have the permission.
///
/// # Example
///
/// ```rust
/// # use rocket::post;
/// use rocket_remote_user::{Permission, Permitted};
///
/// struct EditWiki;
///
/// impl Permission for EditWiki {
///     const NAME: &'static str = "wiki.edit";
/// }
///
/// #[post("/wiki")]
/// fn edit(user: Permitted<EditWiki>) -> String {
///     format!("{} edits the wiki", user.username())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Permitted<P: Permission>(RemoteUser, PhantomData<fn() -> P>);

#[rocket::async_trait]
impl<'r, P: Permission> FromRequest<'r> for Permitted<P> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        RemoteUser::admit_if(request, |user| user.has_permission(P::NAME), Error::NotPermitted(P::NAME))
            .await
            .map(|user| Self(user, PhantomData))
    }
}

impl<P: Permission> Sentinel for Permitted<P> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_fairing_missing(rocket, "Permitted")
    }
}

impl<P: Permission> Deref for Permitted<P> {
    type Target = RemoteUser;

    fn deref(&self) -> &RemoteUser {
        &self.0
    }
}
