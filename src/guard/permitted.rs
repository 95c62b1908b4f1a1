//! The guard for users with a permission.
//!
//! Within this folder it depends on `all`, `remote_user` and `restricted`.

use std::marker::PhantomData;

use super::all::All;
use super::remote_user::RemoteUser;
use super::restricted::restrict;
use crate::error::Error;
use crate::user::User;

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

/// One [`Permission`], a tuple of permissions, or [`All`] of a tuple: what [`Permitted`] asks
/// for. There is nothing to implement.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::Permissions;
///
/// rocket_remote_user::permissions! {
///     EditWiki = "wiki.edit";
///     DeletePages = "wiki.delete";
/// }
///
/// assert_eq!(<(EditWiki, DeletePages)>::NAMES, ["wiki.edit", "wiki.delete"]);
/// ```
pub trait Permissions: Send + Sync + 'static {
    /// The names of the permissions.
    const NAMES: &'static [&'static str];

    /// Whether a user must have each of them, and not only one.
    const ARE_ALL_NEEDED: bool = false;
}

impl<P: Permission> Permissions for P {
    const NAMES: &'static [&'static str] = &[P::NAME];
}

impl<A: Permission, B: Permission> Permissions for (A, B) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME];
}

impl<A: Permission, B: Permission, C: Permission> Permissions for (A, B, C) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME, C::NAME];
}

impl<A: Permission, B: Permission, C: Permission, D: Permission> Permissions for (A, B, C, D) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME, C::NAME, D::NAME];
}

impl<T: Permissions> Permissions for All<T> {
    const NAMES: &'static [&'static str] = T::NAMES;
    const ARE_ALL_NEEDED: bool = true;
}

/// A request guard for a user who [has](crate::User::has_permission) the permission `P`, one of
/// the permissions of a tuple such as `Permitted<(EditWiki, DeletePages)>`, or [`All`] of them.
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
pub struct Permitted<P: Permissions>(RemoteUser, PhantomData<fn() -> P>);

restrict!(Permitted<P: Permissions>, check::<P>, |user| Self(user, PhantomData));

/// Checks that a user has the permissions.
fn check<P: Permissions>(user: &User) -> Result<(), Error> {
    if P::ARE_ALL_NEEDED || P::NAMES.len() == 1 {
        return match P::NAMES.iter().find(|permission| !user.has_permission(permission)) {
            Some(missing) => Err(Error::NotPermitted(missing)),
            None => Ok(()),
        };
    }
    let is_permitted = P::NAMES.iter().any(|permission| user.has_permission(permission));
    if is_permitted { Ok(()) } else { Err(Error::NotPermittedAny(P::NAMES)) }
}

/// Declares types that are a [`Permission`] each, with their names.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::Permission;
///
/// rocket_remote_user::permissions! {
///     /// To change pages.
///     pub EditWiki = "wiki.edit";
///     DeletePages = "wiki.delete";
/// }
///
/// assert_eq!((EditWiki::NAME, DeletePages::NAME), ("wiki.edit", "wiki.delete"));
/// ```
#[macro_export]
macro_rules! permissions {
    ($($(#[$attribute:meta])* $visibility:vis $permission:ident = $name:literal;)*) => {
        $(
            $(#[$attribute])*
            $visibility struct $permission;

            impl $crate::Permission for $permission {
                const NAME: &'static str = $name;
            }
        )*
    };
}
