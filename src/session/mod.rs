//! The login that outlives the header: a cookie with a random token in the
//! browser, and a row with the token's hash in the store.
//!
//! A [`SessionManager`] begins, finds and ends sessions. It says what it needs of
//! a store in the trait [`SessionStore`].
//!
//! This module depends on [`user`](crate::user), [`text`](crate::text) and the
//! errors.

mod config;
mod cookie;
mod lifetime;
mod manager;
mod record;
mod store;
mod token;

pub(crate) use config::SessionConfig;
pub(crate) use manager::{RequestSession, SessionManager};
pub use record::ActiveSession;
pub(crate) use record::{PROXY_SOURCE, SessionRecord, UserSession};
pub(crate) use store::SessionStore;
pub(crate) use token::TokenHash;
