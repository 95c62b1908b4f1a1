//! The users of an SQL store.
//!
//! Within this folder it depends on `rows`, `sql_store`, `statement` and `user_update`.

use rocket::time::OffsetDateTime;

use super::rows;
use super::sql_store::SqlStore;
use super::statement::{Statement, Statements};
use super::user_update::UserUpdate;
use crate::error::{Error, StoreError};
use crate::store::user_store::{Planner, UserStore};
use crate::user::{Plan, StaleUser, Stored, UserKey};

/// How many users are listed at once.
const MAX_LISTED: i64 = 10_000;

#[rocket::async_trait]
impl<D: Statements> UserStore for SqlStore<D> {
    async fn find(&self, key: &UserKey<'_>, groups: &[&str]) -> Result<Stored, StoreError> {
        let row = self.fetch_text(&find_user::<D>(key, groups)).await?;
        Ok(rows::read_user(row, key)?.stored)
    }

    async fn update(&self, key: &UserKey<'_>, groups: &[&str], planner: &Planner<'_>) -> Result<Plan, Error> {
        let find = find_user::<D>(key, groups);
        self.update_user(&UserUpdate { key, find, planner }).await
    }

    async fn usernames(&self, from: &str) -> Result<Vec<String>, StoreError> {
        self.fetch_all(&Statement::new(D::LIST_USERNAMES).bind(from).bind(MAX_LISTED)).await
    }

    async fn stale(&self, before: OffsetDateTime, after: i64) -> Result<Vec<StaleUser>, StoreError> {
        let list = Statement::new(D::LIST_STALE_USERS)
            .bind(after)
            .bind_seconds(before)
            .bind_seconds(before)
            .bind(MAX_LISTED);
        self.fetch_all(&list).await?.iter().map(|json| rows::read_stale_user(json)).collect()
    }

    fn keeps_subjects(&self) -> bool {
        true
    }
}

/// The statement that finds a user and which of `groups` exist. It fetches one row even
/// if there is no such user.
pub(super) fn find_user<'a, D: Statements>(key: &UserKey<'a>, groups: &[&str]) -> Statement<'a> {
    let username = key.username().as_str();
    match key.subject() {
        None => Statement::new(D::FIND_USER).bind_names(groups).bind(username),
        Some(subject) => Statement::new(D::FIND_USER_BY_SUBJECT)
            .bind_names(groups)
            .bind(username)
            .bind(subject)
            .bind(username),
    }
}
