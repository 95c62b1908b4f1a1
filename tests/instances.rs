//! Several instances of an application behind HAProxy, on one PostgreSQL.

mod harness;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use harness::balancer::Balancer;
use harness::process::Example;
use harness::socket::try_ask;
use harness::{Database, Kind, eventually};

const PEOPLE: usize = 60;
const REQUESTS: usize = 600;
const CLIENTS: usize = 12;

/// A request for whoever is next, and what came of it.
struct Asked {
    after_the_kill: bool,
    status: String,
    instance: Option<String>,
}

#[test]
fn one_of_three_instances_is_killed_and_only_its_connections_fail() {
    let Some(database) = Database::on(Kind::Postgres) else { return };
    let variables = [("ROCKET_REMOTE_USER", "{create_groups=true}")];
    let run = || Example::run("whoami", "remote_user", &database, &variables);
    let mut instances: Vec<Example> =
        thread::scope(|scope| [0, 1, 2].map(|_| scope.spawn(run)).map(|run| run.join().expect("it")).into());
    let addresses: Vec<_> = instances.iter().map(|instance| instance.address).collect();
    let Some(balancer) = Balancer::start(&addresses) else { return };

    let (next, killed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let asked: Mutex<Vec<Asked>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let take = || Some(next.fetch_add(1, SeqCst)).filter(|number| *number < REQUESTS);
                while let Some(number) = take() {
                    let after_the_kill = killed.load(SeqCst);
                    // Each person comes to all instances, one right after the other.
                    let person = number / 3 % PEOPLE;
                    let headers =
                        format!("Remote-User: person{person}\r\nRemote-Groups: all,of {}", person % 7);
                    let response = try_ask(balancer.address, "/me", &headers).expect("a response");
                    let instance = response.lines().find_map(|line| line.strip_prefix("x-instance: "));
                    let (status, instance) = (response[9..12].to_owned(), instance.map(String::from));
                    asked.lock().expect("the list").push(Asked { after_the_kill, status, instance });
                }
            });
        }
        eventually(|| {
            thread::yield_now();
            next.load(SeqCst) >= REQUESTS / 2
        });
        drop(instances.pop());
        killed.store(true, SeqCst);
    });

    let asked = asked.into_inner().expect("the list");
    let instances: BTreeSet<_> = asked.iter().filter_map(|asked| asked.instance.as_deref()).collect();
    assert_eq!(instances, BTreeSet::from(["instance0", "instance1", "instance2"]));
    let failed: Vec<_> = asked.iter().filter(|asked| asked.status != "200").collect();
    assert!(failed.len() <= CLIENTS, "{} requests failed", failed.len());
    for failed in failed {
        assert_eq!((failed.after_the_kill, failed.status.as_str()), (false, "502"));
        assert_eq!(failed.instance.as_deref(), Some("instance2"));
    }
    let people = database.people();
    assert_eq!(people.len(), PEOPLE);
    for (person, (_, groups)) in people {
        let number: usize = person.trim_start_matches("person").parse().expect("a number");
        assert_eq!(groups, BTreeSet::from(["all".into(), format!("of {}", number % 7)]));
    }
}
