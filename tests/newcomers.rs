//! What somebody has who signs in for the first time, and keeps.

mod harness;

use harness::launch::{TABLE, abort_by, expect};
use harness::{App, Database};
use rocket::serde::json::{Value, json};

on_every_database![
    a_newcomer_is_in_the_default_groups_and_has_the_default_permissions,
    default_groups_stay_where_the_proxy_names_no_groups_or_local_ones_are_kept,
    a_default_group_counts_at_the_first_request_already,
    a_profile_that_is_set_once_is_changed_here,
];

const ADA: (&str, &str) = ("Remote-User", "ada");

/// The memberships of `ada`, each with its source.
fn memberships(app: &App) -> Vec<String> {
    let sql = "SELECT concat(g.name, ' ', m.source) FROM remote_memberships m JOIN remote_groups g ON g.id = m.group_id
               ORDER BY g.name";
    let sqlite = sql.replace("concat(g.name, ' ', m.source)", "g.name || ' ' || m.source");
    app.database.sql(if app.database.url().starts_with("sqlite") { &sqlite } else { sql })
}

fn a_newcomer_is_in_the_default_groups_and_has_the_default_permissions(database: Database) {
    let toml = "default_groups = ['everyone', 'news', 'crew', 'gone']\nexcluded_groups = ['everyone', 'news', 'gone']\n\
                default_permissions = ['read', 'comment']\nkeep_local_groups = true";
    let app = App::launch_on(database, toml);
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('everyone'), ('news'), ('crew'), ('own')");
    app.database.sql(
        "INSERT INTO remote_group_permissions (group_id, permission)
         SELECT id, 'subscribe' FROM remote_groups WHERE name = 'news'",
    );
    let me = app.me(&[ADA, ("Remote-Groups", "crew, own, news")]);
    assert_eq!(me["groups"], json!(["crew", "everyone", "news", "own"]), "of those that exist");
    let expected = ["crew remote", "everyone local", "news local", "own remote"];
    assert_eq!(memberships(&app), expected, "what the proxy gives is the proxy's");
    let permissions = || app.get("/permissions", &[ADA, ("Remote-Groups", "crew")]).body;
    assert_eq!(permissions(), "comment,read,subscribe");

    // What is taken here stays taken.
    app.database.sql("DELETE FROM remote_user_permissions WHERE permission = 'comment'");
    app.database.sql("DELETE FROM remote_memberships WHERE source = 'local'");
    assert_eq!(permissions(), "read");
    assert_eq!(memberships(&app), ["crew remote"]);
}

fn default_groups_stay_where_the_proxy_names_no_groups_or_local_ones_are_kept(database: Database) {
    for keys in ["keep_local_groups = true", "excluded_groups = ['news']", "headers = { groups = false }"] {
        let app = App::launch_on(
            database.another(),
            &format!("default_groups = ['news']\ncreate_groups = true\n{keys}"),
        );
        for _ in 0..2 {
            assert_eq!(app.me(&[ADA, ("Remote-Groups", "")])["groups"], json!(["news"]), "{keys}");
        }
        assert_eq!(memberships(&app), ["news local"], "{keys}");
    }
}

fn a_default_group_counts_at_the_first_request_already(database: Database) {
    let toml = "default_groups = ['pilots']\nexcluded_groups = ['pilots']\nrequired_groups = ['pilots']\n\
                group_permissions = { pilots = ['fly'] }";
    let app = App::launch_on(database, toml);
    app.get("/me", &[ADA]).is(403, "the user is in none of `required_groups`");
    assert_eq!(app.database.sql("SELECT username FROM remote_users").len(), 0);
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('pilots')");
    app.get("/permissions", &[ADA]).is(200, "fly");
}

fn a_profile_that_is_set_once_is_changed_here(database: Database) {
    let app = App::launch_on(database, "profile_sync = 'create'\nstaff_groups = ['crew']");
    let sent = |name: &'static str, groups: &'static str| {
        let email = ("Remote-Email", "ada@example.com");
        let me = app.me(&[ADA, ("Remote-Name", name), email, ("Remote-Groups", groups)]);
        json!([me["name"], me["email"], me["staff"]])
    };
    let expected: Value = json!(["Ada", "ada@example.com", false]);
    assert_eq!(sent("Ada", ""), expected);
    assert_eq!(sent("Other", ""), expected);
    app.database.sql("UPDATE remote_users SET name = 'Countess', email = NULL");
    assert_eq!(sent("Other", "crew"), json!(["Countess", null, true]), "flags follow all the same");
    assert_eq!(app.me(&[ADA, ("Remote-Name", "")])["name"], "Countess");
}

#[test]
fn a_default_that_cannot_last_stops_the_launch() {
    let ends = "the next request of a newcomer ends the membership in \"news\", unless the proxy names it: put it in \
                `excluded_groups`, or set `keep_local_groups`";
    let cases = [
        ("default_groups", "default_groups = ['news']", ends),
        (
            "default_groups",
            "default_groups = ['news']\nkeep_local_groups = true\ndenied_groups = ['news']",
            "`denied_groups` has them, so that no newcomer is let in",
        ),
        (
            "default_groups",
            "default_groups = ['a', 'b']\nexcluded_groups = ['a', 'b']\ndenied_groups = [['a', 'b']]",
            "`denied_groups` has them, so that no newcomer is let in",
        ),
        (
            "default_groups",
            "default_groups = ['']",
            "\"\" is no name of a group: it is blank, or has white space around it",
        ),
        (
            "default_permissions",
            "default_permissions = [' read']",
            "\" read\" is no permission: it is blank, or has white space around it",
        ),
        (
            "profile_sync",
            "profile_sync = 'never'",
            "unknown variant: found `never`, expected ``always` or `create``",
        ),
    ];
    for (key, toml, message) in cases {
        expect(&abort_by(&format!("{TABLE}trusted_proxies = ['::1']\n{toml}")), key, message);
    }
}
