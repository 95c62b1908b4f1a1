//! A password form for the time when the single sign-on is down.
//!
//! The proxy signs people in as usual. Where it names nobody, a route of lower rank shows
//! the form. Users set their password while the proxy signs them in.
//!
//! ```sh
//! cargo run --example fallback_login
//! curl -H 'Remote-User: ada' -d 'password=correct horse battery' 127.0.0.1:8000/password
//! curl -i -d 'username=ada' -d 'password=correct horse battery' 127.0.0.1:8000/login
//! ```
//!
//! Five wrong passwords lock a name for a minute, for its owner too. An application that
//! cannot accept that counts attempts by the address that the proxy reports.
//!
//! The fairing refuses what the page of another site sends in the name of somebody who is
//! signed in (`cross_site`). Nobody is, where the form is sent, so the route of the form
//! looks at the origin itself.
//!
//! A real proxy must let `/` and `/login` through without a sign-in, and set the identity
//! headers to nothing there.

mod attempts;
mod passwords;
mod same_origin;

use rocket::figment::providers::Serialized;
use rocket::form::Form;
use rocket::http::{RawStr, Status};
use rocket::response::{Redirect, content::RawHtml};
use rocket::{FromForm, Responder, State, get, launch, post, routes};
use rocket_db_pools::Database;
use rocket_remote_user::{AuthSession, Error, RemoteUser, SqlitePool};

use attempts::Attempts;
use same_origin::SameOrigin;

#[derive(Database)]
#[database("fallback_login")]
struct Fallback(SqlitePool);

#[derive(FromForm)]
struct Credentials<'r> {
    username: &'r str,
    password: &'r str,
}

#[derive(FromForm)]
struct NewPassword<'r> {
    #[field(validate = len(12..=128))]
    password: &'r str,
}

#[derive(Responder)]
enum Refusal {
    Form((Status, RawHtml<String>)),
    Database((Status, ())),
    Error(Error),
}

#[get("/")]
fn home(user: RemoteUser) -> RawHtml<String> {
    let name = RawStr::new(user.username()).html_escape();
    RawHtml(format!(include_str!("home.html"), name = name))
}

#[get("/", rank = 2)]
fn sign_in() -> RawHtml<String> {
    form("")
}

#[post("/login", data = "<form>")]
async fn login(
    _from_here: SameOrigin,
    form: Form<Credentials<'_>>,
    session: AuthSession<'_>,
    attempts: &State<Attempts>,
    db: &Fallback,
) -> Result<Redirect, Refusal> {
    let Some(name) = session.canonical(form.username) else { return Err(wrong()) };
    if !attempts.begin(&name) {
        return Err(refuse(Status::TooManyRequests, "Too many attempts. Try again in a minute."));
    }
    let user = session.find_user(&name).await?;
    let is_right = passwords::verify(db, user.as_ref().map(|user| user.id()), form.password).await?;
    match user.filter(|_| is_right) {
        Some(user) => {
            session.login(&user, "password").await?;
            attempts.succeed(&name);
            Ok(Redirect::to("/"))
        }
        None => Err(wrong()),
    }
}

#[post("/password", data = "<form>")]
async fn set_password(
    user: RemoteUser,
    form: Form<NewPassword<'_>>,
    db: &Fallback,
) -> Result<Redirect, Refusal> {
    passwords::set(db, user.id(), form.password).await?;
    Ok(Redirect::to("/"))
}

#[post("/logout")]
async fn logout(session: AuthSession<'_>) -> Result<Redirect, Error> {
    session.logout().await
}

fn form(message: &str) -> RawHtml<String> {
    RawHtml(format!(include_str!("sign_in.html"), message = message))
}

fn wrong() -> Refusal {
    refuse(Status::Unauthorized, "Wrong name or password.")
}

fn refuse(status: Status, message: &str) -> Refusal {
    Refusal::Form((status, form(message)))
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Error(error)
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        rocket::error!("Passwords are out of reach: {error}.");
        Refusal::Database((Status::ServiceUnavailable, ()))
    }
}

#[launch]
fn rocket() -> _ {
    let figment = rocket::Config::figment()
        .join(Serialized::default("databases.fallback_login.url", "sqlite:fallback_login.sqlite"))
        .join(Serialized::default("remote_user.session.idle_timeout", 1800));
    rocket::custom(figment)
        .attach(RemoteUser::fairing().database::<Fallback>())
        .attach(Fallback::init())
        .attach(passwords::table())
        .manage(Attempts::default())
        .mount("/", routes![home, sign_in, login, set_password, logout])
}
