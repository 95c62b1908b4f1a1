//! A user whom the proxy has not named for long.
//!
//! Within this folder it depends on nothing.

use rocket::time::OffsetDateTime;

/// A user whom the proxy has not named for long, as [`Users::stale`](crate::Users::stale) lists
/// them.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::{Error, Users};
///
/// async fn report(users: &Users) -> Result<Vec<String>, Error> {
///     let stale = users.stale(90).await?;
///     Ok(stale.iter().map(|user| format!("{}: {:?}", user.username(), user.last_login_at())).collect())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleUser {
    id: i64,
    username: String,
    last_login_at: Option<OffsetDateTime>,
}

impl StaleUser {
    /// Makes one, for a [`UserStore`](crate::store::UserStore) that lists them.
    pub fn new(id: i64, username: impl Into<String>, last_login_at: Option<OffsetDateTime>) -> Self {
        Self { id, username: username.into(), last_login_at }
    }

    /// The key of the user in the store.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The canonical user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// When the user last signed in. `None` if that never happened.
    pub fn last_login_at(&self) -> Option<OffsetDateTime> {
        self.last_login_at
    }
}
