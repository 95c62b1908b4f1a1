//! Accounts of a database server that may not do everything.

mod harness;

use harness::log::Recording;
use harness::{Database, Kind, application, figment};
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;

on_every_server![without_the_right_to_create_triggers_nothing_is_kept_and_liftoff_says_what_to_grant];

/// An account that may read and write rows, for as long as this is there.
struct PlainAccount<'a> {
    database: &'a Database,
    name: String,
}

impl PlainAccount<'_> {
    fn new(database: &Database) -> PlainAccount<'_> {
        let schema = database.url().rsplit_once('/').expect("a path").1.to_owned();
        let schema = schema.split('?').next().expect("a name").to_owned();
        let name = format!("plain_{}", schema.trim_start_matches("remote_user_").to_lowercase());
        let rights = "SELECT, INSERT, UPDATE, DELETE";
        database.sql(&match database.kind {
            Kind::MySql => {
                format!("CREATE USER {name} IDENTIFIED BY 'plain'; GRANT {rights} ON `{schema}`.* TO {name}")
            }
            _ => format!(
                "CREATE ROLE {name} LOGIN PASSWORD 'plain';
                 GRANT {rights} ON ALL TABLES IN SCHEMA public TO {name}"
            ),
        });
        PlainAccount { database, name }
    }

    fn url(&self) -> String {
        let url = self.database.url();
        let (scheme, rest) = url.split_once("://").expect("a URL");
        format!("{scheme}://{}:plain@{}", self.name, rest.rsplit_once('@').expect("an account").1)
    }
}

impl Drop for PlainAccount<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        self.database.sql(&match self.database.kind {
            Kind::MySql => format!("DROP USER {name}"),
            _ => format!("DROP OWNED BY {name}; DROP ROLE {name}"),
        });
    }
}

fn without_the_right_to_create_triggers_nothing_is_kept_and_liftoff_says_what_to_grant(database: Database) {
    let recording = Recording::start();
    drop(Client::untracked(application(figment(&database, "")).attach(RemoteUser::fairing())));
    let (drop_trigger, cure) = match database.kind {
        Kind::MySql => (
            "DROP TRIGGER remote_revise_new_group",
            "grant TRIGGER on the database to this account, and if the server keeps a binary log, grant SUPER too, \
             or set its `log_bin_trust_function_creators = 1`",
        ),
        _ => (
            "DROP TRIGGER remote_revise_group ON remote_groups",
            "let this account own the tables `remote_*`, and create functions and triggers in their schema",
        ),
    };
    database.sql(drop_trigger);
    database.sql("INSERT INTO remote_groups (name) VALUES ('editors')");
    let account = PlainAccount::new(&database);
    recording.clear();
    let figment = figment(&database, "").merge(("databases.remote_user.url", account.url()));
    let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
    let lines = recording.lines_of("rocket_remote_user");
    assert!(lines.contains(&"cache: off".into()), "{lines:?}");
    let because = format!(
        "nothing is kept between two requests, because the triggers that tell of changes cannot be created: {cure}: "
    );
    assert!(lines.iter().any(|line| line.starts_with(&because)), "{lines:?}");
    let peer = ([127, 0, 0, 1], 9).into();
    let request = client.get("/editors").remote(peer).header(Header::new("Remote-User", "ada"));
    let response = request.header(Header::new("Remote-Groups", "editors")).dispatch();
    assert_eq!(response.into_string().as_deref(), Some("ada"), "everything else works");
    drop(client);
    drop(account);
}
