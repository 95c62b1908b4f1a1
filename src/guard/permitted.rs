use std::marker::PhantomData;
use std::ops::Deref;

use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::RemoteUser;
use crate::error::Error;

/// A permission that [`Permitted`] can ask for.
pub trait Permission: Send + Sync + 'static {
    /// The name of the permission, as the store or `group_permissions` has it.
    const NAME: &'static str;
}

/// A user who [has](crate::User::has_permission) permission `P`: a request
/// guard. As [`RemoteUser`], and an error, 403, for a user who has it not.
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
pub struct Permitted<P: Permission> {
    user: RemoteUser,
    permission: PhantomData<fn() -> P>,
}

#[rocket::async_trait]
impl<'r, P: Permission> FromRequest<'r> for Permitted<P> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let is_permitted = |user: &crate::User| match user.has_permission(P::NAME) {
            true => Ok(()),
            false => Err(Error::NotPermitted(P::NAME)),
        };
        RemoteUser::admit(request, is_permitted).await.map(|user| Self { user, permission: PhantomData })
    }
}

impl<P: Permission> Deref for Permitted<P> {
    type Target = RemoteUser;

    fn deref(&self) -> &RemoteUser {
        &self.user
    }
}
