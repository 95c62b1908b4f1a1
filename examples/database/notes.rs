//! The routes, which are the same for every database.

use rocket::Route;
use rocket::form::Form;
use rocket::http::Status;
use rocket_db_pools::Connection;
use rocket_remote_user::{RemoteUser, sqlx};
use sqlx::Connection as _;

use super::{ADD, BEGIN, COUNT, LIST, Notes};

/// Adds a note and counts it, both or neither.
async fn add_and_count(db: &mut Connection<Notes>, user_id: i64, text: &str) -> Result<(), sqlx::Error> {
    let mut transaction = (***db).begin().await?;
    sqlx::query(BEGIN).bind(user_id).execute(&mut *transaction).await?;
    sqlx::query(COUNT).bind(user_id).execute(&mut *transaction).await?;
    sqlx::query(ADD).bind(user_id).bind(text).execute(&mut *transaction).await?;
    transaction.commit().await
}

#[post("/notes", data = "<text>")]
async fn add(user: RemoteUser, text: Form<String>, mut db: Connection<Notes>) -> Result<Status, Status> {
    match add_and_count(&mut db, user.id(), &text).await {
        Ok(()) => Ok(Status::Created),
        Err(_) => Err(Status::ServiceUnavailable),
    }
}

#[get("/notes")]
async fn list(user: RemoteUser, mut db: Connection<Notes>) -> Result<String, Status> {
    let query = sqlx::query_scalar(LIST).bind(user.id());
    let notes: Vec<String> = query.fetch_all(&mut **db).await.map_err(|_| Status::ServiceUnavailable)?;
    Ok(notes.join("\n"))
}

/// How many people there are. The pool itself runs a statement.
#[get("/people")]
async fn count_people(_user: RemoteUser, notes: &Notes) -> Result<String, Status> {
    let query = sqlx::query_scalar("SELECT count(*) FROM remote_users");
    let count: i64 = query.fetch_one(&notes.0).await.map_err(|_| Status::ServiceUnavailable)?;
    Ok(count.to_string())
}

pub(crate) fn routes() -> Vec<Route> {
    routes![add, list, count_people]
}
