//! What is remembered: the users, their groups, and a store of your own.

mod default_database;
mod open;
pub(crate) mod pool;
mod source;
mod sql;
mod user_store;

pub use crate::error::StoreError;
pub use crate::user::{Change, Plan, Stored};
pub(crate) use default_database::DefaultDatabase;
pub(crate) use open::OpenStore;
pub use source::StorePool;
pub(crate) use source::{CustomStore, DatabaseStore, StoreSource};
pub use user_store::{Planner, UserStore};
