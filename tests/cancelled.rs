//! A write that is cancelled on its way: no connection stays within a transaction, no row
//! stays locked, and the pool serves as many as ever.

mod harness;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use harness::{App, Database, Kind, application, eventually, figment};
use rocket::http::Method;
use rocket::local::blocking::Client;
use rocket::tokio::time::timeout;
use rocket::{get, post, routes};
use rocket_remote_user::{AuthSession, RemoteUser};

on_every_database![
    a_login_that_is_cancelled_anywhere_leaves_nothing_behind,
    a_login_that_waits_for_a_lock_and_is_cancelled_is_gone_with_the_lock,
    a_read_that_is_cancelled_anywhere_leaves_nothing_behind,
    a_launch_that_is_cancelled_anywhere_leaves_nothing_behind,
];

on_every_database!(waiting, Postgres, [a_login_that_still_waits_for_a_lock_gives_up_its_own]);

const ADA: (&str, &str) = ("Remote-User", "ada");
const CONNECTIONS: usize = 2;

/// Polls `it` as often, and then drops it. Returns whether it was over before.
async fn cancel_after<T>(polls: usize, it: impl Future<Output = T>) -> bool {
    let mut it = pin!(it);
    let mut polled = 0;
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(false);
        }
        polled += 1;
        it.as_mut().poll(context).map(|_| true)
    })
    .await
}

#[post("/login/<polls>")]
async fn login(polls: usize, user: RemoteUser, session: AuthSession<'_>) -> String {
    cancel_after(polls, session.login(&user, "password")).await.to_string()
}

#[post("/impatient")]
async fn impatient(user: RemoteUser, session: AuthSession<'_>) -> String {
    timeout(Duration::from_millis(100), session.login(&user, "password")).await.is_ok().to_string()
}

#[get("/find/<polls>")]
async fn find(polls: usize, session: AuthSession<'_>) -> String {
    cancel_after(polls, session.find_user("ada")).await.to_string()
}

fn launch(database: Database) -> App {
    let figment = figment(&database, "session = {}").merge(("databases.remote_user.connect_timeout", 20));
    launch_from(database, figment)
}

fn launch_from(database: Database, figment: rocket::figment::Figment) -> App {
    let figment = figment.merge(("databases.remote_user.max_connections", CONNECTIONS));
    let rocket = application(figment).mount("/", routes![login, impatient, find]);
    let client = Client::untracked(rocket.attach(RemoteUser::fairing())).expect("a launch");
    App { client, database }
}

fn post(app: &App, path: &str) -> bool {
    let reply = app.send(Method::Post, path, &[ADA], harness::PROXY);
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body == "true"
}

/// Waits until no connection is within a transaction but those of the test.
fn expect_no_transaction(database: &Database) {
    let sql = match database.kind {
        Kind::Sqlite => return,
        Kind::Postgres => {
            "SELECT pid::text FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        }
        Kind::MySql => {
            "SELECT CAST(trx_mysql_thread_id AS CHAR) FROM information_schema.innodb_trx
               JOIN information_schema.processlist ON id = trx_mysql_thread_id
              WHERE db = database() AND id <> connection_id()"
        }
    };
    eventually(|| database.sql(sql).is_empty());
}

/// Writes to the row of the user from another connection, which waits for no lock for long.
fn expect_no_lock(database: &Database) {
    let unlocked = "UPDATE remote_users SET email = 'a@b'";
    match database.kind {
        Kind::Sqlite => drop(database.sql(unlocked)),
        Kind::Postgres => drop(database.sql(&format!("SET lock_timeout = '10s'; {unlocked}"))),
        Kind::MySql => drop(database.sql(&format!("SET innodb_lock_wait_timeout = 10; {unlocked}"))),
    }
}

fn a_login_that_is_cancelled_anywhere_leaves_nothing_behind(database: Database) {
    let app = launch(database);
    app.me(&[ADA]);
    let mut cancelled = 0;
    for polls in (0..20).cycle().take(80) {
        cancelled += usize::from(!post(&app, &format!("/login/{polls}")));
        expect_no_transaction(&app.database);
        expect_no_lock(&app.database);
    }
    assert!(cancelled > 3 * CONNECTIONS, "logins were cancelled on their way: {cancelled}");
    assert!(post(&app, "/login/100000"));
    if app.database.kind != Kind::Sqlite {
        eventually(|| app.database.sessions() <= CONNECTIONS);
    }
}

fn a_login_that_waits_for_a_lock_and_is_cancelled_is_gone_with_the_lock(database: Database) {
    let app = launch(database);
    app.me(&[ADA]);
    let lock = app.database.lock();
    for _ in 0..3 * CONNECTIONS {
        assert!(!post(&app, "/impatient"));
    }
    lock.release();
    expect_no_lock(&app.database);
    expect_no_transaction(&app.database);
    eventually(|| post(&app, "/login/100000"));
    assert_eq!(app.database.sql("SELECT source FROM remote_sessions"), ["password"]);
}

fn a_login_that_still_waits_for_a_lock_gives_up_its_own(database: Database) {
    let app = launch(database);
    app.me(&[ADA]);
    let lock = app.database.lock_table("remote_sessions");
    for _ in 0..3 * CONNECTIONS {
        assert!(!post(&app, "/impatient"));
    }
    eventually(|| app.database.sessions() <= CONNECTIONS + 1);
    expect_no_lock(&app.database);
    lock.release();
    assert!(post(&app, "/login/100000"));
}

fn a_read_that_is_cancelled_anywhere_leaves_nothing_behind(database: Database) {
    let app = launch(database);
    app.me(&[ADA]);
    let mut polls = 0;
    while app.get(&format!("/find/{polls}"), &[]).body == "false" {
        polls += 1 + polls / 10;
        assert!(polls < 100_000, "a read is over at last");
    }
    assert!(polls > 0);
    if app.database.kind != Kind::Sqlite {
        eventually(|| app.database.sessions() <= CONNECTIONS);
    }
    app.me(&[ADA]);
}

fn a_launch_that_is_cancelled_anywhere_leaves_nothing_behind(database: Database) {
    let runtime = rocket::tokio::runtime::Runtime::new().expect("a runtime");
    let mut polls = 0;
    loop {
        let figment = figment(&database, "").merge(("databases.remote_user.connect_timeout", 20));
        let rocket = application(figment).attach(RemoteUser::fairing());
        // MySQL cannot undo half a migration, and the next launch says so.
        let launch = async { drop(rocket.ignite().await.map_err(|error| error.to_string())) };
        let is_over = runtime.block_on(cancel_after(polls, launch));
        expect_no_transaction(&database);
        if is_over {
            break;
        }
        polls += 1 + polls / 10;
        assert!(polls < 100_000, "a launch is over at last");
    }
    assert!(polls > 3, "a launch was cancelled on its way: {polls}");
    if database.kind == Kind::MySql {
        let free = "SELECT CAST(is_free_lock(concat('rocket_remote_user ', sha1(database()))) AS CHAR)";
        eventually(|| database.sql(free) == ["1"]);
    } else {
        expect_no_lock(&database);
        let made = database.sql("SELECT version FROM _remote_user_migrations").len();
        assert_eq!(made, database.migrations().len());
    }
}

#[test]
fn a_database_in_memory_outlives_a_login_that_is_cancelled() {
    for url in ["sqlite::memory:", "sqlite:cancelled?mode=memory", "sqlite://?mode=memory&cache=private"] {
        let database = Database::new();
        let figment = figment(&database, "session = {}")
            .merge(("databases.remote_user.connect_timeout", 20))
            .merge(("databases.remote_user.url", url));
        let app = launch_from(database, figment);
        let id = app.me(&[ADA])["id"].clone();
        let cancelled = (0..20).filter(|polls| !post(&app, &format!("/login/{polls}"))).count();
        assert!(cancelled > 0, "{url}");
        assert_eq!(app.me(&[ADA])["id"], id, "{url}");
        assert_eq!(app.me(&[("Remote-User", "bob")])["id"], 2, "{url}");
    }
}
