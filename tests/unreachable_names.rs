//! Stored user names that nobody can sign in by, and what a launch says of them.

mod harness;

use harness::launch::{TABLE, abort, rocket};
use harness::log::Recording;
use harness::{App, Database, application, figment};
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;

const TRUSTED: &str = "trusted_proxies = ['127.0.0.1']\n";

const HELP: &str = "rename these users or change the keys, or launch all the same with `username_conflicts = \
                    \"ignore\"`, and each gets a second account at the next sign-in";

on_every_database!(
    a_name_that_the_keys_never_find_stops_the_launch,
    a_launch_that_ignores_them_warns_and_makes_second_accounts,
    names_are_counted_across_pages,
    names_that_can_be_found_launch_in_silence,
);

/// Creates the tables, and a user of each name.
fn store(database: &Database, names: &[&str]) {
    let client = Client::untracked(application(figment(database, "")).attach(RemoteUser::fairing()));
    drop(client.expect("a launch"));
    for name in names {
        database.sql(&format!("INSERT INTO remote_users (username) VALUES ('{name}')"));
    }
}

/// What an aborted launch says.
fn aborted(recording: &Recording, database: &Database, toml: &str) -> Vec<String> {
    let rocket = rocket(database, &format!("{TABLE}{TRUSTED}{toml}"));
    abort(recording, database, rocket.attach(RemoteUser::fairing()))
}

fn told(names: &str) -> [String; 2] {
    [
        names.replace('§', "`username_case`, `username_form`, `realms` and `limits.user` never find"),
        HELP.into(),
    ]
}

fn a_name_that_the_keys_never_find_stops_the_launch(database: Database) {
    let recording = Recording::start();
    let cases: [(&[&str], &str, &str); 9] = [
        (&["Ada", "bob"], "username_case = 'lower'", "1 stored user has a name that §: \"Ada\""),
        (&["ada", "bob"], "limits.user = 2", "2 stored users have names that §: \"ada\", \"bob\""),
        (&["ａｄａ"], "", "1 stored user has a name that §: \"ａｄａ\""),
        (&["ａｄａ"], "username_form = 'map'", "1 stored user has a name that §: \"ａｄａ\""),
        (&["Zoe\u{308}"], "", "1 stored user has a name that §: \"Zoe\u{308}\""),
        (&["a,b"], "", "1 stored user has a name that §: \"a,b\""),
        (&["(null)", " ada"], "", "2 stored users have names that §: \" ada\", \"(null)\""),
        (&[""], "", "1 stored user has a name that §: \"\""),
        (&["a\u{202e}b"], "migrate = false", "1 stored user has a name that §: \"a\\u{202e}b\""),
    ];
    for (names, toml, expected) in cases {
        let database = database.another();
        store(&database, names);
        assert_eq!(aborted(&recording, &database, toml), told(expected), "{names:?} {toml}");
    }
}

fn a_launch_that_ignores_them_warns_and_makes_second_accounts(database: Database) {
    let recording = Recording::start();
    store(&database, &["Ada", "Bob", "Cy", "Di"]);
    recording.clear();
    let app = App::launch_on(database, "username_case = 'lower'\nusername_conflicts = 'ignore'");
    let [summary, _] =
        told("4 stored users have names that §: \"Ada\", \"Bob\", \"Cy\", …; each gets a second account");
    assert_eq!(
        recording.lines().iter().filter(|line| **line == summary).count(),
        1,
        "{:?}",
        recording.lines()
    );
    assert_eq!(app.me(&[("Remote-User", "Ada")])["username"], "ada");
    assert_eq!(
        app.database.sql("SELECT username FROM remote_users ORDER BY id"),
        ["Ada", "Bob", "Cy", "Di", "ada"]
    );
}

/// A page of the databases has 10,000 names.
fn names_are_counted_across_pages(database: Database) {
    let recording = Recording::start();
    store(&database, &[]);
    for tens in 0..23 {
        let rows: Vec<_> = (0..1_000).map(|n| format!("('User {:05}')", tens * 1_000 + n)).collect();
        database.sql(&format!("INSERT INTO remote_users (username) VALUES {}", rows.join(",")));
    }
    let expected =
        told("23000 stored users have names that §: \"User 00000\", \"User 00001\", \"User 00002\", …");
    assert_eq!(aborted(&recording, &database, "username_case = 'lower'"), expected);
    database.sql("UPDATE remote_users SET username = lower(username) WHERE username <> 'User 09999'");
    let expected = told("1 stored user has a name that §: \"User 09999\"");
    assert_eq!(aborted(&recording, &database, "username_case = 'lower'"), expected);
}

fn names_that_can_be_found_launch_in_silence(database: Database) {
    let recording = Recording::start();
    store(&database, &["ada", "Ada", "zo\u{eb}", "ada lovelace", "ada@example.com"]);
    recording.clear();
    App::launch_on(database, "");
    assert!(!recording.lines().iter().any(|line| line.contains("never find")), "{:?}", recording.lines());
}
