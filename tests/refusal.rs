//! A refused request reaches no route; what was read is blank.

mod harness;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use harness::log::Recording;
use harness::socket::Server;
use harness::{App, Database, Headers, PROXY, STRANGER, application, figment};
use rocket::fairing::AdHoc;
use rocket::http::Method::{self, *};
use rocket::http::Status;
use rocket::local::blocking::Client;
use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, catch, catchers, get, routes};
use rocket_remote_user::policy::{Event, Policy};
use rocket_remote_user::store::StoreError;
use rocket_remote_user::{
    AuthSession, Error, Fault, Group, Member, Permission, Permitted, Refusal, RemoteUser, Staff, Superuser,
};

const ADA: (&str, &str) = ("Remote-User", "ada");
const METHODS: [Method; 9] = [Get, Put, Post, Delete, Options, Head, Trace, Connect, Patch];

#[test]
fn a_refused_request_reaches_no_route_by_any_method() {
    let _recording = Recording::start();
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
    let _recording = Recording::start();
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
    let _recording = Recording::start();
    let app = App::launch("");
    app.send(Head, "/public", &[ADA, ADA], PROXY).is(400, "");
    app.send(Head, "/public", &[], PROXY).is(200, "");
}

#[test]
fn the_catcher_of_the_path_that_was_asked_for_answers() {
    let _recording = Recording::start();
    let app = App::launch("");
    let reply = app.get("/nobody", &[ADA, ADA]);
    reply.is(400, "beneath /nobody: header `Remote-User` was sent more than once");
}

#[test]
fn no_later_fairing_can_bring_a_refused_request_back() {
    let _recording = Recording::start();
    let database = Database::new();
    let restore =
        AdHoc::on_request("Method override", |request, _| Box::pin(async move { request.set_method(Get) }));
    let rocket = application(figment(&database, "")).attach(RemoteUser::fairing()).attach(restore);
    let client = Client::untracked(rocket).expect("a launch");
    let request = client.get("/public").remote(([192, 0, 2, 9], 9).into());
    let response = request.header(rocket::http::Header::new("Remote-User", "ada")).dispatch();
    assert_eq!(response.status(), Status::Forbidden);
}

#[test]
fn what_was_read_is_blank_for_every_route() {
    let _recording = Recording::start();
    let app = App::launch("headers = { email = false }");
    let sent =
        [ADA, ("Remote-Name", "Ada"), ("Remote-Groups", "a"), ("Remote-Email", "a@b"), ("Accept", "*/*")];
    let blanked = r#"[["remote-user",""],["remote-name",""],["remote-groups",""],["remote-email","a@b"],["accept","*/*"]]"#;
    app.get("/headers", &sent).is(200, blanked);
}

#[test]
fn aliases_and_doubles_of_a_peer_to_be_ignored_are_blank_too() {
    let _recording = Recording::start();
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
    let _recording = Recording::start();
    let database = Database::new();
    let rocket = rocket::custom(figment(&database, "")).attach(RemoteUser::fairing());
    let client = Client::untracked(rocket.register("/", catchers![show]));
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
    let _recording = Recording::start();
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
    let _recording = Recording::start();
    let database = Database::new();
    let early = AdHoc::on_request("Early", |request, _| {
        Box::pin(async move {
            let outcome = request.guard::<RemoteUser>().await;
            assert!(matches!(outcome, Outcome::Error((Status::InternalServerError, Error::Unjudged))));
        })
    });
    let rocket = application(figment(&database, "")).attach(early).attach(RemoteUser::fairing());
    let client = Client::untracked(rocket).expect("a launch");
    let request = client.get("/me").remote(([127, 0, 0, 1], 9).into());
    let response = request.header(rocket::http::Header::new("Remote-User", "ada")).dispatch();
    assert_eq!(response.status(), Status::Ok);
}

#[test]
fn what_the_fairing_refuses_is_the_reason_whatever_a_guard_said_before_it() {
    let database = Database::new();
    let early = AdHoc::on_request("Early", |request, _| {
        Box::pin(async move { drop(request.guard::<RemoteUser>().await) })
    });
    let rocket = application(figment(&database, "")).attach(early).attach(RemoteUser::fairing());
    let client = Client::untracked(rocket).expect("a launch");
    let request = client.get("/me").remote(([192, 0, 2, 9], 9).into());
    let response = request.header(rocket::http::Header::new("Remote-User", "ada")).dispatch();
    assert_eq!(response.status(), Status::Forbidden);
    let told = response.into_string();
    assert_eq!(told.as_deref(), Some("header `Remote-User` comes from a peer that is no trusted proxy"));
}

struct Readers;

impl Group for Readers {
    const NAME: &'static str = "readers";
}

impl Permission for Readers {
    const NAME: &'static str = "read";
}

/// A guard of the application's own.
struct Reader;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reader {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let user = try_outcome!(request.guard::<RemoteUser>().await);
        if user.is_member("readers") {
            Outcome::Success(Reader)
        } else {
            Error::NotAMember("readers").refuse(request)
        }
    }
}

#[get("/optional-staff")]
fn optional_staff(staff: Option<Staff>) -> Option<&'static str> {
    staff.map(|_| "staff")
}

#[get("/result-of-staff")]
fn result_of_staff(staff: Result<Staff, Error>) -> Status {
    if staff.is_ok() { Status::Ok } else { Status::NotFound }
}

#[get("/optional-staff-of-members")]
fn optional_staff_of_members(_staff: Option<Staff>, _member: Member<Readers>) {}

#[get("/optional-staff-or-outage")]
fn optional_staff_or_outage(_staff: Option<Staff>) -> Status {
    Status::ServiceUnavailable
}

#[get("/optional-staff-or-panic")]
fn optional_staff_or_panic(_staff: Option<Staff>) {
    panic!("a handler that fails");
}

#[get("/ranked")]
fn ranked(_staff: Option<Staff>, _number: Number) {}

#[get("/ranked", rank = 2)]
fn ranked_second() -> Status {
    Status::Forbidden
}

/// A guard that forwards.
struct Number;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Number {
    type Error = std::convert::Infallible;

    async fn from_request(_: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Forward(Status::NotFound)
    }
}

#[get("/optional-staff-or-403")]
fn optional_staff_or_403(_staff: Option<Staff>) -> Status {
    Status::Forbidden
}

#[get("/optional-reader")]
fn optional_reader(_reader: Option<Reader>) -> Status {
    Status::NotFound
}

#[get("/reader")]
fn reader(_reader: Reader) {}

#[get("/permitted")]
fn permitted(_reader: Permitted<Readers>) {}

#[get("/returned")]
fn returned(_user: RemoteUser) -> Error {
    Error::NotPermitted("write")
}

#[get("/many")]
async fn many(_one: Option<Staff>, _two: Result<Staff, Error>, _three: Staff) {}

#[get("/several")]
fn several(_staff: Option<Staff>, _superuser: Option<Superuser>, _reader: Option<Permitted<Readers>>) {}

#[get("/login/<name>")]
async fn login(name: &str, session: AuthSession<'_>) -> Result<&'static str, Error> {
    let user = session.find_user(name).await?.ok_or(Error::UnknownUser)?;
    session.login(&user, "password").await?;
    Ok("signed in")
}

#[get("/login-in-vain/<name>")]
async fn login_in_vain(name: &str, session: AuthSession<'_>) -> Result<Status, Error> {
    let user = session.find_user(name).await?.ok_or(Error::UnknownUser)?;
    Ok(if session.login(&user, "password").await.is_ok() { Status::Ok } else { Status::Forbidden })
}

#[get("/list")]
async fn list(session: AuthSession<'_>) -> Result<String, Error> {
    Ok(session.list().await?.len().to_string())
}

#[catch(default)]
fn tell(status: Status, request: &Request<'_>) -> String {
    let refusal = Refusal::of(status, request);
    assert_eq!(
        Error::of(status, request).map(|error| error.code()),
        refusal.as_ref().map(|refusal| refusal.error().code())
    );
    refusal.map_or("none".into(), |refusal| format!("{} {:?}", refusal.error().code(), refusal.username()))
}

/// Keeps a line for each refusal.
#[derive(Clone, Default)]
struct Audit(Arc<Mutex<Vec<String>>>);

#[rocket::async_trait]
impl Policy for Audit {
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        (username != "declined").then_some(Cow::Borrowed(username))
    }

    async fn event(&self, event: Event<'_>) {
        if let Event::Refused { peer, username, error, .. } = event {
            let peer = peer.map(|peer| peer.ip());
            self.0.lock().expect("a list").push(format!("{peer:?} {username:?} {}", error.code()));
        }
    }
}

/// An application whose refusals are heard.
struct Heard {
    client: Client,
    database: Database,
    audit: Audit,
    recording: Recording,
}

impl Heard {
    fn launch(toml: &str) -> Heard {
        let recording = Recording::start();
        let (database, audit) = (Database::new(), Audit::default());
        let routes = routes![
            optional_staff,
            result_of_staff,
            optional_staff_of_members,
            optional_staff_or_outage,
            optional_staff_or_panic,
            optional_staff_or_403,
            ranked,
            ranked_second,
            optional_reader,
            reader,
            permitted,
            returned,
            many,
            several,
            login,
            login_in_vain,
            list
        ];
        let rocket = application(figment(&database, toml)).mount("/told", routes);
        let rocket = rocket.register("/told", catchers![tell]);
        let client = Client::untracked(rocket.attach(RemoteUser::fairing().policy(audit.clone())));
        Heard { client: client.expect("a launch"), database, audit, recording }
    }

    /// Sends `GET path`, and returns what the catcher says, the events and the log lines.
    fn get(&self, path: &str, headers: Headers<'_>, peer: &str) -> (String, Vec<String>, Vec<String>) {
        self.recording.clear();
        let mut request = self.client.get(path.to_owned());
        request.set_remote((peer.parse::<std::net::IpAddr>().expect("an address"), 9).into());
        for (name, value) in headers {
            request.add_header(rocket::http::Header::new(name.to_string(), value.to_string()));
        }
        let response = request.dispatch();
        let status = response.status().code;
        let told = format!("{status} {}", response.into_string().unwrap_or_default());
        let events = std::mem::take(&mut *self.audit.0.lock().expect("a list"));
        (told, events, self.recording.lines_of("rocket_remote_user"))
    }
}

#[test]
fn a_catcher_reads_the_reason_of_this_failure() {
    let app = Heard::launch("");
    let cases = [
        ("/told/optional-staff", "404 none"),
        ("/told/result-of-staff", "404 none"),
        ("/told/optional-staff-of-members", "403 not_a_member Some(\"ada\")"),
        ("/told/optional-staff-or-outage", "503 none"),
        ("/told/optional-staff-or-panic", "500 none"),
        ("/told/ranked", "403 none"),
        ("/told/optional-reader", "404 none"),
        ("/told/reader", "403 not_a_member Some(\"ada\")"),
        ("/told/permitted", "403 not_permitted Some(\"ada\")"),
        ("/told/returned", "403 not_permitted Some(\"ada\")"),
        ("/told/many", "403 not_staff Some(\"ada\")"),
        ("/told/nowhere", "404 none"),
        // The limit that the documentation names.
        ("/told/optional-staff-or-403", "403 not_staff Some(\"ada\")"),
    ];
    for (path, told) in cases {
        assert_eq!(app.get(path, &[ADA], PROXY).0, told, "{path}");
    }
    for path in ["/told/returned", "/told/reader", "/told/many"] {
        assert_eq!(app.get(path, &[], PROXY).0, "401 none", "{path}");
    }
    assert_eq!(app.get("/told/returned", &[ADA, ADA], PROXY).0, "400 repeated None");
    assert_eq!(app.get("/told/returned", &[ADA], STRANGER).0, "403 untrusted_peer None");
}

#[test]
fn every_refusal_is_one_event_and_one_line_that_name_the_user() {
    let app = Heard::launch("denied_groups = ['banned']\nrequired_groups = ['people', 'banned']");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('people'), ('banned')");
    app.database.sql("INSERT INTO remote_users (username, is_active) VALUES ('eve', FALSE)");
    let people = ("Remote-Groups", "people");
    let ada: Headers<'_> = &[ADA, people];
    let cases: [(&str, Headers<'_>, &str, &str); 17] = [
        ("/me", &[ADA, ("Remote-Groups", "banned")], "group_denied", "the user is in one of `denied_groups`"),
        ("/me", &[ADA], "group_required", "the user is in none of `required_groups`"),
        ("/visitor", &[ADA], "group_required", "the user is in none of `required_groups`"),
        ("/optional", &[ADA], "group_required", "the user is in none of `required_groups`"),
        ("/twice", &[ADA], "group_required", "the user is in none of `required_groups`"),
        ("/editors", ada, "not_a_member", "the user is not in group `editors`"),
        ("/twice", ada, "not_a_member", "the user is not in group `editors`"),
        ("/staff", ada, "not_staff", "the user is not staff"),
        ("/superuser", ada, "not_superuser", "the user is not a superuser"),
        ("/told/permitted", ada, "not_permitted", "the user has no permission `read`"),
        ("/told/optional-staff", ada, "not_staff", "the user is not staff"),
        ("/told/many", ada, "not_staff", "the user is not staff"),
        ("/told/reader", ada, "not_a_member", "the user is not in group `readers`"),
        ("/told/optional-reader", ada, "not_a_member", "the user is not in group `readers`"),
        ("/told/returned", ada, "not_permitted", "the user has no permission `write`"),
        (
            "/told/returned",
            &[ADA, ("Remote-Email", "a\tb")],
            "invisible_character",
            "header `Remote-Email` holds a character that nobody can see",
        ),
        (
            "/told/returned",
            &[ADA, ("Remote_Groups", "x")],
            "alias",
            "header `Remote-Groups` was sent under another spelling of its name",
        ),
    ];
    for (path, headers, code, message) in cases {
        let (_, events, lines) = app.get(path, headers, PROXY);
        let line = format!("Refused GET {path} from {PROXY} for \"ada\": {message}.");
        assert_eq!(events, [format!("Some({PROXY}) Some(\"ada\") {code}")], "{path}");
        assert_eq!(lines, [line]);
    }
    let (_, events, lines) = app.get("/told/several", ada, PROXY);
    let codes = ["not_staff", "not_superuser", "not_permitted"];
    assert_eq!(events, codes.map(|code| format!("Some({PROXY}) Some(\"ada\") {code}")));
    assert_eq!(lines.len(), 3);
    for (path, headers) in [("/me", &[][..]), ("/staff", &[]), ("/told/many", &[]), ("/me", ada)] {
        let (_, events, lines) = app.get(path, headers, PROXY);
        assert_eq!((events.len(), lines.len()), (0, 0), "{path}: nobody is refused");
    }
}

#[test]
fn a_name_that_is_refused_itself_is_told_if_a_trusted_proxy_sent_it_and_it_is_clean() {
    let app = Heard::launch("");
    let cases = [
        ("declined", "Some(\"declined\") declined", " for \"declined\""),
        ("ada,bob", "Some(\"ada,bob\") comma", " for \"ada,bob\""),
        ("♥", "Some(\"♥\") not_a_username", " for \"♥\""),
        ("a\u{a0}b", "Some(\"a\\u{a0}b\") not_a_username", " for \"a\\u{a0}b\""),
        ("a\u{202e}b", "None invisible_character", ""),
        ("(null)", "None placeholder", ""),
    ];
    for (name, event, user) in cases {
        let (_, events, lines) = app.get("/me", &[("Remote-User", name)], PROXY);
        assert_eq!(events, [format!("Some({PROXY}) {event}")]);
        let from = format!("Refused GET /me from {PROXY}{user}: header `Remote-User` ");
        assert!(lines.len() == 1 && lines[0].starts_with(&from), "{lines:?}");
    }
    let (_, events, lines) = app.get("/me", &[("Remote-User", "bob")], STRANGER);
    assert_eq!(events, [format!("Some({STRANGER}) None untrusted_peer")]);
    assert!(lines.len() == 1 && !lines[0].contains("bob"), "{lines:?}");
}

#[test]
fn a_name_is_escaped_in_the_log_and_told_to_no_client() {
    let app = Heard::launch("");
    let name = r#"a":"`b`\"#;
    let (told, events, lines) = app.get("/staff", &[("Remote-User", name)], PROXY);
    assert_eq!(told, "403 the user is not staff");
    assert_eq!(events, [format!("Some({PROXY}) {:?} not_staff", Some(name))]);
    let shown = r#"a\":\"\`b\`\\"#;
    assert_eq!(lines, [format!("Refused GET /staff from {PROXY} for \"{shown}\": the user is not staff.")]);
}

#[test]
fn a_refused_login_names_the_person_who_was_to_sign_in() {
    let app = Heard::launch("session = {}");
    app.database.sql("INSERT INTO remote_users (username, is_active) VALUES ('eve', FALSE), ('bob', TRUE)");
    for (path, told) in
        [("/told/login/eve", "403 inactive Some(\"eve\")"), ("/told/login-in-vain/eve", "403 none")]
    {
        let (answer, events, lines) = app.get(path, &[ADA], PROXY);
        assert_eq!(answer, told);
        assert_eq!(events, [format!("Some({PROXY}) Some(\"eve\") inactive")]);
        assert_eq!(lines, [format!("Refused GET {path} from {PROXY} for \"eve\": the user is inactive.")]);
    }
    let (answer, events, _) = app.get("/told/login/bob", &[], PROXY);
    assert_eq!((answer.as_str(), events.len()), ("200 signed in", 0));

    app.get("/me", &[ADA], PROXY);
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    let (_, events, lines) = app.get("/told/list", &[ADA], PROXY);
    assert_eq!(events, [format!("Some({PROXY}) Some(\"ada\") inactive")]);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn a_refusal_by_a_session_names_whose_it_is() {
    let app = Heard::launch("session = { persistent = true, secure = false }");
    let mut request = app.client.get("/me").remote(([127, 0, 0, 1], 9).into());
    request.add_header(rocket::http::Header::new("Remote-User", "ada"));
    let response = request.dispatch();
    let cookie =
        response.cookies().iter().next().map(|cookie| format!("{}={}", cookie.name(), cookie.value()));
    let cookie = [("Cookie", &*cookie.expect("a session"))];
    let (_, events, lines) = app.get("/staff", &cookie, PROXY);
    assert_eq!(events, [format!("Some({PROXY}) Some(\"ada\") not_staff")]);
    assert_eq!(lines, [format!("Refused GET /staff from {PROXY} for \"ada\": the user is not staff.")]);
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    let (_, events, lines) = app.get("/me", &cookie, PROXY);
    assert_eq!(events, [format!("Some({PROXY}) Some(\"ada\") inactive")]);
    assert_eq!(lines, [format!("Refused GET /me from {PROXY} for \"ada\": the user is inactive.")]);
}

#[test]
fn a_path_is_escaped_in_the_log() {
    let recording = Recording::start();
    let database = Database::new();
    let rocket =
        application(figment(&database, "trusted_proxies = ['192.0.2.1']")).attach(RemoteUser::fairing());
    let server = Server::serve(rocket);
    let cases = [
        ("/a\u{85}\u{9b}31mb", "/a\\u{85}\\u{9b}31mb"),
        ("/a\u{202e}b\u{2028}", "/a\\u{202e}b\\u{2028}"),
        ("/a\u{a0}\u{200b}é", "/a\\u{a0}\\u{200b}é"),
        ("/a\u{2800}\u{1d159}\u{16fe4}b", "/a\\u{2800}\\u{1d159}\\u{16fe4}b"),
        ("/a%0Ab%E2%80%AE?q=\u{202e}", "/a%0Ab%E2%80%AE"),
    ];
    for (path, shown) in cases {
        recording.clear();
        assert_eq!(server.get(path, "Remote-User: ada").0, 403, "{path:?}");
        let message = "header `Remote-User` comes from a peer that is no trusted proxy";
        let line = format!("Refused GET {shown} from 127.0.0.1: {message}.");
        assert_eq!(recording.lines_of("rocket_remote_user"), [line]);
    }
}

/// Every reason with its code, which no later version changes.
#[test]
fn every_reason_has_a_code_of_its_own() {
    let errors = [
        (Error::UnknownUser, "unknown_user"),
        (Error::Inactive, "inactive"),
        (Error::GroupRequired, "group_required"),
        (Error::GroupDenied, "group_denied"),
        (Error::GroupsMissing, "groups_missing"),
        (Error::InvalidPerson(Fault::Comma), "invalid_person"),
        (Error::NotAMemberOfAny(&["a"]), "not_a_member_of_any"),
        (Error::NotPermittedAny(&["a"]), "not_permitted_any"),
        (Error::Denied("a".into()), "denied"),
        (Error::AttributeMissing, "attribute_missing"),
        (Error::SubjectMissing, "subject_missing"),
        (Error::SubjectMismatch, "subject_mismatch"),
        (Error::SubjectUnset, "subject_unset"),
        (Error::UsernameTaken, "username_taken"),
        (Error::NameMissing, "name_missing"),
        (Error::EmailMissing, "email_missing"),
        (Error::NotAMember("x"), "not_a_member"),
        (Error::NotStaff, "not_staff"),
        (Error::NotSuperuser, "not_superuser"),
        (Error::NotPermitted("x"), "not_permitted"),
        (Error::UserRequired, "user_required"),
        (Error::NoSessions, "no_sessions"),
        (Error::UntrustedLogin, "untrusted_login"),
        (Error::InvalidLoginSource, "invalid_login_source"),
        (StoreError::TimedOut(Default::default()).into(), "store"),
        (Error::Unjudged, "unjudged"),
    ];
    let faults = [
        (Fault::UntrustedPeer, "untrusted_peer"),
        (Fault::WrongSecret, "wrong_secret"),
        (Fault::Missing, "missing"),
        (Fault::MissingSecret, "missing_secret"),
        (Fault::MissingCertificate, "missing_certificate"),
        (Fault::WrongCertificate, "wrong_certificate"),
        (Fault::WrongHost, "wrong_host"),
        (Fault::CrossSite, "cross_site"),
        (Fault::TooManyBytes { limit: 1 }, "too_many_bytes"),
        (Fault::EscapedSeparator, "escaped_separator"),
        (Fault::NotNormalized, "not_normalized"),
        (Fault::NotCanonical, "not_canonical"),
        (Fault::Alias, "alias"),
        (Fault::Repeated, "repeated"),
        (Fault::Blank, "blank"),
        (Fault::HopByHop, "hop_by_hop"),
        (Fault::InvalidEncoding, "invalid_encoding"),
        (Fault::MissingPrefix, "missing_prefix"),
        (Fault::MissingSuffix, "missing_suffix"),
        (Fault::NotADistinguishedName, "not_a_distinguished_name"),
        (Fault::WrongRealm, "wrong_realm"),
        (Fault::NotAPerson, "not_a_person"),
        (Fault::InvisibleCharacter, "invisible_character"),
        (Fault::Placeholder, "placeholder"),
        (Fault::TooLong { limit: 1 }, "too_long"),
        (Fault::TooManyGroups { limit: 1 }, "too_many_groups"),
        (Fault::MisplacedQuote, "misplaced_quote"),
        (Fault::NotAnArray, "not_an_array"),
        (Fault::Comma, "comma"),
        (Fault::NotAUsername, "not_a_username"),
        (Fault::NotAToken, "not_a_token"),
        (Fault::WrongType, "wrong_type"),
        (Fault::InvalidClaim, "invalid_claim"),
        (Fault::WrongAlgorithm, "wrong_algorithm"),
        (Fault::UnknownKey, "unknown_key"),
        (Fault::WrongSignature, "wrong_signature"),
        (Fault::WrongIssuer, "wrong_issuer"),
        (Fault::WrongAudience, "wrong_audience"),
        (Fault::WrongSigner, "wrong_signer"),
        (Fault::Expired, "expired"),
        (Fault::NotYetValid, "not_yet_valid"),
        (Fault::KeysUnavailable, "keys_unavailable"),
        (Fault::Declined, "declined"),
    ];
    for (error, code) in &errors {
        assert_eq!(error.code(), *code);
    }
    for (fault, code) in &faults {
        assert_eq!(fault.code(), *code);
    }
    let codes = errors.iter().map(|(_, code)| code).chain(faults.iter().map(|(_, code)| code));
    let distinct: BTreeSet<_> = codes.collect();
    assert_eq!(distinct.len(), errors.len() + faults.len());
}
