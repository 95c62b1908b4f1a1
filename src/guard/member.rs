//! The guard for members of a group.
//!
//! Within this folder it depends on `all`, `remote_user` and `restricted`.

use std::marker::PhantomData;

use super::all::All;
use super::remote_user::RemoteUser;
use super::restricted::restrict;
use crate::error::Error;
use crate::user::User;

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

/// One [`Group`], a tuple of groups, or [`All`] of a tuple: what [`Member`] asks for. There is
/// nothing to implement.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::Groups;
///
/// rocket_remote_user::groups! {
///     Editors = "editors";
///     Admins = "admins";
/// }
///
/// assert_eq!(<(Editors, Admins)>::NAMES, ["editors", "admins"]);
/// ```
pub trait Groups: Send + Sync + 'static {
    /// The names of the groups.
    const NAMES: &'static [&'static str];

    /// Whether a user must be in each of them, and not only in one.
    const ARE_ALL_NEEDED: bool = false;
}

impl<G: Group> Groups for G {
    const NAMES: &'static [&'static str] = &[G::NAME];
}

impl<A: Group, B: Group> Groups for (A, B) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME];
}

impl<A: Group, B: Group, C: Group> Groups for (A, B, C) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME, C::NAME];
}

impl<A: Group, B: Group, C: Group, D: Group> Groups for (A, B, C, D) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME, C::NAME, D::NAME];
}

impl<T: Groups> Groups for All<T> {
    const NAMES: &'static [&'static str] = T::NAMES;
    const ARE_ALL_NEEDED: bool = true;
}

/// A request guard for a user who is in the group `G`, in one of the groups of a tuple such as
/// `Member<(Editors, Admins)>`, or in [`All`] of them.
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
pub struct Member<G: Groups>(RemoteUser, PhantomData<fn() -> G>);

restrict!(Member<G: Groups>, check::<G>, |user| Self(user, PhantomData));

/// Checks that a user is in the groups.
fn check<G: Groups>(user: &User) -> Result<(), Error> {
    if G::ARE_ALL_NEEDED || G::NAMES.len() == 1 {
        return match G::NAMES.iter().find(|group| !user.is_member(group)) {
            Some(missing) => Err(Error::NotAMember(missing)),
            None => Ok(()),
        };
    }
    let is_member = G::NAMES.iter().any(|group| user.is_member(group));
    if is_member { Ok(()) } else { Err(Error::NotAMemberOfAny(G::NAMES)) }
}

/// Declares types that are a [`Group`] each, with their names.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::Group;
///
/// rocket_remote_user::groups! {
///     /// Those who write.
///     pub Editors = "editors";
///     Admins = "wiki admins";
/// }
///
/// assert_eq!((Editors::NAME, Admins::NAME), ("editors", "wiki admins"));
/// ```
#[macro_export]
macro_rules! groups {
    ($($(#[$attribute:meta])* $visibility:vis $group:ident = $name:literal;)*) => {
        $(
            $(#[$attribute])*
            $visibility struct $group;

            impl $crate::Group for $group {
                const NAME: &'static str = $name;
            }
        )*
    };
}
