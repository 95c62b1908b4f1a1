//! The guard for users with a permission.
//!
//! Within this folder it depends on `remote_user` and `restricted`.

use std::marker::PhantomData;

use super::remote_user::RemoteUser;
use super::restricted::restrict;
use crate::error::Error;

/// A permission that [`Permitted`] can ask for. Implement it for a type of your own.
///
/// # Example
///
/// ```rust
/// # use rocket::delete;
/// use rocket_remote_user::{Permission, Permitted};
///
/// struct DeletePages;
///
/// impl Permission for DeletePages {
///     const NAME: &'static str = "wiki.delete";
/// }
///
/// #[delete("/wiki/<page>")]
/// fn delete(page: &str, user: Permitted<DeletePages>) -> String {
///     format!("{} deleted {page}", user.username())
/// }
/// ```
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
pub struct Permitted<P: Permission>(RemoteUser, PhantomData<fn() -> P>);

restrict!(Permitted<P: Permission>, |user| user.has_permission(P::NAME), Error::NotPermitted(P::NAME), |user| {
    Self(user, PhantomData)
});
