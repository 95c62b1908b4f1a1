//! The one set of groups that every rule looks at: what the proxy names, through the hook and
//! `group_map`, less `excluded_groups`.

mod harness;

use std::borrow::Cow;

use harness::browser::{Browser, launch};
use harness::log::Recording;
use harness::{App, Database, PROXY};
use rocket::serde::json::{Value, json};
use rocket_remote_user::policy::{Identity, Policy};
use rocket_remote_user::{Flags, RemoteUser};

on_every_database![
    every_rule_looks_at_the_names_that_the_map_gives,
    a_group_that_has_a_mapped_name_by_itself_does_not_count,
    only_the_keys_of_the_map_count_where_it_is_to_be,
    an_excluded_group_gives_nothing_when_the_proxy_names_it,
    an_excluded_group_counts_by_a_membership_that_was_given_here,
    a_session_forgets_a_group_that_was_excluded_since,
];

const ADA: (&str, &str) = ("Remote-User", "ada");
const NOT_REQUIRED: &str = "the user is in none of `required_groups`";

/// What follows from the groups that the proxy names: the groups of the user, the two flags
/// and the permissions.
fn outcome(app: &App, groups: &str) -> Value {
    let headers = [ADA, ("Remote-Groups", groups)];
    let me = app.me(&headers);
    json!([me["groups"], me["staff"], me["superuser"], app.get("/permissions", &headers).body])
}

/// Every kind of rule about a group, for these names of a flag's, a permission's and a denied
/// group.
fn rules(crew: &str, authors: &str, banned: &str) -> String {
    format!(
        "create_groups = true\nstaff_groups = ['{crew}']\nsuperuser_groups = ['{crew}']\n\
         group_permissions = {{ {authors} = ['write'] }}\ndenied_groups = ['{banned}']\n"
    )
}

const MAP: &str = "group_map = { 'cn=crew' = 'crew', 'ou=crew' = 'crew', 'cn=authors' = 'authors', \
                   'cn=banned' = 'banned', here = 'here' }\n";

fn every_rule_looks_at_the_names_that_the_map_gives(database: Database) {
    let app = App::launch_on(database, &format!("{MAP}{}", rules("crew", "authors", "banned")));
    assert_eq!(outcome(&app, "cn=crew, ou=crew, other"), json!([["crew", "other"], true, true, ""]));
    assert_eq!(outcome(&app, "cn=authors, here"), json!([["authors", "here"], false, false, "write"]));
    app.get("/me", &[ADA, ("Remote-Groups", "cn=banned")]).is(403, "the user is in one of `denied_groups`");
}

fn a_group_that_has_a_mapped_name_by_itself_does_not_count(database: Database) {
    let app = App::launch_on(database, &format!("{MAP}{}", rules("crew", "authors", "banned")));
    assert_eq!(outcome(&app, "crew, authors, banned, other"), json!([["other"], false, false, ""]));
    assert_eq!(outcome(&app, "crew, cn=crew"), json!([["crew"], true, true, ""]));
    assert_eq!(outcome(&app, "crew"), json!([[], false, false, ""]));
}

fn only_the_keys_of_the_map_count_where_it_is_to_be(database: Database) {
    let only = "group_map_only = true\nexcluded_groups = ['outsiders']\n";
    let toml = format!("{MAP}{only}{}", rules("crew", "authors", "outsiders"));
    let app = App::launch_on(database, &toml);
    assert_eq!(outcome(&app, "cn=crew, other, here, outsiders"), json!([["crew", "here"], true, true, ""]));
    assert_eq!(outcome(&app, "other, crew"), json!([[], false, false, ""]));
    assert_eq!(app.database.sql("SELECT name FROM remote_groups ORDER BY name"), ["crew", "here"]);
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('outsiders')");
    app.database.sql(
        "INSERT INTO remote_memberships (user_id, group_id)
         SELECT u.id, g.id FROM remote_users u, remote_groups g WHERE g.name = 'outsiders'",
    );
    app.get("/me", &[ADA]).is(403, "the user is in one of `denied_groups`");
}

fn an_excluded_group_gives_nothing_when_the_proxy_names_it(database: Database) {
    let sudo = ("Remote-Groups", "sudo");
    let toml = "excluded_groups = ['sudo']\ncreate_groups = true\n";
    let app = App::launch_on(database.another(), &format!("{toml}required_groups = ['sudo']"));
    app.get("/me", &[ADA, sudo]).is(403, NOT_REQUIRED);
    let app = App::launch_on(database.another(), &format!("{toml}denied_groups = ['sudo']"));
    assert_eq!(outcome(&app, "sudo"), json!([[], false, false, ""]));
    let toml = format!("{toml}group_permissions = {{ sudo = ['root'] }}\ngroup_map = {{ root = 'sudo' }}");
    let app = App::launch_on_with(database, &toml, RemoteUser::fairing().policy(SudoIsStaff));
    for groups in ["sudo", "root", "root, sudo"] {
        assert_eq!(outcome(&app, groups), json!([[], false, false, ""]), "{groups}");
    }
    assert_eq!(app.database.sql("SELECT name FROM remote_groups").len(), 0);
}

/// A hook that decides by a group.
struct SudoIsStaff;

impl Policy for SudoIsStaff {
    fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
        let staff = identity.is_member("sudo") || identity.groups().contains(&"sudo");
        Flags { staff, ..flags }
    }
}

fn an_excluded_group_counts_by_a_membership_that_was_given_here(database: Database) {
    let excluded = "excluded_groups = ['sudo']\n";
    let prepare = |toml: &str| {
        let app = App::launch_on(database.another(), &format!("{excluded}{toml}"));
        app.database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
        app.database.sql("INSERT INTO remote_groups (name) VALUES ('sudo')");
        app.database.sql("INSERT INTO remote_memberships (user_id, group_id) VALUES (1, 1)");
        app
    };
    let app = prepare("required_groups = ['sudo']\ngroup_permissions = { sudo = ['root'] }");
    for groups in ["", "other", "sudo"] {
        assert_eq!(outcome(&app, groups), json!([["sudo"], false, false, "root"]), "{groups:?}");
    }
    app.get("/permissions", &[ADA]).is(200, "root");
    let app = prepare("denied_groups = ['sudo']");
    app.get("/me", &[ADA, ("Remote-Groups", "")]).is(403, "the user is in one of `denied_groups`");
}

fn a_session_forgets_a_group_that_was_excluded_since(database: Database) {
    let keep = "missing_groups = 'keep'\nsession.persistent = true\n";
    let permissions = format!("{keep}group_permissions = {{ crew = ['sail'], others = ['row'] }}\n");
    let required = format!("{keep}required_groups = ['crew']\n");
    let excluded = "excluded_groups = ['crew']";
    let signed_in = [ADA, ("Remote-Groups", "crew, others")];

    let app = launch(database.another(), &permissions);
    let mut browser = Browser::new(&app);
    browser.get("/permissions", &signed_in).is(200, "row,sail");
    let token = browser.token.clone();
    let app = relaunch(app, &format!("{permissions}{excluded}"));
    let mut browser = Browser { app: &app, token };
    for headers in [&[][..], &[ADA], &[]] {
        browser.get("/permissions", headers).is(200, "row");
    }

    for headers in [&[][..], &[ADA]] {
        let app = launch(database.another(), &required);
        let mut browser = Browser::new(&app);
        assert_eq!(browser.get("/me", &signed_in).status, 200);
        let token = browser.token.clone();
        let app = relaunch(app, &format!("{required}{excluded}"));
        Browser { app: &app, token }.get("/me", headers).is(403, NOT_REQUIRED);
    }
}

/// Launches once more on the same database.
fn relaunch(app: App, toml: &str) -> App {
    let App { client, database } = app;
    drop(client);
    launch(database, toml)
}

/// A hook that makes of the group `make` what it was told, and drops `drop`.
struct Make(&'static str);

impl Policy for Make {
    fn clean_group<'a>(&self, group: &'a str) -> Option<Cow<'a, str>> {
        match group {
            "make" => Some(Cow::Borrowed(self.0)),
            "drop" => None,
            other => Some(Cow::Borrowed(other)),
        }
    }
}

fn launch_with_hook(name: &'static str, toml: &str) -> App {
    App::launch_with(&format!("create_groups = true\n{toml}"), RemoteUser::fairing().policy(Make(name)))
}

#[test]
fn what_a_hook_makes_is_held_to_the_rules_of_a_group() {
    let long: &str = Box::leak("x".repeat(5000).into_boxed_str());
    let over: &str = &long[..151];
    let unseen = "holds a character that nobody can see";
    let too_long = "is longer than 150 characters";
    let placeholder = "holds a placeholder that the proxy did not expand";
    let normalized = "names a group that is not in Unicode's form NFC";
    let cases = [
        ("a\0b", unseen),
        ("a\nb", unseen),
        ("a\tb", unseen),
        ("a\u{202e}b", unseen),
        ("a\u{200b}", unseen),
        (" a", unseen),
        ("a ", unseen),
        ("\ta", unseen),
        ("\u{a0}a", unseen),
        ("a\u{3000}", unseen),
        ("\u{3000}", unseen),
        (long, too_long),
        (over, too_long),
        ("-", placeholder),
        ("(null)", placeholder),
        ("${group}", placeholder),
        ("zoe\u{308}", normalized),
    ];
    for (name, fault) in cases {
        let app = launch_with_hook(name, "");
        for path in ["/me", "/public", "/nowhere"] {
            let reply = app.get(path, &[ADA, ("Remote-Groups", "other, make")]);
            reply.is(400, &format!("header `Remote-Groups` {fault}"));
        }
        assert_eq!(app.database.dump(), [""; 0], "{name:?}");
        assert_eq!(outcome(&app, "other, drop"), json!([["other"], false, false, ""]));
    }
}

#[test]
fn what_a_hook_makes_counts_as_it_is_and_what_it_leaves_blank_is_dropped() {
    let longest: &str = Box::leak("x".repeat(150).into_boxed_str());
    for name in ["crew", "a,b", "zo\u{eb}", "a b", "\"a\"", longest] {
        let app = launch_with_hook(name, "");
        assert_eq!(app.groups("ada", "make, drop"), json!([name]));
    }
    for blank in ["", " ", " \t "] {
        let app = launch_with_hook(blank, "");
        assert_eq!(app.groups("ada", "make, other"), json!(["other"]), "{blank:?}");
    }
}

#[test]
fn the_map_renames_what_the_hook_makes() {
    let toml = "group_map = { crew = 'sailors', make = 'makers' }\nstaff_groups = ['sailors']";
    let app = launch_with_hook("crew", toml);
    assert_eq!(outcome(&app, "make"), json!([["sailors"], true, false, ""]));
    let app = launch_with_hook("sailors", toml);
    assert_eq!(outcome(&app, "make"), json!([[], false, false, ""]), "a mapped name by a hook");
}

#[test]
fn a_limit_of_its_own_holds_for_what_a_hook_makes() {
    let app = launch_with_hook("crew", "limits = { group = 4 }");
    assert_eq!(app.groups("ada", "make"), json!(["crew"]));
    let app = launch_with_hook("crews", "limits = { group = 4 }");
    let reply = app.get("/me", &[ADA, ("Remote-Groups", "make")]);
    reply.is(400, "header `Remote-Groups` is longer than 4 characters");
}

#[test]
fn a_refusal_of_what_a_hook_makes_names_the_user() {
    let recording = Recording::start();
    let app = launch_with_hook("-", "username_case = 'lower'");
    recording.clear();
    app.get("/me", &[("Remote-User", "Ada"), ("Remote-Groups", "make")]);
    assert_eq!(
        recording.lines_of("rocket_remote_user"),
        [format!(
            "Refused GET /me from {PROXY} for \"ada\": header `Remote-Groups` holds a placeholder that the proxy \
             did not expand."
        )]
    );
}

#[test]
fn a_group_of_a_rule_may_hold_the_separator_as_quotes_keep_it() {
    let app = App::launch("create_groups = true\nstaff_groups = ['a,b']\ngroup_map = { 'c,d' = 'a,b' }");
    assert_eq!(outcome(&app, r#""c,d""#), json!([["a,b"], true, false, ""]));
}

#[test]
#[cfg(feature = "jwt")]
fn a_refusal_of_what_a_hook_makes_of_a_claim_names_the_header_of_the_token() {
    use harness::issuer::{AUDIENCE, ISSUER, Kind, SigningKey, claims};

    let key = SigningKey::new(Kind::Ed25519, "1");
    let mut claims = claims();
    claims["groups"] = json!(["make"]);
    let signed = key.token("EdDSA", &claims);
    let toml = format!(
        "[default.remote_user.jwt]\nheader = 'X-Assertion'\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n\
         claims = {{ groups = 'groups' }}\npublic_key_file = '{}'",
        key.public_key_file().display()
    );
    let headers = [("X-Assertion", &*signed)];
    assert_eq!(launch_with_hook("crew", &toml).me(&headers)["groups"], json!(["crew"]));
    let reply = launch_with_hook("-", &toml).get("/me", &headers);
    reply.is(400, "header `X-Assertion` holds a placeholder that the proxy did not expand");
}
