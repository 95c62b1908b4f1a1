//! Keeps users in the application's own database, beside its own tables, which refer to
//! them. `postgres.rs` and `mysql.rs` are the same application in other databases.
//!
//! ```sh
//! ROCKET_DATABASES='{notes={url="sqlite:notes.sqlite"}}' cargo run --example database
//! curl -H 'Remote-User: ada' -d 'text=Buy milk' 127.0.0.1:8000/notes
//! curl -H 'Remote-User: ada' 127.0.0.1:8000/notes
//! ```

#[macro_use]
extern crate rocket;

mod notes;

use rocket_db_pools::Database;
use rocket_remote_user::{RemoteUser, SqlitePool};

#[derive(Database)]
#[database("notes")]
struct Notes(SqlitePool);

const ADD: &str = "INSERT INTO notes (user_id, text) VALUES (?, ?)";

const COUNT: &str = "UPDATE authors SET notes = notes + 1 WHERE user_id = ?";

const BEGIN: &str = "INSERT INTO authors (user_id) VALUES (?) ON CONFLICT DO NOTHING";

const LIST: &str = "SELECT text FROM notes WHERE user_id = ? ORDER BY id";

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(Notes::init())
        .attach(
            RemoteUser::fairing()
                .database::<Notes>()
                .migrations(sqlx::migrate!("examples/database/migrations/sqlite")),
        )
        .mount("/", notes::routes())
}
