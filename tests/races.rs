//! Requests at the same time, on at least eight connections.

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;

use harness::log::Recording;
use harness::socket::Server;
use harness::{Database, application, figment};
use rocket::serde::json::{self, Value};
use rocket_remote_user::RemoteUser;

on_every_database![
    two_hundred_first_requests_of_one_person_are_two_hundred_successes_and_one_row,
    changing_groups_of_many_people_end_as_some_serial_order_explains,
    whoever_is_deactivated_under_load_is_refused_from_then_on,
    instances_that_launch_at_once_on_a_new_database_all_succeed,
];

const REQUESTS: usize = 200;

fn serve(database: &Database) -> Server {
    let figment = figment(database, "create_groups = true")
        .merge(("databases.remote_user.connect_timeout", 10))
        .merge(("databases.remote_user.max_connections", 12));
    Server::serve(application(figment).attach(RemoteUser::fairing()))
}

fn two_hundred_first_requests_of_one_person_are_two_hundred_successes_and_one_row(database: Database) {
    let server = serve(&database);
    let ids: BTreeSet<String> = std::thread::scope(|scope| {
        let send = || server.get("/me", "Remote-User: ada\nRemote-Name: Ada\nRemote-Groups: a,b,c");
        let sent: Vec<_> = (0..REQUESTS).map(|_| scope.spawn(send)).collect();
        let replies = sent.into_iter().map(|reply| reply.join().expect("a reply"));
        let me = replies.map(|(status, body)| {
            assert_eq!(status, 200, "{body}");
            let me: Value = json::from_str(&body).expect("JSON");
            assert_eq!(me["groups"].to_string(), r#"["a","b","c"]"#);
            me["id"].to_string()
        });
        me.collect()
    });
    assert_eq!(database.sql("SELECT id FROM remote_users"), Vec::from_iter(ids));
    assert_eq!(database.sql("SELECT name FROM remote_groups ORDER BY name"), ["a", "b", "c"]);
    assert_eq!(database.sql("SELECT count(*) FROM remote_memberships"), ["3"]);
}

/// A request that was answered, and when it began and ended.
struct Answered {
    person: String,
    name: String,
    groups: BTreeSet<String>,
    began: usize,
    ended: usize,
}

fn changing_groups_of_many_people_end_as_some_serial_order_explains(database: Database) {
    const PEOPLE: usize = 50;
    let server = serve(&database);
    let clock = AtomicUsize::new(0);
    let send = |request: usize| {
        let person = format!("person{}", request * 7 % PEOPLE);
        let name = format!("name{request}");
        let groups = BTreeSet::from([0, 1, 2].map(|n| format!("group{}", (request * 13 + n * 5) % 17)));
        let listed = Vec::from_iter(groups.iter().map(String::as_str)).join(",");
        let began = clock.fetch_add(1, SeqCst);
        let (status, body) = server
            .get("/me", &format!("Remote-User: {person}\nRemote-Name: {name}\nRemote-Groups: {listed}"));
        let ended = clock.fetch_add(1, SeqCst);
        assert_eq!(status, 200, "{body}");
        let me: Value = json::from_str(&body).expect("JSON");
        assert_eq!((&me["name"], &me["groups"]), (&name.as_str().into(), &json::json!(groups)));
        Answered { person, name, groups, began, ended }
    };
    let answered: Vec<_> = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..REQUESTS).map(|request| scope.spawn(move || send(request))).collect();
        sent.into_iter().map(|reply| reply.join().expect("a reply")).collect()
    });
    let people = database.people();
    assert_eq!(people.len(), PEOPLE);
    let mut requests: BTreeMap<&str, Vec<&Answered>> = BTreeMap::new();
    for request in &answered {
        requests.entry(&request.person).or_default().push(request);
    }
    for (person, (name, groups)) in &people {
        let requests = &requests[person.as_str()];
        let last = requests.iter().find(|request| Some(&request.name) == name.as_ref());
        let last = last.unwrap_or_else(|| panic!("nobody said that {person} is {name:?}"));
        assert_eq!(groups, &last.groups, "{person} is a mixture");
        let undone = requests.iter().find(|later| later.began > last.ended);
        assert!(undone.is_none(), "a request of {person} is undone by one that had ended before it began");
    }
}

fn whoever_is_deactivated_under_load_is_refused_from_then_on(database: Database) {
    let server = serve(&database);
    let (answer, answers) = mpsc::channel();
    let deactivated = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for client in 0..16 {
            let (answer, deactivated, server) = (answer.clone(), &deactivated, &server);
            scope.spawn(move || {
                for round in 0.. {
                    let began = deactivated.load(SeqCst);
                    let groups = (client + round) % 3;
                    let headers = format!("Remote-User: ada\nRemote-Groups: group{groups}");
                    if answer.send((began, server.get("/me", &headers))).is_err() {
                        return;
                    }
                }
            });
        }
        for (_, (status, body)) in answers.iter().take(64) {
            assert_eq!(status, 200, "{body}");
        }
        database.sql("UPDATE remote_users SET is_active = FALSE");
        deactivated.store(1, SeqCst);
        let mut refused = 0;
        for (began, (status, body)) in &answers {
            match (began, status) {
                (_, 403) => refused += 1,
                (0, 200) => {}
                _ => panic!("{status}: {body}"),
            }
            if refused == 64 {
                break;
            }
        }
        drop(answers);
    });
}

fn instances_that_launch_at_once_on_a_new_database_all_succeed(database: Database) {
    let recording = Recording::start();
    std::thread::scope(|scope| {
        let launch = || serve(&database).get("/me", "Remote-User: ada").0;
        let instances: Vec<_> = (0..4).map(|_| scope.spawn(launch)).collect();
        for instance in instances {
            assert_eq!(instance.join().expect("a launch"), 200);
        }
    });
    assert_eq!(database.sql("SELECT username FROM remote_users"), ["ada"]);
    assert_eq!(database.sql("SELECT count(*) FROM _remote_user_migrations WHERE success"), ["4"]);
    let caches: Vec<_> = recording.lines().into_iter().filter(|line| line.starts_with("cache: ")).collect();
    // Other tests may launch at the same time.
    let is_kept = |line: &String| line == "cache: 10000 users, never stale";
    assert!(caches.len() >= 4 && caches.iter().all(is_kept), "{caches:?}");
}
