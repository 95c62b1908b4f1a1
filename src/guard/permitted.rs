use std::marker::PhantomData;

use super::RemoteUser;
use super::restricted::restrict;
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
pub struct Permitted<P: Permission>(RemoteUser, PhantomData<fn() -> P>);

restrict!(
    Permitted<P: Permission>,
    |user| user.has_permission(P::NAME),
    Error::NotPermitted(P::NAME),
    |user| Self(user, PhantomData)
);
