//! The scenarios of Django 5.2's own tests of its remote-user support
//! (`tests/auth_tests/test_remote_user.py`), as far as they are about users.

mod harness;

use std::borrow::Cow;

use harness::{App, Database};
use rocket::Request;
use rocket_remote_user::policy::Policy;
use rocket_remote_user::{Profile, RemoteUser};

on_every_database![
    no_remote_user,
    an_unknown_user_is_created_and_then_known,
    a_known_user_is_found_and_another_is_another,
    the_last_login_is_noted_for_a_user_who_was_never_here,
    a_header_that_disappears_signs_out,
    a_user_switch_is_a_switch,
    an_inactive_user_is_nobody_s_guest,
    all_users_are_allowed_where_that_is_asked_for,
    no_user_is_created_where_none_is_to_be,
    a_custom_backend_cleans_names_and_configures_users,
    a_custom_header_is_read_instead,
];

const KNOWN: (&str, &str) = ("Remote-User", "knownuser");

fn users(app: &App) -> Vec<String> {
    app.database.sql("SELECT username FROM remote_users ORDER BY username")
}

fn insert(app: &App, username: &str) {
    app.database.sql(&format!("INSERT INTO remote_users (username) VALUES ('{username}')"));
}

fn no_remote_user(database: Database) {
    let app = App::launch_on(database, "");
    app.get("/nobody", &[]).is(200, "nobody");
    app.get("/nobody", &[("Remote-User", "")]).is(200, "nobody");
    assert_eq!(users(&app), [""; 0]);
}

fn an_unknown_user_is_created_and_then_known(database: Database) {
    let app = App::launch_on(database, "");
    app.get("/nobody", &[("Remote-User", "newuser")]).is(200, "newuser");
    app.get("/nobody", &[("Remote-User", "newuser")]).is(200, "newuser");
    assert_eq!(users(&app), ["newuser"]);
}

fn a_known_user_is_found_and_another_is_another(database: Database) {
    let app = App::launch_on(database, "");
    insert(&app, "knownuser");
    insert(&app, "knownuser2");
    app.get("/nobody", &[KNOWN]).is(200, "knownuser");
    app.get("/nobody", &[("Remote-User", "knownuser2")]).is(200, "knownuser2");
    assert_eq!(users(&app), ["knownuser", "knownuser2"]);
}

fn the_last_login_is_noted_for_a_user_who_was_never_here(database: Database) {
    let app = App::launch_on(database, "");
    insert(&app, "knownuser");
    let never = "SELECT username FROM remote_users WHERE last_login_at IS NULL";
    assert_eq!(app.database.sql(never), ["knownuser"]);
    app.me(&[KNOWN]);
    assert_eq!(app.database.sql(never), [""; 0]);
}

fn a_header_that_disappears_signs_out(database: Database) {
    let app = App::launch_on(database, "");
    app.get("/nobody", &[KNOWN]).is(200, "knownuser");
    app.get("/nobody", &[]).is(200, "nobody");
}

fn a_user_switch_is_a_switch(database: Database) {
    let app = App::launch_on(database, "");
    app.get("/nobody", &[KNOWN]).is(200, "knownuser");
    app.get("/nobody", &[("Remote-User", "newnewuser")]).is(200, "newnewuser");
}

fn an_inactive_user_is_nobody_s_guest(database: Database) {
    let app = App::launch_on(database, "");
    insert(&app, "knownuser");
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(app.get("/me", &[KNOWN]).status, 403);
}

fn all_users_are_allowed_where_that_is_asked_for(database: Database) {
    let app = App::launch_on(database, "allow_inactive = true");
    insert(&app, "knownuser");
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(app.me(&[KNOWN])["username"], "knownuser");
}

fn no_user_is_created_where_none_is_to_be(database: Database) {
    let app = App::launch_on(database, "create_users = false");
    assert_eq!(app.get("/me", &[("Remote-User", "newuser")]).status, 403);
    assert_eq!(users(&app), [""; 0]);
}

/// Django's `CustomRemoteUserBackend`: no domain, an address at creation, a
/// name at every login.
struct Custom;

impl Policy for Custom {
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        username.split('@').next().map(Cow::Borrowed)
    }

    fn configure(&self, request: &Request<'_>, profile: &mut Profile, created: bool) {
        if created {
            profile.email = Some("user@example.com".into());
        } else {
            profile.name = request.headers().get_one("Last-Name").map(String::from);
        }
    }
}

fn a_custom_backend_cleans_names_and_configures_users(database: Database) {
    let app = App::launch_on_with(database, "", RemoteUser::fairing().policy(Custom));
    insert(&app, "knownuser");
    app.get("/nobody", &[("Remote-User", "knownuser@example.com")]).is(200, "knownuser");
    app.get("/nobody", &[("Remote-User", "newuser@example.com")]).is(200, "newuser");
    assert_eq!(users(&app), ["knownuser", "newuser"]);

    let newuser = [("Remote-User", "newuser@example.com"), ("Last-Name", "New")];
    let me = app.me(&newuser);
    assert_eq!((&me["email"], &me["name"]), (&"user@example.com".into(), &"New".into()));
}

fn a_custom_header_is_read_instead(database: Database) {
    let app = App::launch_on(database, "headers = { user = 'Authuser' }");
    app.get("/nobody", &[("Authuser", "knownuser")]).is(200, "knownuser");
    app.get("/nobody", &[KNOWN]).is(200, "nobody");
}
