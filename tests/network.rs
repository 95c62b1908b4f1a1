//! The network to the database, or a session, fails: nobody waits for ever,
//! nothing is half done, and the application recovers by itself.

mod harness;

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use harness::network::Network;
use harness::socket::Server;
use harness::{Database, Reply, application, figment};
use rocket_remote_user::RemoteUser;

on_every_server![
    an_unchanged_user_is_one_exchange_with_the_server,
    connections_that_were_cut_are_replaced_and_nobody_notices,
    sessions_that_were_ended_are_replaced_and_nobody_notices,
    a_network_that_is_silent_is_an_error_in_time_and_forgotten_afterwards,
    a_network_that_is_cut_is_an_error_in_time_and_forgotten_afterwards,
    load_goes_through_cuts_and_silences_and_leaves_nobody_half_there,
];

const OUT_OF_REACH: &str = "the user store is out of reach: ";

/// Long enough to connect anew on a busy machine.
const PATIENT: u64 = 10;

/// Short enough to await.
const IMPATIENT: u64 = 3;

/// How long a request may take that waits for a connection, and for an answer.
const LIMIT: Duration = Duration::from_secs(2 * IMPATIENT + 1);

fn serve(database: &Database, network: &Network, connect_timeout: u64) -> Server {
    let figment = figment(database, "create_groups = true")
        .merge(("databases.remote_user.url", network.url(database)))
        .merge(("databases.remote_user.connect_timeout", connect_timeout))
        .merge(("databases.remote_user.max_connections", 8));
    Server::serve(application(figment).attach(RemoteUser::fairing()))
}

/// Sends as many requests at once, each by its own person, of that round.
fn crowd(server: &Server, people: usize, round: usize) -> Vec<Reply> {
    std::thread::scope(|scope| {
        let send = |person: usize| {
            let headers = format!(
                "Remote-User: person{person}\nRemote-Name: {round}\nRemote-Groups: all,{round},of {round}"
            );
            let (status, body) = server.get("/me", &headers);
            Reply { status, body }
        };
        let sent: Vec<_> = (0..people).map(|person| scope.spawn(move || send(person))).collect();
        sent.into_iter().map(|reply| reply.join().expect("a reply")).collect()
    })
}

/// Checks that what is remembered of each person is of one round.
fn assert_nobody_is_half_there(database: &Database) {
    for (username, (name, groups)) in database.people() {
        let round = name.unwrap_or_else(|| panic!("{username} has no name"));
        assert_eq!(groups, BTreeSet::from(["all".into(), format!("of {round}"), round]), "{username}");
    }
}

fn assert_all_well(replies: &[Reply]) {
    for reply in replies {
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

fn an_unchanged_user_is_one_exchange_with_the_server(database: Database) {
    let network = Network::to(&database);
    let server = serve(&database, &network, PATIENT);
    for _created_and_kept_and_confirmed in 0..3 {
        assert_all_well(&crowd(&server, 1, 0));
    }
    for _ in 0..3 {
        let before = network.bursts();
        assert_all_well(&crowd(&server, 1, 0));
        assert_eq!(network.bursts() - before, 1);
    }
}

fn connections_that_were_cut_are_replaced_and_nobody_notices(database: Database) {
    let network = Network::to(&database);
    let server = serve(&database, &network, PATIENT);
    for round in [0, 0, 1, 1] {
        assert_all_well(&crowd(&server, 16, round));
        network.cut();
        network.restore();
    }
    assert_all_well(&crowd(&server, 16, 1));
}

fn sessions_that_were_ended_are_replaced_and_nobody_notices(database: Database) {
    let network = Network::to(&database);
    let server = serve(&database, &network, PATIENT);
    for round in [0, 0, 1, 1] {
        assert_all_well(&crowd(&server, 16, round));
        assert!(database.end_sessions() > 0);
    }
    assert_all_well(&crowd(&server, 16, 1));
}

fn a_network_that_is_silent_is_an_error_in_time_and_forgotten_afterwards(database: Database) {
    let network = Network::to(&database);
    let server = serve(&database, &network, IMPATIENT);
    assert_all_well(&crowd(&server, 16, 0));
    network.silence();
    for round in [0, 1] {
        let began = Instant::now();
        for reply in crowd(&server, 16, round) {
            let reason = reply.body.strip_prefix(OUT_OF_REACH).expect(&reply.body);
            let reasons = [
                "the database did not answer within 3s",
                "pool timed out while waiting for an open connection",
            ];
            assert!(reply.status == 503 && reasons.contains(&reason), "{reply:?}");
        }
        assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    }
    network.restore();
    let began = Instant::now();
    assert_all_well(&crowd(&server, 16, 1));
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
}

fn a_network_that_is_cut_is_an_error_in_time_and_forgotten_afterwards(database: Database) {
    let network = Network::to(&database);
    let server = serve(&database, &network, IMPATIENT);
    assert_all_well(&crowd(&server, 16, 0));
    network.cut();
    let began = Instant::now();
    for reply in crowd(&server, 16, 1) {
        assert!(reply.status == 503 && reply.body.starts_with(OUT_OF_REACH), "{reply:?}");
    }
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    network.restore();
    assert_all_well(&crowd(&server, 16, 1));
}

fn load_goes_through_cuts_and_silences_and_leaves_nobody_half_there(database: Database) {
    let network = Network::to(&database);
    let server = serve(&database, &network, IMPATIENT);
    let (reply, replies) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                for told in crowd(&server, 16, round).into_iter().map(|told| reply.send(told)) {
                    if told.is_err() {
                        return;
                    }
                }
            }
        });
        let hear = |count| {
            for reply in replies.iter().take(count) {
                assert!(reply.status == 200 || reply.status == 503, "{reply:?}");
            }
        };
        hear(64);
        for fail in [Network::cut, Network::silence, Network::cut] {
            fail(&network);
            hear(32);
            network.restore();
            hear(64);
        }
        drop(replies);
    });
    assert_nobody_is_half_there(&database);
    assert_all_well(&crowd(&server, 16, 0));
}
