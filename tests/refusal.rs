//! A refused request reaches no route; what was read is blank.

mod harness;

use harness::socket::Server;
use harness::{App, Database, PROXY, STRANGER, application, figment};
use rocket::fairing::AdHoc;
use rocket::http::Method::{self, *};
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, catch, catchers, get, routes};
use rocket_remote_user::{Error, Fault, RemoteUser};

const ADA: (&str, &str) = ("Remote-User", "ada");
const METHODS: [Method; 9] = [Get, Put, Post, Delete, Options, Head, Trace, Connect, Patch];

#[test]
fn a_refused_request_reaches_no_route_by_any_method() {
    let app = App::launch("");
    for method in METHODS {
        for path in ["/public", "/me", "/post", "/nobody", "/nowhere", "/", "/a/b/c?d=e"] {
            assert_eq!(app.send(method, path, &[ADA, ADA], PROXY).status, 400, "{method} {path}");
            assert_eq!(app.send(method, path, &[ADA], STRANGER).status, 403, "{method} {path}");
        }
    }
}

#[test]
fn a_clean_request_goes_where_it_would_go_without_the_fairing() {
    let with = App::launch("");
    for method in METHODS {
        let expected = match method {
            Get | Head => 200,
            _ => 404,
        };
        assert_eq!(with.send(method, "/public", &[], PROXY).status, expected, "{method}");
    }
    assert_eq!(with.send(Post, "/post", &[], PROXY).status, 200);
    assert_eq!(with.send(Connect, "/post", &[], PROXY).status, 404);
}

#[test]
fn the_answer_to_a_refused_head_has_no_body() {
    let app = App::launch("");
    app.send(Head, "/public", &[ADA, ADA], PROXY).is(400, "");
    app.send(Head, "/public", &[], PROXY).is(200, "");
}

#[test]
fn the_catcher_of_the_path_that_was_asked_for_answers() {
    let app = App::launch("");
    let reply = app.get("/nobody", &[ADA, ADA]);
    reply.is(400, "beneath /nobody: header `Remote-User` was sent more than once");
}

#[test]
fn no_later_fairing_can_bring_a_refused_request_back() {
    let database = Database::new();
    let restore =
        AdHoc::on_request("Method override", |request, _| Box::pin(async move { request.set_method(Get) }));
    let rocket = application(figment(&database, "")).attach(RemoteUser::fairing()).attach(restore);
    let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
    let request = client.get("/public").remote(([192, 0, 2, 9], 9).into());
    let response = request.header(rocket::http::Header::new("Remote-User", "ada")).dispatch();
    assert_eq!(response.status(), Status::Forbidden);
}

#[test]
fn what_was_read_is_blank_for_every_route() {
    let app = App::launch("headers = { email = false }");
    let sent =
        [ADA, ("Remote-Name", "Ada"), ("Remote-Groups", "a"), ("Remote-Email", "a@b"), ("Accept", "*/*")];
    let blanked = r#"[["remote-user",""],["remote-name",""],["remote-groups",""],["remote-email","a@b"],["accept","*/*"]]"#;
    app.get("/headers", &sent).is(200, blanked);
}

#[test]
fn aliases_and_doubles_of_a_peer_to_be_ignored_are_blank_too() {
    let app = App::launch("untrusted = 'ignore'");
    let sent = [ADA, ("remote-user", "bob"), ("Remote_User", "eve"), ("HTTP-Remote-Groups", "admins")];
    let reply = app.send(Get, "/headers", &sent, STRANGER);
    reply.is(200, r#"[["remote-user",""],["remote_user",""],["http-remote-groups",""]]"#);
}

#[catch(default)]
fn show(status: Status, request: &Request<'_>) -> String {
    let rejection = match Error::of(status, request) {
        Some(Error::Rejected(rejection)) => rejection,
        other => panic!("{other:?} is no rejection"),
    };
    assert_eq!(rejection.fault(), Fault::Alias);
    let headers = request.headers().iter().map(|header| header.to_string());
    format!("{}; {}", rejection.header(), headers.collect::<Vec<_>>().join("; "))
}

#[test]
fn a_catcher_reads_the_rejection_and_no_value() {
    let database = Database::new();
    let rocket = rocket::custom(figment(&database, "")).attach(RemoteUser::fairing());
    let client = rocket::local::blocking::Client::untracked(rocket.register("/", catchers![show]));
    let client = client.expect("a launch");
    let mut request = client.get("/").remote(([127, 0, 0, 1], 9).into());
    for (name, value) in [ADA, ("Remote_User", "eve")] {
        request.add_header(rocket::http::Header::new(name, value));
    }
    let body = request.dispatch().into_string();
    assert_eq!(body.as_deref(), Some("Remote-User; Remote-User: ; Remote_User: "));
}

struct Tried(String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Tried {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        Outcome::Success(Tried(match request.guard::<RemoteUser>().await {
            Outcome::Success(user) => format!("success: {}", user.username()),
            Outcome::Forward(status) => format!("forward: {status}"),
            Outcome::Error((status, error)) => format!("error: {status}: {error}"),
        }))
    }
}

#[catch(default)]
async fn try_guard(status: Status, request: &Request<'_>) -> String {
    match request.guard::<Tried>().await {
        Outcome::Success(Tried(outcome)) => format!("{} {outcome}", status.code),
        _ => unreachable!("it always succeeds"),
    }
}

#[get("/tried")]
fn tried(tried: Tried) -> String {
    tried.0
}

#[test]
fn a_request_without_a_verdict_is_an_error_and_never_clean() {
    let database = Database::new();
    let rocket = rocket::custom(figment(&database, "")).attach(RemoteUser::fairing());
    let server = Server::serve(rocket.mount("/", routes![tried]).register("/", catchers![try_guard]));

    let unjudged = "error: 500 Internal Server Error: the request was not judged by `RemoteUser::fairing()`";
    for headers in ["", "Remote-User: ada"] {
        let (status, body) = server.exchange("BREW", "/tried", headers);
        assert_eq!((status, body), (400, format!("400 {unjudged}")));
    }
    // The same catcher and guard, where there is a verdict.
    assert_eq!(server.get("/nowhere", ""), (404, "404 forward: 401 Unauthorized".into()));
    assert_eq!(server.get("/nowhere", "Remote-User: ada"), (404, "404 success: ada".into()));
    assert_eq!(server.get("/tried", "Remote-User: ada"), (200, "success: ada".into()));
    let doubled = "400 error: 400 Bad Request: header `Remote-User` was sent more than once";
    assert_eq!(server.get("/tried", "Remote-User: ada\nRemote-User: ada"), (400, doubled.into()));
    assert_eq!(database.sql("SELECT username FROM remote_users"), ["ada"]);
}

#[test]
fn a_guard_that_asks_before_the_fairing_is_not_believed() {
    let database = Database::new();
    let early = AdHoc::on_request("Early", |request, _| {
        Box::pin(async move {
            let outcome = request.guard::<RemoteUser>().await;
            assert!(matches!(outcome, Outcome::Error((Status::InternalServerError, Error::Unjudged))));
        })
    });
    let rocket = application(figment(&database, "")).attach(early).attach(RemoteUser::fairing());
    let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
    let request = client.get("/me").remote(([127, 0, 0, 1], 9).into());
    let response = request.header(rocket::http::Header::new("Remote-User", "ada")).dispatch();
    assert_eq!(response.status(), Status::Ok);
}

#[test]
fn a_catcher_hears_what_a_guard_said_before_the_fairing_refused() {
    let database = Database::new();
    let early = AdHoc::on_request("Early", |request, _| {
        Box::pin(async move { drop(request.guard::<RemoteUser>().await) })
    });
    let rocket = application(figment(&database, "")).attach(early).attach(RemoteUser::fairing());
    let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
    let request = client.get("/me").remote(([192, 0, 2, 9], 9).into());
    let response = request.header(rocket::http::Header::new("Remote-User", "ada")).dispatch();
    assert_eq!(response.status(), Status::Forbidden);
    let told = response.into_string();
    assert_eq!(told.as_deref(), Some("the request was not judged by `RemoteUser::fairing()`"));
}
