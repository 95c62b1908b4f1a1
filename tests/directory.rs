//! What a directory says of its people: which of its groups count here, and what they give.

mod harness;

use std::borrow::Cow;

use harness::browser::{Browser, launch};
use harness::{App, Database, STRANGER};
use rocket::http::Method;
use rocket::serde::json::{Value, json};
use rocket_remote_user::RemoteUser;
use rocket_remote_user::policy::Policy;

on_every_database![
    of_a_large_directory_the_allowed_groups_count,
    what_is_not_allowed_gives_and_takes_nothing,
    the_case_of_a_group_does_not_count_where_it_is_lowered,
    whoever_leaves_the_active_groups_is_out_and_comes_back_with_them,
    a_refusal_makes_inactive_and_never_active,
    an_inner_list_takes_all_of_its_groups,
    a_denied_pair_counts_in_a_session_too,
    a_user_may_have_a_flag_by_name,
    a_user_header_that_is_missing_is_refused_and_a_blank_one_is_nobody,
    a_name_and_an_address_that_are_missing_are_kept_cleared_or_refused,
    a_refusal_for_a_missing_name_takes_what_ended,
    a_name_of_nobody_signs_nobody_in,
];

const ADA: (&str, &str) = ("Remote-User", "ada");

/// What follows from the groups that the proxy names: the groups of the user, the two flags
/// and the permissions.
fn outcome(app: &App, groups: &str) -> Value {
    let headers = [ADA, ("Remote-Groups", groups)];
    let me = app.me(&headers);
    json!([me["groups"], me["staff"], me["superuser"], app.get("/permissions", &headers).body])
}

/// The names of `count` groups of an Active Directory, as distinguished names. Two of them
/// are of this application.
fn distinguished_names(count: usize) -> Vec<String> {
    let name = |number| match number {
        7 => "CN=app-editors,OU=Groups,OU=Köln,DC=corp,DC=example,DC=com".into(),
        900 => "CN=app-Zürich,OU=Groups,OU=Köln,DC=corp,DC=example,DC=com".into(),
        _ => format!("CN=all-{number:04},OU=Groups,OU=Köln,DC=corp,DC=example,DC=com"),
    };
    (0..count).map(name).collect()
}

fn of_a_large_directory_the_allowed_groups_count(database: Database) {
    let toml = "groups_separator = ';'\ngroups_allowed = ['CN=app-*,OU=Groups,*']\ncreate_groups = true\n";
    let groups = distinguished_names(1_015);
    let header = groups.join(";");
    assert!((55_000..65_536).contains(&header.len()), "{}", header.len());

    let app = App::launch_on(database.another(), toml);
    let headers = [ADA, ("Remote-Groups", header.as_str())];
    app.get("/me", &headers).is(400, "header `Remote-Groups` names more than 1000 groups");
    let app = App::launch_on(database, &format!("{toml}limits = {{ groups = 1015 }}"));
    assert_eq!(app.me(&headers)["groups"], json!([groups[900], groups[7]]));
    assert_eq!(app.database.sql("SELECT COUNT(*) FROM remote_groups"), ["2"]);
}

fn what_is_not_allowed_gives_and_takes_nothing(database: Database) {
    let rules = "groups_allowed = ['app-*', 'crew', 'kept']\ngroup_map = { sailors = 'crew' }\n\
                 staff_groups = ['app-staff']\nsuperuser_groups = ['crew']\nexcluded_groups = ['kept']\n\
                 group_permissions = { app-authors = ['write'] }\ncreate_groups = true";
    let app = App::launch_on(database, rules);
    let none = json!([[], false, false, ""]);
    for groups in ["", "staff", "app", "App-staff", "xapp-staff", "crew", "kept", "other, app"] {
        assert_eq!(outcome(&app, groups), none, "{groups}");
    }
    assert_eq!(outcome(&app, "app-staff, other"), json!([["app-staff"], true, false, ""]));
    assert_eq!(outcome(&app, "sailors, app-authors"), json!([["app-authors", "crew"], false, true, "write"]));
    assert_eq!(outcome(&app, "app"), none);
    let names = app.database.sql("SELECT name FROM remote_groups ORDER BY name");
    assert_eq!(names, ["app-authors", "app-staff", "crew"]);
}

fn the_case_of_a_group_does_not_count_where_it_is_lowered(database: Database) {
    let toml = "group_case = 'lower'\ngroup_map = { 'cn=crew' = 'Crew' }\nsuperuser_groups = ['Crew']\n\
                staff_groups = ['zürich']\ndenied_groups = ['banned']\ncreate_groups = true\n\
                limits = { group = 12 }";
    let app = App::launch_on_with(database, toml, RemoteUser::fairing().policy(Shouting));
    for groups in ["Zürich", "ZÜRICH", "zürich", "ZüRICH, zürich", "hook:ZÜRICH"] {
        assert_eq!(outcome(&app, groups), json!([["zürich"], true, false, ""]), "{groups}");
    }
    for groups in ["CN=Crew", "cn=crew", "hook:Cn=CREW"] {
        assert_eq!(outcome(&app, groups), json!([["Crew"], false, true, ""]), "{groups}");
    }
    assert_eq!(outcome(&app, "Crew"), json!([["crew"], false, false, ""]));
    app.get("/me", &[ADA, ("Remote-Groups", "BANNED")]).is(403, "the user is in one of `denied_groups`");
    // The lower case of this letter is two characters.
    let long = ["x".repeat(11), "İ".into()].concat();
    let longer = "header `Remote-Groups` is longer than 12 characters";
    app.get("/me", &[ADA, ("Remote-Groups", &long)]).is(400, longer);
}

/// A hook whose names are lowered as those of the proxy are.
struct Shouting;

impl Policy for Shouting {
    fn clean_group<'a>(&self, group: &'a str) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(group.strip_prefix("hook:").unwrap_or(group)))
    }
}

const INACTIVE: &str = "the user is inactive";

/// Whether the database has the user `ada` as active.
fn is_active(app: &App) -> bool {
    app.database.sql("SELECT username FROM remote_users WHERE username = 'ada' AND is_active").len() == 1
}

fn whoever_leaves_the_active_groups_is_out_and_comes_back_with_them(database: Database) {
    let app = launch(database, "active_groups = ['staff', 'guests']\nsession.persistent = true");
    app.get("/me", &[ADA, ("Remote-Groups", "others")]).is(403, INACTIVE);
    assert_eq!(app.database.sql("SELECT username FROM remote_users").len(), 0, "nobody is created inactive");

    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA, ("Remote-Groups", "guests")]).status, 200);
    let mut other_device = Browser::new(&app);
    assert_eq!(other_device.get("/me", &[ADA, ("Remote-Groups", "staff")]).status, 200);
    for headers in [&[ADA, ("Remote-Groups", "others")][..], &[ADA, ("Remote-Groups", "")], &[ADA]] {
        app.database.sql("UPDATE remote_users SET is_active = TRUE");
        browser.get("/me", headers).is(403, INACTIVE);
        assert!(!is_active(&app), "{headers:?}");
    }
    assert_eq!(other_device.get("/me", &[]).status, 401);
    assert_eq!(app.get("/me", &[ADA, ("Remote-Groups", "staff")]).status, 200);
    assert!(is_active(&app));
}

fn a_refusal_makes_inactive_and_never_active(database: Database) {
    let app = App::launch_on(database, "active_groups = ['staff']\ndenied_groups = ['banned']");
    assert_eq!(app.get("/me", &[ADA, ("Remote-Groups", "staff")]).status, 200);
    app.get("/me", &[ADA, ("Remote-Groups", "banned")]).is(403, INACTIVE);
    assert!(!is_active(&app));
    app.get("/me", &[ADA, ("Remote-Groups", "staff, banned")])
        .is(403, "the user is in one of `denied_groups`");
    assert!(!is_active(&app));
}

fn an_inner_list_takes_all_of_its_groups(database: Database) {
    let toml =
        "required_groups = ['admins', ['staff', 'vpn']]\ndenied_groups = [['staff', 'leaving'], 'banned']";
    let app = App::launch_on(database, toml);
    let (required, denied) =
        ("the user is in none of `required_groups`", "the user is in one of `denied_groups`");
    for (groups, reason) in [
        ("admins", ""),
        ("staff, vpn", ""),
        ("admins, leaving", ""),
        ("staff", required),
        ("vpn", required),
        ("leaving", required),
        ("staff, vpn, leaving", denied),
        ("admins, banned", denied),
    ] {
        let reply = app.get("/me", &[ADA, ("Remote-Groups", groups)]);
        if reason.is_empty() {
            assert_eq!(reply.status, 200, "{groups}: {}", reply.body);
        } else {
            reply.is(403, reason);
        }
    }
}

fn a_denied_pair_counts_in_a_session_too(database: Database) {
    let app = launch(database, "denied_groups = [['staff', 'leaving']]\nsession.persistent = true");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('leaving')");
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA, ("Remote-Groups", "staff")]).status, 200);
    assert_eq!(browser.get("/me", &[]).status, 200);
    app.database.sql(
        "INSERT INTO remote_memberships (user_id, group_id)
         SELECT u.id, g.id FROM remote_users u, remote_groups g",
    );
    browser.get("/me", &[]).is(403, "the user is in one of `denied_groups`");
}

fn a_user_may_have_a_flag_by_name(database: Database) {
    let flags = |app: &App, user: &str, groups: &str| {
        let me = app.me(&[("Remote-User", user), ("Remote-Groups", groups)]);
        (me["staff"] == true, me["superuser"] == true)
    };
    let app = App::launch_on(
        database.another(),
        "staff_users = ['ada', 'Zoë']\nsuperuser_users = ['ada']\nsuperuser_groups = ['root']",
    );
    assert_eq!(flags(&app, "ada", ""), (true, true));
    assert_eq!(flags(&app, "Zoë", "root"), (true, true));
    assert_eq!(flags(&app, "Zoë", ""), (true, false));
    assert_eq!(flags(&app, "Ada", ""), (false, false));
    app.database.sql("UPDATE remote_users SET is_staff = TRUE, is_superuser = TRUE");
    assert_eq!(flags(&app, "Ada", ""), (false, false), "the flags follow the names");
    let app = App::launch_on(database, "staff_users = []");
    app.database
        .sql("INSERT INTO remote_users (username, is_staff, is_superuser) VALUES ('ada', TRUE, TRUE)");
    assert_eq!(flags(&app, "ada", ""), (false, true), "an empty list is nobody, and no list is the database");
}

fn a_user_header_that_is_missing_is_refused_and_a_blank_one_is_nobody(database: Database) {
    let app = launch(database, "missing_user = 'deny'\nsession.persistent = true");
    let missing = "header `Remote-User` is missing and `missing_user` is \"deny\"";
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA]).status, 200);
    for headers in [&[][..], &[("Remote-Groups", "a")], &[("Remote-Name", "Ada")]] {
        browser.get("/me", headers).is(403, missing);
        app.get("/public", headers).is(403, missing);
    }
    assert_eq!(browser.get("/me", &[("Remote-User", "")]).status, 200, "the session goes on");
    app.get("/visitor", &[("Remote-User", " ")]).is(200, "nobody");
    app.get("/visitor", &[("Remote_User", "ada")])
        .is(400, "header `Remote-User` was sent under another spelling of its name");
    app.send(Method::Get, "/visitor", &[], STRANGER).is(200, "nobody");
}

fn a_name_and_an_address_that_are_missing_are_kept_cleared_or_refused(database: Database) {
    let all = [ADA, ("Remote-Name", "Ada L"), ("Remote-Email", "ada@example.com")];
    let profile = |app: &App, headers: &[(&str, &str)]| {
        let me = app.me(headers);
        json!([me["name"], me["email"]])
    };
    let app = App::launch_on(database.another(), "");
    profile(&app, &all);
    assert_eq!(profile(&app, &all[..1]), json!(["Ada L", "ada@example.com"]));

    let app = App::launch_on(database.another(), "missing_name = 'clear'\nmissing_email = 'clear'");
    profile(&app, &all);
    assert_eq!(profile(&app, &all[..2]), json!(["Ada L", null]));
    assert_eq!(profile(&app, &[all[0], all[2]]), json!([null, "ada@example.com"]));

    let app = App::launch_on(database, "missing_name = 'deny'\nmissing_email = 'deny'");
    app.get("/me", &all[..1]).is(403, "the name header is missing and `missing_name` is \"deny\"");
    app.get("/me", &all[..2]).is(403, "the email header is missing and `missing_email` is \"deny\"");
    app.get("/visitor", &[]).is(200, "nobody");
    assert_eq!(app.database.sql("SELECT username FROM remote_users").len(), 0);
    assert_eq!(profile(&app, &all), json!(["Ada L", "ada@example.com"]));
    assert_eq!(profile(&app, &[all[0], ("Remote-Name", ""), ("Remote-Email", "")]), json!([null, null]));
}

fn a_refusal_for_a_missing_name_takes_what_ended(database: Database) {
    let app = App::launch_on(database, "missing_name = 'deny'\nsuperuser_groups = ['root']");
    let name = ("Remote-Name", "Ada L");
    assert_eq!(app.me(&[ADA, name, ("Remote-Groups", "root")])["superuser"], true);
    assert_eq!(app.get("/me", &[ADA, ("Remote-Groups", "other")]).status, 403);
    let superusers = "SELECT username FROM remote_users WHERE is_superuser";
    assert_eq!(app.database.sql(superusers).len(), 0);
}

fn a_name_of_nobody_signs_nobody_in(database: Database) {
    let toml = "nobody = ['system:anonymous', 'guest']\nusername_case = 'lower'\nmissing_user = 'deny'";
    let app = App::launch_on_with(database, toml, RemoteUser::fairing().policy(Guests));
    for user in ["system:anonymous", "guest", "GUEST", "System:Anonymous", "visitor"] {
        app.get("/visitor", &[("Remote-User", user)]).is(200, "nobody");
        assert_eq!(app.get("/me", &[("Remote-User", user), ("Remote-Groups", "root")]).status, 401, "{user}");
    }
    app.get("/visitor", &[("Remote-User", "guests")]).is(200, "guests");
    app.get("/me", &[("Remote-User", "guest"), ("Remote-User", "guest")])
        .is(400, "header `Remote-User` was sent more than once");
    app.send(Method::Get, "/visitor", &[("Remote-User", "guest")], STRANGER)
        .is(403, "header `Remote-User` comes from a peer that is no trusted proxy");
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["guests"]);
}

/// A hook that makes a name of nobody of another.
struct Guests;

impl Policy for Guests {
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(if username == "visitor" { "guest" } else { username }))
    }
}
