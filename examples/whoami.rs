//! Who the proxy says is there: as a page, as JSON, and behind guards.

use std::collections::BTreeMap;

use rocket::http::RawStr;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::content::RawHtml;
use rocket::serde::json::{Json, Value, json};
use rocket::{get, launch, routes};
use rocket_remote_user::{Group, Member, RemoteUser, Staff};

struct Editors;

impl Group for Editors {
    const NAME: &'static str = "editors";
}

#[get("/")]
fn index(user: RemoteUser) -> RawHtml<String> {
    let escape = |text: &str| RawStr::new(text).html_escape().into_owned();
    let name = escape(user.name().unwrap_or(user.username()));
    let groups = user.groups().into_iter().map(|group| format!("<li>{}</li>", escape(group)));
    let groups = groups.reduce(|all, group| all + &group).unwrap_or("<li><i>no groups</i></li>".into());
    page(format!("<h1>Hello, {name}!</h1><p>Your groups:</p><ul>{groups}</ul>"))
}

#[get("/", rank = 2)]
fn stranger() -> RawHtml<String> {
    page("<h1>Hello, stranger!</h1><p>The proxy has signed nobody in.</p>".into())
}

fn page(body: String) -> RawHtml<String> {
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

struct Headers(BTreeMap<String, Vec<String>>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Headers {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let mut headers: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for header in request.headers().iter() {
            let name = header.name().as_str().to_lowercase();
            headers.entry(name).or_default().push(header.value().to_owned());
        }
        Outcome::Success(Headers(headers))
    }
}

#[get("/headers")]
fn headers(headers: Headers) -> Json<BTreeMap<String, Vec<String>>> {
    Json(headers.0)
}

#[launch]
fn rocket() -> _ {
    let routes = routes![index, stranger, me, editors, staff, headers];
    rocket::build().attach(RemoteUser::fairing()).mount("/", routes)
}
