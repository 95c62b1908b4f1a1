//! What a directory says of its people: which of its groups count here, and what they give.

mod harness;

use std::borrow::Cow;

use harness::{App, Database};
use rocket::serde::json::{Value, json};
use rocket_remote_user::RemoteUser;
use rocket_remote_user::policy::Policy;

on_every_database![
    of_a_large_directory_the_allowed_groups_count,
    what_is_not_allowed_gives_and_takes_nothing,
    the_case_of_a_group_does_not_count_where_it_is_lowered,
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
