//! What is remembered of a user: created, kept in step, refused.

mod harness;

use std::borrow::Cow;

use harness::{App, Database};
use rocket::Request;
use rocket_remote_user::policy::{Identity, Policy};
use rocket_remote_user::{Flags, Profile, RemoteUser};

on_every_database![
    a_new_user_is_created_and_found_again,
    an_unknown_user_is_refused_where_none_is_created,
    an_email_address_identifies_nobody,
    an_inactive_user_is_refused_unless_allowed,
    deactivation_counts_from_the_next_request,
    only_groups_that_exist_are_joined_and_all_others_are_left,
    spaces_and_tabs_around_a_group_belong_to_the_list,
    group_names_compare_byte_for_byte,
    groups_are_created_and_renamed_where_they_are_to_be,
    a_missing_groups_header_clears_keeps_or_denies,
    a_membership_given_here_stays_local_when_the_proxy_names_it_too,
    flags_follow_the_groups_that_are_set_for_them_both_ways,
    groups_let_people_in_and_keep_them_out,
    a_login_is_noted_at_creation_and_once_an_interval,
    a_policy_cleans_names_and_decides_flags_and_profiles,
];

const ADA: (&str, &str) = ("Remote-User", "ada");

fn a_new_user_is_created_and_found_again(database: Database) {
    let app = App::launch_on(database, "");
    let expected =
        r#"{"email":null,"groups":[],"id":1,"name":null,"staff":false,"superuser":false,"username":"ada"}"#;
    for _ in 0..3 {
        assert_eq!(app.me(&[ADA]).to_string(), expected);
    }
    assert_eq!(app.me(&[("Remote-User", "Ada")])["id"], 2);
    assert_eq!(app.database.sql("SELECT username FROM remote_users ORDER BY id"), ["ada", "Ada"]);
    assert_eq!(app.database.sql("SELECT count(*) FROM remote_users WHERE is_active"), ["2"]);
}

fn an_unknown_user_is_refused_where_none_is_created(database: Database) {
    let app = App::launch_on(database, "create_users = false");
    app.get("/me", &[ADA]).is(403, "the user is unknown and `create_users` is false");
    app.get("/visitor", &[ADA]).is(403, "the user is unknown and `create_users` is false");
    app.get("/optional", &[ADA]).is(200, "none");
    app.get("/nobody", &[ADA]).is(403, "beneath /nobody: the user is unknown and `create_users` is false");
    app.get("/public", &[ADA]).is(200, "public");
    assert_eq!(app.database.dump(), [""; 0]);
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    assert_eq!(app.me(&[ADA])["username"], "ada");
}

fn an_email_address_identifies_nobody(database: Database) {
    let app = App::launch_on(database, "");
    let email = ("Remote-Email", "ada@example.com");
    let ada = app.me(&[("Remote-User", "ada"), email]);
    let eve = app.me(&[("Remote-User", "eve"), email]);
    assert_ne!(eve["id"], ada["id"], "the same address is no other's account");
    assert_eq!((&eve["username"], &eve["email"]), (&"eve".into(), &email.1.into()));
    let named = app.me(&[("Remote-User", email.1)]);
    assert_eq!(named["username"], email.1, "nor is an address that is a user name");
    assert!(named["id"] != ada["id"] && named["id"] != eve["id"], "{named}");
    let again = app.me(&[("Remote-User", "ada"), ("Remote-Email", "countess@example.com")]);
    assert_eq!((&again["id"], &again["email"]), (&ada["id"], &"countess@example.com".into()));
    let stored = app.database.sql("SELECT concat_ws(' ', username, email) FROM remote_users ORDER BY id");
    assert_eq!(stored, ["ada countess@example.com", "eve ada@example.com", "ada@example.com"]);
}

fn an_inactive_user_is_refused_unless_allowed(database: Database) {
    let insert = "INSERT INTO remote_users (username, is_active, is_staff) VALUES ('ada', FALSE, TRUE)";
    let app = App::launch_on(database.another(), "");
    app.database.sql(insert);
    let before = app.database.dump();
    app.get("/me", &[ADA, ("Remote-Name", "Ada")]).is(403, "the user is inactive");
    assert_eq!(app.database.dump(), before);

    let app = App::launch_on(database, "allow_inactive = true");
    app.database.sql(insert);
    assert_eq!(app.me(&[ADA, ("Remote-Name", "Ada")])["name"], "Ada");
    app.get("/staff", &[ADA]).is(403, "the user is not staff");
}

fn deactivation_counts_from_the_next_request(database: Database) {
    let app = App::launch_on(database, "");
    app.me(&[ADA]);
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    app.get("/me", &[ADA]).is(403, "the user is inactive");
    app.database.sql("UPDATE remote_users SET is_active = TRUE");
    assert_eq!(app.me(&[ADA])["id"], 1);
}

fn only_groups_that_exist_are_joined_and_all_others_are_left(database: Database) {
    let app = App::launch_on(database, "excluded_groups = ['sudo']");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('authors'), ('sudo'), ('local')");
    assert_eq!(
        app.groups("ada", "editors, nowhere ,authors,,editors,sudo"),
        rocket::serde::json::json!(["authors", "editors"])
    );
    assert_eq!(app.database.sql("SELECT count(*) FROM remote_groups"), ["4"]);

    app.database.sql("INSERT INTO remote_memberships (user_id, group_id) VALUES (1, 3), (1, 4)");
    assert_eq!(
        app.database.sql("SELECT DISTINCT source FROM remote_memberships WHERE group_id > 2"),
        ["local"]
    );
    assert_eq!(app.groups("ada", "authors"), rocket::serde::json::json!(["authors", "sudo"]));
    assert_eq!(app.groups("ada", ""), rocket::serde::json::json!(["sudo"]));
}

fn spaces_and_tabs_around_a_group_belong_to_the_list(database: Database) {
    let app = App::launch_on(database, "create_groups = true");
    let groups = app.groups("ada", " a ,\tb\t, \t ,c d");
    assert_eq!(groups, rocket::serde::json::json!(["a", "b", "c d"]));
}

fn group_names_compare_byte_for_byte(database: Database) {
    let app = App::launch_on(database, "");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('Editors'), ('zoe\u{308}')");
    assert_eq!(app.groups("ada", "editors, zo\u{eb}"), rocket::serde::json::json!([]));
    assert_eq!(app.groups("ada", "Editors"), rocket::serde::json::json!(["Editors"]));
}

fn groups_are_created_and_renamed_where_they_are_to_be(database: Database) {
    let app =
        App::launch_on(database, "create_groups = true\ngroup_map = { 'cn=ed' = 'editors', 'b' = 'a' }");
    assert_eq!(app.groups("ada", "cn=ed,a,b,new"), rocket::serde::json::json!(["a", "editors", "new"]));
    assert_eq!(app.database.sql("SELECT name FROM remote_groups ORDER BY name"), ["a", "editors", "new"]);
}

fn a_missing_groups_header_clears_keeps_or_denies(database: Database) {
    let prepare = |toml| {
        let app = App::launch_on(database.another(), toml);
        app.database.sql("INSERT INTO remote_groups (name) VALUES ('remote'), ('local')");
        assert_eq!(app.groups("ada", "remote"), rocket::serde::json::json!(["remote"]));
        app.database.sql("INSERT INTO remote_memberships (user_id, group_id) VALUES (1, 2)");
        app
    };
    let app = prepare("");
    assert_eq!(app.me(&[ADA])["groups"], rocket::serde::json::json!(["local"]));
    let app = prepare("missing_groups = 'keep'");
    assert_eq!(app.me(&[ADA])["groups"], rocket::serde::json::json!(["local", "remote"]));
    let app = prepare("missing_groups = 'deny'");
    app.get("/me", &[ADA]).is(403, "the groups header is missing and `missing_groups` is \"deny\"");
    let app = prepare("keep_local_groups = true");
    assert_eq!(app.groups("ada", ""), rocket::serde::json::json!(["local"]));
}

fn a_membership_given_here_stays_local_when_the_proxy_names_it_too(database: Database) {
    let app = App::launch_on(database, "");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('both')");
    app.me(&[ADA]);
    app.database.sql("INSERT INTO remote_memberships (user_id, group_id) VALUES (1, 1)");
    assert_eq!(app.groups("ada", "both"), rocket::serde::json::json!(["both"]));
    assert_eq!(app.me(&[ADA])["groups"], rocket::serde::json::json!(["both"]));
}

fn flags_follow_the_groups_that_are_set_for_them_both_ways(database: Database) {
    let app = App::launch_on(
        database.another(),
        "staff_groups = ['crew', 'admins']\nsuperuser_groups = ['admins']",
    );
    let flags = |groups| {
        let me = app.me(&[ADA, ("Remote-Groups", groups)]);
        (me["staff"].as_bool(), me["superuser"].as_bool())
    };
    assert_eq!(flags("crew"), (Some(true), Some(false)));
    assert_eq!(flags("admins"), (Some(true), Some(true)));
    assert_eq!(flags("others"), (Some(false), Some(false)));
    app.database.sql("UPDATE remote_users SET is_staff = TRUE, is_superuser = TRUE");
    assert_eq!(app.me(&[ADA])["staff"], false);

    let app = App::launch_on(database, "staff_groups = ['*']");
    assert_eq!(app.me(&[ADA])["staff"], true);
    app.database.sql("UPDATE remote_users SET is_superuser = TRUE");
    assert_eq!(app.me(&[ADA])["superuser"], true);
}

fn groups_let_people_in_and_keep_them_out(database: Database) {
    let app = App::launch_on(database, "required_groups = ['members', 'guests']\ndenied_groups = ['banned']");
    app.get("/me", &[ADA]).is(403, "the user is in none of `required_groups`");
    let refused = app.get("/me", &[ADA, ("Remote-Groups", "guests,banned")]);
    refused.is(403, "the user is in one of `denied_groups`");
    assert_eq!(app.database.dump(), [""; 0]);
    assert_eq!(app.me(&[ADA, ("Remote-Groups", "guests")])["username"], "ada");
}

fn a_login_is_noted_at_creation_and_once_an_interval(database: Database) {
    let app = App::launch_on(database, "");
    app.me(&[ADA]);
    assert!(app.database.age("last_login_at") < 60);
    app.database.age_logins(200);
    app.me(&[ADA]);
    assert!(app.database.age("last_login_at") >= 200);
    app.database.age_logins(300);
    app.me(&[ADA]);
    assert!(app.database.age("last_login_at") < 60);
}

struct Company;

impl Policy for Company {
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        username.strip_suffix("@example.com").map(Cow::Borrowed)
    }

    fn clean_group<'a>(&self, group: &'a str) -> Option<Cow<'a, str>> {
        match group {
            "secret" => None,
            blank @ "blank" => Some(Cow::Borrowed(&blank[5..])),
            group => Some(Cow::Owned(group.to_lowercase())),
        }
    }

    fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
        let staff = identity.is_member("crew");
        Flags { staff, ..flags }
    }

    fn configure(&self, request: &Request<'_>, profile: &mut Profile, created: bool) {
        if created {
            profile.email = Some("welcome@example.com".into());
        }
        profile.name = request.headers().get_one("X-Full-Name").map(String::from);
    }
}

fn a_policy_cleans_names_and_decides_flags_and_profiles(database: Database) {
    let app =
        App::launch_on_with(database, "group_map = { crew = 'crew' }", RemoteUser::fairing().policy(Company));
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('crew'), ('secret'), ('')");
    let ada = ("Remote-User", "ada@example.com");
    let me = app.me(&[ada, ("Remote-Groups", "CREW, secret, blank"), ("X-Full-Name", "Ada")]);
    let expected = r#"{"email":"welcome@example.com","groups":["crew"],"id":1,"name":"Ada","staff":true,"superuser":false,"username":"ada"}"#;
    assert_eq!(me.to_string(), expected);

    let me = app.me(&[ada, ("Remote-Email", "ada@example.com")]);
    let expected = r#"{"email":"ada@example.com","groups":[],"id":1,"name":null,"staff":false,"superuser":false,"username":"ada"}"#;
    assert_eq!(me.to_string(), expected);

    app.get("/public", &[("Remote-User", "eve@evil.example")])
        .is(403, "header `Remote-User` names a user whom the application does not accept");
    app.get("/public", &[("Remote-User", "♥@example.com")])
        .is(400, "header `Remote-User` is not a user name as RFC 8265 has it");
    app.get("/public", &[("Remote-User", "@example.com")])
        .is(400, "header `Remote-User` is not a user name as RFC 8265 has it");
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["ada"]);
}
