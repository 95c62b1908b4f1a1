//! The forms in which sign-ons write the names of people and groups, and the headers in which
//! they do.

mod harness;

use std::borrow::Cow;

use harness::launch::{TABLE, abort, abort_by, expect};
use harness::log::Recording;
use harness::{App, Database, PROXY, STRANGER};
use rocket::http::Method;
use rocket::serde::json::{Value, json};
use rocket_remote_user::RemoteUser;
use rocket_remote_user::policy::Policy;

on_every_database![
    a_person_of_a_listed_realm_is_known_without_it,
    a_realm_that_a_hook_leaves_is_judged_too,
    people_who_are_stored_with_a_realm_stop_the_launch,
    an_affix_may_be_optional_and_of_any_case,
    a_distinguished_name_is_known_by_one_attribute,
    groups_may_be_distinguished_names,
    lines_of_a_repeated_header_may_be_lists,
    of_two_headers_the_first_that_is_sent_counts,
    each_header_may_have_an_encoding_of_its_own,
];

const ADA: (&str, &str) = ("Remote-User", "ada");

fn username(app: &App, user: &str) -> Value {
    app.me(&[("Remote-User", user)])["username"].clone()
}

fn refuse(app: &App, user: &str, status: u16, fault: &str) {
    app.get("/me", &[("Remote-User", user)]).is(status, &format!("header `Remote-User` {fault}"));
}

const WRONG_REALM: &str = "is of a realm that is not one of `realms`";
const NOT_A_PERSON: &str = "is a principal of a service, or has two realms";
const NOT_A_DN: &str = "is not a distinguished name that `dn_attribute` names somebody in";

fn a_person_of_a_listed_realm_is_known_without_it(database: Database) {
    let app = App::launch_on(database, "realms = ['EXAMPLE.ORG', 'CORP']\nstaff_users = ['ada']");
    for user in ["ada@EXAMPLE.ORG", "ada@example.org", "CORP\\ada", "corp\\ada", "ada"] {
        assert_eq!(username(&app, user), "ada", "{user}");
    }
    assert_eq!(app.me(&[("Remote-User", "CORP\\ada")])["staff"], true);
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["ada"]);
    for user in ["ada@EXAMPLE.COM", "MACHINE\\ada", "ada@", "ada@EXAMPLE.ORG.", "ada@OTHER@EXAMPLE.COM"] {
        refuse(&app, user, 403, WRONG_REALM);
    }
    for user in ["host/x@EXAMPLE.ORG", "ada/admin@EXAMPLE.ORG", "host/x", "CORP\\ada@EXAMPLE.ORG", "@CORP"] {
        refuse(&app, user, 403, NOT_A_PERSON);
    }
    refuse(&app, "(null)@EXAMPLE.ORG", 400, "holds a placeholder that the proxy did not expand");
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["ada"]);
}

/// A hook that makes an alias of a realm's name.
struct Aliases;

impl Policy for Aliases {
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        Some(match username.strip_prefix("alias:") {
            Some(person) => Cow::Owned(format!("{person}@OTHER")),
            None => Cow::Owned(format!("{username}@CORP")),
        })
    }
}

fn a_realm_that_a_hook_leaves_is_judged_too(database: Database) {
    let app = App::launch_on_with(database, "realms = ['CORP']", RemoteUser::fairing().policy(Aliases));
    assert_eq!(username(&app, "ada"), "ada");
    refuse(&app, "alias:ada", 403, WRONG_REALM);
}

fn people_who_are_stored_with_a_realm_stop_the_launch(database: Database) {
    let app = App::launch_on(database, "");
    assert_eq!(username(&app, "ada@CORP"), "ada@CORP");
    let recording = Recording::start();
    let figment = harness::figment(&app.database, "realms = ['CORP']");
    let lines = abort(&recording, &app.database, rocket::custom(figment).attach(RemoteUser::fairing()));
    let expected = "1 stored user has a name that `username_case`, `username_form`, `realms` and `limits.user` never \
                    find: \"ada@CORP\"";
    assert!(lines.iter().any(|line| line.contains(expected)), "{lines:?}");
}

fn an_affix_may_be_optional_and_of_any_case(database: Database) {
    let toml = "strip_suffix = { user = { value = '@example.com', optional = true, ignore_case = true }, \
                groups = '@groups' }\nstrip_prefix = { user = { value = 'oidc:', ignore_case = true } }\n\
                create_groups = true";
    let app = App::launch_on(database, toml);
    for user in ["oidc:ada@example.com", "OIDC:ada@Example.COM", "oidc:ada"] {
        assert_eq!(username(&app, user), "ada", "{user}");
    }
    assert_eq!(username(&app, "oidc:ada@example.org"), "ada@example.org");
    refuse(&app, "ada@example.com", 400, "does not begin with the prefix that `strip_prefix` says");
    let groups = |line: &str| app.get("/me", &[("Remote-User", "oidc:ada"), ("Remote-Groups", line)]);
    assert!(groups("a@groups, b@groups,").body.contains(r#""groups":["a","b"]"#));
    let fault = "header `Remote-Groups` does not end with the suffix that `strip_suffix` says";
    for line in ["a@groups,b", "a@Groups", "a@groups "].map(|line| format!("{line},x")) {
        groups(&line).is(400, fault);
    }
}

fn a_distinguished_name_is_known_by_one_attribute(database: Database) {
    let app = App::launch_on(database, "username_form = 'dn'\ndn_attribute = { user = 'uid' }");
    for user in ["uid=ada,ou=people,dc=example,dc=org", "UID=ada", "cn=Ada Lovelace+uid=ada, dc=example"] {
        assert_eq!(username(&app, user), "ada", "{user}");
    }
    for user in
        ["ada", "cn=ada,uid=ada", "uid=ada+uid=bob", "uid=,cn=ada", "uid=ada,", "uid=\"ada\"", "uid= ada"]
    {
        refuse(&app, user, 400, NOT_A_DN);
    }
    refuse(&app, "uid=Lovelace\\, Ada,dc=example", 400, "holds a comma");
    refuse(&app, "uid=\\(null),dc=example", 400, NOT_A_DN);
    refuse(&app, "uid=(null),dc=example", 400, "holds a placeholder that the proxy did not expand");
    refuse(&app, "uid=a\\E2\\80\\8Bda", 400, "holds a character that nobody can see");
    refuse(&app, "uid=ａｄａ", 400, "is a user name that RFC 8265 would change");
    app.get("/visitor", &[("Remote-User", "")]).is(200, "nobody");
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["ada"]);
}

fn groups_may_be_distinguished_names(database: Database) {
    let app =
        App::launch_on(database, "groups_format = 'dn'\ncreate_groups = true\ndenied_groups = ['left']");
    let groups = |line: &str| app.groups("ada", line);
    assert_eq!(
        groups("CN=Editors,OU=Groups,DC=corp;cn=R\\26D\\3B East,ou=x; CN=Köln\\, West,DC=corp"),
        json!(["Editors", "Köln, West", "R&D; East"])
    );
    // FreeIPA lists rules among the groups, whose entries have no such name.
    let rules = "cn=ipausers,cn=groups,cn=accounts,dc=example;ipaUniqueID=8e1f-11,cn=hbac,dc=example;;";
    assert_eq!(groups(rules), json!(["ipausers"]));
    assert_eq!(groups("ou=none,dc=example"), json!([]));
    assert_eq!(groups(""), json!([]));
    let refused = [
        ("Editors", NOT_A_DN),
        ("CN=a,CN=b;c", NOT_A_DN),
        ("CN=\\ admins,DC=corp", "holds a character that nobody can see"),
        ("CN=admins\\ ,DC=corp", "holds a character that nobody can see"),
        ("CN=e\u{301}quipe", "names a group that is not in Unicode's form NFC"),
        ("CN=(null)", "holds a placeholder that the proxy did not expand"),
    ];
    for (line, fault) in refused {
        app.get("/me", &[ADA, ("Remote-Groups", line)]).is(400, &format!("header `Remote-Groups` {fault}"));
    }
    app.get("/me", &[ADA, ("Remote-Groups", "CN=left,DC=corp")])
        .is(403, "the user is in one of `denied_groups`");
}

fn lines_of_a_repeated_header_may_be_lists(database: Database) {
    let groups = |app: &App, lines: &[&str]| {
        let lines = lines.iter().map(|line| ("Remote-Groups", *line));
        app.me(&[ADA].into_iter().chain(lines).collect::<Vec<_>>())["groups"].clone()
    };
    let toml = "groups_format = 'repeated'\ncreate_groups = true\n";
    let app = App::launch_on(database.another(), &format!("{toml}groups_separator = ','"));
    assert_eq!(groups(&app, &["a, b", "\"c,d\"", "", "e"]), json!(["a", "b", "c,d", "e"]));
    let app =
        App::launch_on(database.another(), &format!("{toml}groups_separator = ','\nencoding = 'percent'"));
    assert_eq!(groups(&app, &["a,b%2Cc", "d"]), json!(["a", "b,c", "d"]));
    let app = App::launch_on(database, toml);
    assert_eq!(groups(&app, &["a, b", "c"]), json!(["a, b", "c"]), "without a separator a line is a group");
}

fn of_two_headers_the_first_that_is_sent_counts(database: Database) {
    let toml = "headers = { user = ['X-Preferred', 'X-User'], name = ['X-Name', 'X-Full'], email = false, groups = \
                ['X-Roles', 'X-Groups'] }\ncreate_groups = true\nmissing_user = 'deny'";
    let app = App::launch_on(database, toml);
    let me = |headers: &[(&str, &str)]| {
        let me = app.me(headers);
        json!([me["username"], me["name"], me["groups"]])
    };
    let (first, second) = (("X-Preferred", "ada"), ("X-User", "4711"));
    assert_eq!(me(&[first, second, ("X-Full", "Ada"), ("X-Groups", "a")]), json!(["ada", "Ada", ["a"]]));
    assert_eq!(
        me(&[second, ("X-Name", "N"), ("X-Full", "F"), ("X-Roles", "r")]),
        json!(["4711", "N", ["r"]])
    );
    app.get("/visitor", &[("X-Preferred", ""), second]).is(200, "nobody");
    app.get("/visitor", &[]).is(403, "header `X-Preferred` is missing and `missing_user` is \"deny\"");

    // Each of them is an identity header in every way.
    let reject = |headers: &[(&str, &str)], reason: &str| app.get("/me", headers).is(400, reason);
    reject(&[first, second, second], "header `X-User` was sent more than once");
    reject(&[first, ("X_User", "4711")], "header `X-User` was sent under another spelling of its name");
    reject(&[first, ("Connection", "x-user")], "header `X-User` is named by a `Connection` header");
    reject(
        &[first, ("X-User", "(null)")],
        "header `X-User` holds a placeholder that the proxy did not expand",
    );
    reject(&[("X-User", "a,b")], "header `X-User` holds a comma");
    reject(
        &[first, ("X-Roles", "a"), ("X-Groups", "\u{200b}")],
        "header `X-Groups` holds a character that nobody can see",
    );
    app.send(Method::Get, "/public", &[("X-User", "ada")], STRANGER)
        .is(403, "header `X-User` comes from a peer that is no trusted proxy");
    app.send(Method::Get, "/headers", &[first, second], PROXY)
        .is(200, r#"[["x-preferred",""],["x-user",""]]"#);
}

fn each_header_may_have_an_encoding_of_its_own(database: Database) {
    let toml = "encoding = { name = 'rfc2047', groups = 'percent' }\ncreate_groups = true";
    let app = App::launch_on(database, toml);
    let headers = [
        ("Remote-User", "Zoë%41"),
        ("Remote-Name", "=?utf-8?q?Zo=C3=AB?="),
        ("Remote-Email", "zo%C3%AB@example.com"),
        ("Remote-Groups", "K%C3%B6ln,=41"),
    ];
    let me = app.me(&headers);
    let expected = json!(["Zoë%41", "Zoë", "zo%C3%AB@example.com", ["=41", "Köln"]]);
    assert_eq!(json!([me["username"], me["name"], me["email"], me["groups"]]), expected);
}

#[test]
fn a_form_that_cannot_be_stops_the_launch() {
    let only_semicolon = "only \";\" is between two distinguished names, as it is escaped in each of them";
    let no_dn = "neither `username_form` nor `groups_format` is \"dn\", so that nothing has attributes";
    let cases = [
        ("realms", "realms = ['']", "\"\" is no realm: it is blank, or holds `@`, `\\` or `/`"),
        (
            "realms",
            "realms = ['CORP', '@EXAMPLE.ORG']",
            "\"@EXAMPLE.ORG\" is no realm: it is blank, or holds `@`, `\\` or `/`",
        ),
        (
            "nobody",
            "realms = ['A']\nnobody = ['guest@A']",
            "\"guest@A\" is no user name in canonical form, so that no request is nobody's by it",
        ),
        (
            "staff_users",
            "realms = ['A']\nstaff_users = ['A\\ada']",
            "nobody signs in by the name \"A\\\\ada\", which is not in its canonical form",
        ),
        (
            "adopt_subjects",
            "adopt_subjects = false",
            "there are no subjects: set `headers.subject`, or `jwt.claims.subject`",
        ),
        ("missing_attributes", "missing_attributes = 'deny'", "there are no `attributes` to be missing"),
        (
            "active_groups",
            "active_groups = []",
            "an empty list makes everybody inactive: name the groups of active users, or leave the key out",
        ),
        ("dn_attribute", "dn_attribute = 'uid'", no_dn),
        (
            "dn_attribute",
            "groups_format = 'dn'\ndn_attribute = 'c n'",
            "`c n` is no attribute of a distinguished name",
        ),
        (
            "dn_attribute",
            "groups_format = 'dn'\ndn_attribute = { user = '' }",
            "`` is no attribute of a distinguished name",
        ),
        ("groups_separator", "groups_format = 'dn'\ngroups_separator = '|'", only_semicolon),
        (
            "groups_escape",
            "groups_format = 'dn'\ngroups_escape = 'backslash'",
            "`groups_format` is not \"separator\", so there is no separator to escape",
        ),
    ];
    for (key, toml, message) in cases {
        expect(&abort_by(&format!("{TABLE}trusted_proxies = ['::1']\n{toml}")), key, message);
    }
}

#[test]
fn liftoff_warns_of_a_second_choice_that_a_client_may_make() {
    let recording = Recording::start();
    for (toml, is_warned) in
        [("headers = { user = ['X-A', 'X-B'] }", true), ("headers = { user = ['X-A'] }", false)]
    {
        recording.clear();
        let _app = App::launch(toml);
        let warning = "a client may have some proxies drop `X-A`, and then the next of X-A, X-B counts: let the proxy \
                       set that header after it obeyed the client's `Connection`";
        let lines = recording.lines_of("rocket_remote_user");
        assert_eq!(lines.iter().any(|line| line == warning), is_warned, "{lines:?}");
    }
}
