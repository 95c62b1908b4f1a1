//! The trait for a store of users.
//!
//! Within this folder it depends on nothing.

use rocket::time::OffsetDateTime;

use crate::error::{Error, StoreError};
use crate::user::{Plan, StaleUser, Stored, UserKey};

/// Decides what to change about a user, given what is stored, or refuses somebody who is not
/// stored.
///
/// A [`UserStore`] calls the planner once it has found the user within its transaction.
/// The planner changes nothing itself, so a store that retries a transaction calls it
/// again with what is stored by then. Its error is to be returned as it is.
///
/// # Example
///
/// A test of one's own store can pass a planner that refuses everybody, and check that
/// nothing was changed:
///
/// ```rust
/// use std::collections::BTreeMap;
///
/// use rocket_remote_user::store::{Plan, Planner, Stored};
/// use rocket_remote_user::{Error, User};
///
/// fn update(
///     users: &mut BTreeMap<String, User>,
///     username: &str,
///     planner: &Planner<'_>,
/// ) -> Result<Plan, Error> {
///     let stored = Stored { user: users.get(username).cloned(), ..Stored::default() };
///     let mut plan = planner(stored)?;
///     if plan.is_creation() {
///         plan.set_user_id(users.len() as i64 + 1);
///     }
///     users.insert(username.into(), plan.user().clone());
///     Ok(plan)
/// }
///
/// let mut users = BTreeMap::new();
/// let outcome = update(&mut users, "ada", &|_| Err(Error::UnknownUser));
/// assert!(matches!(outcome, Err(Error::UnknownUser)));
/// assert!(users.is_empty());
/// ```
pub type Planner<'a> = dyn Fn(Stored) -> Result<Plan, Error> + Send + Sync + 'a;

/// A store of users, for [`RemoteUserFairing::store`].
///
/// Without one, [`RemoteUser::fairing`] keeps users in a database. The
/// [module documentation](crate::store) says what a store must promise, and has a store
/// that keeps users in memory.
///
/// # Example
///
/// A store that remembers nobody, for an application that needs to know who is there
/// only while it answers a request. Every group exists, and every `id` is 0:
///
/// ```rust
/// # #[macro_use] extern crate rocket;
/// # use rocket::{http::Header, local::blocking::Client};
/// use rocket_remote_user::store::{Plan, Planner, StoreError, Stored, UserKey, UserStore};
/// use rocket_remote_user::{Error, RemoteUser};
///
/// struct Forgetful;
///
/// #[rocket::async_trait]
/// impl UserStore for Forgetful {
///     async fn find(&self, _: &UserKey<'_>, groups: &[&str]) -> Result<Stored, StoreError> {
///         let groups = groups.iter().map(|group| group.to_string()).collect();
///         Ok(Stored { groups, ..Stored::default() })
///     }
///
///     async fn update(
///         &self,
///         key: &UserKey<'_>,
///         groups: &[&str],
///         planner: &Planner<'_>,
///     ) -> Result<Plan, Error> {
///         planner(self.find(key, groups).await?)
///     }
///
///     async fn usernames(&self, _: &str) -> Result<Vec<String>, StoreError> {
///         Ok(Vec::new())
///     }
/// }
///
/// # #[get("/")]
/// # fn index(user: RemoteUser) -> String {
/// #     format!("{} {} {:?}", user.id(), user.username(), user.groups())
/// # }
/// # let figment = rocket::Config::figment()
/// #     .merge(("log_level", "off"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// let rocket = rocket::custom(figment).attach(RemoteUser::fairing().store(Forgetful));
/// # let client = Client::untracked(rocket.mount("/", routes![index])).expect("a launch");
/// # let request = client.get("/").remote(([127, 0, 0, 1], 9).into());
/// # let request = request.header(Header::new("Remote-User", "ada"));
/// # let response = request.header(Header::new("Remote-Groups", "editors")).dispatch();
/// # assert_eq!(response.into_string().as_deref(), Some(r#"0 ada ["editors"]"#));
/// ```
///
/// [`RemoteUserFairing::store`]: crate::RemoteUserFairing::store
/// [`RemoteUser::fairing`]: crate::RemoteUser::fairing
#[rocket::async_trait]
pub trait UserStore: Send + Sync + 'static {
    /// Finds a user by the subject of `key`, or by its name if it has no subject or nobody has
    /// that one, and which of `groups` exist. The groups are sorted, and no two are the same.
    ///
    /// # Errors
    ///
    /// Returns a [`StoreError`] if the store is out of reach. That there is no such user
    /// is no error.
    async fn find(&self, key: &UserKey<'_>, groups: &[&str]) -> Result<Stored, StoreError>;

    /// Finds the user again, asks `planner` what to change, and makes the changes, all in
    /// one transaction: nobody else changes the user in between, and an error leaves
    /// everything as it was.
    ///
    /// Returns the plan. If it creates the user, the store gives it the new `id` with
    /// [`Plan::set_user_id`].
    ///
    /// # Errors
    ///
    /// Returns the error of `planner`, or [`Error::Store`] if the store is out of reach.
    async fn update(&self, key: &UserKey<'_>, groups: &[&str], planner: &Planner<'_>) -> Result<Plan, Error>;

    /// Lists active users whom the proxy has not named since `before`, in the order of their ids,
    /// a page at a time, from the first id that is greater than `after`. For
    /// [`Users::stale`](crate::Users::stale).
    ///
    /// # Errors
    ///
    /// Returns a [`StoreError`] if the store is out of reach, and by default, because not every
    /// store can tell.
    async fn stale(&self, before: OffsetDateTime, after: i64) -> Result<Vec<StaleUser>, StoreError> {
        let _ = (before, after);
        Err(StoreError::Other("it does not list stale users".into()))
    }

    /// Whether the store keeps [subjects](UserKey::subject): it finds a user by subject first,
    /// tells whether [the name is taken](Stored::is_name_taken), and no two users have the same.
    /// `false` by default, and then a launch with `headers.subject` or `jwt.claims.subject`
    /// fails.
    fn keeps_subjects(&self) -> bool {
        false
    }

    /// Lists the names of users that are not less than `from`, in the order of their bytes, a
    /// page at a time: at least two names if there are as many, and no more than a store
    /// likes to answer with at once. A launch reads all of them, to tell of those that can
    /// never be found: see `username_conflicts`.
    ///
    /// # Errors
    ///
    /// Returns a [`StoreError`] if the store is out of reach.
    async fn usernames(&self, from: &str) -> Result<Vec<String>, StoreError>;
}
