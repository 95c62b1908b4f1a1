//! Logins that outlive the header: how they begin, go on and end.

mod harness;

use ::log::LevelFilter;
use harness::log::Recording;
use harness::socket::Server;
use harness::{App, Database, Headers, PROXY, Reply, STRANGER, application, figment};
use rocket::http::{Cookie, Header, Method};
use rocket::local::blocking::Client;
use rocket::response::Redirect;
use rocket::{get, post, routes};
use rocket_remote_user::{Error, RemoteUser, Session};

const PERSISTENT: &str = "session.persistent = true";
const FALLBACK: &str = "[default.remote_user.session]";
const ADA: (&str, &str) = ("Remote-User", "ada");
const BOB: (&str, &str) = ("Remote-User", "bob");

on_every_database!(
    a_session_carries_the_user_without_the_header,
    the_store_has_no_token,
    the_same_person_s_header_keeps_the_session,
    another_person_s_header_ends_it_and_begins_another,
    without_persistence_the_proxy_s_session_ends_and_the_application_s_stays,
    a_blank_header_is_an_absent_one,
    who_may_no_longer_be_here_is_refused_and_the_session_ends,
    a_deleted_user_is_nobody,
    what_is_no_token_is_no_session,
    a_session_ends_when_it_is_idle_and_when_it_is_old,
    a_use_keeps_a_session_from_being_idle,
    sessions_that_expired_are_purged_by_the_next_sign_in,
    two_sign_ins_leave_two_sessions_that_are_listed_and_revoked_apart,
    sign_ins_at_once_leave_a_session_each,
    a_logout_ends_the_row_and_the_cookie,
    a_logout_everywhere_ends_all_of_one_person_s,
    an_application_signs_people_in_itself,
    a_sign_in_of_the_application_replaces_the_token,
    who_may_not_be_here_cannot_sign_in,
    a_refusal_outranks_a_session,
    what_the_proxy_named_counts_through_the_session,
    five_hundred_sessions_of_one_person_are_kept_apart,
);

/// Whoever holds a cookie, or has none yet.
struct Browser<'a> {
    app: &'a App,
    token: Option<String>,
}

impl Browser<'_> {
    fn new(app: &App) -> Browser<'_> {
        Browser { app, token: None }
    }

    fn get(&mut self, path: &str, headers: Headers<'_>) -> Reply {
        self.send(Method::Get, path, headers).0
    }

    /// Sends a request with the cookie, and does what the answer says of it.
    /// Returns the answer, and where it leads.
    fn send(&mut self, method: Method, path: &str, headers: Headers<'_>) -> (Reply, Option<String>) {
        let mut request = self
            .app
            .client
            .req(method, path.to_owned())
            .remote((PROXY.parse::<std::net::IpAddr>().expect("an address"), 9).into());
        headers
            .iter()
            .for_each(|(name, value)| request.add_header(Header::new(name.to_string(), value.to_string())));
        if let Some(token) = &self.token {
            request.add_header(Header::new("Cookie", format!("other=1; remote_user={token}; more=2")));
        }
        let response = request.dispatch();
        if let Some(cookie) = response.cookies().get("remote_user") {
            self.token = Some(cookie.value().to_owned()).filter(|value| !value.is_empty());
        }
        let location = response.headers().get_one("Location").map(str::to_owned);
        let status = response.status().code;
        (Reply { status, body: response.into_string().unwrap_or_default() }, location)
    }

    fn post(&mut self, path: &str, headers: Headers<'_>) -> (u16, Option<String>) {
        let (reply, location) = self.send(Method::Post, path, headers);
        (reply.status, location)
    }

    /// The user of the session alone; `None` for nobody.
    fn user(&mut self) -> Option<String> {
        match self.get("/visitor", &[]) {
            Reply { status: 200, body } => Some(body).filter(|user| user != "nobody"),
            reply => panic!("{reply:?}"),
        }
    }
}

fn launch(database: Database, toml: &str) -> App {
    let figment = figment(&database, toml).merge(("databases.remote_user.connect_timeout", 10));
    let rocket = application(figment)
        .attach(RemoteUser::fairing())
        .mount("/", routes![login, logout, logout_everywhere, list, revoke, fail]);
    App { client: Client::untracked(rocket).expect("a launch"), database }
}

fn sessions(app: &App) -> Vec<String> {
    app.database.sql("SELECT concat_ws(' ', u.username, s.source) FROM remote_sessions s JOIN remote_users u ON u.id = s.user_id ORDER BY 1")
}

#[post("/login/<username>?<source>")]
async fn login(username: &str, source: Option<&str>, session: Session<'_>) -> Result<Redirect, Error> {
    let user = session.find_user(username).await?.ok_or(Error::UnknownUser)?;
    session.login(&user, source.unwrap_or("password")).await?;
    Ok(Redirect::to("/me"))
}

#[post("/logout")]
async fn logout(session: Session<'_>) -> Result<Redirect, Error> {
    session.logout().await
}

#[post("/logout-everywhere")]
async fn logout_everywhere(session: Session<'_>) -> Result<Redirect, Error> {
    session.logout_everywhere().await
}

#[get("/sessions")]
async fn list(session: Session<'_>) -> Result<String, Error> {
    let line =
        |s: &rocket_remote_user::ActiveSession| format!("{} {} {}\n", s.id(), s.source(), s.is_current());
    Ok(session.list().await?.iter().map(line).collect())
}

#[post("/revoke/<id>")]
async fn revoke(id: &str, session: Session<'_>) -> Result<String, Error> {
    Ok(session.revoke(id).await?.to_string())
}

#[post("/fail")]
fn fail(_user: RemoteUser) -> Result<(), rocket::http::Status> {
    Err(rocket::http::Status::ImATeapot)
}

fn a_session_carries_the_user_without_the_header(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[]).status, 401);
    assert_eq!(browser.token, None, "nobody gets no cookie");
    let signed_in = browser.get("/me", &[ADA, ("Remote-Name", "Ada")]);
    assert_eq!((signed_in.status, browser.token.is_some()), (200, true));
    assert_eq!(browser.get("/me", &[]), signed_in);
    assert_eq!(sessions(&app), ["ada remote"]);
    assert_eq!(Browser::new(&app).user(), None);
}

fn the_store_has_no_token(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let token = browser.token.clone().expect("a token");
    let stored = app.database.sql("SELECT token_hash FROM remote_sessions");
    assert_eq!((token.len(), stored.len(), stored[0].len()), (64, 1, 64));
    assert_ne!(stored[0], token);
    browser.token = Some(stored[0].clone());
    assert_eq!(browser.user(), None, "what is stored opens nothing");
}

fn the_same_person_s_header_keeps_the_session(database: Database) {
    let app = launch(database, "login_interval = 0\nsession.persistent = true");
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    app.database.age_logins(1_000);
    let token = browser.token.clone();
    assert_eq!(browser.get("/me", &[ADA, ("Remote-Name", "Ada Lovelace")]).status, 200);
    assert_eq!(browser.token, token);
    assert_eq!(sessions(&app), ["ada remote"]);
    assert_eq!(app.database.sql("SELECT name FROM remote_users"), ["Ada Lovelace"]);
    assert!(app.database.age("last_login_at") >= 1_000, "the login stands");

    assert_eq!(Browser::new(&app).get("/me", &[ADA]).status, 200);
    assert!(app.database.age("last_login_at") < 1_000, "another browser is another login");
}

fn another_person_s_header_ends_it_and_begins_another(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let of_ada = browser.token.clone();
    assert_eq!(browser.get("/visitor", &[BOB]).body, "bob");
    assert_ne!(browser.token, of_ada);
    assert_eq!(sessions(&app), ["bob remote"]);
    assert_eq!(browser.user().as_deref(), Some("bob"));
    assert_eq!(Browser { app: &app, token: of_ada }.user(), None);

    app.database.sql("UPDATE remote_users SET is_active = FALSE WHERE username = 'ada'");
    assert_eq!(browser.get("/me", &[ADA]).status, 403);
    assert_eq!(browser.user(), None, "also where the other person is refused");
}

fn without_persistence_the_proxy_s_session_ends_and_the_application_s_stays(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut remote = Browser::new(&app);
    remote.get("/me", &[ADA]);
    let token = remote.token.clone();
    let mut local = Browser::new(&app);
    assert_eq!(local.post("/login/ada", &[]).0, 303);
    let local = local.token.clone();
    let App { client, database } = app;
    drop(client);

    let app = launch(database, FALLBACK);
    assert_eq!(sessions(&app), ["ada password", "ada remote"]);
    let mut remote = Browser { app: &app, token };
    assert_eq!(remote.user(), None);
    assert_eq!((sessions(&app), remote.token), (vec!["ada password".into()], None));
    let mut local = Browser { app: &app, token: local };
    assert_eq!(local.user().as_deref(), Some("ada"));

    assert_eq!(local.get("/visitor", &[ADA]).body, "ada");
    assert_eq!(local.user().as_deref(), Some("ada"), "the same person's header ends nothing");
    assert_eq!(local.get("/visitor", &[BOB]).body, "bob");
    assert_eq!((local.user(), sessions(&app).len()), (None, 0), "and begins nothing");
}

fn a_blank_header_is_an_absent_one(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    for blank in ["", " ", "\t"] {
        let reply = browser.get("/visitor", &[("Remote-User", blank), ("Remote-Groups", "")]);
        assert_eq!((reply.status, reply.body.as_str()), (200, "ada"));
    }
    assert_eq!(sessions(&app), ["ada remote"]);
}

fn who_may_no_longer_be_here_is_refused_and_the_session_ends(database: Database) {
    let app = launch(database, "denied_groups = ['banned']\nsession.persistent = true");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('banned')");
    let cases = [
        (
            "the user is inactive",
            "UPDATE remote_users SET is_active = FALSE",
            "UPDATE remote_users SET is_active = TRUE",
        ),
        (
            "the user is in one of `denied_groups`",
            "INSERT INTO remote_memberships (user_id, group_id) SELECT u.id, g.id FROM remote_users u, remote_groups g",
            "DELETE FROM remote_memberships",
        ),
    ];
    for (reason, refuse, admit) in cases {
        let mut browser = Browser::new(&app);
        browser.get("/me", &[ADA]);
        app.database.sql(refuse);
        browser.get("/me", &[]).is(403, reason);
        assert_eq!(sessions(&app).len(), 0, "{reason}");
        app.database.sql(admit);
        assert_eq!(browser.user(), None, "{reason}");
    }
}

fn a_deleted_user_is_nobody(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    app.database.sql("DELETE FROM remote_users");
    assert_eq!(app.database.sql("SELECT token_hash FROM remote_sessions").len(), 0);
    assert_eq!(browser.get("/me", &[]).status, 401);
    assert_eq!(browser.get("/me", &[ADA]).status, 200);
}

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

fn a_session_ends_when_it_is_idle_and_when_it_is_old(database: Database) {
    let app = launch(database, "session = { persistent = true, idle_timeout = 100, max_age = 300 }");
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    for _ in 0..3 {
        app.database.age_sessions(95);
        assert_eq!(browser.user().as_deref(), Some("ada"), "before the timeout");
    }
    app.database.age_sessions(15);
    app.database.sql("UPDATE remote_sessions SET expires_at = '2100-01-01 00:00:00'");
    let token = browser.token.clone();
    assert_eq!(browser.user(), None, "after 300 seconds, used or not");
    assert_eq!((browser.token, token.is_some()), (None, true));

    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    app.database.age_sessions(100);
    assert_eq!(browser.user(), None, "idle");
}

fn a_use_keeps_a_session_from_being_idle(database: Database) {
    let app = launch(database, "session = { persistent = true, idle_timeout = 100 }");
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let seen = || app.database.sql("SELECT concat_ws(' ', last_seen_at, expires_at) FROM remote_sessions");
    app.database.age_sessions(9);
    let before = seen();
    assert_eq!(browser.user().as_deref(), Some("ada"));
    assert_eq!(seen(), before, "not a write a request");
    app.database.age_sessions(1);
    let before = seen();
    assert_eq!(browser.user().as_deref(), Some("ada"));
    assert_ne!(seen(), before);
}

fn sessions_that_expired_are_purged_by_the_next_sign_in(database: Database) {
    let app = launch(database, "session = { persistent = true, idle_timeout = 100 }");
    Browser::new(&app).get("/me", &[ADA]);
    app.database.age_sessions(60);
    Browser::new(&app).get("/me", &[ADA]);
    assert_eq!(sessions(&app).len(), 2);
    app.database.age_sessions(60);
    Browser::new(&app).get("/me", &[BOB]);
    assert_eq!(sessions(&app), ["ada remote", "bob remote"]);
}

fn two_sign_ins_leave_two_sessions_that_are_listed_and_revoked_apart(database: Database) {
    let app = launch(database, PERSISTENT);
    let (mut one, mut two, mut other) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
    one.get("/me", &[ADA]);
    two.get("/me", &[ADA]);
    other.get("/me", &[BOB]);
    assert_eq!(sessions(&app), ["ada remote", "ada remote", "bob remote"]);

    let listed = one.get("/sessions", &[]).body;
    let listed: Vec<Vec<_>> = listed.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(listed.len(), 2);
    let not_this = listed.iter().find(|session| session[2] == "false").expect("the other session");
    assert_eq!((not_this[1], listed.iter().filter(|session| session[2] == "true").count()), ("remote", 1));

    let revoke = format!("/revoke/{}", not_this[0]);
    assert_eq!(other.send(Method::Post, &revoke, &[]).0.body, "false", "it is not Bob's");
    assert_eq!(two.user().as_deref(), Some("ada"));
    assert_eq!(one.send(Method::Post, &revoke, &[]).0.body, "true");
    assert_eq!((one.user().as_deref(), two.user()), (Some("ada"), None));
    assert_eq!(one.send(Method::Post, &revoke, &[]).0.body, "false", "it is gone");
}

fn sign_ins_at_once_leave_a_session_each(database: Database) {
    let figment = figment(&database, PERSISTENT).merge(("databases.remote_user.connect_timeout", 10));
    let server = Server::serve(application(figment).attach(RemoteUser::fairing()));
    let sign_in = || {
        let request = "GET /me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRemote-User: ada\r\n\r\n";
        let response = server.send(request);
        let (_, cookie) = response.split_once("set-cookie: ").unwrap_or_else(|| panic!("{response}"));
        cookie.split(';').next().expect("a cookie").to_owned()
    };
    let cookies: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(sign_in)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a session")).collect()
    });
    for cookie in cookies {
        assert_eq!(server.get("/visitor", &format!("Cookie: {cookie}")), (200, "ada".into()));
    }
    assert_eq!(database.sql("SELECT token_hash FROM remote_sessions").len(), 16);
    assert_eq!(database.sql("SELECT username FROM remote_users"), ["ada"]);
}

fn a_logout_ends_the_row_and_the_cookie(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let token = browser.token.clone();
    assert_eq!(browser.post("/logout", &[]), (303, Some("/".into())));
    assert_eq!((browser.token, sessions(&app).len()), (None, 0));
    assert_eq!(Browser { app: &app, token }.user(), None, "a replay opens nothing");
    assert_eq!(Browser::new(&app).post("/logout", &[]), (303, Some("/".into())), "nor does nobody fail");
}

fn a_logout_everywhere_ends_all_of_one_person_s(database: Database) {
    let app = launch(database, PERSISTENT);
    let (mut one, mut two, mut other) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
    one.get("/me", &[ADA]);
    two.get("/me", &[ADA]);
    other.get("/me", &[BOB]);
    assert_eq!(one.post("/logout-everywhere", &[]), (303, Some("/".into())));
    assert_eq!((one.user(), two.user(), other.user().as_deref()), (None, None, Some("bob")));

    two.get("/me", &[ADA]);
    let mut proxied = Browser::new(&app);
    assert_eq!(proxied.post("/logout-everywhere", &[ADA]).0, 303);
    assert_eq!(sessions(&app), ["bob remote"], "by the header too, and none begins for it");
    assert_eq!(Browser::new(&app).post("/logout-everywhere", &[]).0, 303);
    assert_eq!(sessions(&app), ["bob remote"]);
}

fn an_application_signs_people_in_itself(database: Database) {
    let app = launch(database, "username_case = 'lower'\n[default.remote_user.session]");
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    let mut browser = Browser::new(&app);
    assert_eq!(browser.post("/login/%20ADA", &[]), (303, Some("/me".into())));
    assert_eq!(browser.user().as_deref(), Some("ada"));
    assert_eq!(sessions(&app), ["ada password"]);
    assert_eq!(
        app.database.sql("SELECT username FROM remote_users WHERE last_login_at IS NOT NULL"),
        ["ada"]
    );
    for (source, status) in [("totp", 303), ("remote", 500), ("%20", 500), ("a%00b", 500)] {
        assert_eq!(browser.post(&format!("/login/ada?source={source}"), &[]).0, status, "{source}");
    }
    let long = |length| format!("/login/ada?source={}", "%C3%A9".repeat(length));
    assert_eq!((browser.post(&long(64), &[]).0, browser.post(&long(65), &[]).0), (303, 500));
    assert_eq!(sessions(&app), [format!("ada {}", "é".repeat(64))]);
}

fn a_sign_in_of_the_application_replaces_the_token(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let before = browser.token.clone();
    assert_eq!(browser.post("/login/ada", &[]).0, 303);
    assert_ne!(browser.token, before);
    assert_eq!(Browser { app: &app, token: before }.user(), None);

    let planted = "f".repeat(64);
    let mut victim = Browser { app: &app, token: Some(planted.clone()) };
    victim.get("/me", &[BOB]);
    assert_ne!(victim.token.as_ref(), Some(&planted));
    assert_eq!(Browser { app: &app, token: Some(planted) }.user(), None);
}

fn who_may_not_be_here_cannot_sign_in(database: Database) {
    let app = launch(database, "required_groups = ['crew']\n[default.remote_user.session]");
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    let mut browser = Browser::new(&app);
    let (refused, _) = browser.send(Method::Post, "/login/ada", &[]);
    refused.is(403, "the user is in none of `required_groups`");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('crew')");
    app.database.sql("INSERT INTO remote_memberships (user_id, group_id) SELECT u.id, g.id FROM remote_users u, remote_groups g");
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    browser.send(Method::Post, "/login/ada", &[]).0.is(403, "the user is inactive");
    browser
        .send(Method::Post, "/login/eve", &[])
        .0
        .is(403, "the user is unknown and `create_users` is false");
    assert_eq!((browser.token.clone(), sessions(&app).len()), (None, 0));
    app.database.sql("UPDATE remote_users SET is_active = TRUE");
    assert_eq!(browser.post("/login/ada", &[]).0, 303);
}

fn a_refusal_outranks_a_session(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let cookie = format!("remote_user={}", browser.token.clone().expect("a token"));
    for forged in [[BOB, BOB], [ADA, ("Remote_User", "ada")], [("Remote-User", "a,b"), ("Accept", "*/*")]] {
        assert_eq!(browser.get("/public", &forged).status, 400, "{forged:?}");
    }
    for path in ["/me", "/public"] {
        let reply = app.send(Method::Get, path, &[ADA, ("Cookie", &cookie)], STRANGER);
        assert_eq!(reply.status, 403, "{path}");
    }
    let reply = app.send(Method::Get, "/visitor", &[("Cookie", &cookie)], STRANGER);
    assert_eq!((reply.status, reply.body.as_str()), (200, "ada"), "a session needs no proxy");
}

fn what_the_proxy_named_counts_through_the_session(database: Database) {
    let toml =
        "required_groups = ['crew']\ngroup_permissions = { authors = ['write'] }\nsession.persistent = true";
    let app = launch(database, toml);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA, ("Remote-Groups", "crew, authors, others")]).status, 200);
    assert_eq!(app.database.sql("SELECT name FROM remote_groups").len(), 0, "no such group is here");
    assert_eq!(browser.get("/permissions", &[]).body, "write");
    assert_eq!(app.database.sql("SELECT asserted_groups FROM remote_sessions"), [r#"["authors","crew"]"#]);

    assert_eq!(browser.get("/permissions", &[ADA, ("Remote-Groups", "crew")]).body, "");
    assert_eq!(browser.get("/permissions", &[]).body, "", "the session follows");
    assert_eq!(browser.get("/me", &[ADA, ("Remote-Groups", "authors")]).status, 403);
    assert_eq!(browser.user(), None);
}

fn five_hundred_sessions_of_one_person_are_kept_apart(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut tokens = Vec::new();
    for _ in 0..500 {
        let mut browser = Browser::new(&app);
        browser.get("/me", &[ADA]);
        tokens.push(browser.token);
    }
    let mut one = Browser { app: &app, token: tokens[250].clone() };
    assert_eq!(one.get("/sessions", &[]).body.lines().count(), 500);
    assert_eq!(one.post("/logout", &[]).0, 303);
    let signed_in = |token: &Option<String>| Browser { app: &app, token: token.clone() }.user().is_some();
    assert_eq!(tokens.iter().filter(|token| signed_in(token)).count(), 499);
    assert_eq!(Browser { app: &app, token: tokens[0].clone() }.post("/logout-everywhere", &[]).0, 303);
    assert_eq!((sessions(&app).len(), tokens.iter().filter(|token| signed_in(token)).count()), (0, 0));
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
        let again = client.get("/visitor").cookie((cookie.name().to_owned(), cookie.value().to_owned()));
        assert_eq!(again.dispatch().into_string().as_deref(), Some("ada"), "{keys}");
    }
}

#[test]
fn a_logout_leads_to_the_proxy_s_own_and_is_that_alone_without_sessions() {
    let everything = "logout_url = 'https://auth.example.com/logout?rd=x'";
    for toml in [everything.into(), format!("{everything}\n{PERSISTENT}")] {
        let app = launch(Database::new(), &toml);
        let mut browser = Browser::new(&app);
        for path in ["/logout", "/logout-everywhere"] {
            let location = Some("https://auth.example.com/logout?rd=x".into());
            assert_eq!(browser.post(path, &[ADA]), (303, location), "{path}");
        }
        assert_eq!(browser.token, None);
    }
    let app = launch(Database::new(), "");
    app.me(&[ADA]);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/sessions", &[ADA]).body, "");
    browser
        .send(Method::Post, "/login/ada", &[])
        .0
        .is(500, "there are no sessions: `session` is not configured");
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
    assert_eq!(browser.token, token, "a catcher sends no cookie");
    assert_eq!(browser.get("/nobody", &[]).body, "nobody");
    assert_eq!(browser.token, None, "a lower rank does");
}

#[test]
fn a_session_costs_one_statement_and_what_is_none_one_at_most() {
    let recording = Recording::start();
    let database = Database::new();
    let figment = figment(&database, PERSISTENT).merge(("databases.remote_user.log_level", "debug"));
    let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
    let app = App { client, database };
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let token = browser.token.clone().expect("a token");
    let cost = |headers: Headers<'_>| {
        recording.clear();
        recording.raise_to(LevelFilter::Trace);
        app.get("/visitor", headers);
        let statements = recording.lines_of("sqlx::query");
        let reads = statements.iter().filter(|line| line.contains("summary=\"SELECT")).count();
        (statements.len(), reads)
    };
    let cookie = |value: &str| format!("remote_user={value}");
    assert_eq!(cost(&[("Cookie", &cookie(&token))]), (1, 1));
    assert_eq!(cost(&[("Cookie", &cookie(&token)), ADA]), (2, 2), "the header is looked up too");
    assert_eq!(cost(&[("Cookie", &cookie(&"0".repeat(64)))]), (1, 1), "unknown");
    for nothing in ["", "x", &format!("{token}; remote_user={token}")] {
        assert_eq!(cost(&[("Cookie", &cookie(nothing))]), (0, 0), "{nothing}");
    }
    assert_eq!(cost(&[]), (0, 0));
    app.database.age_sessions(1_800);
    assert_eq!(cost(&[("Cookie", &cookie(&token))]), (1, 1), "expired");
}

#[test]
fn an_outage_ends_no_session() {
    let _recording = Recording::start();
    let app = launch(Database::new(), PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    app.database.sql("ALTER TABLE remote_sessions RENAME TO elsewhere");
    let token = browser.token.clone();
    let out = "the user store is out of reach: error returned from database: (code: 1) no such table: remote_sessions";
    browser.get("/me", &[]).is(503, out);
    browser.get("/me", &[ADA]).is(503, out);
    browser.send(Method::Post, "/logout", &[]).0.is(503, out);
    assert_eq!(browser.token, token);
    app.database.sql("ALTER TABLE elsewhere RENAME TO remote_sessions");
    assert_eq!(browser.user().as_deref(), Some("ada"));
}
