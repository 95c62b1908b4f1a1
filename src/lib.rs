#![doc = include_str!("../README.md")]

mod config;
mod error;
mod fairing;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod guard;
mod headers;
#[cfg(feature = "jwt")]
mod jwt;
mod launch;
mod policy;
mod pool;
mod proxy;
mod service;
mod session;
mod store;
mod summary;
mod sync;
mod user;
mod username;
mod verdict;

pub use config::Config;
pub use error::{Error, Fault, Rejection};
pub use fairing::RemoteUserFairing;
pub use guard::{Group, Member, Permission, Permitted, RemoteUser, Staff, Superuser, Visitor};
pub use policy::{Event, Identity, Policy};
#[cfg(feature = "mysql")]
pub use pool::MySqlPool;
#[cfg(feature = "postgres")]
pub use pool::PgPool;
#[cfg(feature = "sqlite")]
pub use pool::SqlitePool;
pub use pool::SqlxPool;
pub use session::{ActiveSession, Session};
pub use store::{Planner, StoreError, StorePool, UserStore};
pub use sync::{Change, Plan, Stored};
pub use user::{Flags, Profile, Source, User};
pub use username::Username;
