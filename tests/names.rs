//! Names of people and groups: as long and as many as they may be, and told
//! apart byte for byte.

mod harness;

use std::collections::BTreeSet;

use harness::{App, Database};
use rocket::serde::json::json;

on_every_database![
    names_that_differ_by_a_byte_are_different,
    names_hold_whatever_a_header_may_say,
    a_thousand_groups_of_the_longest_names_are_joined_and_left,
    names_as_long_as_any_limit_are_kept_whole,
];

fn names_that_differ_by_a_byte_are_different(database: Database) {
    let app = App::launch_on(database, "");
    let people = ["Alice", "alice", "alic\u{e9}", "alic\u{e8}", "stra\u{df}e", "strasse", "\u{131}", "i"];
    let ids: BTreeSet<_> =
        people.iter().map(|name| app.me(&[("Remote-User", name)])["id"].as_i64()).collect();
    assert_eq!(ids.len(), people.len());
    let names = "('Crew'), ('crew '), (' crew'), ('cr\u{e9}w'), ('cre\u{301}w'), ('crew\t')";
    app.database.sql(&format!("INSERT INTO remote_groups (name) VALUES {names}"));
    assert_eq!(app.groups("alice", "crew"), json!([]));
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('crew')");
    assert_eq!(app.groups("alice", "crew,CREW"), json!(["crew"]));
    assert_eq!(app.groups("alice", ""), json!([]));
    assert_eq!(app.database.sql("SELECT count(*) FROM remote_groups"), ["7"]);
}

fn names_hold_whatever_a_header_may_say(database: Database) {
    let app = App::launch_on(database, "create_groups = true");
    let names = [
        "'",
        "a\"b",
        "\\'",
        "%_",
        "a$1",
        "a?",
        "a{",
        "[]",
        "/*!*/",
        "a--",
        "\u{1f600}",
        "nul",
        "a|b c",
        "❤\u{fe0f}",
        "علی\u{200c}رضا",
        // Before a separator it would escape that.
        "\\",
    ];
    let sorted = Vec::from_iter(BTreeSet::from(names));
    for _ in 0..2 {
        assert_eq!(app.groups("ada", &names.join(",")), json!(sorted));
    }
    for name in names {
        assert_eq!(app.me(&[("Remote-User", "ada"), ("Remote-Name", name)])["name"], name);
    }
    let mut stored = app.database.sql("SELECT name FROM remote_groups");
    stored.sort();
    assert_eq!(stored, sorted);
}

/// A name of that many characters of four bytes each.
fn long(number: usize, characters: usize) -> String {
    let number = number.to_string();
    number.clone() + &"\u{10428}".repeat(characters - number.len())
}

fn a_thousand_groups_of_the_longest_names_are_joined_and_left(database: Database) {
    let app = App::launch_on(database, "create_groups = true\nlimits = { bytes = 1000000 }");
    let (user, names) = (long(0, 150), BTreeSet::from_iter((0..1000).map(|number| long(number, 150))));
    let header = Vec::from_iter(names.iter().map(String::as_str)).join(",");
    for _ in 0..2 {
        assert_eq!(app.groups(&user, &header), json!(names));
    }
    let one = names.first().expect("a name");
    assert_eq!(app.groups(&user, one), json!([one]));
    assert_eq!(app.database.sql("SELECT count(*) FROM remote_groups"), ["1000"]);
    assert_eq!(app.groups(&user, &header), json!(names));
}

fn names_as_long_as_any_limit_are_kept_whole(database: Database) {
    let toml = "create_groups = true\nlimits = { user = 640, group = 640, name = 20000, email = 20000, bytes = 80000 }";
    let app = App::launch_on(database, toml);
    let (user, long_text) = (long(0, 640), "\u{1f600}".repeat(20_000));
    for _ in 0..2 {
        let headers = [
            ("Remote-User", &*user),
            ("Remote-Groups", &*user),
            ("Remote-Name", &*long_text),
            ("Remote-Email", &*long_text),
        ];
        let me = app.me(&headers);
        assert_eq!((&me["username"], &me["groups"]), (&json!(user), &json!([user])));
        assert_eq!((&me["name"], &me["email"]), (&json!(long_text), &json!(long_text)));
    }
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), [user]);
}
