//! Sessions, which let a login outlive the header: the browser holds a cookie with a
//! random token, and the store a row with the hash of that token.
//!
//! A [`SessionManager`] begins, finds and ends sessions. The trait [`SessionStore`]
//! says what it needs of a store.
//!
//! This module depends on [`user`](crate::user), [`text`](crate::text), `lock` and the
//! errors.

mod begin_path;
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
