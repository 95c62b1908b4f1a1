//! The request guards: [`RemoteUser`], and those that are built on it.
//!
//! This module depends on [`auth`](crate::auth), which resolves a request to a user, on
//! [`session`](crate::session) and [`user`](crate::user), whose types the guards hand out,
//! and on the errors. It names the [`fairing`](crate::fairing) once, in
//! [`RemoteUser::fairing`].

mod all;
mod flags;
mod member;
mod permitted;
mod remote_user;
mod restricted;
mod sentinel;
mod session;
mod visitor;

pub use all::All;
pub use flags::{Staff, Superuser};
pub use member::{Group, Groups, Member};
pub use permitted::{Permission, Permissions, Permitted};
pub use remote_user::RemoteUser;
pub use session::AuthSession;
pub use visitor::Visitor;
