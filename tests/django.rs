//! The scenarios of Django 5.2's own tests of its remote-user support
//! (`tests/auth_tests/test_remote_user.py`), as far as they are about users.

mod harness;

use std::borrow::Cow;

use harness::App;
use rocket::Request;
use rocket_remote_user::{Policy, Profile, RemoteUser};

const KNOWN: (&str, &str) = ("Remote-User", "knownuser");

fn users(app: &App) -> Vec<String> {
    app.database.sql("SELECT username FROM remote_users ORDER BY username")
}

fn insert(app: &App, username: &str) {
    app.database.sql(&format!("INSERT INTO remote_users (username) VALUES ('{username}')"));
}

#[test]
fn no_remote_user() {
    let app = App::launch("");
    app.get("/nobody", &[]).is(200, "nobody");
    app.get("/nobody", &[("Remote-User", "")]).is(200, "nobody");
    assert_eq!(users(&app), [""; 0]);
}

#[test]
fn an_unknown_user_is_created_and_then_known() {
    let app = App::launch("");
    app.get("/nobody", &[("Remote-User", "newuser")]).is(200, "newuser");
    app.get("/nobody", &[("Remote-User", "newuser")]).is(200, "newuser");
    assert_eq!(users(&app), ["newuser"]);
}

#[test]
fn a_known_user_is_found_and_another_is_another() {
    let app = App::launch("");
    insert(&app, "knownuser");
    insert(&app, "knownuser2");
    app.get("/nobody", &[KNOWN]).is(200, "knownuser");
    app.get("/nobody", &[("Remote-User", "knownuser2")]).is(200, "knownuser2");
    assert_eq!(users(&app), ["knownuser", "knownuser2"]);
}

#[test]
fn the_last_login_is_noted_for_a_user_who_was_never_here() {
    let app = App::launch("");
    insert(&app, "knownuser");
    assert_eq!(app.database.sql("SELECT last_login_at IS NULL FROM remote_users"), ["1"]);
    app.me(&[KNOWN]);
    assert_eq!(app.database.sql("SELECT last_login_at IS NULL FROM remote_users"), ["0"]);
}

#[test]
fn a_header_that_disappears_signs_out() {
    let app = App::launch("");
    app.get("/nobody", &[KNOWN]).is(200, "knownuser");
    app.get("/nobody", &[]).is(200, "nobody");
}

#[test]
fn a_user_switch_is_a_switch() {
    let app = App::launch("");
    app.get("/nobody", &[KNOWN]).is(200, "knownuser");
    app.get("/nobody", &[("Remote-User", "newnewuser")]).is(200, "newnewuser");
}

#[test]
fn an_inactive_user_is_nobody_s_guest() {
    let app = App::launch("");
    insert(&app, "knownuser");
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(app.get("/me", &[KNOWN]).status, 403);
}

#[test]
fn all_users_are_allowed_where_that_is_asked_for() {
    let app = App::launch("allow_inactive = true");
    insert(&app, "knownuser");
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(app.me(&[KNOWN])["username"], "knownuser");
}

#[test]
fn no_user_is_created_where_none_is_to_be() {
    let app = App::launch("create_users = false");
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

#[test]
fn a_custom_backend_cleans_names_and_configures_users() {
    let app = App::launch_with("", RemoteUser::fairing().policy(Custom));
    insert(&app, "knownuser");
    app.get("/nobody", &[("Remote-User", "knownuser@example.com")]).is(200, "knownuser");
    app.get("/nobody", &[("Remote-User", "newuser@example.com")]).is(200, "newuser");
    assert_eq!(users(&app), ["knownuser", "newuser"]);

    let newuser = [("Remote-User", "newuser@example.com"), ("Last-Name", "New")];
    let me = app.me(&newuser);
    assert_eq!((&me["email"], &me["name"]), (&"user@example.com".into(), &"New".into()));
}

#[test]
fn a_custom_header_is_read_instead() {
    let app = App::launch("headers = { user = 'Authuser' }");
    app.get("/nobody", &[("Authuser", "knownuser")]).is(200, "knownuser");
    app.get("/nobody", &[KNOWN]).is(200, "nobody");
}
