//! The settings of a pool are the ones that users of `rocket_db_pools` know.

mod harness;

use std::time::Instant;

use harness::log::Recording;
use harness::network::Network;
use harness::socket::Server;
use harness::{Database, application, eventually, figment};
use log::LevelFilter;
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;

on_every_server![
    no_more_connections_are_open_than_there_may_be,
    connections_that_there_must_be_are_open_from_the_start,
    a_connection_that_was_idle_for_too_long_is_closed,
    a_database_that_is_silent_stops_the_launch_in_the_time_to_connect,
];

mod logged {
    use crate::on_every_database;

    use super::statements_are_logged_where_rocket_logs_for_debugging;

    on_every_database![statements_are_logged_where_rocket_logs_for_debugging];
}

fn serve(database: &Database, setting: &str, value: u64) -> Server {
    let setting = (format!("databases.remote_user.{setting}"), value);
    Server::serve(application(figment(database, "").merge(setting)).attach(RemoteUser::fairing()))
}

fn crowd(server: &Server, people: usize) {
    std::thread::scope(|scope| {
        for person in 0..people {
            scope.spawn(move || {
                let (status, body) = server.get("/me", &format!("Remote-User: person{person}"));
                assert_eq!(status, 200, "{body}");
            });
        }
    });
}

fn no_more_connections_are_open_than_there_may_be(database: Database) {
    let _recording = Recording::start();
    let server = serve(&database, "max_connections", 3);
    for _ in 0..3 {
        crowd(&server, 30);
        assert!((1..=3).contains(&database.sessions()), "{}", database.sessions());
    }
}

fn connections_that_there_must_be_are_open_from_the_start(database: Database) {
    let _recording = Recording::start();
    let _server = serve(&database, "min_connections", 5);
    eventually(|| database.sessions() >= 5);
}

fn a_connection_that_was_idle_for_too_long_is_closed(database: Database) {
    let _recording = Recording::start();
    let server = serve(&database, "idle_timeout", 1);
    crowd(&server, 8);
    let before = database.session_ids();
    assert!(before.len() > 1, "{before:?}");
    eventually(|| {
        crowd(&server, 1);
        database.session_ids().iter().filter(|id| before.contains(id)).count() <= 1
    });
}

fn a_database_that_is_silent_stops_the_launch_in_the_time_to_connect(database: Database) {
    let _recording = Recording::start();
    let network = Network::to(&database);
    network.silence();
    let figment = figment(&database, "").merge(("databases.remote_user.url", network.url(&database)));
    let began = Instant::now();
    let launch = Client::untracked(application(figment).attach(RemoteUser::fairing()));
    assert_eq!(launch.map(|_| ()).expect_err("an abort").to_string(), "launch fairing(s) failed");
    assert!((2..5).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

fn statements_are_logged_where_rocket_logs_for_debugging(database: Database) {
    let recording = Recording::start();
    let cases = [
        ("", LevelFilter::Info, false),
        ("", LevelFilter::Warn, false),
        ("", LevelFilter::Trace, true),
        ("debug", LevelFilter::Trace, true),
        ("normal", LevelFilter::Trace, false),
    ];
    for (own, level, logs) in cases {
        let mut figment = figment(&database, "");
        if !own.is_empty() {
            figment = figment.merge(("databases.remote_user.log_level", own));
        }
        let rocket = application(figment).attach(RemoteUser::fairing());
        let client = Client::untracked(rocket).expect("a launch");
        // As Rocket's logger does, after all fairings ignited.
        recording.raise_to(level);
        recording.clear();
        let request = client.get("/me").remote(([127, 0, 0, 1], 9).into());
        request.header(Header::new("Remote-User", "ada")).dispatch();
        let lines = recording.lines_of("sqlx::query");
        assert_eq!(
            lines.iter().any(|line| line.contains("remote_users")),
            logs,
            "{own:?} {level}: {lines:?}"
        );
        recording.raise_to(LevelFilter::Info);
    }
}
