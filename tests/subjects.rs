//! A stable identifier of a person: renames are followed, and a name that was given to somebody
//! else is refused.

mod harness;

use harness::browser::{Browser, launch};
use harness::launch::{TABLE, abort, abort_by, expect};
use harness::log::Recording;
use harness::nowhere::Nowhere;
use harness::{App, Database, application, figment};
use rocket::serde::json::{Value, json};
use rocket_remote_user::RemoteUser;

on_every_database![
    a_rename_is_followed_with_everything_that_the_user_has,
    a_name_that_was_given_to_somebody_else_is_refused,
    a_rename_to_a_name_of_somebody_else_is_refused,
    a_rename_that_cannot_be_takes_what_ended,
    a_user_who_is_stored_by_name_gets_the_subject_once,
    a_user_without_a_subject_is_refused_where_none_is_adopted,
    a_request_without_the_subject_is_refused,
    a_subject_is_read_like_any_identity_header,
    a_refused_person_is_not_renamed,
    a_session_goes_on_under_the_new_name,
    what_is_kept_of_a_subject_is_nobody_else_s,
];

const SUBJECT: &str = "headers = { subject = 'X-Uid' }\n";
const OTHER: &str = "the user name belongs to another subject";
const TAKEN: &str = "the new user name of the subject belongs to another user";

fn person<'a>(user: &'a str, subject: &'a str) -> [(&'a str, &'a str); 2] {
    [("Remote-User", user), ("X-Uid", subject)]
}

fn id(app: &App, user: &str, subject: &str) -> Value {
    app.me(&person(user, subject))["id"].clone()
}

/// The stored users, each with the subject.
fn stored(app: &App) -> Vec<String> {
    let users = app.database.sql("SELECT username FROM remote_users ORDER BY id");
    let subjects = app.database.sql("SELECT coalesce(subject, '-') FROM remote_users ORDER BY id");
    users.iter().zip(subjects).map(|(user, subject)| format!("{user} {subject}")).collect()
}

fn a_rename_is_followed_with_everything_that_the_user_has(database: Database) {
    let recording = Recording::start();
    let app = App::launch_on(database, &format!("{SUBJECT}create_groups = true\nkeep_local_groups = true"));
    let before = app.me(&[person("ada", "s-1").as_slice(), &[("Remote-Groups", "crew")]].concat());
    id(&app, "bob", "s-9");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('own')");
    app.database.sql(
        "INSERT INTO remote_memberships (user_id, group_id)
         SELECT u.id, g.id FROM remote_users u, remote_groups g WHERE g.name = 'own' AND u.username = 'ada'",
    );
    app.database
        .sql("INSERT INTO remote_user_permissions (user_id, permission) SELECT id, 'fly' FROM remote_users WHERE username = 'ada'");
    recording.clear();
    let after = app.me(&[person("ada.lovelace", "s-1").as_slice(), &[("Remote-Groups", "crew")]].concat());
    assert_eq!((&after["id"], &after["username"]), (&before["id"], &json!("ada.lovelace")));
    assert_eq!(after["groups"], json!(["crew", "own"]));
    app.get("/permissions", &person("ada.lovelace", "s-1")).is(200, "fly");
    assert_eq!(stored(&app), ["ada.lovelace s-1", "bob s-9"]);
    let lines = recording.lines_of("rocket_remote_user");
    let renamed = "The user \"ada\" is \"ada.lovelace\" now: the subject is the same.";
    assert_eq!(lines.iter().filter(|line| line.contains(renamed)).count(), 1, "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("s-1")), "{lines:?}");

    // The name is free for somebody new.
    assert_ne!(id(&app, "ada", "s-2"), before["id"]);
    assert_eq!(stored(&app), ["ada.lovelace s-1", "bob s-9", "ada s-2"]);
}

fn a_name_that_was_given_to_somebody_else_is_refused(database: Database) {
    let toml = format!("{SUBJECT}superuser_groups = ['root']\ncreate_groups = true");
    let app = App::launch_on(database, &toml);
    let root = [person("ada", "s-1").as_slice(), &[("Remote-Groups", "root")]].concat();
    assert_eq!(app.me(&root)["superuser"], true);
    let before = app.database.dump();
    for subject in ["s-2", "S-1", "s-1x"] {
        app.get("/me", &person("ada", subject)).is(403, OTHER);
        app.get("/sessions", &person("ada", subject));
    }
    assert_eq!(app.database.dump(), before, "nothing is taken from the user of that name");
    // An administrator decides that it is the same person.
    app.database.sql("UPDATE remote_users SET subject = 's-2'");
    assert_eq!(app.me(&person("ada", "s-2"))["superuser"], false);
    app.get("/me", &person("ada", "s-1")).is(403, OTHER);
}

fn a_rename_to_a_name_of_somebody_else_is_refused(database: Database) {
    let app = App::launch_on(database, SUBJECT);
    id(&app, "ada", "s-1");
    id(&app, "bob", "s-2");
    app.database.sql("INSERT INTO remote_users (username) VALUES ('carl')");
    let before = app.database.dump();
    for name in ["bob", "carl"] {
        app.get("/me", &person(name, "s-1")).is(403, TAKEN);
    }
    assert_eq!(app.database.dump(), before);
}

fn a_rename_that_cannot_be_takes_what_ended(database: Database) {
    let app = launch(database, &format!("{SUBJECT}session.persistent = true\nsuperuser_groups = ['root']"));
    app.database.sql("INSERT INTO remote_users (username) VALUES ('carl')");
    let groups = |user, groups| [person(user, "s-1").as_slice(), &[("Remote-Groups", groups)]].concat();
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/superuser", &groups("ada", "root")).status, 200);
    app.get("/me", &groups("carl", "")).is(403, TAKEN);
    assert_eq!(app.database.sql("SELECT username FROM remote_users WHERE is_superuser").len(), 0);
    assert_eq!(browser.get("/me", &[]).status, 401, "the session on the other device has ended");
    assert_eq!(stored(&app), ["carl -", "ada s-1"]);
}

fn a_user_who_is_stored_by_name_gets_the_subject_once(database: Database) {
    let recording = Recording::start();
    let app = App::launch_on(database, SUBJECT);
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada'), ('bob')");
    recording.clear();
    let adopted = id(&app, "ada", "s-1");
    let lines = recording.lines_of("rocket_remote_user");
    let line = "The user \"ada\" is known by a subject from now on.";
    assert_eq!(lines.iter().filter(|logged| logged.contains(line)).count(), 1, "{lines:?}");
    app.get("/me", &person("ada", "s-2")).is(403, OTHER);
    assert_eq!(id(&app, "ada", "s-1"), adopted);
    assert_eq!(stored(&app), ["ada s-1", "bob -"]);
}

fn a_user_without_a_subject_is_refused_where_none_is_adopted(database: Database) {
    let app = App::launch_on(database, &format!("{SUBJECT}adopt_subjects = false"));
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    app.get("/me", &person("ada", "s-1"))
        .is(403, "the user is stored without a subject and `adopt_subjects` is false");
    assert_eq!(stored(&app), ["ada -"]);
    id(&app, "bob", "s-2");
    assert_eq!(stored(&app), ["ada -", "bob s-2"]);
}

fn a_request_without_the_subject_is_refused(database: Database) {
    let app = App::launch_on(database, SUBJECT);
    for headers in [&[("Remote-User", "ada")][..], &person("ada", ""), &person("ada", " ")] {
        app.get("/me", headers).is(403, "the subject is missing");
    }
    app.get("/visitor", &[("X-Uid", "s-1")]).is(200, "nobody");
    id(&app, "ada", "s-1");
    app.get("/me", &[("Remote-User", "ada")]).is(403, "the subject is missing");
    assert_eq!(stored(&app), ["ada s-1"]);
}

fn a_subject_is_read_like_any_identity_header(database: Database) {
    let app = App::launch_on(database, SUBJECT);
    let refused = [
        ("(null)", "holds a placeholder that the proxy did not expand"),
        ("s-1,s-2", "holds a comma"),
        ("s\u{200b}1", "holds a character that nobody can see"),
        ("s-(null)", "holds a placeholder that the proxy did not expand"),
        (&"x".repeat(256), "is longer than 255 characters"),
    ];
    for (subject, fault) in refused {
        app.get("/me", &person("ada", subject)).is(400, &format!("header `X-Uid` {fault}"));
    }
    app.get("/me", &[("Remote-User", "ada"), ("X-Uid", "s-1"), ("X-Uid", "s-1")])
        .is(400, "header `X-Uid` was sent more than once");
    app.get("/me", &[("Remote-User", "ada"), ("X_Uid", "s-1")])
        .is(400, "header `X-Uid` was sent under another spelling of its name");
    let longest = "𐐀".repeat(255);
    assert_eq!(id(&app, "ada", &longest), id(&app, "ada", &longest));
    app.get("/headers", &person("ada", &longest)).is(200, r#"[["remote-user",""],["x-uid",""]]"#);
}

fn a_refused_person_is_not_renamed(database: Database) {
    let app =
        App::launch_on(database, &format!("{SUBJECT}denied_groups = ['left']\nsuperuser_groups = ['root']"));
    let groups = |user, groups| [person(user, "s-1").as_slice(), &[("Remote-Groups", groups)]].concat();
    assert_eq!(app.me(&groups("ada", "root"))["superuser"], true);
    app.get("/me", &groups("ada2", "left")).is(403, "the user is in one of `denied_groups`");
    assert_eq!(stored(&app), ["ada s-1"]);
    let superusers = "SELECT username FROM remote_users WHERE is_superuser";
    assert_eq!(app.database.sql(superusers).len(), 0, "what a refusal takes is taken by subject");
}

fn a_session_goes_on_under_the_new_name(database: Database) {
    let app = launch(database, &format!("{SUBJECT}session.persistent = true"));
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &person("ada", "s-1")).status, 200);
    let sessions = app.database.sql("SELECT token_hash FROM remote_sessions");
    assert!(browser.get("/me", &person("ada2", "s-1")).body.contains("\"username\":\"ada2\""));
    assert_eq!(
        app.database.sql("SELECT token_hash FROM remote_sessions"),
        sessions,
        "it is the same session"
    );
    assert!(browser.get("/me", &[]).body.contains("\"username\":\"ada2\""));

    // The browser of one person is used by another, who has the name now.
    browser.get("/me", &person("ada2", "s-9")).is(403, OTHER);
    assert_eq!(browser.get("/me", &[]).status, 401, "who was refused here has no session here");
}

fn what_is_kept_of_a_subject_is_nobody_else_s(database: Database) {
    let app = App::launch_on(database, &format!("{SUBJECT}attributes = {{ room = 'X-Room' }}"));
    let ada = id(&app, "ada", "s-1");
    for _ in 0..3 {
        assert_eq!(id(&app, "ada", "s-1"), ada);
        app.get("/me", &person("ada", "s-2")).is(403, OTHER);
        app.get("/me", &[("Remote-User", "ada")]).is(403, "the subject is missing");
    }
    app.database.sql("UPDATE remote_users SET subject = 's-2'");
    app.get("/me", &person("ada", "s-1")).is(403, OTHER);
    assert_eq!(id(&app, "ada", "s-2"), ada);
}

#[test]
fn a_store_without_subjects_stops_a_launch_with_them() {
    let recording = Recording::start();
    let database = Database::new();
    let fairing = RemoteUser::fairing().store(Nowhere);
    let lines = abort(&recording, &database, application(figment(&database, SUBJECT)).attach(fairing));
    assert_eq!(lines[0], "subjects::harness::nowhere::Nowhere keeps no subjects");
    assert_eq!(lines[1], "turn `headers.subject` and `jwt.claims.subject` off");
}

#[test]
fn liftoff_says_who_somebody_is() {
    let recording = Recording::start();
    for (toml, expected) in [
        (SUBJECT.to_owned(), "subjects: who somebody is; users without one are adopted by name"),
        (
            format!("{SUBJECT}adopt_subjects = false"),
            "subjects: who somebody is; users without one are refused",
        ),
    ] {
        recording.clear();
        let _app = App::launch(&toml);
        let lines = recording.lines_of("rocket_remote_user");
        assert!(lines.iter().any(|line| line == expected), "{lines:?}");
    }
}

#[test]
fn a_subject_has_a_header_of_its_own() {
    let message = "`X-Uid` is the name of two headers, or an alias of another";
    let toml = "headers = { user = 'X-Uid', subject = 'X-Uid' }";
    expect(&abort_by(&format!("{TABLE}trusted_proxies = ['::1']\n{toml}")), "headers", message);
}
