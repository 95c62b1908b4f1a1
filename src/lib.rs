#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod auth;
mod config;
mod error;
mod fairing;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod headers;
#[cfg(feature = "jwt")]
mod jwt;
mod launch;
mod lock;
pub mod policy;
mod proxy;
mod session;
mod site;
pub mod store;
mod sync;
mod text;
mod user;

/// The crates whose types are in the API of this one, in the versions that fit.
pub use {rocket_db_pools, sqlx};

pub use auth::{Person, Users};
pub use config::Config;
pub use error::{Error, Fault, Refusal, Rejection};
pub use fairing::RemoteUserFairing;
pub use guard::{
    All, AuthSession, Group, Groups, Member, Permission, Permissions, Permitted, RemoteUser, Staff,
    Superuser, Visitor,
};
pub use session::ActiveSession;
pub use store::migrate;
#[cfg(feature = "mysql")]
pub use store::pool::MySqlPool;
#[cfg(feature = "postgres")]
pub use store::pool::PgPool;
#[cfg(feature = "sqlite")]
pub use store::pool::SqlitePool;
pub use store::pool::SqlxPool;
pub use user::{Flags, MembershipSource, Profile, StaleUser, User, UserBuilder, Username};
