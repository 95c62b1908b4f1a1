//! An application with every guard, on a database of its own, and eyes to see
//! what it does.
#![allow(dead_code, unreachable_pub)]

pub mod agent;
pub mod attack;
pub mod authority;
pub mod balancer;
pub mod browser;
pub mod database;
pub mod forgery;
pub mod http2;
#[cfg(feature = "jwt")]
pub mod issuer;
#[cfg(feature = "jwt")]
pub mod key_server;
pub mod launch;
pub mod log;
pub mod network;
pub mod nowhere;
pub mod process;
pub mod server;
pub mod sign_on;
pub mod socket;
pub mod streams;
pub mod tickets;
pub mod tls;
pub mod trial;
pub mod wire;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::http::{Header, Method, Status};
use rocket::local::blocking::Client;
use rocket::serde::json::{Json, Value, json};
use rocket::{Build, Request, Rocket, catch, catchers, get, routes};
use rocket_remote_user::{
    Error, Group, Member, RemoteUser, RemoteUserFairing, Staff, Superuser, User, Visitor,
};

#[allow(unused_imports)]
pub use database::{Database, Kind};

/// The proxy of the tests.
pub const PROXY: &str = "127.0.0.1";

/// Headers of a request, as they are sent.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

/// A peer that is no proxy.
pub const STRANGER: &str = "192.0.2.9";

/// Asks again and again whether `it` is so, until it is, for a minute at most.
#[track_caller]
pub fn eventually(mut it: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !it() {
        assert!(Instant::now() < deadline, "it was not to be");
    }
}

pub struct App {
    pub client: Client,
    pub database: Database,
}

#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl App {
    /// Launches with the keys of `toml` in `[default.remote_user]`.
    pub fn launch(toml: &str) -> App {
        Self::launch_with(toml, RemoteUser::fairing())
    }

    pub fn launch_with(toml: &str, fairing: RemoteUserFairing) -> App {
        Self::launch_on_with(Database::new(), toml, fairing)
    }

    /// Launches on `database`, which ends with the application.
    pub fn launch_on(database: Database, toml: &str) -> App {
        Self::launch_on_with(database, toml, RemoteUser::fairing())
    }

    pub fn launch_on_with(database: Database, toml: &str, fairing: RemoteUserFairing) -> App {
        let figment = figment(&database, toml);
        Self::launch_from(database, figment, fairing)
    }

    /// Launches with the keys of `toml` in `[default.remote_user]`, and with no
    /// `trusted_proxies` unless they are among them.
    pub fn launch_exactly(toml: &str) -> App {
        let database = Database::new();
        let figment = figment_exactly(&database, toml);
        Self::launch_from(database, figment, RemoteUser::fairing())
    }

    fn launch_from(database: Database, figment: Figment, fairing: RemoteUserFairing) -> App {
        let rocket = application(figment).attach(fairing);
        App { client: Client::untracked(rocket).expect("a launch"), database }
    }

    /// `GET path` through the proxy.
    pub fn get(&self, path: &str, headers: Headers<'_>) -> Reply {
        self.send(Method::Get, path, headers, PROXY)
    }

    pub fn send(&self, method: Method, path: &str, headers: Headers<'_>, peer: &str) -> Reply {
        let mut request = self.client.req(method, path.to_owned());
        request.set_remote(SocketAddr::new(peer.parse().expect("an address"), 40_000));
        for (name, value) in headers {
            request.add_header(Header::new(name.to_string(), value.to_string()));
        }
        let response = request.dispatch();
        Reply { status: response.status().code, body: response.into_string().unwrap_or_default() }
    }

    /// What `/me` says of the user whom the proxy signs in with `headers`.
    pub fn me(&self, headers: Headers<'_>) -> Value {
        let reply = self.get("/me", headers);
        assert_eq!(reply.status, 200, "{headers:?}: {}", reply.body);
        rocket::serde::json::from_str(&reply.body).expect("JSON")
    }

    /// The groups of `user` after a request with the groups header `groups`.
    pub fn groups(&self, user: &str, groups: &str) -> Value {
        self.me(&[("Remote-User", user), ("Remote-Groups", groups)])["groups"].take()
    }
}

impl Reply {
    pub fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
    }
}

/// Rocket's defaults, and `toml` in `[default.remote_user]`, with
/// `trusted_proxies` unless it has them.
pub fn figment(database: &Database, toml: &str) -> Figment {
    let trusted = if toml.contains("trusted_proxies") { "" } else { "trusted_proxies = ['127.0.0.1']\n" };
    figment_exactly(database, &format!("{trusted}{toml}"))
}

/// Rocket's defaults, and `toml` in `[default.remote_user]`.
pub fn figment_exactly(database: &Database, toml: &str) -> Figment {
    let url = database.url();
    let toml = format!(
        "[default.databases.remote_user]\nurl = '{url}'\nconnect_timeout = 2\n\
         [default.remote_user]\n{toml}"
    );
    Figment::from(rocket::Config::debug_default()).merge(Toml::string(&toml).nested())
}

/// An application with every guard, without the fairing.
pub fn application(figment: Figment) -> Rocket<Build> {
    rocket::custom(figment)
        .mount(
            "/",
            routes![
                public,
                me,
                visitor,
                optional,
                editors,
                staff,
                superuser,
                headers,
                twice,
                post,
                permissions
            ],
        )
        .mount("/nobody", routes![someone, nobody])
        .register("/", catchers![explain])
        .register("/nobody", catchers![explain_beneath])
}

struct Editors;

impl Group for Editors {
    const NAME: &'static str = "editors";
}

#[get("/public")]
fn public() -> &'static str {
    "public"
}

#[rocket::post("/post")]
fn post() -> &'static str {
    "posted"
}

fn describe(user: &User) -> Json<Value> {
    Json(json!({
        "id": user.id(), "username": user.username(), "name": user.name(), "email": user.email(),
        "groups": user.groups(), "staff": user.is_staff(), "superuser": user.is_superuser(),
    }))
}

#[get("/me")]
fn me(user: RemoteUser) -> Json<Value> {
    describe(&user)
}

#[get("/visitor")]
fn visitor(visitor: Visitor) -> String {
    visitor.user().map_or("nobody".into(), |user| user.username().into())
}

#[get("/optional")]
fn optional(user: Option<RemoteUser>) -> String {
    user.map_or("none".into(), |user| user.username().into())
}

#[get("/editors")]
fn editors(editor: Member<Editors>) -> String {
    editor.username().into()
}

#[get("/staff")]
fn staff(staff: Staff) -> String {
    staff.username().into()
}

#[get("/superuser")]
fn superuser(superuser: Superuser) -> String {
    superuser.username().into()
}

#[get("/permissions")]
fn permissions(user: RemoteUser) -> String {
    user.permissions().join(",")
}

#[get("/twice")]
fn twice(user: RemoteUser, visitor: Visitor, editor: Member<Editors>) -> String {
    format!("{} {} {}", user.id(), visitor.user().map_or(0, |user| user.id()), editor.id())
}

#[get("/")]
fn someone(user: RemoteUser) -> String {
    user.username().into()
}

#[get("/", rank = 2)]
fn nobody() -> &'static str {
    "nobody"
}

struct Received(Value);

#[rocket::async_trait]
impl<'r> rocket::request::FromRequest<'r> for Received {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> rocket::request::Outcome<Self, Self::Error> {
        let headers = request.headers().iter().map(|h| json!([h.name().as_str().to_lowercase(), h.value()]));
        rocket::request::Outcome::Success(Received(headers.collect()))
    }
}

#[get("/headers")]
fn headers(received: Received) -> Json<Value> {
    Json(received.0)
}

#[catch(default)]
fn explain(status: Status, request: &Request<'_>) -> String {
    match Error::of(status, request) {
        Some(error) => error.to_string(),
        None => format!("{status}"),
    }
}

#[catch(default)]
fn explain_beneath(status: Status, request: &Request<'_>) -> String {
    format!("beneath /nobody: {}", explain(status, request))
}
