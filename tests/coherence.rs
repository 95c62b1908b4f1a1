//! Every request sees every change that was committed before it came, whoever made it.
//!
//! Two instances answer requests while somebody changes the database by hand. Each answer must
//! be that of the database at some moment between the beginning and the end of its request.

mod harness;

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use harness::socket::Server;
use harness::{Database, application, figment};
use rocket::serde::json::{self, Value};
use rocket_remote_user::RemoteUser;

on_every_database![
    no_change_by_hand_is_seen_late_by_any_instance,
    changes_are_seen_late_where_answers_may_be_stale,
];

/// How often the database is changed.
const CHANGES: usize = 2_000;

const PEOPLE: [&str; 3] = ["ada", "bob", "cy"];

/// How many requests are on their way at a time, for each instance.
const CLIENTS: usize = 3;

/// What is stored of a person, as far as it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Person {
    is_inactive: bool,
    is_staff: bool,
    is_local: bool,
    has_group: bool,
}

type State = [Person; PEOPLE.len()];

/// The states of the database, one after the other, and how far it has come.
struct History {
    states: RwLock<Vec<State>>,
    /// How many changes were begun, and how many were committed.
    begun: AtomicUsize,
    committed: AtomicUsize,
    is_over: AtomicBool,
}

/// A linear congruential generator, so that a history can be repeated.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn serve(database: &Database, toml: &str) -> Server {
    let toml = format!("keep_local_groups = true\nlogin_interval = 31536000\n{toml}");
    let figment = figment(database, &toml).merge(("databases.remote_user.connect_timeout", 10));
    Server::serve(application(figment).attach(RemoteUser::fairing()))
}

/// Chooses the next change, and returns it as SQL: one commit.
fn change(chance: &mut Chance, state: &mut State) -> String {
    let at = chance.below(PEOPLE.len());
    let (person, name) = (&mut state[at], PEOPLE[at]);
    let of_person = format!("WHERE username = '{name}'");
    match chance.below(4) {
        0 | 1 => {
            person.is_inactive ^= true;
            format!("UPDATE remote_users SET is_active = NOT is_active {of_person}")
        }
        2 => {
            person.is_staff ^= true;
            format!("UPDATE remote_users SET is_staff = NOT is_staff {of_person}")
        }
        _ => {
            person.is_local ^= true;
            let user = format!("(SELECT id FROM remote_users {of_person})");
            let local = "(SELECT id FROM remote_groups WHERE name = 'local')";
            if person.is_local {
                format!("INSERT INTO remote_memberships (user_id, group_id) VALUES ({user}, {local})")
            } else {
                format!("DELETE FROM remote_memberships WHERE user_id = {user} AND group_id = {local}")
            }
        }
    }
}

/// Reads an answer back to what it says is stored.
fn read((status, body): (u16, String)) -> Option<Person> {
    if status == 403 {
        return None;
    }
    assert_eq!(status, 200, "{body}");
    let me: Value = json::from_str(&body).expect("JSON");
    let groups = me["groups"].as_array().expect("groups");
    Some(Person {
        is_inactive: false,
        is_staff: me["staff"] == true,
        is_local: groups.iter().any(|group| group == "local"),
        has_group: groups.iter().any(|group| group == "editors"),
    })
}

/// How many answers there were, and how many of them no moment of their request explains. On a
/// busy machine there are more `changes` than these, until there are a quarter as many answers.
fn run(database: &Database, toml: &str, changes: usize) -> (usize, usize) {
    let instances = [serve(database, toml), serve(database, toml)];
    database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('local')");
    let ask = |server: &Server, at: usize| {
        let headers = format!("Remote-User: {}\nRemote-Groups: editors", PEOPLE[at]);
        read(server.get("/me", &headers))
    };
    for at in 0..PEOPLE.len() {
        ask(&instances[0], at);
    }
    let first = [Person { has_group: true, ..Person::default() }; PEOPLE.len()];
    let history = History {
        states: RwLock::new(vec![first]),
        begun: AtomicUsize::new(0),
        committed: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
    };
    let (answers, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS * instances.len() {
            let (server, history, answers, late) =
                (&instances[client % instances.len()], &history, &answers, &late);
            let ask = &ask;
            scope.spawn(move || {
                let mut chance = Chance(client as u64);
                while !history.is_over.load(SeqCst) {
                    let at = chance.below(PEOPLE.len());
                    let from = history.committed.load(SeqCst);
                    let answer = ask(server, at);
                    let to = history.begun.load(SeqCst);
                    let states = history.states.read().expect("no panic");
                    let explains = |state: &State| match answer {
                        None => state[at].is_inactive,
                        Some(person) => state[at] == person,
                    };
                    answers.fetch_add(1, SeqCst);
                    if !states[from..=to].iter().any(explains) {
                        late.fetch_add(1, SeqCst);
                    }
                }
            });
        }
        let (mut chance, mut state) = (Chance(1_000), first);
        let is_enough = |made| made >= changes && answers.load(SeqCst) > changes / 4;
        for _ in (0..20 * changes).take_while(|made| !is_enough(*made)) {
            let sql = change(&mut chance, &mut state);
            history.states.write().expect("no panic").push(state);
            history.begun.fetch_add(1, SeqCst);
            database.sql(&sql);
            history.committed.fetch_add(1, SeqCst);
        }
        history.is_over.store(true, SeqCst);
    });
    (answers.into_inner(), late.into_inner())
}

fn no_change_by_hand_is_seen_late_by_any_instance(database: Database) {
    let (answers, late) = run(&database, "", CHANGES);
    assert!(answers > CHANGES / 4, "{answers} answers are too few to tell");
    assert_eq!(late, 0, "of {answers}");
}

/// Shows that the test above can tell.
fn changes_are_seen_late_where_answers_may_be_stale(database: Database) {
    let (answers, late) = run(&database, "cache.staleness = 250", CHANGES / 8);
    assert!(late > 0, "of {answers}");
}
