//! A store of the application's own: it keeps users in a JSON file, and has every group.
//!
//! ```sh
//! cargo run --example store
//! curl -H 'Remote-User: ada' -H 'Remote-Groups: editors' 127.0.0.1:8000
//! cat people.json
//! ```
//!
//! Stop it, set `is_active` of `ada` to `false` in the file, and start it again.

#[macro_use]
extern crate rocket;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{fs, io};

use rocket::Request;
use rocket::http::Status;
use rocket::serde::json::serde_json;
use rocket::serde::{Deserialize, Serialize};
use rocket::tokio::sync::Mutex;
use rocket_remote_user::store::{Plan, Planner, StoreError, Stored, UserKey, UserStore};
use rocket_remote_user::{Error, Flags, MembershipSource, RemoteUser, User};

/// What the file has of a person, by the user name.
#[derive(Clone, Serialize, Deserialize)]
#[serde(crate = "rocket::serde")]
struct Row {
    id: i64,
    name: Option<String>,
    email: Option<String>,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    groups: BTreeMap<String, MembershipSource>,
}

impl Row {
    fn of(user: &User) -> Row {
        Row {
            id: user.id(),
            name: user.name().map(str::to_owned),
            email: user.email().map(str::to_owned),
            is_active: user.is_active(),
            is_staff: user.is_staff(),
            is_superuser: user.is_superuser(),
            groups: user.memberships().clone(),
        }
    }

    fn user(&self, username: &str) -> User {
        let flags = Flags { staff: self.is_staff, superuser: self.is_superuser };
        let mut user = User::builder(self.id, username).active(self.is_active).flags(flags);
        if let Some(name) = &self.name {
            user = user.name(name);
        }
        if let Some(email) = &self.email {
            user = user.email(email);
        }
        for (group, source) in &self.groups {
            user = user.member(group, *source);
        }
        user.build()
    }
}

struct People {
    file: PathBuf,
    rows: Mutex<BTreeMap<String, Row>>,
}

impl People {
    fn open(file: PathBuf) -> io::Result<People> {
        let rows = match fs::read(&file) {
            Ok(json) => serde_json::from_slice(&json)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(People { file, rows: Mutex::new(rows) })
    }

    /// Writes the file as a whole, or not at all.
    fn save(&self, rows: &BTreeMap<String, Row>) -> io::Result<()> {
        let new_file = self.file.with_extension("new");
        fs::write(&new_file, serde_json::to_vec_pretty(rows)?)?;
        fs::rename(new_file, &self.file)
    }
}

/// Everything that is stored of a person; each of the groups exists.
fn stored(rows: &BTreeMap<String, Row>, key: &UserKey<'_>, groups: &[&str]) -> Stored {
    let username = key.username().as_str();
    let user = rows.get(username).map(|row| row.user(username));
    Stored { user, groups: groups.iter().map(|group| group.to_string()).collect(), ..Stored::default() }
}

#[rocket::async_trait]
impl UserStore for People {
    async fn find(&self, key: &UserKey<'_>, groups: &[&str]) -> Result<Stored, StoreError> {
        Ok(stored(&*self.rows.lock().await, key, groups))
    }

    async fn update(&self, key: &UserKey<'_>, groups: &[&str], planner: &Planner<'_>) -> Result<Plan, Error> {
        let mut rows = self.rows.lock().await;
        let mut plan = planner(stored(&rows, key, groups))?;
        if plan.is_creation() {
            plan.set_user_id(rows.values().map(|row| row.id).max().unwrap_or_default() + 1);
        }
        let mut changed = rows.clone();
        changed.insert(plan.user().username().into(), Row::of(plan.user()));
        self.save(&changed).map_err(|error| StoreError::Other(error.into()))?;
        *rows = changed;
        Ok(plan)
    }

    async fn usernames(&self, from: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.rows.lock().await;
        Ok(rows.range(from.to_owned()..).map(|(name, _)| name.clone()).collect())
    }
}

#[get("/")]
fn index(user: RemoteUser) -> String {
    format!("{} {} {:?}\n", user.id(), user.username(), user.groups())
}

#[catch(403)]
fn refused(status: Status, request: &Request<'_>) -> &'static str {
    match Error::of(status, request) {
        Some(Error::Inactive) => "This account is inactive.\n",
        _ => "You may not enter.\n",
    }
}

#[launch]
fn rocket() -> _ {
    let rocket = rocket::build();
    let file = rocket.figment().extract_inner("people").unwrap_or_else(|_| "people.json".into());
    let people = People::open(file).expect("a file of people");
    rocket
        .attach(RemoteUser::fairing().store(people))
        .mount("/", routes![index])
        .register("/", catchers![refused])
}
