//! The cookie of a session: its attributes, what it may say, and when it comes.

mod harness;

use harness::browser::{Browser, PERSISTENT, launch, sessions, with_logins};
use harness::{Database, application, figment};
use rocket::http::{Cookie, Header};
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;

const ADA: (&str, &str) = ("Remote-User", "ada");

on_every_database!(what_is_no_token_is_no_session,);

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
        format!("remote_user={token}; remote_user={token}"),
        format!("remote_user={token}; remote_user={unknown}"),
        format!("remote_user={unknown}; remote_user={token}"),
        format!("remote_user; remote_user=; remote_user={token}"),
        "remote_user=".into(),
        "remote_user".into(),
    ] {
        assert_eq!(cookie(&[&line]), "nobody", "{line}");
    }
    assert_eq!(cookie(&[&format!("remote_user={token}"), &format!("remote_user={token}")]), "nobody");
    let impostor = format!("remote%5Fuser={unknown}; \u{2000}remote_user={unknown}; remote_user={token}");
    assert_eq!(cookie(&[&impostor]), "ada");
}

#[test]
fn the_cookie_has_the_attributes_that_are_configured() {
    let cases = [
        ("debug", "", "remote_user=T; HttpOnly; SameSite=Lax; Path=/"),
        ("release", "", "__Host-remote_user=T; HttpOnly; SameSite=Lax; Secure; Path=/"),
        ("debug", "secure = true", "__Host-remote_user=T; HttpOnly; SameSite=Lax; Secure; Path=/"),
        ("release", "secure = false", "remote_user=T; HttpOnly; SameSite=Lax; Path=/"),
        ("release", "path = '/app'", "remote_user=T; HttpOnly; SameSite=Lax; Secure; Path=/app"),
        (
            "release",
            "cookie = '__Secure-id', path = '/app'",
            "__Secure-id=T; HttpOnly; SameSite=Lax; Secure; Path=/app",
        ),
        ("release", "cookie = '__Host-id'", "__Host-id=T; HttpOnly; SameSite=Lax; Secure; Path=/"),
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
        let again = client.get("/visitor").cookie((cookie.name().to_owned(), cookie.value().to_owned()));
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
