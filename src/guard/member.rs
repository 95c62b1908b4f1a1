//! The guard for members of a group.
//!
//! Within this folder it depends on `remote_user` and `restricted`.

use std::marker::PhantomData;

use super::remote_user::RemoteUser;
use super::restricted::restrict;
use crate::error::Error;

/// A group that [`Member`] can ask for. Implement it for a type of your own.
///
/// # Example
///
/// ```rust
/// # use rocket::get;
/// use rocket_remote_user::{Group, Member, RemoteUser};
///
/// struct Admins;
///
/// impl Group for Admins {
///     const NAME: &'static str = "admins";
/// }
///
/// #[get("/settings")]
/// fn settings(admin: Member<Admins>) -> String {
///     format!("{} is one of the {}", admin.username(), Admins::NAME)
/// }
///
/// #[get("/settings", rank = 2)]
/// fn no_settings(user: RemoteUser) -> String {
///     format!("{} may only look", user.username())
/// }
/// ```
pub trait Group: Send + Sync + 'static {
    /// The name of the group, as the store has it.
    const NAME: &'static str;
}

/// A request guard for a user who is in the group `G`.
///
/// Its outcomes are those of [`RemoteUser`], and an error, 403, for a user who is not in
/// the group.
///
/// # Example
///
/// ```rust
/// # use rocket::get;
/// use rocket_remote_user::{Group, Member};
///
/// struct Editors;
///
/// impl Group for Editors {
///     const NAME: &'static str = "editors";
/// }
///
/// #[get("/drafts")]
/// fn drafts(editor: Member<Editors>) -> String {
///     format!("The drafts of {}", editor.username())
/// }
/// ```
pub struct Member<G: Group>(RemoteUser, PhantomData<fn() -> G>);

restrict!(Member<G: Group>, |user| user.is_member(G::NAME), Error::NotAMember(G::NAME), |user| {
    Self(user, PhantomData)
});
