use crate::error::{Error, StoreError};
use crate::user::{Plan, Stored, Username};

/// Plans the changes to what is stored, or refuses the user.
pub type Planner<'a> = dyn Fn(Stored) -> Result<Plan, Error> + Send + Sync + 'a;

/// Where users are remembered. [`RemoteUser::fairing`] keeps them in a
/// database; give it another store with
/// [`store`](crate::RemoteUserFairing::store).
///
/// [`RemoteUser::fairing`]: crate::RemoteUser::fairing
#[rocket::async_trait]
pub trait UserStore: Send + Sync + 'static {
    /// Finds the user of that name, and which of `groups`, which are sorted and
    /// all different, exist. No user is no error.
    async fn find(&self, username: &Username, groups: &[&str]) -> Result<Stored, StoreError>;

    /// Finds the user again, asks `planner` what is to change, and makes these
    /// changes, in one transaction: nobody else changes the user in between,
    /// and an error, the planner's own too, leaves everything as it was.
    ///
    /// Returns the plan, which [knows](Plan::set_user_id) the `id` of a user
    /// who was created.
    async fn update(
        &self,
        username: &Username,
        groups: &[&str],
        planner: &Planner<'_>,
    ) -> Result<Plan, Error>;
}
