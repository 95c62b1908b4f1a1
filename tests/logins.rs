//! Signing in and out: by the application, here and everywhere, one session or
//! all.

mod harness;

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use harness::browser::{Browser, PERSISTENT, launch, sessions, with_logins};
use harness::log::Recording;
use harness::socket::{Server, cookie};
use harness::{App, Database, Kind, application, figment};
use rocket::http::{Header, Method};
use rocket::local::blocking::Client;
use rocket_remote_user::policy::{Event, Identity, Policy};
use rocket_remote_user::{Flags, RemoteUser};

const ADA: (&str, &str) = ("Remote-User", "ada");
const BOB: (&str, &str) = ("Remote-User", "bob");

on_every_database!(
    two_sign_ins_leave_two_sessions_that_are_listed_and_revoked_apart,
    sign_ins_at_once_leave_a_session_each,
    a_logout_ends_the_row_and_the_cookie,
    a_logout_everywhere_ends_all_of_one_person_s,
    an_application_signs_people_in_itself,
    a_sign_in_of_the_application_replaces_the_token,
    who_may_not_be_here_cannot_sign_in,
    a_demoted_administrator_does_not_get_in_by_the_form,
    whatever_asks_takes_from_whom_the_header_refuses,
    whom_the_rules_let_in_meanwhile_is_given_nothing_by_what_only_asks,
    a_session_that_cannot_be_written_is_an_outage,
    five_hundred_sessions_of_one_person_are_kept_apart,
    beginning_one_session_too_many_ends_the_oldest,
    sessions_that_have_expired_end_before_an_older_one_in_use,
    sign_ins_at_once_leave_no_session_too_many,
    sessions_that_are_too_many_already_end_at_the_next_sign_in,
    a_request_that_signs_in_and_out_leaves_no_session,
    somebody_else_of_the_same_name_is_not_signed_in,
    who_signs_in_here_has_the_permissions_of_the_groups,
    who_may_not_be_here_manages_no_sessions,
    a_logout_beside_requests_is_a_logout,
);

fn whatever_asks_takes_from_whom_the_header_refuses(database: Database) {
    let toml = "superuser_groups = ['admins']\ndenied_groups = ['banned']\nrequired_groups = ['admins', 'crew']\n\
                missing_groups = 'deny'\nsession.persistent = true";
    let app = launch(database, toml);
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('admins'), ('crew'), ('banned')");
    let left = || {
        let flags = "SELECT concat_ws(' ', username, is_superuser + 0) FROM remote_users ORDER BY 1";
        let flags =
            if app.database.kind == Kind::Postgres { flags.replace(" + 0", "::int") } else { flags.into() };
        let groups =
            "SELECT g.name FROM remote_memberships m JOIN remote_groups g ON g.id = m.group_id ORDER BY 1";
        [app.database.sql(&flags), app.database.sql(groups), sessions(&app)].concat()
    };
    let refusals = [Some("banned, admins"), Some("others"), None];
    let requests = [
        (Method::Post, "/logout-everywhere"),
        (Method::Get, "/sessions"),
        (Method::Post, "/revoke/x"),
        (Method::Post, "/login/ada"),
    ];
    for (method, path) in requests {
        for groups in refusals {
            let mut browser = Browser::new(&app);
            assert_eq!(browser.get("/me", &[ADA, ("Remote-Groups", "admins, crew")]).status, 200);
            assert_eq!(left(), ["ada 1", "admins", "crew", "ada remote"]);
            let mut headers = vec![ADA];
            headers.extend(groups.map(|groups| ("Remote-Groups", groups)));
            // Another device, without a session, is where the refusal comes from.
            assert_eq!(app.send(method, path, &headers, harness::PROXY).status, 403, "{path} {groups:?}");
            let kept: &[&str] =
                if groups == Some("banned, admins") { &["ada 1", "admins"] } else { &["ada 0"] };
            assert_eq!(left(), kept, "{path} {groups:?}");
            assert_eq!(browser.user(), None, "{path} {groups:?}");
        }
    }
    // Nothing is taken from, or given to, anybody else whom the header names.
    assert_eq!(app.get("/me", &[BOB, ("Remote-Groups", "crew")]).status, 200);
    let bob_then = left();
    assert_eq!(
        app.send(Method::Post, "/login/ada", &[BOB, ("Remote-Groups", "others")], harness::PROXY).status,
        403
    );
    assert_eq!(left(), bob_then, "ada is refused by what is stored, and bob asked for nothing");
}

/// Makes everybody active when it is asked for flags for the first time.
struct Reactivating {
    database: Arc<Database>,
    is_done: AtomicBool,
}

impl Policy for Reactivating {
    fn flags(&self, _: &Identity<'_>, flags: Flags) -> Flags {
        if !self.is_done.swap(true, SeqCst) {
            let reactivate = || self.database.sql("UPDATE remote_users SET is_active = TRUE");
            thread::scope(|scope| scope.spawn(reactivate).join()).expect("a change by somebody else");
        }
        flags
    }
}

fn whom_the_rules_let_in_meanwhile_is_given_nothing_by_what_only_asks(database: Database) {
    let database = Arc::new(database);
    let toml = "superuser_groups = ['admins']\nsession.persistent = true";
    let policy = Reactivating { database: database.clone(), is_done: AtomicBool::new(false) };
    let fairing = RemoteUser::fairing().policy(policy);
    let client = Client::untracked(with_logins(figment(&database, toml)).attach(fairing)).expect("a launch");
    let columns = "username, is_active, is_superuser";
    database.sql(&format!("INSERT INTO remote_users ({columns}) VALUES ('ada', FALSE, TRUE)"));
    let mut request = client.get("/sessions").remote(([127, 0, 0, 1], 9).into());
    for (name, value) in [ADA, ("Remote-Name", "Ada"), ("Remote-Groups", "crew")] {
        request.add_header(Header::new(name, value));
    }
    assert_eq!(request.dispatch().status().code, 403, "by what was found first");
    let as_it_was = "is_active AND is_superuser AND name IS NULL";
    let users = database.sql(&format!("SELECT username FROM remote_users WHERE {as_it_was}"));
    assert_eq!(users, ["ada"], "but for what somebody else changed");
}

fn a_session_that_cannot_be_written_is_an_outage(database: Database) {
    let _recording = Recording::start();
    let app = launch(database, "session = {}");
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    let (refuse, accept) = match app.database.kind {
        Kind::Sqlite => (
            "CREATE TRIGGER no_logins BEFORE INSERT ON remote_sessions BEGIN SELECT RAISE(ABORT, 'no_logins'); END",
            "DROP TRIGGER no_logins",
        ),
        _ => (
            "ALTER TABLE remote_sessions ADD CONSTRAINT no_logins CHECK (source <> 'password')",
            "ALTER TABLE remote_sessions DROP CONSTRAINT no_logins",
        ),
    };
    app.database.sql(refuse);
    let (reply, _) = Browser::new(&app).send(Method::Post, "/login/ada", &[]);
    assert!(reply.status == 503 && reply.body.contains("no_logins"), "{reply:?}");
    app.database.sql(accept);
    assert_eq!(Browser::new(&app).post("/login/ada", &[]).0, 303);
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
    two.get("/me", &[ADA]);
    app.database.age_sessions(1_000);
    assert_eq!(two.user().as_deref(), Some("ada"), "and used again");
    app.database.age_sessions(1_000);
    assert_eq!(two.get("/sessions", &[]).body.lines().count(), 1, "what is over is not listed");
    assert_eq!(one.send(Method::Post, &revoke, &[]).0.body, "false", "it is gone");
}

fn sign_ins_at_once_leave_a_session_each(database: Database) {
    let figment = figment(&database, PERSISTENT).merge(("databases.remote_user.connect_timeout", 10));
    let server = Server::serve(application(figment).attach(RemoteUser::fairing()));
    let sign_in = || {
        let request = "GET /me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRemote-User: ada\r\n\r\n";
        let response = server.send(request);
        cookie(&response).unwrap_or_else(|| panic!("{response}"))
    };
    let cookies: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(sign_in)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a session")).collect()
    });
    for cookie in cookies {
        assert_eq!(server.get("/visitor", &cookie), (200, "ada".into()));
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
    let without_a_cookie = app.client.post("/logout").dispatch();
    assert_eq!(without_a_cookie.cookies().iter().count(), 0, "another site takes no cookie away");
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
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(Browser::new(&app).post("/login/ada", &[]).0, 403);
    assert_eq!(sessions(&app).len(), 0, "those of other devices end too");
}

fn a_demoted_administrator_does_not_get_in_by_the_form(database: Database) {
    let app = launch(
        database,
        "create_groups = true\nrequired_groups = ['crew']\nsuperuser_groups = ['crew']\n[default.remote_user.session]",
    );
    let mut browser = Browser::new(&app);
    browser.get("/superuser", &[ADA, ("Remote-Groups", "crew")]).is(200, "ada");
    browser
        .get("/superuser", &[ADA, ("Remote-Groups", "")])
        .is(403, "the user is in none of `required_groups`");
    let (refused, _) = browser.send(Method::Post, "/login/ada", &[]);
    refused.is(403, "the user is in none of `required_groups`");
    assert_eq!(browser.user(), None);
}

fn five_hundred_sessions_of_one_person_are_kept_apart(database: Database) {
    let app = launch(database, "session = { persistent = true, max_per_user = 500 }");
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

fn beginning_one_session_too_many_ends_the_oldest(database: Database) {
    let app = launch(database, "session = { persistent = true, max_per_user = 3, idle_timeout = 1000 }");
    let mut bob = Browser::new(&app);
    bob.get("/me", &[BOB]);
    let begin = || {
        app.database.age_sessions(10);
        let mut browser = Browser::new(&app);
        browser.get("/me", &[ADA]);
        browser
    };
    let signed_in = |browsers: &mut [Browser<'_>]| -> Vec<bool> {
        browsers.iter_mut().map(|browser| browser.user().is_some()).collect()
    };
    let mut browsers: Vec<_> = (0..5).map(|_| begin()).collect();
    assert_eq!(signed_in(&mut browsers), [false, false, true, true, true]);
    assert_eq!(browsers[2].post("/login/ada", &[]).0, 303);
    assert_eq!(signed_in(&mut browsers), [false, false, true, true, true], "it takes the place of its own");
    app.database.age_sessions(10);
    assert_eq!(Browser::new(&app).post("/login/ada", &[]).0, 303);
    assert_eq!(signed_in(&mut browsers), [false, false, true, false, true], "whoever begins it");
    assert_eq!(bob.user().as_deref(), Some("bob"), "and nobody else's");

    let app = launch(app.database.another(), "session = { persistent = true, max_per_user = 1 }");
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    one.get("/me", &[ADA]);
    two.get("/me", &[ADA]);
    assert_eq!((one.user(), two.user().as_deref()), (None, Some("ada")));
}

fn sessions_that_have_expired_end_before_an_older_one_in_use(database: Database) {
    let app = launch(database, "session = { persistent = true, max_per_user = 3, idle_timeout = 1000 }");
    let begin = || {
        let mut browser = Browser::new(&app);
        browser.get("/me", &[ADA]);
        browser
    };
    let mut oldest = begin();
    app.database.age_sessions(10);
    let _idle = [begin(), begin()];
    app.database.age_sessions(500);
    assert_eq!(oldest.user().as_deref(), Some("ada"));
    app.database.age_sessions(600);
    begin();
    assert_eq!(oldest.user().as_deref(), Some("ada"));
}

fn sign_ins_at_once_leave_no_session_too_many(database: Database) {
    let figment = figment(&database, "session = { persistent = true, max_per_user = 3 }");
    let figment = figment.merge(("databases.remote_user.connect_timeout", 10));
    let server = Server::serve(application(figment).attach(RemoteUser::fairing()));
    let cookies: Vec<_> = std::thread::scope(|scope| {
        let sign_in = || cookie(&server.respond("GET", "/me", "Remote-User: ada")).expect("a cookie");
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(sign_in)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a session")).collect()
    });
    assert_eq!(database.sql("SELECT token_hash FROM remote_sessions").len(), 3);
    let count = cookies.iter().filter(|cookie| server.get("/visitor", cookie).1 == "ada").count();
    assert_eq!(count, 3);
}

fn sessions_that_are_too_many_already_end_at_the_next_sign_in(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let rows: Vec<_> =
        (0..1_000).map(|number| format!("('{number:064}', 1, '2100-01-01 00:00:00')")).collect();
    let columns = "token_hash, user_id, expires_at";
    app.database.sql(&format!("INSERT INTO remote_sessions ({columns}) VALUES {}", rows.join(", ")));
    browser.get("/me", &[ADA]);
    assert_eq!(sessions(&app).len(), 1_001, "a session that goes on ends none");
    Browser::new(&app).get("/me", &[ADA]);
    assert_eq!(sessions(&app).len(), 50);
}

fn a_request_that_signs_in_and_out_leaves_no_session(database: Database) {
    let app = launch(database, PERSISTENT);
    for times in 0..3 {
        let mut browser = Browser::new(&app);
        let (reply, _) = browser.send(Method::Post, &format!("/through?times={times}"), &[ADA]);
        reply.is(200, "1 true");
        assert_eq!((browser.token, sessions(&app).len()), (None, 0), "{times}");
    }
}

fn somebody_else_of_the_same_name_is_not_signed_in(database: Database) {
    let app = launch(database, PERSISTENT);
    Browser::new(&app).get("/me", &[ADA]);
    let id = &app.database.sql("SELECT concat_ws('', id) FROM remote_users")[0];
    let mut browser = Browser::new(&app);
    let unknown = "the user is unknown and `create_users` is false";
    for (id, username) in [("999", "ada"), (&**id, "eve"), ("0", "ada")] {
        browser.send(Method::Post, &format!("/stale/{id}/{username}"), &[]).0.is(403, unknown);
    }
    assert_eq!(browser.post(&format!("/stale/{id}/ada"), &[]).0, 200);
    assert_eq!(browser.user().as_deref(), Some("ada"));
}

fn who_signs_in_here_has_the_permissions_of_the_groups(database: Database) {
    let app = launch(database, "group_permissions = { crew = ['sail'] }\n[default.remote_user.session]");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('crew')");
    Browser::new(&app).get("/me", &[ADA, ("Remote-Groups", "crew")]);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/known/ada", &[]).body, "sail");
    assert_eq!(browser.get("/known/eve", &[]).status, 404);
    assert_eq!(browser.get("/known/a%2Cb", &[]).status, 404, "no user name");
}

fn who_may_not_be_here_manages_no_sessions(database: Database) {
    let app = launch(database, PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    for (method, path) in [(Method::Get, "/sessions"), (Method::Post, "/logout-everywhere")] {
        for headers in [&[][..], &[ADA]] {
            app.database.sql("UPDATE remote_users SET is_active = TRUE");
            browser.get("/me", &[ADA]);
            Browser::new(&app).get("/me", &[ADA]);
            assert_eq!(sessions(&app).len(), 2);
            app.database.sql("UPDATE remote_users SET is_active = FALSE");
            browser.send(method, path, headers).0.is(403, "the user is inactive");
            assert_eq!(sessions(&app).len(), 0, "{path} {headers:?}");
        }
    }
    assert_eq!(browser.post("/logout", &[]).0, 303);
}

fn a_logout_beside_requests_is_a_logout(database: Database) {
    let figment = figment(&database, "session = { persistent = true, idle_timeout = 100 }");
    let figment = figment.merge(("databases.remote_user.connect_timeout", 10));
    let server = Server::serve(with_logins(figment));
    for path in ["/logout", "/logout-everywhere"] {
        let response = server.respond("GET", "/me", "Remote-User: ada");
        let cookie = cookie(&response).expect("a cookie");
        database.age_sessions(20);
        std::thread::scope(|scope| {
            (0..8).for_each(|_| drop(scope.spawn(|| server.get("/visitor", &cookie))));
            let out = scope.spawn(|| server.exchange("POST", path, &cookie).0);
            assert_eq!(out.join().expect("an answer"), 303);
        });
        assert_eq!(server.get("/visitor", &cookie), (200, "nobody".into()), "{path}, on another connection");
        assert_eq!(database.sql("SELECT token_hash FROM remote_sessions").len(), 0);
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

/// A policy that hears what changes.
struct Hearing(Arc<Mutex<Vec<String>>>);

#[rocket::async_trait]
impl Policy for Hearing {
    async fn event(&self, event: Event<'_>) {
        if let Event::Changed { plan, .. } = event {
            self.0.lock().expect("what was heard").push(format!("{:?}", plan.changes()));
        }
    }
}

#[test]
fn a_policy_hears_once_what_a_refused_list_of_sessions_took() {
    let database = Database::new();
    let toml = "denied_groups = ['banned']\nsession.persistent = true";
    let heard = Arc::new(Mutex::new(Vec::new()));
    let fairing = RemoteUser::fairing().policy(Hearing(heard.clone()));
    let client = Client::untracked(with_logins(figment(&database, toml)).attach(fairing)).expect("a launch");
    let app = App { client, database };
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('crew'), ('banned')");
    assert_eq!(app.get("/me", &[ADA, ("Remote-Groups", "crew")]).status, 200);
    heard.lock().expect("what was heard").clear();
    for _ in 0..2 {
        assert_eq!(app.get("/sessions", &[ADA, ("Remote-Groups", "banned")]).status, 403);
    }
    assert_eq!(*heard.lock().expect("what was heard"), [r#"[Leave({"crew"})]"#]);
}
