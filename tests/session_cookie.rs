//! The cookie of a session: its attributes, what it may say, and when it comes.

mod harness;

use harness::browser::{Browser, PERSISTENT, launch, sessions, with_logins};
use harness::{App, Database, PROXY, application, figment};
use rocket::http::{Cookie, Header, Method, Status};
use rocket::local::blocking::Client;
use rocket_remote_user::{RemoteUser, Visitor};

const ADA: (&str, &str) = ("Remote-User", "ada");
const BOB: (&str, &str) = ("Remote-User", "bob");

on_every_database!(
    what_is_no_token_is_no_session,
    of_several_cookies_the_one_that_is_a_session_counts,
    of_one_person_s_sessions_the_newest_counts,
    a_sign_in_replaces_and_a_logout_ends_every_session_that_was_sent,
    a_session_that_no_longer_counts_hides_none_that_does,
);

fn what_is_no_token_is_no_session(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let token = browser.token.clone().expect("a token");
    let unknown = "0".repeat(64);
    let cookie = |lines: &[&str]| {
        let lines: Vec<_> = lines.iter().map(|line| ("Cookie", *line)).collect();
        app.get("/visitor", &lines).body
    };
    assert_eq!(cookie(&[&format!("remote_user={token}")]), "ada");
    assert_eq!(cookie(&["a=b", &format!("c=d;remote_user={token};")]), "ada");
    for line in [
        format!("remote_user={unknown}"),
        format!("remote_user={}", token.to_uppercase()),
        format!("remote_user={token}0"),
        format!("remote_user=\"{token}\""),
        format!("remote_user= {token}\u{a0}"),
        format!("Remote_User={token}"),
        format!("remote%5Fuser={token}"),
        format!("\u{2000}remote_user={token}"),
        "remote_user=".into(),
        "remote_user".into(),
    ] {
        assert_eq!(cookie(&[&line]), "nobody", "{line}");
    }
    let impostor = format!("remote%5Fuser={unknown}; \u{2000}remote_user={unknown}; remote_user={token}");
    assert_eq!(cookie(&[&impostor]), "ada");
}

/// A line of cookies of these tokens.
fn line<'t>(tokens: impl IntoIterator<Item = &'t str>) -> String {
    let cookies: Vec<_> = tokens.into_iter().map(|token| format!("remote_user={token}")).collect();
    cookies.join("; ")
}

/// A new session of the person whom the header names, and its token.
fn sign_in(app: &App, header: (&str, &str)) -> String {
    let mut browser = Browser::new(app);
    assert_eq!(browser.get("/me", &[header]).status, 200);
    browser.token.expect("a token")
}

fn of_several_cookies_the_one_that_is_a_session_counts(database: Database) {
    let app = launch(database, PERSISTENT);
    let expired = sign_in(&app, BOB);
    app.database.age_sessions(1_800);
    app.database.sql("UPDATE remote_sessions SET expires_at = '2100-01-01 00:00:00'");
    let token = sign_in(&app, ADA);
    let unknown: Vec<_> = (0..9).map(|n| n.to_string().repeat(64)).collect();
    let get = |lines: &[&str], user: &str| {
        let lines: Vec<_> = lines.iter().map(|line| ("Cookie", *line)).collect();
        app.get("/visitor", &lines).is(200, user);
    };
    for tokens in [
        &[&*token, &token][..],
        &[&token, &unknown[0]],
        &[&unknown[0], &token],
        &[&expired, &token],
        &[&token, &expired],
        &["", &token, "x"],
        &["x", "y", "z", "", "a", "b", "c", "d", "e", "f", &token],
    ] {
        get(&[&line(tokens.iter().copied())], "ada");
        let lines: Vec<_> = tokens.iter().map(|token| line([*token])).collect();
        get(&lines.iter().map(String::as_str).collect::<Vec<_>>(), "ada");
    }
    let unknown = unknown.iter().map(String::as_str);
    get(&[&line(unknown.clone().take(7).chain([&*token]))], "ada");
    get(&[&line(unknown.clone().take(8).chain([&*token]))], "nobody");
    get(&[&line([&*token].into_iter().chain(unknown.take(8)))], "nobody");
}

fn of_one_person_s_sessions_the_newest_counts(database: Database) {
    let toml = format!("group_permissions = {{ crew = ['sail'] }}\n{PERSISTENT}");
    let app = launch(database, &toml);
    for _ in 0..6 {
        let old = sign_in(&app, ADA);
        let mut new = Browser::new(&app);
        app.database.age_sessions(10);
        new.get("/me", &[ADA, ("Remote-Groups", "crew")]);
        let new = new.token.expect("a token");
        for tokens in [[&*old, &new], [&new, &old]] {
            app.get("/permissions", &[("Cookie", &line(tokens))]).is(200, "sail");
        }
    }
    app.database.sql("DELETE FROM remote_sessions");

    let old = sign_in(&app, ADA);
    app.database.age_sessions(10);
    let new = sign_in(&app, ADA);
    for tokens in [[&*old, &new], [&new, &old]] {
        let cookie = line(tokens);
        app.get("/visitor", &[("Cookie", &cookie)]).is(200, "ada");
        app.get("/visitor", &[("Cookie", &cookie), ADA]).is(200, "ada");
        assert_eq!(sessions(&app).len(), 2, "no row is added");
        let listed = app.get("/sessions", &[("Cookie", &cookie)]).body;
        let is_current: Vec<_> = listed.lines().map(|line| line.ends_with("true")).collect();
        assert_eq!(is_current, [false, true], "{listed}");
    }
}

fn a_sign_in_replaces_and_a_logout_ends_every_session_that_was_sent(database: Database) {
    let app = launch(database, PERSISTENT);
    let kept = sign_in(&app, ADA);
    for header in [&[][..], &[ADA], &[BOB]] {
        let (ada, more, bob) = (sign_in(&app, ADA), sign_in(&app, ADA), sign_in(&app, BOB));
        let cookie = line([&*ada, &bob, "x", &more]);
        let headers = [&[("Cookie", &*cookie)], header].concat();
        let reply = app.send(Method::Post, "/logout", &headers, PROXY);
        assert_eq!((reply.status, sessions(&app).len()), (303, 1), "{header:?}");
    }
    let of_bob: Vec<_> = (0..9).map(|_| sign_in(&app, BOB)).collect();
    let cookie = line(of_bob.iter().map(String::as_str));
    app.get("/visitor", &[("Cookie", &cookie)]).is(200, "nobody");
    assert_eq!(sessions(&app).len(), 10);
    for _ in 0..3 {
        app.get("/visitor", &[("Cookie", &cookie), ADA]).is(200, "ada");
    }
    assert_eq!(sessions(&app), ["ada remote"; 4], "those of the cookies are replaced");

    let of_bob: Vec<_> = (0..9).map(|_| sign_in(&app, BOB)).collect();
    let cookie = line(of_bob.iter().map(String::as_str));
    app.send(Method::Post, "/logout", &[("Cookie", &cookie)], PROXY);
    assert_eq!(sessions(&app), ["ada remote"; 4], "a logout knows no bound");
    app.get("/visitor", &[("Cookie", &line([&*kept]))]).is(200, "ada");
}

fn a_session_that_no_longer_counts_hides_none_that_does(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut local = Browser::new(&app);
    sign_in(&app, ADA);
    local.post("/login/ada", &[]);
    let local = local.token.expect("a token");
    app.database.age_sessions(10);
    let remote = sign_in(&app, ADA);
    let App { client, database } = app;
    drop(client);
    let app = launch(database, "[default.remote_user.session]");
    for tokens in [[&*remote, &local], [&local, &remote]] {
        app.get("/visitor", &[("Cookie", &line(tokens))]).is(200, "ada");
    }
    app.get("/visitor", &[("Cookie", &line([&*remote]))]).is(200, "nobody");
    assert_eq!(sessions(&app), ["ada password", "ada remote"]);
}

#[test]
fn the_cookie_has_the_attributes_that_are_configured() {
    let cases = [
        ("debug", "", "remote_user=T; HttpOnly; SameSite=Lax; Path=/"),
        ("release", "", "__Host-remote_user=T; HttpOnly; SameSite=Lax; Secure; Path=/"),
        ("debug", "secure = true", "__Host-remote_user=T; HttpOnly; SameSite=Lax; Secure; Path=/"),
        ("release", "secure = false", "remote_user=T; HttpOnly; SameSite=Lax; Path=/"),
        ("release", "path = '/app'", "__Secure-remote_user=T; HttpOnly; SameSite=Lax; Secure; Path=/app"),
        ("debug", "path = '/app'", "remote_user=T; HttpOnly; SameSite=Lax; Path=/app"),
        ("debug", "remember = true", "remote_user=T; HttpOnly; SameSite=Lax; Path=/; Max-Age=28800"),
        (
            "release",
            "remember = true, max_age = 100, idle_timeout = 10",
            "__Host-remote_user=T; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=100",
        ),
        (
            "release",
            "cookie = '__Secure-id', path = '/app'",
            "__Secure-id=T; HttpOnly; SameSite=Lax; Secure; Path=/app",
        ),
        ("release", "cookie = '__Host-id'", "__Host-id=T; HttpOnly; SameSite=Lax; Secure; Path=/"),
        ("debug", "same_site = 'Lax'", "remote_user=T; HttpOnly; SameSite=Lax; Path=/"),
        ("debug", "same_site = 'strict'", "remote_user=T; HttpOnly; SameSite=Strict; Path=/"),
        (
            "release",
            "same_site = 'None', cookie = 'id'",
            "__Host-id=T; HttpOnly; SameSite=None; Secure; Path=/",
        ),
    ];
    for (profile, keys, expected) in cases {
        let keys = ["persistent = true", keys].join(if keys.is_empty() { "" } else { ", " });
        let database = Database::new();
        let figment = figment(&database, &format!("session = {{ {keys} }}")).select(profile);
        let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
        let request =
            client.get("/me").remote(([127, 0, 0, 1], 9).into()).header(Header::new("Remote-User", "ada"));
        let response = request.dispatch();
        let set: Vec<_> = response.headers().get("Set-Cookie").map(str::to_owned).collect();
        assert_eq!(set.len(), 1, "{keys}");
        let cookie = Cookie::parse(set[0].clone()).expect("a cookie");
        assert_eq!(set[0].replace(cookie.value(), "T"), expected);
        assert_eq!(client.get("/visitor").dispatch().headers().get("Set-Cookie").count(), 0, "{keys}");
        let again = client.get("/visitor").remote(([127, 0, 0, 1], 9).into());
        let again = again.cookie((cookie.name().to_owned(), cookie.value().to_owned()));
        assert_eq!(again.dispatch().into_string().as_deref(), Some("ada"), "{keys}");
    }
}

#[test]
fn cookies_arrive_on_redirects_and_on_success_and_not_on_failure() {
    let app = launch(Database::new(), PERSISTENT);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.post("/fail", &[ADA]).0, 418);
    assert_eq!((browser.token.clone(), sessions(&app).len()), (None, 1), "a session that nobody holds");
    assert_eq!(browser.get("/nobody", &[ADA]).status, 200);
    assert!(browser.token.is_some(), "on success");
    assert_eq!(browser.post("/logout", &[]).0, 303);
    assert_eq!(browser.token, None, "on a redirect");
    assert_eq!(browser.post("/login/ada", &[]).0, 303);
    assert!(browser.token.is_some(), "on a redirect");

    let token = browser.token.clone();
    app.database.sql("DELETE FROM remote_sessions");
    assert_eq!(browser.get("/me", &[]).status, 401);
    assert_eq!(browser.token, token);
    assert_eq!(browser.get("/nobody", &[]).body, "nobody");
    assert_eq!(browser.token, token, "what is no session's may be older than one that has just begun");
}

#[test]
fn a_logout_removes_the_cookie_that_was_set() {
    let database = Database::new();
    let figment = figment(&database, PERSISTENT).select("release");
    let client = Client::untracked(with_logins(figment)).expect("a launch");
    let sent = Header::new("Cookie", "__Host-remote_user=x");
    let out = client.post("/logout").header(sent).dispatch();
    let set: Vec<_> = out.headers().get("Set-Cookie").collect();
    let expected = "__Host-remote_user=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires=";
    assert!(set.len() == 1 && set[0].starts_with(expected), "{set:?}");
}

/// Why a session begins in a guard: Rocket has taken the cookies by then.
#[test]
fn a_cookie_of_a_response_fairing_is_lost() {
    let late = rocket::fairing::AdHoc::on_response("Late", |request, _| {
        Box::pin(async move { request.cookies().add(("late", "x")) })
    });
    let database = Database::new();
    let rocket = with_logins(figment(&database, PERSISTENT)).attach(late);
    let client = Client::untracked(rocket).expect("a launch");
    let request = client.get("/me").remote(([127, 0, 0, 1], 9).into());
    let response = request.header(Header::new(ADA.0, ADA.1)).dispatch();
    let names: Vec<_> = response.cookies().iter().map(|cookie| cookie.name().to_owned()).collect();
    assert_eq!(names, ["remote_user"]);
}

/// An answer with a `Cache-Control` of the application's own, or without one.
#[derive(rocket::Responder)]
enum Cached {
    Own(&'static str, Header<'static>),
    None(&'static str),
}

#[rocket::get("/cached?<control>")]
fn cached(control: Option<&str>, visitor: Visitor) -> (Status, Cached) {
    let status = if visitor.user().is_some() { Status::NotFound } else { Status::Ok };
    match control {
        Some(control) => (status, Cached::Own("", Header::new("cache-control", control.to_owned()))),
        None => (status, Cached::None("")),
    }
}

#[test]
fn an_answer_about_a_person_is_private_and_one_with_the_cookie_is_not_stored() {
    let database = Database::new();
    let rocket = with_logins(figment(&database, PERSISTENT)).mount("/", rocket::routes![cached]);
    let client = Client::untracked(rocket).expect("a launch");
    let control = |method, path: &'static str, headers: &[(&'static str, &str)]| {
        let mut request = client.req(method, path).remote(([127, 0, 0, 1], 9).into());
        for (name, value) in headers {
            request.add_header(Header::new(*name, value.to_string()));
        }
        let response = request.dispatch();
        let token = response.cookies().get("remote_user").map(|cookie| cookie.value().to_owned());
        let controls: Vec<_> = response.headers().get("Cache-Control").map(str::to_owned).collect();
        (controls.join(" and "), token)
    };
    let (get, post) = (Method::Get, Method::Post);
    let (first, token) = control(get, "/me", &[ADA]);
    assert_eq!(first, "no-store", "it sets the cookie");
    let cookie = format!("remote_user={}", token.expect("a token"));
    let cookie = ("Cookie", cookie.as_str());
    for (method, path, headers, expected) in [
        (get, "/me", &[cookie][..], "private"),
        (get, "/me", &[cookie, ADA], "private"),
        (get, "/visitor", &[cookie], "private"),
        (get, "/optional", &[cookie], "private"),
        (get, "/sessions", &[cookie], "private"),
        (get, "/editors", &[cookie], "private"),
        (get, "/cached", &[cookie], "private"),
        (Method::Head, "/me", &[cookie], "private"),
        (get, "/cached?control=public", &[cookie], "public"),
        (get, "/cached?control=max-age%3D60", &[cookie], "max-age=60"),
        (get, "/cached?control=public", &[ADA], "no-store"),
        (get, "/nobody", &[cookie], "private"),
        (get, "/public", &[cookie, ADA], ""),
        (get, "/nowhere", &[cookie, ADA], ""),
        (get, "/cached", &[], ""),
        (get, "/cached?control=public", &[], "public"),
        (get, "/me", &[], ""),
        (get, "/sessions", &[], ""),
        (get, "/me", &[ADA, ADA], ""),
        (post, "/fail", &[ADA], "private"),
        (post, "/login/ada", &[], "no-store"),
        (post, "/logout", &[("Cookie", "remote_user=x")], "no-store"),
        (post, "/logout", &[], ""),
    ] {
        assert_eq!(control(method, path, headers).0, expected, "{method} {path} {headers:?}");
    }
    database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(control(get, "/me", &[ADA]).0, "private", "a refusal is about a person, too");
}

#[test]
fn without_sessions_an_answer_about_a_person_is_private_too() {
    let app = App::launch("");
    for (path, headers, expected) in
        [("/me", &[ADA][..], Some("private")), ("/me", &[], None), ("/public", &[ADA], None)]
    {
        let mut request = app.client.get(path).remote(([127, 0, 0, 1], 9).into());
        for (name, value) in headers {
            request.add_header(Header::new(*name, *value));
        }
        assert_eq!(request.dispatch().headers().get_one("Cache-Control"), expected, "{path} {headers:?}");
    }
}
