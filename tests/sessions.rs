//! Logins that outlive the header: how they begin, go on and end.

mod harness;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use harness::browser::{Browser, PERSISTENT, launch, sessions};
use harness::log::Recording;
use harness::socket::{Server, cookie};
use harness::{App, Database, PROXY, STRANGER, application, figment};
use rocket::http::{Header, Method};
use rocket_remote_user::RemoteUser;
use rocket_remote_user::policy::{Event, Policy};

const FALLBACK: &str = "login_interval = 0\n[default.remote_user.session]";
const ADA: (&str, &str) = ("Remote-User", "ada");
const BOB: (&str, &str) = ("Remote-User", "bob");

on_every_database!(
    a_session_carries_the_user_without_the_header,
    the_store_has_no_token,
    what_one_person_does_is_written_to_no_other_s_row,
    the_same_person_s_header_keeps_the_session,
    another_person_s_header_ends_it_and_begins_another,
    without_persistence_the_proxy_s_session_ends_and_the_application_s_stays,
    a_blank_header_is_an_absent_one,
    who_may_no_longer_be_here_is_refused_and_the_session_ends,
    a_refusal_takes_memberships_flags_and_every_session,
    a_session_that_is_refused_ends_those_of_other_devices,
    a_deleted_user_is_nobody,
    a_session_ends_when_it_is_idle_and_when_it_is_old,
    a_use_keeps_a_session_from_being_idle,
    sessions_that_expired_are_purged_by_the_next_sign_in,
    many_sessions_that_expired_hold_no_sign_in_up,
    a_user_who_is_deleted_on_the_way_in_is_created_again,
    a_refusal_outranks_a_session,
    what_the_proxy_named_counts_through_the_session,
    a_missing_groups_header_keeps_what_the_proxy_named_where_it_is_to,
    a_use_takes_nothing_back_of_what_the_header_said,
    people_who_switch_at_once_are_never_taken_for_another,
    a_stolen_cookie_is_nobody_from_anywhere_else,
    the_header_begins_a_session_on_the_paths_that_are_named_and_counts_on_all,
    of_two_people_s_sessions_the_one_of_the_header_goes_on,
);

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

fn what_one_person_does_is_written_to_no_other_s_row(database: Database) {
    let toml = format!("group_permissions = {{ crew = ['sail'] }}\n{PERSISTENT}");
    let app = launch(database, &toml);
    let (mut ada, mut bob) = (Browser::new(&app), Browser::new(&app));
    ada.get("/me", &[ADA]);
    bob.get("/me", &[BOB]);
    app.database.age_sessions(1_000);
    app.database.age_logins(1_000);
    let row = |person: &str| {
        let columns = "u.last_login_at, s.last_seen_at, s.expires_at, s.asserted_groups";
        let sessions = "FROM remote_sessions s JOIN remote_users u ON u.id = s.user_id";
        let sql = format!("SELECT concat_ws(' ', {columns}) {sessions} WHERE u.username = '{person}'");
        app.database.sql(&sql)
    };
    let (of_ada, of_bob) = (row("ada"), row("bob"));
    ada.get("/permissions", &[ADA, ("Remote-Groups", "crew")]).is(200, "sail");
    assert_ne!(row("ada"), of_ada, "a use, and a group that is remembered");
    assert_eq!(row("bob"), of_bob, "a use, and a group that is remembered");
    Browser::new(&app).get("/me", &[ADA]);
    assert_eq!((row("ada").len(), row("bob")), (2, of_bob), "a login");
    bob.get("/permissions", &[]).is(200, "");
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

    app.database.age_logins(1_000);
    assert_eq!(local.get("/visitor", &[ADA]).body, "ada");
    assert!(app.database.age("last_login_at") >= 1_000, "nor is it another login");
    assert_eq!(local.user().as_deref(), Some("ada"), "the same person's header ends nothing");
    assert_eq!(local.get("/visitor", &[BOB]).body, "bob");
    assert_eq!((sessions(&app).len(), local.user()), (0, None), "and begins nothing");
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

fn a_refusal_takes_memberships_flags_and_every_session(database: Database) {
    let crew = ("Remote-Groups", "crew");
    let deactivate = "UPDATE remote_users SET is_active = FALSE";
    let activate = "UPDATE remote_users SET is_active = TRUE";
    let cases = [
        (
            "required_groups = ['crew']",
            &[("Remote-Groups", "")][..],
            "",
            "the user is in none of `required_groups`",
        ),
        (
            "denied_groups = ['banned']",
            &[("Remote-Groups", "banned")],
            "",
            "the user is in one of `denied_groups`",
        ),
        ("missing_groups = 'deny'", &[], "", "the groups header is missing and `missing_groups` is \"deny\""),
        ("", &[("Remote-Groups", "")], deactivate, "the user is inactive"),
    ];
    for (rule, groups, sql, reason) in cases {
        let toml = format!(
            "{rule}\ncreate_groups = true\nstaff_groups = ['crew']\nsuperuser_groups = ['crew']\n{PERSISTENT}"
        );
        let app = launch(database.another(), &toml);
        let (mut laptop, mut phone, mut other) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
        laptop.get("/me", &[ADA, crew]);
        phone.get("/me", &[ADA, crew]);
        other.get("/me", &[BOB, crew]);
        assert_eq!(phone.post("/login/ada", &[]).0, 303);
        assert_eq!(sessions(&app), ["ada password", "ada remote", "bob remote"]);
        if !sql.is_empty() {
            app.database.sql(sql);
        }

        let headers: Vec<_> = [ADA].into_iter().chain(groups.iter().copied()).collect();
        for _ in 0..2 {
            Browser::new(&app).get("/me", &headers).is(403, reason);
            assert_eq!(sessions(&app), ["bob remote"], "{reason}");
            let kept = app.database.sql(
                "SELECT concat_ws(' ', u.username, g.name) FROM remote_memberships m \
                 JOIN remote_users u ON u.id = m.user_id JOIN remote_groups g ON g.id = m.group_id",
            );
            assert_eq!(kept, ["bob crew"], "{reason}");
            let flagged = "SELECT username FROM remote_users WHERE is_staff OR is_superuser";
            assert_eq!(app.database.sql(flagged), ["bob"], "{reason}");
            assert_eq!(app.database.sql("SELECT name FROM remote_groups"), ["crew"], "{reason}");
        }
        app.database.sql(activate);
        assert_eq!((laptop.user(), phone.user()), (None, None), "{reason}");
        assert_eq!(other.user().as_deref(), Some("bob"), "{reason}");
    }
}

fn a_session_that_is_refused_ends_those_of_other_devices(database: Database) {
    let app = launch(database, "required_groups = ['crew']\nsession.persistent = true");
    let crew = ("Remote-Groups", "crew");
    let (mut remembering, mut local) = (Browser::new(&app), Browser::new(&app));
    remembering.get("/me", &[ADA, crew]);
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('crew')");
    app.database.sql("INSERT INTO remote_memberships (user_id, group_id) SELECT u.id, g.id FROM remote_users u, remote_groups g");
    local.post("/login/ada", &[]);
    assert_eq!((local.user().as_deref(), remembering.user().as_deref()), (Some("ada"), Some("ada")));
    app.database.sql("DELETE FROM remote_memberships");
    assert_eq!(remembering.user().as_deref(), Some("ada"), "the proxy named the group");
    local.get("/me", &[]).is(403, "the user is in none of `required_groups`");
    assert_eq!(remembering.user(), None);
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
    assert_eq!(browser.token, token, "and the browser is left alone");

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

fn many_sessions_that_expired_hold_no_sign_in_up(database: Database) {
    let app = launch(database, PERSISTENT);
    Browser::new(&app).get("/me", &[ADA]);
    let rows: Vec<_> = (0..250).map(|number| format!("('{number:064}', 1)")).collect();
    let insert = format!("INSERT INTO remote_sessions (token_hash, user_id) VALUES {}", rows.join(", "));
    app.database.sql(&insert);
    app.database.age_sessions(10);
    for left in [152, 53, 4, 5] {
        Browser::new(&app).get("/me", &[BOB]);
        assert_eq!(sessions(&app).len(), left, "a hundred a sign-in");
    }
}

/// Deletes the first user who is created, once.
struct Deletion(Arc<Database>, AtomicBool);

#[rocket::async_trait]
impl Policy for Deletion {
    async fn event(&self, event: Event<'_>) {
        if matches!(event, Event::Created { .. }) && !self.1.swap(true, SeqCst) {
            let delete = || self.0.sql("DELETE FROM remote_users");
            std::thread::scope(|scope| scope.spawn(delete).join().map(drop)).expect("a deletion");
        }
    }
}

fn a_user_who_is_deleted_on_the_way_in_is_created_again(database: Database) {
    let database = Arc::new(database);
    let fairing = RemoteUser::fairing().policy(Deletion(database.clone(), AtomicBool::new(false)));
    let rocket = application(figment(&database, PERSISTENT)).attach(fairing);
    let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
    let request = client.get("/me").remote(([127, 0, 0, 1], 9).into());
    assert_eq!(request.header(rocket::http::Header::new(ADA.0, ADA.1)).dispatch().status().code, 200);
    assert_eq!(database.sql("SELECT username FROM remote_users"), ["ada"]);
    assert_eq!(database.sql("SELECT source FROM remote_sessions"), ["remote"]);
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
    app.send(Method::Get, "/visitor", &[("Cookie", &cookie)], STRANGER).is(200, "nobody");
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

fn a_missing_groups_header_keeps_what_the_proxy_named_where_it_is_to(database: Database) {
    let toml = "missing_groups = 'keep'\nrequired_groups = ['crew']\ngroup_permissions = { crew = ['sail'] }\n\
                session.persistent = true";
    let app = launch(database, toml);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/permissions", &[ADA, ("Remote-Groups", "crew")]).body, "sail");
    for headers in [&[ADA][..], &[], &[ADA]] {
        browser.get("/permissions", headers).is(200, "sail");
    }
    let listed = browser.get("/sessions", &[ADA]);
    assert_eq!((listed.status, listed.body.lines().count()), (200, 1));
    assert_eq!(Browser::new(&app).get("/me", &[BOB]).status, 403);
    assert_eq!(Browser::new(&app).get("/me", &[ADA]).status, 403, "no session remembers");
    assert_eq!(browser.user(), None, "and none goes on after a refusal");
    assert_eq!(browser.get("/permissions", &[ADA, ("Remote-Groups", "crew")]).body, "sail");

    let token = browser.token.clone();
    let App { client, database } = app;
    drop(client);
    let app = launch(database, &toml.replace("keep", "clear"));
    let mut browser = Browser { app: &app, token };
    browser.get("/permissions", &[]).is(200, "sail");
    assert_eq!(browser.get("/me", &[ADA]).status, 403, "cleared");
}

/// A request of the session alone that began before the header of another
/// request took a group away, and writes after.
fn a_use_takes_nothing_back_of_what_the_header_said(database: Database) {
    let toml = "group_permissions = { authors = ['write'] }\n\
                session = { persistent = true, idle_timeout = 100 }";
    let figment = figment(&database, toml).merge(("databases.remote_user.connect_timeout", 10));
    let server = Server::serve(application(figment).attach(RemoteUser::fairing()));
    let authors = "Remote-User: ada\nRemote-Groups: authors";
    let response = server.respond("GET", "/me", authors);
    let cookie = cookie(&response).expect("a cookie");
    for _ in 0..20 {
        assert_eq!(server.get("/permissions", &format!("{cookie}\n{authors}")), (200, "write".into()));
        database.age_sessions(20);
        std::thread::scope(|scope| {
            (0..4).for_each(|_| drop(scope.spawn(|| server.get("/permissions", &cookie))));
            scope.spawn(|| server.get("/me", &format!("{cookie}\nRemote-User: ada\nRemote-Groups:")));
        });
        assert_eq!(server.get("/permissions", &cookie), (200, "".into()));
    }
}

fn people_who_switch_at_once_are_never_taken_for_another(database: Database) {
    let figment = figment(&database, PERSISTENT).merge(("databases.remote_user.connect_timeout", 10));
    let server = Server::serve(application(figment).attach(RemoteUser::fairing()));
    let response = server.respond("GET", "/me", "Remote-User: ada");
    let cookie = cookie(&response).expect("a cookie");
    std::thread::scope(|scope| {
        for i in 0..40 {
            let (server, cookie) = (&server, &cookie);
            scope.spawn(move || match i % 4 {
                0 => {
                    let (status, user) = server.get("/visitor", cookie);
                    assert!(status == 200 && ["ada", "nobody"].contains(&&*user), "{status} {user}");
                }
                n => {
                    let user = ["ada", "bob", "eve"][n - 1];
                    let reply = server.get("/visitor", &format!("{cookie}\nRemote-User: {user}"));
                    assert_eq!(reply, (200, user.into()));
                }
            });
        }
    });
    assert_eq!(server.get("/visitor", &cookie), (200, "nobody".into()), "the session of before is over");
}

fn a_stolen_cookie_is_nobody_from_anywhere_else(database: Database) {
    let app = launch(database, PERSISTENT);
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    one.get("/me", &[ADA]);
    two.get("/me", &[ADA]);
    let before = sessions(&app);
    let listed = one.get("/sessions", &[]).body;
    let revoke = format!("/revoke/{}", listed.split(' ').next().expect("a session"));
    let cookie = format!("remote_user={}", one.token.clone().expect("a token"));
    for peer in [STRANGER, "127.0.0.2", "::1", "::ffff:192.0.2.9"] {
        let send = |method, path: &str| app.send(method, path, &[("Cookie", &cookie)], peer);
        send(Method::Get, "/me").is(401, "401 Unauthorized");
        send(Method::Get, "/visitor").is(200, "nobody");
        send(Method::Get, "/sessions").is(200, "");
        send(Method::Post, &revoke).is(200, "false");
        assert_eq!(send(Method::Post, "/logout").status, 303);
        assert_eq!(send(Method::Post, "/logout-everywhere").status, 303);
        let refused = "the peer is no trusted proxy, so that a session which begins here would not count";
        send(Method::Post, "/login/ada").is(403, refused);
        assert_eq!(sessions(&app), before, "{peer}");
    }
    assert_eq!(
        app.client.get("/me").header(Header::new("Cookie", cookie.clone())).dispatch().status().code,
        401
    );
    app.send(Method::Get, "/visitor", &[("Cookie", &cookie)], "::ffff:127.0.0.1").is(200, "ada");
    assert_eq!((one.user().as_deref(), two.user().as_deref()), (Some("ada"), Some("ada")));
}

fn the_header_begins_a_session_on_the_paths_that_are_named_and_counts_on_all(database: Database) {
    let toml = "login_interval = 1000\n\
                session = { persistent = true, begin_on = ['/nobody', '/twice/', '/me/'] }";
    let app = launch(database, toml);
    for path in ["/visitor", "/visitor?/me", "/me/x", "/public", "/headers", "/optional"] {
        let mut browser = Browser::new(&app);
        browser.get(path, &[ADA]);
        assert_eq!((browser.token, sessions(&app).len()), (None, 0), "{path}");
    }
    app.database.age_logins(999);
    Browser::new(&app).get("/visitor", &[ADA]).is(200, "ada");
    assert!(app.database.age("last_login_at") >= 999, "it is a login at intervals only");
    app.database.age_logins(1_001);
    Browser::new(&app).get("/visitor", &[ADA]).is(200, "ada");
    assert!(app.database.age("last_login_at") < 999);
    app.database.age_logins(999);

    for (path, count) in [("/me", 1), ("/m%65?x=y", 2), ("//me/", 3), ("/nobody/", 4)] {
        let mut browser = Browser::new(&app);
        assert_eq!(browser.get(path, &[ADA]).status, 200, "{path}");
        assert_eq!((browser.user().as_deref(), sessions(&app).len()), (Some("ada"), count), "{path}");
    }
    assert!(app.database.age("last_login_at") < 999);

    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let token = browser.token.clone();
    assert_eq!(browser.get("/visitor", &[ADA]).body, "ada");
    assert_eq!((browser.token.clone(), sessions(&app).len()), (token, 5), "her own goes on");
    assert_eq!(browser.get("/visitor", &[BOB]).body, "bob");
    assert_eq!((browser.token, sessions(&app).len()), (None, 4), "that of another ends");
}

fn of_two_people_s_sessions_the_one_of_the_header_goes_on(database: Database) {
    for toml in [PERSISTENT, FALLBACK] {
        let app = launch(database.another(), toml);
        app.database.sql("INSERT INTO remote_users (username) VALUES ('ada'), ('bob')");
        let (mut ada, mut bob) = (Browser::new(&app), Browser::new(&app));
        ada.post("/login/ada", &[]);
        bob.post("/login/bob", &[]);
        let (ada, bob) = (ada.token.expect("a token"), bob.token.expect("a token"));
        let cookie = format!("remote_user={ada}; remote_user={bob}");
        app.get("/visitor", &[("Cookie", &cookie)]).is(200, "nobody");
        assert_eq!(sessions(&app).len(), 2, "nobody is asked to leave");
        app.get("/visitor", &[("Cookie", &cookie), BOB]).is(200, "bob");
        assert_eq!(sessions(&app), ["bob password"], "{toml}");
        app.get("/visitor", &[("Cookie", &cookie)]).is(200, "bob");
    }
}

#[test]
fn without_proof_a_session_counts_from_everywhere() {
    let app = launch(Database::new(), "session = { persistent = true, proof = false }");
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    let cookie = format!("remote_user={}", browser.token.clone().expect("a token"));
    let send = |method, path: &str| app.send(method, path, &[("Cookie", &cookie)], STRANGER);
    send(Method::Get, "/visitor").is(200, "ada");
    assert_eq!(send(Method::Get, "/sessions").body.lines().count(), 1);
    assert_eq!(send(Method::Post, "/login/ada").status, 303);
    assert_eq!(sessions(&app), ["ada password"]);
    assert_eq!(browser.user(), None, "it was replaced");
}

/// Whoever is ignored is so with a session, too.
#[test]
fn a_stolen_cookie_is_nobody_where_headers_of_strangers_are_ignored() {
    let secret = "3f9ac1d07be2485690bd17fe64a8c32d";
    let toml = format!("untrusted = 'ignore'\nproxy_secret = {{ values = ['{secret}'] }}\n{PERSISTENT}");
    let app = launch(Database::new(), &toml);
    let proof = ("X-Proxy-Secret", secret);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA, proof]);
    let cookie = format!("remote_user={}", browser.token.clone().expect("a token"));
    let cookie = ("Cookie", cookie.as_str());
    let wrong = ("X-Proxy-Secret", "c27e10f8b5a94d36e7103bfa82dc5649");
    for (peer, headers) in [
        (PROXY, &[cookie][..]),
        (PROXY, &[cookie, wrong]),
        (PROXY, &[cookie, ADA]),
        (STRANGER, &[cookie, proof]),
        (STRANGER, &[cookie, ADA, proof]),
    ] {
        app.send(Method::Get, "/visitor", headers, peer).is(200, "nobody");
        assert_eq!(app.send(Method::Post, "/login/ada", headers, peer).status, 403, "{headers:?}");
    }
    app.get("/visitor", &[cookie, proof]).is(200, "ada");
    assert_eq!(sessions(&app), ["ada remote"]);
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
    app.database.sql("ALTER TABLE remote_groups RENAME TO somewhere");
    assert_eq!(browser.get("/me", &[ADA]).status, 503);
    app.database.sql("ALTER TABLE somewhere RENAME TO remote_groups");
    assert_eq!((browser.user().as_deref(), sessions(&app).len()), (Some("ada"), 1));
}

#[test]
fn a_user_who_cannot_be_changed_keeps_the_session_and_one_who_is_unknown_loses_it() {
    let _recording = Recording::start();
    let app = launch(Database::new(), &format!("create_users = false\n{PERSISTENT}"));
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA]).status, 200);
    app.database
        .sql("CREATE TRIGGER broken BEFORE UPDATE ON remote_users BEGIN SELECT RAISE(ABORT, 'broken'); END");
    assert_eq!(browser.get("/me", &[ADA, ("Remote-Name", "Ada")]).status, 503);
    app.database.sql("DROP TRIGGER broken");
    assert_eq!(browser.user().as_deref(), Some("ada"));
    assert_eq!(browser.get("/me", &[BOB]).status, 403);
    assert_eq!((browser.user(), sessions(&app).len()), (None, 0));
}

#[test]
fn a_use_that_cannot_be_noted_is_no_refusal() {
    let recording = Recording::start();
    let app = launch(Database::new(), PERSISTENT);
    let mut browser = Browser::new(&app);
    browser.get("/me", &[ADA]);
    app.database.age_sessions(100);
    app.database.sql(
        "CREATE TRIGGER broken BEFORE UPDATE ON remote_sessions BEGIN SELECT RAISE(ABORT, 'broken'); END",
    );
    recording.clear();
    assert_eq!(browser.user().as_deref(), Some("ada"));
    let lines = recording.lines_of("rocket_remote_user::session");
    let reason = "the user store is out of reach: error returned from database: (code: 1811) broken";
    assert_eq!(lines, [format!("The use of a session was not noted: {reason}.")]);
}
