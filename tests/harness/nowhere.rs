use rocket_remote_user::Error;
use rocket_remote_user::store::{Plan, Planner, StoreError, Stored, UserKey, UserStore};

/// A store that keeps nobody, and can do nothing that a store need not.
pub struct Nowhere;

#[rocket::async_trait]
impl UserStore for Nowhere {
    async fn find(&self, _: &UserKey<'_>, _: &[&str]) -> Result<Stored, StoreError> {
        Ok(Stored::default())
    }

    async fn update(&self, _: &UserKey<'_>, _: &[&str], planner: &Planner<'_>) -> Result<Plan, Error> {
        planner(Stored::default())
    }

    async fn usernames(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}
