//! A store of the application's own: it keeps users in memory, and has every group.
//!
//! ```sh
//! cargo run --example store
//! curl -H 'Remote-User: ada' -H 'Remote-Groups: editors' 127.0.0.1:8000
//! ```

#[macro_use]
extern crate rocket;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rocket_remote_user::store::{Plan, Planner, StoreError, Stored, UserKey, UserStore};
use rocket_remote_user::{Error, RemoteUser, User};

#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, User>>);

impl Memory {
    fn users(&self) -> MutexGuard<'_, BTreeMap<String, User>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[rocket::async_trait]
impl UserStore for Memory {
    async fn find(&self, key: &UserKey<'_>, groups: &[&str]) -> Result<Stored, StoreError> {
        Ok(Stored {
            user: self.users().get(key.username().as_str()).cloned(),
            groups: groups.iter().map(|group| group.to_string()).collect(),
            ..Stored::default()
        })
    }

    async fn update(&self, key: &UserKey<'_>, groups: &[&str], planner: &Planner<'_>) -> Result<Plan, Error> {
        let mut users = self.users();
        let user = users.get(key.username().as_str()).cloned();
        let groups = groups.iter().map(|group| group.to_string()).collect();
        let mut plan = planner(Stored { user, groups, ..Stored::default() })?;
        if plan.is_creation() {
            plan.set_user_id(users.len() as i64 + 1);
        }
        users.insert(plan.user().username().into(), plan.user().clone());
        Ok(plan)
    }

    async fn usernames(&self, from: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.users().range(from.to_owned()..).map(|(name, _)| name.clone()).collect())
    }
}

#[get("/")]
fn index(user: RemoteUser) -> String {
    format!("{} {} {:?}\n", user.id(), user.username(), user.groups())
}

#[launch]
fn rocket() -> _ {
    rocket::build().attach(RemoteUser::fairing().store(Memory::default())).mount("/", routes![index])
}
