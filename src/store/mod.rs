//! Where users are kept: the databases of this crate, and stores of your own.
//!
//! Users are kept in an SQL database unless [`RemoteUserFairing::store`] is given another
//! store. This page is for authors of such a store, which implements [`UserStore`].
//!
//! # When a store is called
//!
//! The first guard of a request that asks for a user whom the proxy names calls
//! [`find`](UserStore::find). The result says what is to change. Mostly that is nothing,
//! and the request has cost one read. Otherwise [`update`](UserStore::update) is called.
//! It finds the user again and passes the result to a [`Planner`], because another request
//! may have changed the user in between. Further guards of the request share the result.
//!
//! [`AuthSession::find_user`] calls `find` too, without groups. A launch calls
//! [`usernames`](UserStore::usernames) until it has seen every name.
//!
//! # Groups
//!
//! People join only groups that exist, unless `create_groups` is `true`. So `find` and
//! `update` are given the groups that the proxy named, after the configuration and the
//! [`Policy`] renamed or dropped some, and [`Stored::groups`] answers which of them exist.
//! The groups that a user is a member of are in [`Stored::user`].
//!
//! # What a plan holds
//!
//! A [`Plan`] holds the [changes](Plan::changes), in the order in which to make them, and
//! the [user](Plan::user) as it is after all of them. A store makes the changes one by one,
//! as the databases do, or keeps the user as a whole. [`User`] has no other constructor
//! than [`User::new`], so only a user from a plan has a profile, memberships and the time
//! of a login.
//!
//! The plan of a user who is [refused](Plan::refusal) is to be made like any other: it takes
//! memberships and flags away, so that nothing is left of them. `find` and `update` are called
//! for such a plan as well, and `update` returns it as a success.
//!
//! If the plan [creates the user](Plan::is_creation), the store chooses an `id` and calls
//! [`Plan::set_user_id`] before it returns the plan. It may find the plan empty, because
//! another request has made the changes already; then it returns the plan as it is.
//!
//! # What a store must promise
//!
//! - **`update` is atomic.** From finding the user until all changes are made, nobody else
//!   changes that user. Two requests that name the same new person create one user.
//! - **An error changes nothing.** If the planner or a change fails, everything stays as it
//!   was before the call.
//! - **Names are compared byte for byte.** A [`Username`](crate::Username) is canonical already,
//!   and `Ada` and `ada` are two people.
//! - **Calls end.** They come from many requests at once, and each request waits for its own
//!   without a time limit.
//!
//! # Errors
//!
//! That a user does not exist is no error: [`Stored::user`] is `None`. A store reports its
//! own failures as [`StoreError::Other`]. They are answered with 503 and logged. `update`
//! returns an error of the planner as it is, which refuses somebody who is not in the store,
//! for example because `create_users` is `false`.
//!
//! # Permissions and sessions
//!
//! A store that keeps permissions [grants](crate::User::grant) them to the user in
//! [`Stored::user`]. The permissions of a group that the plan joins or leaves change with
//! the next request.
//!
//! A store of your own keeps no sessions: with `[default.remote_user.session]` in the
//! configuration, the launch fails.
//!
//! # Example
//!
//! A store that keeps users and groups in memory. The lock is its transaction:
//!
//! ```rust
//! # #[macro_use] extern crate rocket;
//! use std::collections::{BTreeMap, BTreeSet};
//!
//! use rocket::tokio::sync::Mutex;
//! use rocket_remote_user::store::{Change, Plan, Planner, StoreError, Stored, UserKey, UserStore};
//! use rocket_remote_user::{Error, RemoteUser, User};
//!
//! #[derive(Default)]
//! struct Tables {
//!     users: BTreeMap<String, User>,
//!     groups: BTreeSet<String>,
//! }
//!
//! impl Tables {
//!     fn find(&self, key: &UserKey<'_>, groups: &[&str]) -> Stored {
//!         let existing = groups.iter().filter(|group| self.groups.contains(**group));
//!         Stored {
//!             user: self.users.get(key.username().as_str()).cloned(),
//!             groups: existing.map(|group| group.to_string()).collect(),
//!             ..Stored::default()
//!         }
//!     }
//! }
//!
//! struct MemoryStore(Mutex<Tables>);
//!
//! #[rocket::async_trait]
//! impl UserStore for MemoryStore {
//!     async fn find(&self, key: &UserKey<'_>, groups: &[&str]) -> Result<Stored, StoreError> {
//!         Ok(self.0.lock().await.find(key, groups))
//!     }
//!
//!     async fn update(
//!         &self,
//!         key: &UserKey<'_>,
//!         groups: &[&str],
//!         planner: &Planner<'_>,
//!     ) -> Result<Plan, Error> {
//!         let mut tables = self.0.lock().await;
//!         let mut plan = planner(tables.find(key, groups))?;
//!         if plan.is_creation() {
//!             plan.set_user_id(tables.users.len() as i64 + 1);
//!         }
//!         for change in plan.changes() {
//!             if let Change::CreateGroups(names) = change {
//!                 tables.groups.extend(names.iter().cloned());
//!             }
//!         }
//!         tables.users.insert(plan.user().username().into(), plan.user().clone());
//!         Ok(plan)
//!     }
//!
//!     async fn usernames(&self, from: &str) -> Result<Vec<String>, StoreError> {
//!         let tables = self.0.lock().await;
//!         Ok(tables.users.range(from.to_owned()..).map(|(name, _)| name.clone()).take(1000).collect())
//!     }
//! }
//!
//! # #[get("/")]
//! # fn index(user: RemoteUser) -> String {
//! #     format!("{} {} {:?}", user.id(), user.username(), user.groups())
//! # }
//! # let figment = rocket::Config::figment()
//! #     .merge(("log_level", "off"))
//! #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
//! # let rocket = rocket::custom(figment).mount("/", routes![index]);
//! let groups = BTreeSet::from(["editors".into()]);
//! let store = MemoryStore(Mutex::new(Tables { groups, ..Tables::default() }));
//! let rocket = rocket.attach(RemoteUser::fairing().store(store));
//! # use rocket::{http::Header, local::blocking::Client};
//! # let client = Client::untracked(rocket).expect("a launch");
//! # let get = |user: &'static str| {
//! #     let request = client.get("/").remote(([127, 0, 0, 1], 9).into());
//! #     let request = request.header(Header::new("Remote-User", user));
//! #     let response = request.header(Header::new("Remote-Groups", "editors, others")).dispatch();
//! #     response.into_string().unwrap()
//! # };
//! # for (user, expected) in [("ada", "1 ada"), ("bob", "2 bob"), ("ada", "1 ada")] {
//! #     assert_eq!(get(user), format!(r#"{expected} ["editors"]"#));
//! # }
//! ```
//!
//! (Within this crate, the module depends on `session`, whose trait for a store it implements,
//! on `user`, `lock` and the errors.)
//!
//! [`AuthSession::find_user`]: crate::AuthSession::find_user
//! [`Policy`]: crate::policy::Policy
//! [`RemoteUserFairing::store`]: crate::RemoteUserFairing::store
//! [`User`]: crate::User
//! [`User::new`]: crate::User::new
//! [`Username`]: crate::Username

#[cfg(test)]
mod database_errors;
mod default_database;
mod migrate;
mod open;
pub(crate) mod pool;
mod revisions;
mod shared_reading;
mod source;
mod sql;
mod user_store;

pub use crate::error::StoreError;
pub use crate::user::{Change, Plan, Stored, UserKey};
pub(crate) use default_database::DefaultDatabase;
pub use migrate::migrate;
pub(crate) use open::OpenStore;
pub(crate) use revisions::{Stamped, StampedStore};
pub(crate) use shared_reading::{SharedReading, Staleness};
pub use source::StorePool;
pub(crate) use source::{CustomStore, DatabaseStore, StoreSource};
pub use user_store::{Planner, UserStore};
