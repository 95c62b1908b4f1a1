//! Keeps users in the application's own database, beside its own tables, which refer to
//! them.
//!
//! ```sh
//! ROCKET_DATABASES='{notes={url="sqlite:notes.sqlite"}}' cargo run --example database
//! curl -H 'Remote-User: ada' -d 'text=Buy milk' 127.0.0.1:8000/notes
//! curl -H 'Remote-User: ada' 127.0.0.1:8000/notes
//! ```

#[macro_use]
extern crate rocket;

use rocket::fairing::AdHoc;
use rocket::form::Form;
use rocket::http::Status;
use rocket_db_pools::{Connection, Database};
use rocket_remote_user::{RemoteUser, SqlitePool};

#[derive(Database)]
#[database("notes")]
struct Notes(SqlitePool);

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES remote_users (id), text TEXT NOT NULL)";

#[post("/notes", data = "<text>")]
async fn add(user: RemoteUser, text: Form<String>, mut db: Connection<Notes>) -> Result<Status, Status> {
    let query = sqlx::query("INSERT INTO notes (user_id, text) VALUES (?, ?)").bind(user.id()).bind(&*text);
    let added = query.execute(&mut **db).await;
    added.map(|_| Status::Created).map_err(|_| Status::ServiceUnavailable)
}

#[get("/notes")]
async fn list(user: RemoteUser, mut db: Connection<Notes>) -> Result<String, Status> {
    let query = sqlx::query_scalar("SELECT text FROM notes WHERE user_id = ? ORDER BY id").bind(user.id());
    let notes: Vec<String> = query.fetch_all(&mut **db).await.map_err(|_| Status::ServiceUnavailable)?;
    Ok(notes.join("\n"))
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(RemoteUser::fairing().database::<Notes>())
        .attach(Notes::init())
        .attach(AdHoc::try_on_ignite("Notes", |rocket| async {
            let created = match Notes::fetch(&rocket) {
                Some(notes) => sqlx::query(SCHEMA).execute(&***notes).await.is_ok(),
                None => false,
            };
            if created { Ok(rocket) } else { Err(rocket) }
        }))
        .mount("/", routes![add, list])
}
