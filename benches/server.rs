//! The server that `scripts/bench` measures, in one of four kinds: `bare`, `fairing`,
//! `query` or `guard`. Each has a pool with the same settings on the same database, and
//! answers with the same bytes.

use std::collections::BTreeMap;

use rocket::fairing::AdHoc;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Build, Rocket, get, routes};
use rocket_db_pools::Database;
use rocket_remote_user::{RemoteUser, SqlitePool};
use sqlx::Row;

#[derive(Database)]
#[database("remote_user")]
struct Users(SqlitePool);

#[get("/")]
fn bare() -> &'static str {
    "Hello!"
}

/// The guard that an application would write by hand for the same user: one header, one
/// query, no checks.
#[allow(dead_code)]
struct ByHand {
    id: i64,
    username: String,
    name: Option<String>,
    email: Option<String>,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    created_at: i64,
    last_login_at: Option<i64>,
    groups: BTreeMap<String, String>,
}

const BY_HAND: &str = "
SELECT u.id, u.username, u.name, u.email, u.is_active, u.is_staff, u.is_superuser,
       unixepoch(u.created_at), unixepoch(u.last_login_at),
       (SELECT json_group_object(g.name, m.source)
          FROM remote_memberships m JOIN remote_groups g ON g.id = m.group_id
         WHERE m.user_id = u.id)
  FROM remote_users u WHERE u.username = ?";

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ByHand {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Some(username) = request.headers().get_one("Remote-User") else {
            return Outcome::Forward(Status::Unauthorized);
        };
        let Some(users) = Users::fetch(request.rocket()) else {
            return Outcome::Error((Status::InternalServerError, ()));
        };
        match sqlx::query(BY_HAND).bind(username).fetch_optional(&***users).await {
            Ok(Some(row)) => Outcome::Success(ByHand {
                id: row.get(0),
                username: row.get(1),
                name: row.get(2),
                email: row.get(3),
                is_active: row.get(4),
                is_staff: row.get(5),
                is_superuser: row.get(6),
                created_at: row.get(7),
                last_login_at: row.get(8),
                groups: rocket::serde::json::from_str(row.get(9)).unwrap_or_default(),
            }),
            Ok(None) => Outcome::Forward(Status::Unauthorized),
            Err(_) => Outcome::Error((Status::ServiceUnavailable, ())),
        }
    }
}

#[get("/")]
fn query(user: ByHand) -> &'static str {
    let _ = user;
    "Hello!"
}

#[get("/")]
fn guard(user: RemoteUser) -> &'static str {
    let _ = user;
    "Hello!"
}

fn server(kind: &str) -> Rocket<Build> {
    let rocket = rocket::build().attach(Users::init());
    match kind {
        "bare" => rocket.mount("/", routes![bare]),
        "fairing" => rocket::build().attach(RemoteUser::fairing()).mount("/", routes![bare]),
        "query" => rocket.mount("/", routes![query]),
        "guard" => rocket::build().attach(RemoteUser::fairing()).mount("/", routes![guard]),
        kind => panic!("`{kind}` is none of bare, fairing, query, guard"),
    }
}

#[rocket::main]
#[allow(clippy::print_stdout, clippy::result_large_err)]
async fn main() -> Result<(), rocket::Error> {
    let kind = std::env::args().nth(1).unwrap_or_default();
    let ready = AdHoc::on_liftoff("Ready", |rocket| {
        Box::pin(async move { println!("ready on port {}", rocket.config().port) })
    });
    server(&kind).attach(ready).launch().await.map(|_| ())
}
