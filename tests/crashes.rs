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
use harness::{Database, application, figment};
use rocket_remote_user::RemoteUser;

on_every_server_of_its_own![
    a_server_that_is_restarted_between_two_requests_is_not_noticed,
    a_server_that_is_killed_under_load_leaves_nobody_half_there,
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
