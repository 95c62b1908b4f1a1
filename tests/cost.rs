//! What a request costs the database: statements are counted.

mod harness;

use harness::browser::{Browser, PERSISTENT};
use harness::log::Recording;
use harness::{App, Database, Headers, application, figment};
use log::LevelFilter;
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket_db_pools::Database as _;
use rocket_remote_user::{RemoteUser, SqlitePool};

on_every_database![
    an_unchanged_user_is_one_statement_and_no_write,
    a_session_costs_one_statement_and_what_is_none_one_at_most,
    a_sign_in_that_begins_a_session_writes_the_login_once,
    a_refusal_that_takes_nothing_reads_twice_and_writes_nothing,
];

#[derive(rocket_db_pools::Database)]
#[database("counted")]
struct Counted(SqlitePool);

/// An application that shares its database with the users.
fn launch(database: &Database, connections: u32) -> Client {
    let figment = figment(database, "staff_groups = ['crew']")
        .merge(("databases.counted.url", database.url()))
        .merge(("databases.counted.max_connections", connections))
        .merge(("databases.counted.connect_timeout", 1));
    let fairing = RemoteUser::fairing().database::<Counted>();
    let rocket =
        application(figment).mount("/", rocket::routes![app]).attach(fairing).attach(Counted::init());
    Client::untracked(rocket).expect("a launch")
}

/// The statements of a request for `path`, as sqlx logs them.
fn statements(
    recording: &Recording,
    client: &Client,
    path: &'static str,
    groups: &'static str,
) -> Vec<String> {
    let (status, statements) = answer_and_statements(recording, client, path, groups);
    assert_eq!(status, 200, "{path}");
    statements
}

/// The status of a request for `path`, and its statements as sqlx logs them.
fn answer_and_statements(
    recording: &Recording,
    client: &Client,
    path: &'static str,
    groups: &'static str,
) -> (u16, Vec<String>) {
    recording.clear();
    recording.raise_to(LevelFilter::Trace);
    let mut request = client.get(path).remote(([127, 0, 0, 1], 9).into());
    request.add_header(Header::new("Remote-User", "ada"));
    request.add_header(Header::new("Remote-Groups", groups));
    let status = request.dispatch().status().code;
    let logged = recording.lines_of("sqlx::query");
    let statements = logged.iter().map(|line| line.split_once("summary=\"").expect(line).1.to_owned());
    (status, statements.collect())
}

fn an_unchanged_user_is_one_statement_and_no_write(database: Database) {
    let recording = Recording::start();
    let figment = figment(&database, "staff_groups = ['crew']");
    let figment = figment.merge(("databases.remote_user.log_level", "debug"));
    let rocket = application(figment).attach(RemoteUser::fairing());
    let client = Client::untracked(rocket).expect("a launch");
    database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('crew'), ('authors')");
    database.sql(
        "INSERT INTO remote_group_permissions (group_id, permission) SELECT id, name FROM remote_groups",
    );

    let first = statements(&recording, &client, "/me", "editors,crew");
    assert!(first.len() > 5, "sqlx logs the statements of a first request: {first:?}");
    let before = database.dump();
    for groups in ["editors,crew", "crew,editors", "editors, crew,nowhere,elsewhere"] {
        for path in ["/me", "/twice", "/editors", "/staff", "/visitor", "/optional", "/permissions"] {
            let statements = statements(&recording, &client, path, groups);
            assert_eq!(statements.len(), 1, "{path}: {statements:?}");
            assert!(statements[0].starts_with("SELECT"), "{statements:?}");
        }
    }
    assert_eq!(database.dump(), before);

    database.sql("UPDATE remote_users SET is_staff = FALSE");
    let flagged = statements(&recording, &client, "/me", "editors,crew");
    let joined = statements(&recording, &client, "/me", "editors,crew,authors");
    assert!(joined.iter().any(|statement| statement.starts_with("INSERT")), "{joined:?}");
    let reads = |of: &[String]| of.iter().filter(|statement| statement.starts_with("SELECT")).count();
    assert_eq!(reads(&flagged) + 1, reads(&joined), "permissions are read again only where groups move");
    assert_eq!(statements(&recording, &client, "/public", "editors"), [""; 0]);
}

#[test]
fn a_connection_is_not_pinged_before_it_is_used() {
    let _recording = Recording::start();
    let database = Database::new();
    let client = launch(&database, 4);
    let pool = Counted::fetch(client.rocket()).expect("a pool");
    assert!(!pool.options().get_test_before_acquire());
}

#[rocket::get("/app")]
async fn app(connection: rocket_db_pools::Connection<Counted>) -> &'static str {
    drop(connection);
    "app"
}

#[test]
fn half_of_a_shared_pool_is_the_application_s() {
    let _recording = Recording::start();
    for connections in 1..=3 {
        let database = Database::new();
        let client = launch(&database, connections);
        for _ in 0..3 {
            let ada = client.get("/me").remote(([127, 0, 0, 1], 9).into());
            assert_eq!(ada.header(Header::new("Remote-User", "ada")).dispatch().status().code, 200);
            assert_eq!(client.get("/app").dispatch().into_string().as_deref(), Some("app"), "{connections}");
        }
    }
}

#[test]
fn a_clean_request_has_no_log_line_of_this_crate() {
    let recording = Recording::start();
    let app = App::launch("");
    app.me(&[("Remote-User", "ada")]);
    recording.clear();
    app.get("/public", &[]).is(200, "public");
    app.get("/public", &[("Remote-User", "ada")]).is(200, "public");
    app.me(&[("Remote-User", "ada")]);
    assert_eq!(recording.lines_of("rocket_remote_user"), [""; 0]);
    let gate = recording.lines().into_iter().filter(|line| line.contains("gate"));
    assert_eq!(gate.count(), 0);
}

#[test]
fn a_refusal_is_one_line_with_the_peer_and_the_header_and_no_value_but_the_user() {
    let recording = Recording::start();
    let app = App::launch("denied_groups = ['banned']");
    let cases: [(&str, Headers<'_>, &str); 3] = [
        (
            "192.0.2.9",
            &[("Remote-User", "s3cret")],
            "Refused GET /me from 192.0.2.9: header `Remote-User` comes from a peer that is no trusted proxy.",
        ),
        (
            "::ffff:127.0.0.1",
            &[("Remote-User", "ada"), ("Remote-Name", "s3\u{7f}cret")],
            "Refused GET /me from ::ffff:127.0.0.1 for \"ada\": header `Remote-Name` holds a character that nobody can see.",
        ),
        (
            "127.0.0.1",
            &[("Remote-User", "ada"), ("Remote-Email", "s3@cret"), ("Remote-Groups", "banned")],
            "Refused GET /me from 127.0.0.1 for \"ada\": the user is in one of `denied_groups`.",
        ),
    ];
    for (peer, headers, line) in cases {
        recording.clear();
        app.send(rocket::http::Method::Get, "/me", headers, peer);
        assert_eq!(recording.lines_of("rocket_remote_user"), [line]);
        assert!(recording.lines().iter().all(|line| !line.contains("s3")), "{:?}", recording.lines());
    }
}

fn a_sign_in_that_begins_a_session_writes_the_login_once(database: Database) {
    let recording = Recording::start();
    let figment = figment(&database, &format!("login_interval = 0\n{PERSISTENT}"));
    let figment = figment.merge(("databases.remote_user.log_level", "debug"));
    let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
    statements(&recording, &client, "/me", "");
    database.age_logins(1_000);
    let statements = statements(&recording, &client, "/me", "");
    let count = |start: &str| statements.iter().filter(|statement| statement.starts_with(start)).count();
    assert_eq!(
        (count("UPDATE remote_users"), count("INSERT INTO remote_sessions")),
        (1, 1),
        "{statements:?}"
    );
    assert_eq!(count("DELETE FROM remote_sessions") + count("DELETE s"), 2, "{statements:?}");
}

fn a_refusal_that_takes_nothing_reads_twice_and_writes_nothing(database: Database) {
    let recording = Recording::start();
    let figment = figment(&database, &format!("required_groups = ['crew']\n{PERSISTENT}"));
    let figment = figment.merge(("databases.remote_user.log_level", "debug"));
    let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
    statements(&recording, &client, "/me", "crew");
    let refused = || answer_and_statements(&recording, &client, "/me", "");
    assert_eq!(refused().0, 403);
    let (status, statements) = refused();
    assert_eq!(status, 403);
    assert_eq!(statements.len(), 2, "{statements:?}");
    for statement in &statements {
        assert!(statement.starts_with("SELECT") || statement.starts_with("WITH"), "{statements:?}");
    }
}

#[test]
fn what_the_site_refuses_is_one_line_and_a_missing_user_is_none() {
    let recording = Recording::start();
    let app = App::launch("hosts = ['a']\nrequire_user = true\ncreate_users = false");
    let told = |headers: Headers<'_>| {
        recording.clear();
        let status = app.send(rocket::http::Method::Post, "/post", headers, "127.0.0.1").status;
        (status, recording.lines_of("rocket_remote_user"))
    };
    let refused =
        |user: &str, reason: &str| vec![format!("Refused POST /post from 127.0.0.1{user}: {reason}.")];
    let (host, ada) = (("Host", "a"), ("Remote-User", "ada"));
    assert_eq!(told(&[("Host", "s3cret"), ada]), (421, refused("", "header `Host` names none of `hosts`")));
    let cross_site = "header `Origin` does not say that a page of this site sent the request";
    assert_eq!(told(&[host, ada, ("Origin", "https://s3cret")]), (403, refused(" for \"ada\"", cross_site)));
    assert_eq!(
        told(&[host, ada]),
        (403, refused(" for \"ada\"", "the user is unknown and `create_users` is false"))
    );
    assert_eq!(told(&[host]), (401, Vec::new()));
}

#[test]
fn a_user_who_is_required_is_found_once() {
    let recording = Recording::start();
    let database = Database::new();
    let figment =
        figment(&database, "require_user = true").merge(("databases.remote_user.log_level", "debug"));
    let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
    let app = App { client, database };
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('editors')");
    let headers = [("Remote-User", "ada"), ("Remote-Groups", "editors")];
    app.get("/twice", &headers);
    recording.raise_to(LevelFilter::Trace);
    for path in ["/twice", "/public"] {
        recording.clear();
        assert_eq!(app.get(path, &headers).status, 200);
        assert_eq!(recording.lines_of("sqlx::query").len(), 1, "{path}");
    }
}

fn a_session_costs_one_statement_and_what_is_none_one_at_most(database: Database) {
    let recording = Recording::start();
    let figment = figment(&database, PERSISTENT).merge(("databases.remote_user.log_level", "debug"));
    let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
    let app = App { client, database };
    let mut browser = Browser::new(&app);
    browser.get("/me", &[("Remote-User", "ada")]);
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
    assert_eq!(
        cost(&[("Cookie", &cookie(&token)), ("Remote-User", "ada")]),
        (2, 2),
        "the header is looked up too"
    );
    assert_eq!(cost(&[("Cookie", &cookie(&"0".repeat(64)))]), (1, 1), "unknown");
    let unknown: Vec<_> = (0..1_000).map(|number| format!("remote_user={number:064}")).collect();
    let among = |count: usize| format!("{token}; {}", unknown[..count].join("; "));
    assert_eq!(cost(&[("Cookie", &cookie(&format!("{token}; remote_user={token}")))]), (1, 1), "sent twice");
    assert_eq!(cost(&[("Cookie", &cookie(&among(7)))]), (1, 1), "eight cookies");
    for nothing in ["", "x", &among(8), &among(1_000)] {
        assert_eq!(cost(&[("Cookie", &cookie(nothing))]), (0, 0), "{nothing}");
    }
    assert_eq!(cost(&[]), (0, 0));
    app.database.age_sessions(1_800);
    assert_eq!(cost(&[("Cookie", &cookie(&token))]), (2, 2), "it was kept, and has expired");
    assert_eq!(cost(&[("Cookie", &cookie(&token))]), (1, 1), "expired");
}
