//! What else a proxy says of a person, and what is kept of it.

mod harness;

use harness::launch::{TABLE, abort_by, expect};
use harness::{App, Database, STRANGER, application, figment};
use rocket::http::{Header, Method};
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_remote_user::policy::{Identity, Policy};
use rocket_remote_user::{Flags, RemoteUser};

on_every_database![
    attributes_are_kept_with_the_user_and_follow_the_proxy,
    a_missing_attribute_is_cleared_kept_or_refused,
    an_attribute_is_read_like_any_identity_header,
    a_hook_decides_by_attributes,
    a_change_of_an_attribute_by_hand_is_seen_at_once,
];

const ATTRIBUTES: &str = "attributes = { department = 'Remote-Department', room = 'Remote-Room' }\n";

#[get("/attributes")]
fn attributes(user: RemoteUser) -> String {
    format!("{:?} {:?}", user.attribute("department"), user.attribute("room"))
}

/// Rocket with a route that shows two attributes of the user, and its database.
struct Office(Client, Database);

impl Office {
    fn open(database: Database, toml: &str) -> Self {
        let rocket =
            application(figment(&database, &format!("{ATTRIBUTES}{toml}"))).attach(RemoteUser::fairing());
        Self(Client::untracked(rocket.mount("/", routes![attributes])).expect("a launch"), database)
    }

    /// The attributes after a request of `ada` with these headers.
    fn get(&self, headers: &[(&'static str, &'static str)]) -> String {
        let mut request = self.0.get("/attributes").header(Header::new("Remote-User", "ada"));
        request.set_remote(([127, 0, 0, 1], 9).into());
        headers.iter().for_each(|(name, value)| request.add_header(Header::new(*name, *value)));
        request.dispatch().into_string().unwrap_or_default()
    }
}

const DEPARTMENT: (&str, &str) = ("Remote-Department", "R&D \"Köln\"");
const ROOM: (&str, &str) = ("Remote-Room", "4.2");
const BOTH: &str = r#"Some("R&D \"Köln\"") Some("4.2")"#;

fn attributes_are_kept_with_the_user_and_follow_the_proxy(database: Database) {
    let office = Office::open(database, "");
    for _ in 0..2 {
        assert_eq!(office.get(&[DEPARTMENT, ROOM]), BOTH);
    }
    assert_eq!(office.get(&[("Remote-Department", "Sales"), ROOM]), r#"Some("Sales") Some("4.2")"#);
    assert_eq!(office.get(&[("Remote-Department", ""), ROOM]), r#"None Some("4.2")"#);
    // What the configuration does not name is the application's.
    office.1.sql(r#"UPDATE remote_users SET attributes = '{"badge": "7", "room": "1"}'"#);
    assert_eq!(office.get(&[DEPARTMENT, ROOM]), BOTH);
    let stored = office.1.sql("SELECT attributes FROM remote_users WHERE attributes IS NOT NULL").concat();
    let stored: std::collections::BTreeMap<String, String> =
        rocket::serde::json::from_str(&stored).expect("an object of texts");
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["badge", "department", "room"]);
}

fn a_missing_attribute_is_cleared_kept_or_refused(database: Database) {
    let cases = [
        ("", r#"None Some("4.2")"#),
        ("missing_attributes = 'clear'", r#"None Some("4.2")"#),
        ("missing_attributes = 'keep'", BOTH),
        ("missing_attributes = 'deny'", "an attribute is missing and `missing_attributes` is \"deny\""),
        ("profile_sync = 'create'", BOTH),
    ];
    for (toml, expected) in cases {
        let office = Office::open(database.another(), toml);
        assert_eq!(office.get(&[DEPARTMENT, ROOM]), BOTH, "{toml}");
        assert_eq!(office.get(&[ROOM]), expected, "{toml}");
    }
}

fn an_attribute_is_read_like_any_identity_header(database: Database) {
    let app = App::launch_on(
        database,
        &format!("{ATTRIBUTES}limits = {{ attribute = 4 }}\nencoding = {{ attributes = 'percent' }}"),
    );
    let reject = |headers: &[(&str, &str)], fault: &str| {
        let headers = [&[("Remote-User", "ada")], headers].concat();
        app.get("/me", &headers).is(400, &format!("header `Remote-Room` {fault}"));
    };
    reject(&[("Remote-Room", "12345")], "is longer than 4 characters");
    reject(&[("Remote-Room", "1"), ("Remote-Room", "1")], "was sent more than once");
    reject(&[("Remote_Room", "1")], "was sent under another spelling of its name");
    reject(&[("Remote-Room", "%E2%80%8B")], "holds a character that nobody can see");
    reject(&[("Remote-Room", "%4")], "is not encoded as `encoding` says");
    reject(&[("Remote-Room", "(null)")], "holds a placeholder that the proxy did not expand");
    reject(&[("Remote-Room", "1"), ("Connection", "remote-room")], "is named by a `Connection` header");
    app.get("/headers", &[("Remote-Room", "K%C3%B6")]).is(200, r#"[["remote-room",""]]"#);
    app.send(Method::Get, "/public", &[("Remote-Room", "1")], STRANGER)
        .is(403, "header `Remote-Room` comes from a peer that is no trusted proxy");
}

/// Whoever is of the department "Board" is staff.
struct Board;

impl Policy for Board {
    fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
        Flags { staff: identity.attribute("department") == Some("Board"), ..flags }
    }
}

fn a_hook_decides_by_attributes(database: Database) {
    let app = App::launch_on_with(database, ATTRIBUTES, RemoteUser::fairing().policy(Board));
    for (department, is_staff) in [("Board", true), ("board", false), ("", false), ("Board", true)] {
        let headers = [("Remote-User", "ada"), ("Remote-Department", department)];
        assert_eq!(app.me(&headers)["staff"], is_staff, "{department:?}");
    }
    assert_eq!(app.me(&[("Remote-User", "ada")])["staff"], false);
}

fn a_change_of_an_attribute_by_hand_is_seen_at_once(database: Database) {
    let office = Office::open(database, "profile_sync = 'create'");
    for _ in 0..2 {
        assert_eq!(office.get(&[DEPARTMENT, ROOM]), BOTH);
    }
    office.1.sql(r#"UPDATE remote_users SET attributes = '{"room": "9"}'"#);
    assert_eq!(office.get(&[DEPARTMENT, ROOM]), r#"None Some("9")"#);
}

#[test]
fn an_attribute_that_cannot_be_stops_the_launch() {
    let many: Vec<_> = (0..33).map(|number| format!("a{number} = 'X-{number}'")).collect();
    let many = format!("attributes = {{ {} }}", many.join(", "));
    let cases = [
        ("attributes", many.as_str(), "there are more than 32 attributes"),
        ("attributes", "attributes = { room = 'X Room' }", "`X Room` is not a header name"),
        (
            "attributes",
            "attributes = { '' = 'X-Room' }",
            "\"\" is no name of an attribute: it holds a character that nobody can see",
        ),
        (
            "attributes",
            "attributes = { room = 'Remote-User' }",
            "`Remote-User` is the name of two headers, or an alias of another",
        ),
        (
            "attributes",
            "attributes = { a = 'X-Room', b = 'x_room' }",
            "`x_room` is the name of two headers, or an alias of another",
        ),
        (
            "attributes",
            "attributes = { room = 'Cookie' }",
            "`Cookie` is a header of HTTP itself, and cannot be blanked",
        ),
        ("limits", "limits = { attribute = 0 }", "a limit of 0 refuses every request"),
    ];
    for (key, toml, message) in cases {
        expect(&abort_by(&format!("{TABLE}trusted_proxies = ['::1']\n{toml}")), key, message);
    }
}
