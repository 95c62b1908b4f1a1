use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rocket::fairing::{AdHoc, Fairing};
use rocket::tokio::sync::Semaphore;
use rocket::tokio::task::spawn_blocking;
use rocket_db_pools::Database;

use crate::Fallback;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS passwords (
    user_id INTEGER PRIMARY KEY REFERENCES remote_users (id) ON DELETE CASCADE, hash TEXT NOT NULL)";

/// The hash of no password. It is checked for users without one, so that they take as long
/// to refuse as others.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Limits how many hashes are computed at once, because each takes 19 MiB.
static HASHING: Semaphore = Semaphore::const_new(4);

/// A fairing that creates the table of passwords at launch.
pub(crate) fn table() -> impl Fairing {
    AdHoc::try_on_ignite("Passwords", |rocket| async {
        let Some(database) = Fallback::fetch(&rocket) else { return Err(rocket) };
        match sqlx::query(SCHEMA).execute(&***database).await {
            Ok(_) => Ok(rocket),
            Err(error) => {
                rocket::error!("There is no table of passwords: {error}.");
                Err(rocket)
            }
        }
    })
}

/// Returns whether `password` is the password of the user. For no user it never is.
pub(crate) async fn verify(db: &Fallback, user_id: Option<i64>, password: &str) -> Result<bool, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT hash FROM passwords WHERE user_id = ?").bind(user_id);
    let stored: Option<String> = query.fetch_optional(&***db).await?;
    let password = password.to_owned();
    hashing(move || {
        let hash = stored.as_deref().unwrap_or(DUMMY_HASH);
        let verified = PasswordHash::new(hash)
            .map(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        verified.map(|is_right| is_right && stored.is_some()).map_err(|e| e.to_string())
    })
    .await
}

/// Sets the password of a user.
pub(crate) async fn set(db: &Fallback, user_id: i64, password: &str) -> Result<(), sqlx::Error> {
    let password = password.to_owned();
    let hash = hashing(move || {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|e| e.to_string())
    });
    let query =
        sqlx::query("REPLACE INTO passwords (user_id, hash) VALUES (?, ?)").bind(user_id).bind(hash.await?);
    query.execute(&***db).await.map(drop)
}

/// Computes a hash on a thread where it blocks no other request.
async fn hashing<T: Send + 'static>(
    hash: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, sqlx::Error> {
    let _turn = HASHING.acquire().await.map_err(|_| sqlx::Error::WorkerCrashed)?;
    let hashed = spawn_blocking(hash).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
    hashed.map_err(sqlx::Error::Protocol)
}
