//! Several groups or permissions, all of which a guard asks for.
//!
//! Within this folder it depends on nothing.

use std::marker::PhantomData;

/// All of several groups, or of several permissions: for [`Member`](crate::Member) and
/// [`Permitted`](crate::Permitted), which ask for any of them without it.
///
/// # Example
///
/// ```rust
/// # use rocket::get;
/// use rocket_remote_user::{All, Member};
///
/// rocket_remote_user::groups! {
///     Staff = "staff";
///     OnCall = "on-call";
/// }
///
/// #[get("/pager")]
/// fn pager(user: Member<All<(Staff, OnCall)>>) -> String {
///     format!("{} is on call", user.username())
/// }
/// ```
pub struct All<T>(PhantomData<fn() -> T>);
