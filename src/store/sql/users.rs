use super::rows;
use super::sql_store::SqlStore;
use super::statement::{Statement, Statements};
use super::user_update::UserUpdate;
use crate::error::{Error, StoreError};
use crate::store::user_store::{Planner, UserStore};
use crate::user::{Plan, Stored, Username};

#[rocket::async_trait]
impl<D: Statements> UserStore for SqlStore<D> {
    async fn find(&self, username: &Username, groups: &[&str]) -> Result<Stored, StoreError> {
        rows::read_user(self.fetch_text(&find::<D>(username, groups)).await?)
    }

    async fn update(
        &self,
        username: &Username,
        groups: &[&str],
        planner: &Planner<'_>,
    ) -> Result<Plan, Error> {
        let find = find::<D>(username, groups);
        self.update_user(&UserUpdate { username: username.as_str(), find, planner }).await
    }
}

/// Finds a user, and which of `groups` exist. It is one row, whether there is such a
/// user or not.
fn find<'a, D: Statements>(username: &'a Username, groups: &[&str]) -> Statement<'a> {
    Statement::new(D::FIND).bind_names(groups).bind(username.as_str())
}
