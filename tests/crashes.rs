//! The application or the database server is killed in the middle of load:
//! nobody is half there, and everything goes on by itself.

mod harness;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use harness::process::Example;
use harness::server::DatabaseServer;
use harness::socket::{Server, try_get};
use harness::{Database, Kind, application, eventually, figment};
use rocket_remote_user::RemoteUser;

on_every_server_of_its_own![
    a_server_that_is_restarted_between_two_requests_is_not_noticed,
    a_server_that_is_killed_under_load_leaves_nobody_half_there,
    a_server_that_becomes_a_replica_and_primary_again_is_written_to_at_once,
];

mod application_killed {
    use crate::on_every_database;

    use super::an_application_that_is_killed_under_load_leaves_nobody_half_there;

    on_every_database![an_application_that_is_killed_under_load_leaves_nobody_half_there];
}

const PEOPLE: usize = 12;

fn person(person: usize, round: usize) -> String {
    format!("Remote-User: person{person}\r\nRemote-Name: {round}\r\nRemote-Groups: all,{round},of {round}")
}

/// Sends requests of all people, round by round, each as its own client, until
/// nobody hears their statuses. No answer at all is status 0.
fn load(address: SocketAddr) -> Receiver<u16> {
    let (status, statuses) = mpsc::sync_channel(0);
    for client in 0..PEOPLE {
        let status = status.clone();
        thread::spawn(move || {
            let send = |round| try_get(address, "/me", &person(client, round)).unwrap_or(0);
            let _ = (0..).map(send).try_for_each(|told| status.send(told));
        });
    }
    statuses
}

fn assert_all_well(address: SocketAddr, round: usize) {
    for client in 0..PEOPLE {
        let status = try_get(address, "/me", &person(client, round)).expect("an answer");
        assert_eq!(status, 200, "person{client}");
    }
}

/// Checks that what is remembered of each person is of one round.
fn assert_nobody_is_half_there(database: &Database) {
    let people = database.people();
    assert!(!people.is_empty());
    for (username, (name, groups)) in people {
        let round = name.unwrap_or_else(|| panic!("{username} has no name"));
        assert_eq!(groups, BTreeSet::from(["all".into(), format!("of {round}"), round]), "{username}");
    }
}

fn serve(database: &Database) -> Server {
    let figment = figment(database, "create_groups = true")
        .merge(("databases.remote_user.connect_timeout", 5))
        .merge(("databases.remote_user.max_connections", 8));
    Server::serve(application(figment).attach(RemoteUser::fairing()))
}

fn a_server_that_is_restarted_between_two_requests_is_not_noticed(server: DatabaseServer) {
    let database = server.database();
    let app = serve(&database);
    for round in [0, 0, 1] {
        assert_all_well(app.address, round);
        server.kill();
        server.start_again();
    }
    assert_all_well(app.address, 1);
}

fn a_server_that_is_killed_under_load_leaves_nobody_half_there(server: DatabaseServer) {
    let database = server.database();
    let app = serve(&database);
    let statuses = load(app.address);
    let hear = |count: usize| statuses.iter().take(count).collect::<BTreeSet<_>>();
    for _ in 0..2 {
        assert_eq!(hear(100), BTreeSet::from([200]));
        server.kill();
        let told = hear(3 * PEOPLE);
        assert!(told.contains(&503) && told.is_subset(&BTreeSet::from([200, 503])), "{told:?}");
        server.start_again();
        hear(2 * PEOPLE);
        assert_nobody_is_half_there(&database);
    }
    drop(statuses);
    assert_all_well(app.address, 0);
}

/// Makes what connects to the server from now on unable to write, or able again.
fn let_write(database: &Database, is_able: bool) {
    let (on_or_off, number) = if is_able { ("off", 0) } else { ("on", 1) };
    match database.kind {
        Kind::Postgres => {
            let name = &database.sql("SELECT current_database()::text")[0];
            let set = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = {on_or_off}");
            database.sql(&format!("SET default_transaction_read_only = off; {set}"));
        }
        _ => {
            database.sql(&format!("SET GLOBAL init_connect = 'SET SESSION tx_read_only = {number}'"));
        }
    }
}

fn a_server_that_becomes_a_replica_and_primary_again_is_written_to_at_once(server: DatabaseServer) {
    let database = server.database();
    let mut url = database.url();
    if database.kind == Kind::MySql {
        // Whoever may do everything may also write to a replica.
        database.sql("CREATE USER app@'127.0.0.1' IDENTIFIED BY 'app'");
        database.sql("GRANT ALL ON `remote\\_user\\_%`.* TO app@'127.0.0.1'");
        let authority = url.split('/').nth(2).expect("an authority");
        let host = authority.rsplit('@').next().expect("a host");
        url = url.replacen(authority, &format!("app:app@{host}"), 1);
    }
    let figment = figment(&database, "")
        .merge(("databases.remote_user.url", url))
        .merge(("databases.remote_user.connect_timeout", 10))
        .merge(("databases.remote_user.max_connections", 4));
    let app = Server::serve(application(figment).attach(RemoteUser::fairing()));
    let get = |name: &str| app.get("/me", &format!("Remote-User: ada\nRemote-Name: {name}"));
    let crowd = |name: &str| {
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(get(name).0, 200));
            }
        });
    };
    assert_eq!(get("primary").0, 200);
    let_write(&database, false);
    assert!(database.end_sessions() > 0);
    crowd("primary");

    let sessions = database.session_ids();
    let (status, body) = get("replica");
    assert!(status == 503 && body.to_lowercase().contains("in a read"), "{body}");
    eventually(|| !database.session_ids().iter().any(|id| sessions.contains(id)));
    crowd("primary");

    let_write(&database, true);
    let sessions = database.session_ids();
    assert!(!sessions.is_empty());
    let (status, body) = get("primary again");
    assert_eq!(status, 200, "{body}");
    eventually(|| !database.session_ids().iter().any(|id| sessions.contains(id)));

    if database.kind == Kind::MySql {
        database.sql("SET GLOBAL read_only = 1");
        let sessions = database.session_ids();
        let (status, body) = get("read_only");
        assert!(status == 503 && body.contains("--read-only"), "{body}");
        eventually(|| !database.session_ids().iter().any(|id| sessions.contains(id)));
        database.sql("SET GLOBAL read_only = 0");
        assert_eq!(get("read_only").0, 200);
    }
}

fn an_application_that_is_killed_under_load_leaves_nobody_half_there(database: Database) {
    let variables = [("ROCKET_REMOTE_USER", "{create_groups=true}"), ("ROCKET_LOG_LEVEL", "normal")];
    for _ in 0..2 {
        let app = Example::run("whoami", "remote_user", &database, &variables);
        assert_all_well(app.address, 0);
        let statuses = load(app.address);
        assert_eq!(statuses.iter().take(100).collect::<BTreeSet<_>>(), BTreeSet::from([200]));
        drop(app);
        let told: BTreeSet<_> = statuses.iter().take(2 * PEOPLE).collect();
        assert!(told.contains(&0) && told.is_subset(&BTreeSet::from([0, 200])), "{told:?}");
        assert_nobody_is_half_there(&database);
    }
}
