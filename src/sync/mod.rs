//! The changes that a sign-in makes: a stored user is compared with what the proxy
//! says, by the rules of the configuration and the hooks of the application.
//!
//! Nothing here reads or writes a store. [`UserSync::plan`] lists the changes in a
//! [`Plan`](crate::user::Plan), and a store makes them.
//!
//! This module depends on [`user`](crate::user), [`policy`](crate::policy) and the
//! errors.

mod group_condition;
mod rules;
#[cfg(test)]
mod tests;
mod user_sync;

pub(crate) use group_condition::{AllOf, GroupCondition};
pub(crate) use rules::{MissingField, MissingGroups, ProfileSync, Rules};
pub(crate) use user_sync::{LoginTracking, PolicyHooks, UserSync};
