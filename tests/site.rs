//! Which site this is: the hosts it answers to, the pages that may send anything, and the
//! paths that need a user.

mod harness;

use harness::browser::{Browser, PERSISTENT, launch, with_logins};
use harness::http2::Connection;
use harness::socket::{Server, cookie, parse};
use harness::{App, Database, Headers, PROXY, Reply, STRANGER, application, figment};
use rocket::fairing::AdHoc;
use rocket::fs::FileServer;
use rocket::http::Header;
use rocket::http::Method::{self, *};
use rocket::local::blocking::Client;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, catch, catchers, get, routes};
use rocket_remote_user::{AuthSession, Error, Member, RemoteUser, Staff, Superuser, Visitor};

const ADA: (&str, &str) = ("Remote-User", "ada");
const METHODS: [Method; 9] = [Get, Put, Post, Delete, Options, Head, Trace, Connect, Patch];
const MISDIRECTED: &str = "header `Host` names none of `hosts`";
const BY_FETCH: &str = "header `Sec-Fetch-Site` does not say that a page of this site sent the request";
const BY_ORIGIN: &str = "header `Origin` does not say that a page of this site sent the request";
const REQUIRED: &str = "nobody is signed in and `require_user` asks for a user";

fn serve(database: &Database, toml: &str) -> Server {
    Server::serve(application(figment(database, toml)).attach(RemoteUser::fairing()))
}

/// What a request is answered whose lines after the first are `lines`.
fn ask(server: &Server, first: &str, lines: &[&str]) -> (u16, String) {
    let lines = [&[first], lines, &["Connection: close", "", ""]].concat();
    parse(&server.send(lines.join("\r\n")))
}

#[test]
fn a_request_for_another_host_is_misdirected_by_any_method_to_any_path() {
    let app = App::launch("hosts = ['app.example.com']");
    for method in METHODS {
        for path in ["/public", "/me", "/post", "/nobody", "/nowhere"] {
            for headers in
                [&[("Host", "evil.example")][..], &[("Host", "evil.example"), ADA], &[], &[ADA, ADA]]
            {
                let reply = app.send(method, path, headers, PROXY);
                assert_eq!(reply.status, 421, "{method} {path} {headers:?}");
            }
        }
    }
    let stranger = app.send(Get, "/public", &[("Host", "evil.example"), ADA], STRANGER);
    stranger.is(421, MISDIRECTED);
    app.get("/public", &[("Host", "app.example.com")]).is(200, "public");
    assert_eq!(app.get("/me", &[("Host", "app.example.com"), ADA]).status, 200);
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["ada"]);
}

#[test]
fn the_host_is_the_one_that_the_request_names() {
    let database = Database::new();
    let hosts =
        "hosts = ['app.example.com', 'admin.example.com:8443', '127.0.0.1', '[::1]:8000', 'local_host']";
    let server = serve(&database, hosts);
    let repeated = "header `Host` was sent more than once";
    let cases: [(&[&str], u16, &str); 22] = [
        (&["Host: app.example.com"], 200, "public"),
        (&["host:  APP.example.COM"], 200, "public"),
        (&["Host: app.example.com:8080"], 200, "public"),
        (&["Host: app.example.com."], 200, "public"),
        (&["Host: admin.example.com:8443"], 200, "public"),
        (&["Host: 127.0.0.1:80"], 200, "public"),
        (&["Host: [0:0:0:0:0:0:0:1]:8000"], 200, "public"),
        (&["Host: local_host"], 200, "public"),
        (&["Host: admin.example.com"], 421, MISDIRECTED),
        (&["Host: admin.example.com:443"], 421, MISDIRECTED),
        (&["Host: [::1]"], 421, MISDIRECTED),
        (&["Host: example.com"], 421, MISDIRECTED),
        (&["Host: evil.app.example.com"], 421, MISDIRECTED),
        (&["Host: app.example.com.evil.example"], 421, MISDIRECTED),
        (&["Host: app.example.com@evil.example"], 421, MISDIRECTED),
        (&["Host: evil@app.example.com"], 421, MISDIRECTED),
        (&["Host: app.example.com, evil.example"], 421, MISDIRECTED),
        (&["Host: app.example.com/evil"], 421, MISDIRECTED),
        (&["Host:"], 421, MISDIRECTED),
        (&["X-Forwarded-Host: app.example.com", "Host: evil.example"], 421, MISDIRECTED),
        (&["Host: app.example.com", "Host: evil.example"], 400, repeated),
        (&["Host: app.example.com", "Host: app.example.com"], 400, repeated),
    ];
    for (lines, status, body) in cases {
        let answer = ask(&server, "GET /public HTTP/1.1", lines);
        assert_eq!(answer, (status, body.into()), "{lines:?}");
    }
    // Rocket keeps the path of such a target only.
    let target = "GET http://evil.example/public HTTP/1.1";
    assert_eq!(ask(&server, target, &["Host: app.example.com"]).0, 200);
    let target = "GET http://app.example.com/public HTTP/1.1";
    assert_eq!(ask(&server, target, &["Host: evil.example"]), (421, MISDIRECTED.into()));
    for first in ["GET /public HTTP/1.1", "GET /public HTTP/1.0"] {
        assert_eq!(ask(&server, first, &[]), (421, MISDIRECTED.into()), "{first}");
    }
}

#[test]
fn over_http_2_the_host_is_the_authority() {
    let database = Database::new();
    let server = serve(&database, "hosts = ['app.example.com', 'admin.example.com']");
    let mut connection = Connection::open(server.address);
    let cases: [(&str, Headers<'_>, u16); 7] = [
        ("app.example.com", &[], 200),
        ("APP.example.com:8443", &[], 200),
        ("evil.example", &[], 421),
        ("evil.example", &[("host", "app.example.com")], 421),
        ("app.example.com", &[("host", "evil.example")], 421),
        ("app.example.com", &[("host", "admin.example.com")], 421),
        ("app.example.com", &[("host", "app.example.com")], 200),
    ];
    for (authority, headers, status) in cases {
        let answer = connection.get(authority, "/public", headers);
        assert_eq!(answer.0, status, "{authority} {headers:?}: {}", answer.1);
    }
}

#[test]
fn a_page_of_another_site_changes_nothing_in_the_name_of_who_is_signed_in() {
    let app = App::launch("trusted_origins = ['https://partner.example', 'http://[::1]:8000']");
    let (host, own) = (("Host", "app.example.com"), ("Origin", "https://app.example.com"));
    let cases: [(Headers<'_>, Option<&str>); 31] = [
        (&[], None),
        (&[("Sec-Fetch-Site", "same-origin")], None),
        (&[("Sec-Fetch-Site", "none")], None),
        (&[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")], None),
        (&[("Sec-Fetch-Site", "same-site")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "cross-site")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "cross-site"), own], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "Same-Origin")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "same-origin, cross-site")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "cross-origin")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "same-origin"), ("sec-fetch-site", "cross-site")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "same-origin")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://partner.example")], None),
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://partner.example:443")], None),
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "http://partner.example")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://partner.example:8443")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.partner.example")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "null")], Some(BY_FETCH)),
        (&[("Sec-Fetch-Site", ""), ("Origin", "https://evil.example")], Some(BY_ORIGIN)),
        (&[own], None),
        (&[("Origin", "http://APP.example.com")], None),
        (&[("Origin", "http://[::1]:8000")], None),
        (&[("Origin", "https://partner.example")], None),
        (&[("Origin", "https://app.example.com:8443")], Some(BY_ORIGIN)),
        (&[("Origin", "https://evil.example")], Some(BY_ORIGIN)),
        (&[("Origin", "https://app.example.com.evil.example")], Some(BY_ORIGIN)),
        (&[("Origin", "https://app.example.com@evil.example")], Some(BY_ORIGIN)),
        (&[("Origin", "https://evil.example@app.example.com")], Some(BY_ORIGIN)),
        (&[("Origin", "app.example.com")], Some(BY_ORIGIN)),
        (&[("Origin", "null")], Some(BY_ORIGIN)),
        (&[own, ("Origin", "https://evil.example")], Some(BY_ORIGIN)),
    ];
    for (sent, refusal) in cases {
        let signed_in = [&[host, ADA], sent].concat();
        for method in [Post, Put, Delete, Patch, Trace, Connect] {
            let reply = app.send(method, "/post", &signed_in, PROXY);
            let is_refused = reply.status == 403 && Some(&*reply.body) == refusal;
            assert_eq!(is_refused, refusal.is_some(), "{method} {sent:?}: {reply:?}");
        }
        // What only reads, and what nobody is signed in for, is nobody's harm.
        for method in [Get, Head, Options] {
            assert_ne!(app.send(method, "/public", &signed_in, PROXY).status, 403, "{method} {sent:?}");
        }
        for headers in [[&[host], sent].concat(), [&[host, ("Remote-User", "")], sent].concat()] {
            app.send(Post, "/post", &headers, PROXY).is(200, "posted");
        }
    }
    let nowhere = [ADA, ("Host", ""), ("Origin", "null")];
    app.send(Post, "/post", &nowhere, PROXY).is(403, BY_ORIGIN);
    let unnamed = [ADA, ("Origin", "https://app.example.com")];
    app.send(Post, "/post", &unnamed, PROXY).is(403, BY_ORIGIN);
    let doubled = [ADA, host, host, own];
    app.send(Post, "/post", &doubled, PROXY).is(403, BY_ORIGIN);
}

#[test]
fn what_a_page_of_another_site_asks_for_is_neither_done_nor_written() {
    let app = App::launch("");
    for path in ["/post", "/nowhere", "/public"] {
        app.send(Post, path, &[ADA, ("Sec-Fetch-Site", "cross-site")], PROXY).is(403, BY_FETCH);
    }
    assert_eq!(app.database.dump(), [""; 0]);
    let reply = app.send(Post, "/nobody", &[ADA, ("Sec-Fetch-Site", "cross-site")], PROXY);
    reply.is(403, &format!("beneath /nobody: {BY_FETCH}"));
}

#[test]
fn a_session_is_somebody_who_is_signed_in() {
    let app = launch(Database::new(), PERSISTENT);
    let cross_site = &[("Sec-Fetch-Site", "cross-site")][..];
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA]).status, 200);
    for path in ["/logout", "/logout-everywhere", "/post", "/login/ada"] {
        let (reply, _) = browser.send(Post, path, cross_site);
        reply.is(403, BY_FETCH);
    }
    assert_eq!(browser.user().as_deref(), Some("ada"));
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    browser.send(Post, "/post", cross_site).0.is(403, BY_FETCH);
    app.database.sql("UPDATE remote_users SET is_active = TRUE");
    let mut stale = Browser { app: &app, token: browser.token.clone() };
    assert_eq!(browser.post("/logout", &[("Sec-Fetch-Site", "same-origin")]).0, 303);
    assert_eq!(browser.user(), None);
    // Of several sessions none may count, and a logout would end them all the same.
    let token = |person| {
        let mut browser = Browser::new(&app);
        browser.get("/me", &[("Remote-User", person)]);
        browser.token.expect("a token")
    };
    let made_up = |number| format!("remote_user={number:064}");
    let of_two = format!("{}; remote_user={}", token("ada"), token("bob"));
    let among_many = format!("{}; {}", token("ada"), (0..8).map(made_up).collect::<Vec<_>>().join("; "));
    let before = app.database.sql("SELECT token_hash FROM remote_sessions ORDER BY 1");
    for cookies in [of_two, among_many] {
        let mut browser = Browser { app: &app, token: Some(cookies) };
        browser.send(Post, "/logout", cross_site).0.is(403, BY_FETCH);
    }
    assert_eq!(app.database.sql("SELECT token_hash FROM remote_sessions ORDER BY 1"), before);
    for token in [stale.token.clone(), Some("made up".into()), None] {
        stale.token = token;
        assert_eq!(stale.send(Post, "/post", cross_site).0, Reply { status: 200, body: "posted".into() });
    }
}

#[test]
fn a_store_that_cannot_say_who_is_signed_in_admits_no_other_site() {
    let app = launch(Database::new(), PERSISTENT);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA]).status, 200);
    app.database.sql("ALTER TABLE remote_sessions RENAME TO away");
    let (reply, _) = browser.send(Post, "/post", &[("Sec-Fetch-Site", "cross-site")]);
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(browser.send(Post, "/post", &[]).0.status, 200);
}

#[test]
fn another_site_may_send_anything_where_the_application_says_so() {
    let app = App::launch("cross_site = 'allow'");
    app.send(Post, "/post", &[ADA, ("Sec-Fetch-Site", "cross-site")], PROXY).is(200, "posted");
}

#[test]
fn the_method_of_a_form_is_the_one_that_was_sent() {
    let database = Database::new();
    let server = serve(&database, "");
    for body in ["_method=get", "_method=head", "_method=options", "_method=delete", "x=1"] {
        let headers = format!(
            "Remote-User: ada\nSec-Fetch-Site: cross-site\nContent-Type: application/x-www-form-urlencoded\n\
             Content-Length: {}\n\n{body}",
            body.len()
        );
        let (status, answer) = server.exchange("POST", "/public", &headers);
        assert_eq!((status, answer.as_str()), (403, BY_FETCH), "{body}");
    }
    assert_eq!(database.dump(), [""; 0]);
}

#[test]
fn a_fairing_that_overrides_the_method_does_not_get_past_the_check() {
    for is_before in [false, true] {
        let database = Database::new();
        let change = AdHoc::on_request("Method override", |request, _| {
            Box::pin(async move {
                if let Some(method) = request.headers().get_one("X-Method").and_then(|name| name.parse().ok())
                {
                    request.set_method(method);
                }
            })
        });
        let rocket = application(figment(&database, ""));
        let rocket = if is_before {
            rocket.attach(change).attach(RemoteUser::fairing())
        } else {
            rocket.attach(RemoteUser::fairing()).attach(change)
        };
        let server = Server::serve(rocket);
        let cross_site = "Remote-User: ada\nSec-Fetch-Site: cross-site";
        let answer = server.get("/post", &format!("{cross_site}\nX-Method: POST"));
        assert_eq!(answer, (403, BY_FETCH.into()), "before: {is_before}");
        assert_eq!(server.get("/post", "Remote-User: ada\nX-Method: POST"), (200, "posted".into()));
        if !is_before {
            let answer = server.exchange("POST", "/public", &format!("{cross_site}\nX-Method: GET"));
            assert_eq!(answer, (403, BY_FETCH.into()));
        }
        assert_eq!(database.dump(), [""; 0]);
    }
}

#[test]
fn a_page_of_another_site_opens_no_web_socket() {
    let app = App::launch("");
    let upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ADA, ("Host", "app.example.com")];
    let open = |origin| app.get("/public", &[&upgrade[..], &[("Origin", origin)]].concat());
    open("https://evil.example").is(403, BY_ORIGIN);
    open("https://app.example.com").is(200, "public");
}

/// An application whose files are a secret, a stylesheet, and a page.
fn with_files(database: &Database, toml: &str) -> Server {
    let folder = database.directory.path().join("files");
    std::fs::create_dir_all(folder.join("static/deep")).expect("a folder");
    for file in ["secret.txt", "static/style.css", "static/deep/style.css"] {
        std::fs::write(folder.join(file), file).expect("a file");
    }
    let rocket = application(figment(database, toml)).attach(RemoteUser::fairing());
    Server::serve(rocket.mount("/", FileServer::from(folder)).mount("/", routes![greet]))
}

#[get("/greet/<name>/<_..>")]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

#[test]
fn every_path_but_the_open_ones_needs_a_user() {
    let database = Database::new();
    let open = "require_user = { open = ['/public', '/static/**', '/greet/*', '/'] }";
    let server = with_files(&database, open);
    let cases = [
        ("/public", 200),
        ("/public/", 200),
        ("//public", 200),
        ("/%70ublic?x=/me", 200),
        ("/static/style.css", 200),
        ("/static/deep/style.css", 200),
        ("/static//style.css", 200),
        ("/static", 404),
        ("/greet/ada", 200),
        ("/", 404),
        ("/?/me", 404),
        ("/static/%c0%ae%c0%ae/secret.txt", 404),
        ("/greet", 401),
        ("/greet/ada/more", 401),
        ("/secret.txt", 401),
        ("/me", 401),
        ("/nowhere", 401),
        ("/nobody", 401),
        ("/Public", 401),
        ("/public;x", 401),
        ("/public%00", 401),
        ("/public%2f", 401),
        ("/public%3f", 401),
        ("/public/..", 401),
        ("/public/../secret.txt", 401),
        ("/static/../secret.txt", 401),
        ("/static/%2e%2e/secret.txt", 401),
        ("/static/.%2E/secret.txt", 401),
        ("/static/..;/secret.txt", 401),
        ("/static/..%2fsecret.txt", 401),
        ("/static/..%5csecret.txt", 401),
        ("/static/a%2fb", 401),
        ("/static/a%5cb", 401),
        ("/static/a%00", 401),
        ("/static/a%0d%0ab", 401),
        ("/static/./style.css", 401),
        ("/static/%2e/style.css", 401),
        ("/static/..%00/secret.txt", 401),
        ("/static/deep/../../secret.txt", 401),
        ("/staticsecret.txt", 401),
        ("/static%2f..%2fsecret.txt", 401),
        ("/./secret.txt", 401),
        ("/../secret.txt", 401),
        ("/greet/..", 401),
        ("http://localhost/secret.txt", 401),
    ];
    for (path, status) in cases {
        let (answered, body) = ask(&server, &format!("GET {path} HTTP/1.1"), &["Host: localhost"]);
        assert_eq!(answered, status, "{path}: {body}");
        assert!(!body.contains("secret.txt"), "{path}: {body}");
        if status == 401 {
            let expected =
                if path == "/nobody" { format!("beneath /nobody: {REQUIRED}") } else { REQUIRED.into() };
            assert_eq!(body, expected, "{path}");
        }
    }
    assert_eq!(server.get("/secret.txt", "Remote-User: ada"), (200, "secret.txt".into()));
    assert_eq!(server.get("/secret.txt", "Remote-User:"), (401, REQUIRED.into()));
    assert_eq!(database.sql("SELECT username FROM remote_users"), ["ada"]);
}

#[test]
fn no_method_gets_past_a_path_that_needs_a_user() {
    let app = App::launch("require_user = true");
    for method in METHODS {
        for path in ["/public", "/post", "/nobody", "/nowhere", "/"] {
            let reply = app.send(method, path, &[], PROXY);
            assert_eq!(reply.status, 401, "{method} {path}: {}", reply.body);
            assert_eq!(app.send(method, path, &[ADA, ADA], PROXY).status, 400, "{method} {path}");
            assert_eq!(app.send(method, path, &[ADA], STRANGER).status, 403, "{method} {path}");
        }
    }
    app.send(Head, "/public", &[], PROXY).is(401, "");
    app.get("/public", &[]).is(401, REQUIRED);
    app.get("/public", &[ADA]).is(200, "public");
    app.send(Post, "/post", &[ADA], PROXY).is(200, "posted");
    let server = serve(&app.database, "require_user = true");
    assert_eq!(server.exchange("BREW", "/public", "").0, 400);
    for body in ["_method=get", "_method=connect"] {
        let form = format!(
            "Content-Type: application/x-www-form-urlencoded\nContent-Length: {}\n\n{body}",
            body.len()
        );
        assert_eq!(server.exchange("POST", "/public", &form), (401, REQUIRED.into()));
    }
}

#[test]
fn a_fairing_that_rewrites_the_path_does_not_open_it() {
    let database = Database::new();
    let rewrite = AdHoc::on_request("Rewrite", |request, _| {
        Box::pin(async move {
            if request.uri().path() == "/open" {
                request.set_uri(rocket::uri!("/public"));
            }
        })
    });
    let rocket = application(figment(&database, "require_user = { open = ['/open'] }"));
    let server = Server::serve(rocket.attach(RemoteUser::fairing()).attach(rewrite));
    assert_eq!(server.get("/open", ""), (401, REQUIRED.into()));
    assert_eq!(server.get("/open", "Remote-User: ada"), (200, "public".into()));
}

#[test]
fn who_may_not_sign_in_is_refused_before_any_route() {
    let app = App::launch("require_user = true\ncreate_users = false");
    for path in ["/public", "/me", "/nowhere", "/optional"] {
        app.get(path, &[ADA]).is(403, "the user is unknown and `create_users` is false");
    }
    app.database.sql("INSERT INTO remote_users (username, is_active) VALUES ('ada', FALSE)");
    app.get("/public", &[ADA]).is(403, "the user is inactive");
    app.database.sql("UPDATE remote_users SET is_active = TRUE");
    app.get("/public", &[ADA]).is(200, "public");
    app.database.sql("ALTER TABLE remote_memberships RENAME TO away");
    assert_eq!(app.get("/public", &[ADA]).status, 503);
}

#[test]
fn the_user_of_the_gate_is_the_user_of_the_guards() {
    let app = App::launch("require_user = true");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('editors')");
    app.get("/twice", &[ADA, ("Remote-Groups", "editors")]).is(200, "1 1 1");
    app.get("/visitor", &[ADA]).is(200, "ada");
}

#[test]
fn a_session_is_a_user_where_one_is_required() {
    let database = Database::new();
    let server =
        Server::serve(with_logins(figment(&database, &format!("{PERSISTENT}\nrequire_user = true"))));
    let response = server.respond("GET", "/public", "Remote-User: ada");
    let cookie = cookie(&response).expect("a cookie");
    assert_eq!(server.get("/public", &cookie), (200, "public".into()));
    database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(server.get("/public", &cookie), (403, "the user is inactive".into()));
    assert_eq!(server.get("/public", &cookie), (401, REQUIRED.into()));
}

/// What each guard says, asked by a catcher.
struct Guards(Vec<String>);

struct Editors;

impl rocket_remote_user::Group for Editors {
    const NAME: &'static str = "editors";
}

fn outcome<T>(outcome: Outcome<T, Error>) -> String {
    match outcome {
        Outcome::Success(_) => "success".into(),
        Outcome::Forward(status) => format!("forward {}", status.code),
        Outcome::Error((status, error)) => format!("error {}: {error}", status.code),
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Guards {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Guards(vec![
            outcome(request.guard::<RemoteUser>().await),
            outcome(request.guard::<Visitor>().await),
            outcome(request.guard::<Member<Editors>>().await),
            outcome(request.guard::<Staff>().await),
            outcome(request.guard::<Superuser>().await),
            outcome(request.guard::<AuthSession<'_>>().await),
        ]))
    }
}

#[catch(default)]
async fn ask_guards(request: &Request<'_>) -> String {
    match request.guard::<Guards>().await {
        Outcome::Success(Guards(said)) => said.join("\n"),
        _ => unreachable!("it always succeeds"),
    }
}

#[test]
fn no_guard_passes_in_the_catcher_of_a_request_that_was_never_judged() {
    let database = Database::new();
    let rocket = rocket::custom(figment(&database, "hosts = ['localhost']\nrequire_user = true"));
    let rocket = rocket.attach(RemoteUser::fairing()).register("/", catchers![ask_guards]);
    let server = Server::serve(rocket);
    let unjudged = ["error 500: the request was not judged by `RemoteUser::fairing()`"; 6].join("\n");
    for first in
        ["GET localhost:443", "CONNECT localhost:443", "POST localhost:443", "BREW /", "BREW localhost:443"]
    {
        let answer = ask(&server, &format!("{first} HTTP/1.1"), &["Host: localhost", "Remote-User: ada"]);
        assert_eq!(answer, (400, unjudged.clone()), "{first}");
    }
    assert_eq!(database.dump(), [""; 0]);
}

#[test]
fn an_asterisk_is_a_target_like_any_other() {
    let database = Database::new();
    let ask = |toml: &str, headers: &[&str]| ask(&serve(&database, toml), "OPTIONS * HTTP/1.1", headers);
    let hosts = "hosts = ['localhost']";
    assert_eq!(ask(hosts, &["Host: localhost"]), (404, "404 Not Found".into()));
    assert_eq!(ask(hosts, &["Host: evil.example"]), (421, MISDIRECTED.into()));
    assert_eq!(ask("require_user = true", &["Host: localhost"]), (401, REQUIRED.into()));
    let (status, body) = ask("", &["Host: localhost", "Remote_User: ada"]);
    assert_eq!((status, &*body), (400, "header `Remote-User` was sent under another spelling of its name"));
}

#[test]
fn no_guard_passes_in_the_catcher_of_what_another_site_sent() {
    let database = Database::new();
    let rocket = rocket::custom(figment(&database, "")).attach(RemoteUser::fairing());
    let client = Client::untracked(rocket.register("/", catchers![ask_guards])).expect("a launch");
    let mut request = client.post("/").remote(([127, 0, 0, 1], 9).into());
    for (name, value) in [ADA, ("Sec-Fetch-Site", "cross-site")] {
        request.add_header(Header::new(name, value));
    }
    let refused = vec![format!("error 403: {BY_FETCH}"); 6].join("\n");
    assert_eq!(request.dispatch().into_string(), Some(refused));
}

#[test]
fn the_health_check_of_the_page_on_deploying_needs_no_user_and_no_proxy() {
    let page = include_str!("../docs/deploying.md");
    let blocks = page.split("```toml\n").skip(1).filter_map(|block| block.split("```").next());
    let table = "[default.remote_user]\n";
    let block = blocks.filter_map(|block| block.strip_prefix(table)).find(|block| block.contains("/healthz"));
    let app = App::launch(block.expect("the configuration of a health check"));
    let check = |path, host| app.send(Get, path, &[("Host", host)], STRANGER).status;
    assert_eq!(check("/healthz", "10.0.0.7:8000"), 404, "there is no such route here, and it is routed");
    assert_eq!(check("/healthz", "10.0.0.7"), 421);
    assert_eq!(check("/public", "10.0.0.7:8000"), 401);
}
