//! Keeps users in the application's own database, beside its own tables, which refer to
//! them, in PostgreSQL.
//!
//! ```sh
//! ROCKET_DATABASES='{notes={url="postgres://localhost/notes"}}' cargo run --features postgres,macros --example database_postgres
//! curl -H 'Remote-User: ada' -d 'text=Buy milk' 127.0.0.1:8000/notes
//! curl -H 'Remote-User: ada' 127.0.0.1:8000/notes
//! ```

#[macro_use]
extern crate rocket;

mod notes;

use rocket_db_pools::Database;
use rocket_remote_user::{PgPool, RemoteUser};

#[derive(Database)]
#[database("notes")]
struct Notes(PgPool);

const ADD: &str = "INSERT INTO notes (user_id, text) VALUES ($1, $2)";

const COUNT: &str = "UPDATE authors SET notes = notes + 1 WHERE user_id = $1";

const BEGIN: &str = "INSERT INTO authors (user_id) VALUES ($1) ON CONFLICT DO NOTHING";

const LIST: &str = "SELECT text FROM notes WHERE user_id = $1 ORDER BY id";

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(Notes::init())
        .attach(
            RemoteUser::fairing()
                .database::<Notes>()
                .migrations(sqlx::migrate!("examples/database/migrations/postgres")),
        )
        .mount("/", notes::routes())
}
