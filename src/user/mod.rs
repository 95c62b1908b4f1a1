//! Who a person is: the account in the store, the user name, the identity that the
//! proxy asserts, and the plan of the changes that follow from it.
//!
//! This module depends on [`text`](crate::text) and on the errors.

mod account;
mod identity;
mod plan;
mod realms;
mod stale_user;
mod stamp;
mod user_builder;
mod user_key;
mod username;

pub use account::{Flags, MembershipSource, Profile, User};
pub(crate) use identity::Field;
pub use identity::Identity;
pub use plan::{Change, Plan, Stored};
pub(crate) use realms::Realms;
pub use stale_user::StaleUser;
pub(crate) use stamp::{Revision, Revisions, Stamp};
pub use user_builder::UserBuilder;
pub use user_key::UserKey;
pub use username::Username;
pub(crate) use username::{UsernameCase, UsernameForm, UsernameRules};
