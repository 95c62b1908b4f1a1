//! Shows who the proxy says you are: as a page, as JSON, and behind guards.
//!
//! ```sh
//! cargo run --example whoami
//! curl -H 'Remote-User: ada' -H 'Remote-Name: Ada Lovelace' 127.0.0.1:8000/me
//! ```

use std::collections::BTreeMap;

use rocket::request::{FromRequest, Outcome, Request};
use rocket::serde::json::{Json, Value, json};
use rocket::{get, http::RawStr, launch, post, response::Redirect, response::content::RawHtml, routes};
use rocket_remote_user::{AuthSession, Error, Group, Member, RemoteUser, Staff, Visitor};

struct Editors;

impl Group for Editors {
    const NAME: &'static str = "editors";
}

#[get("/")]
fn index(visitor: Visitor) -> RawHtml<String> {
    let escape = |text: &str| RawStr::new(text).html_escape().into_owned();
    let body = visitor.user().map_or(include_str!("whoami.nobody.html").into(), |user| {
        let groups: String = user.groups().iter().map(|name| format!("<li>{}</li>", escape(name))).collect();
        let name = escape(user.name().unwrap_or(user.username()));
        format!(include_str!("whoami.user.html"), name = name, groups = groups)
    });
    RawHtml(format!(include_str!("whoami.html"), body = body))
}

#[get("/me")]
fn me(user: RemoteUser) -> Json<Value> {
    Json(json!({
        "id": user.id(), "username": user.username(), "name": user.name(), "email": user.email(),
        "groups": user.groups(), "staff": user.is_staff(), "superuser": user.is_superuser(),
    }))
}

#[get("/editors")]
fn editors(editor: Member<Editors>) -> String {
    format!("{} may edit.\n", editor.username())
}

#[get("/staff")]
fn staff(staff: Staff) -> String {
    format!("{} is staff.\n", staff.username())
}

/// The headers of the request as a route sees them: those of the identity are blank.
struct Headers(BTreeMap<String, Vec<String>>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Headers {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let mut all = BTreeMap::<_, Vec<_>>::new();
        for header in request.headers().iter() {
            all.entry(header.name().as_str().to_lowercase()).or_default().push(header.value().into());
        }
        Outcome::Success(Headers(all))
    }
}

#[get("/headers")]
fn headers(headers: Headers) -> Json<BTreeMap<String, Vec<String>>> {
    Json(headers.0)
}

#[post("/logout")]
async fn logout(session: AuthSession<'_>) -> Result<Redirect, Error> {
    session.logout().await
}

#[post("/logout-everywhere")]
async fn logout_everywhere(session: AuthSession<'_>) -> Result<Redirect, Error> {
    session.logout_everywhere().await
}

#[launch]
fn rocket() -> _ {
    let routes = routes![index, me, editors, staff, headers, logout, logout_everywhere];
    rocket::build().attach(RemoteUser::fairing()).mount("/", routes)
}
