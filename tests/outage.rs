//! A database that is locked, read-only, full, failing or no longer the primary:
//! a clear error, nothing lost, and no restart needed.

mod harness;

use harness::log::Recording;
use harness::socket::Server;
use harness::{App, Database, Kind, application, eventually, figment};
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket_db_pools::{Connection, Database as _};
use rocket_remote_user::{RemoteUser, SqlitePool};

on_every_database![
    tables_that_are_locked_are_unavailable_for_writes_until_they_are_unlocked,
    a_failure_in_the_middle_of_a_sync_leaves_nothing_of_it,
    tables_that_are_gone_are_unavailable_until_they_are_back,
];

mod failover {
    use crate::on_every_server;

    use super::{
        a_server_that_has_left_its_cluster_is_left_and_read_once_more,
        a_server_that_takes_no_writes_is_left_with_every_connection_and_tried_once_more,
    };

    on_every_server![
        a_server_that_takes_no_writes_is_left_with_every_connection_and_tried_once_more,
        a_server_that_has_left_its_cluster_is_left_and_read_once_more,
    ];
}

const ADA: (&str, &str) = ("Remote-User", "ada");
const OUT_OF_REACH: &str = "the user store is out of reach: error returned from database: ";

#[derive(rocket_db_pools::Database)]
#[database("app")]
struct AppDatabase(SqlitePool);

/// An application with one connection, whose pragmas a test can set.
fn launch(database: &Database, query: &str) -> Client {
    let figment = figment(database, &format!("migrate = {}", query.is_empty()))
        .merge(("databases.app.url", database.url() + query))
        .merge(("databases.app.max_connections", 1))
        .merge(("databases.app.connect_timeout", 1));
    let fairing = RemoteUser::fairing().database::<AppDatabase>();
    let rocket = application(figment).mount("/", rocket::routes![set_pages, query_only]);
    Client::untracked(rocket.attach(AppDatabase::init()).attach(fairing)).expect("a launch")
}

fn get(client: &Client, path: &'static str, headers: &[(&'static str, &'static str)]) -> (u16, String) {
    let mut request = client.get(path).remote(([127, 0, 0, 1], 9).into());
    for (name, value) in headers {
        request.add_header(Header::new(*name, *value));
    }
    let response = request.dispatch();
    (response.status().code, response.into_string().unwrap_or_default())
}

fn unavailable(reason: &str) -> (u16, String) {
    (503, format!("{OUT_OF_REACH}{reason}"))
}

fn tables_that_are_locked_are_unavailable_for_writes_until_they_are_unlocked(database: Database) {
    let recording = Recording::start();
    let app = App::launch_on(database, "");
    app.me(&[ADA]);

    let lock = app.database.lock();
    recording.clear();
    let before = app.database.dump();
    let changed = [ADA, ("Remote-Name", "Ada")];
    let error = match app.database.kind {
        Kind::Sqlite => {
            "the user store is out of reach: error returned from database: (code: 5) database is locked"
        }
        _ => "the user store is out of reach: the database did not answer within 2s",
    };
    app.get("/me", &changed).is(503, error);
    let line = format!("Failed GET /me from 127.0.0.1 for \"ada\": {error}.");
    assert_eq!(recording.lines_of("rocket_remote_user"), [line]);
    app.get("/visitor", &changed).is(503, error);
    app.get("/optional", &changed).is(200, "none");
    app.get("/me", &[("Remote-User", "bob")]).is(503, error);
    app.get("/public", &changed).is(200, "public");
    app.me(&[ADA]);
    assert_eq!(app.database.dump(), before);

    lock.release();
    app.me(&changed);
    assert_eq!(app.database.sql("SELECT name FROM remote_users"), ["Ada"]);
}

#[test]
fn a_read_only_database_serves_whoever_is_unchanged() {
    let _recording = Recording::start();
    let database = Database::new();
    assert_eq!(get(&launch(&database, ""), "/me", &[ADA]).0, 200);

    let client = launch(&database, "?mode=ro");
    let before = database.dump();
    assert_eq!(get(&client, "/me", &[ADA]).0, 200);
    let reply = get(&client, "/me", &[("Remote-User", "bob")]);
    assert_eq!(reply, unavailable("(code: 8) attempt to write a readonly database"));
    assert_eq!(database.dump(), before);
}

#[test]
fn a_full_database_is_unavailable_for_writes_until_there_is_room() {
    let _recording = Recording::start();
    let database = Database::new();
    let client = launch(&database, "");
    assert_eq!(get(&client, "/me", &[ADA]).0, 200);

    assert_eq!(get(&client, "/pages/1", &[]).0, 200);
    let before = database.dump();
    let bob = "b".repeat(150).leak();
    let name = "n".repeat(300).leak();
    let mut people = 0;
    let reply = loop {
        let user = format!("{people}{}", &bob[10..]).leak();
        people += 1;
        assert!(people < 99, "the database fills up");
        match get(&client, "/me", &[("Remote-User", user), ("Remote-Name", name)]) {
            (200, _) => continue,
            reply => break reply,
        }
    };
    assert_eq!(reply, unavailable("(code: 13) database or disk is full"));
    assert_eq!(database.dump().len(), before.len() + people - 1, "nobody is half there");
    assert_eq!(get(&client, "/nobody", &[ADA]), (200, "ada".into()));

    assert_eq!(get(&client, "/pages/1000000", &[]).0, 200);
    assert_eq!(get(&client, "/me", &[("Remote-User", bob), ("Remote-Name", name)]).0, 200);
}

/// Sets how many pages the database may have, though never below what it has.
#[rocket::get("/pages/<pages>")]
async fn set_pages(pages: u32, mut connection: Connection<AppDatabase>) {
    let pragma = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    sqlx::query(pragma).execute(&mut **connection).await.expect("a pragma");
}

fn a_failure_in_the_middle_of_a_sync_leaves_nothing_of_it(database: Database) {
    let _recording = Recording::start();
    let app = App::launch_on(database, "create_groups = true");
    app.me(&[ADA, ("Remote-Groups", "old")]);
    let before = app.database.dump();
    let trigger = "CREATE TRIGGER broken BEFORE DELETE ON remote_memberships";
    app.database.sql(&match app.database.kind {
        Kind::Sqlite => format!("{trigger} BEGIN SELECT RAISE(ABORT, 'broken'); END"),
        Kind::Postgres => format!(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''broken''; END';
             {trigger} EXECUTE FUNCTION fail()"
        ),
        Kind::MySql => {
            format!("{trigger} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'broken'")
        }
    });
    let changed = [ADA, ("Remote-Groups", "new"), ("Remote-Name", "Ada"), ("Remote-Email", "a@b")];
    let reply = app.get("/me", &changed);
    assert_eq!(reply.status, 503);
    assert!(reply.body.starts_with(OUT_OF_REACH) && reply.body.contains(" broken"), "{reply:?}");
    assert_eq!(app.database.dump(), before);

    app.database.sql(match app.database.kind {
        Kind::Postgres => "DROP TRIGGER broken ON remote_memberships",
        _ => "DROP TRIGGER broken",
    });
    let me = app.me(&changed);
    assert_eq!((&me["name"], me["groups"].to_string()), (&"Ada".into(), r#"["new"]"#.into()));
}

fn tables_that_are_gone_are_unavailable_until_they_are_back(database: Database) {
    let _recording = Recording::start();
    let app = App::launch_on(database, "");
    app.me(&[ADA]);
    app.database.sql("ALTER TABLE remote_users RENAME TO elsewhere");
    let reply = app.get("/me", &[ADA]);
    assert!(reply.status == 503 && reply.body.starts_with(OUT_OF_REACH), "{reply:?}");
    assert!(reply.body.contains("remote_users"), "{reply:?}");
    app.get("/nobody", &[]).is(200, "nobody");
    app.database.sql("ALTER TABLE elsewhere RENAME TO remote_users");
    assert_eq!(app.me(&[ADA])["id"], 1);
}

/// Makes the next writes to users fail as those to a replica do, with each of the errors of
/// servers that take none, so many times.
fn refuse_writes(database: &Database, code: &str, times: usize) {
    database.sql(&match database.kind {
        Kind::Sqlite => unreachable!("it has no servers"),
        Kind::Postgres => format!(
            "CREATE SEQUENCE tries;
             CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               IF nextval('tries') <= {times} THEN RAISE 'read-only' USING ERRCODE = '{code}'; END IF;
               RETURN NEW;
             END $$;
             CREATE TRIGGER refuse BEFORE UPDATE ON remote_users FOR EACH ROW EXECUTE FUNCTION refuse()"
        ),
        Kind::MySql => format!(
            "CREATE SEQUENCE tries;
             CREATE TRIGGER refuse BEFORE UPDATE ON remote_users FOR EACH ROW
               IF nextval(tries) <= {times} THEN
                 SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = 'read-only';
               END IF"
        ),
    });
}

fn accept_writes(database: &Database) {
    database.sql(match database.kind {
        Kind::Postgres => "DROP TRIGGER refuse ON remote_users; DROP FUNCTION refuse; DROP SEQUENCE tries",
        _ => "DROP TRIGGER refuse; DROP SEQUENCE tries",
    });
}

fn a_server_that_takes_no_writes_is_left_with_every_connection_and_tried_once_more(database: Database) {
    let _recording = Recording::start();
    let figment = figment(&database, "").merge(("databases.remote_user.connect_timeout", 20));
    let figment = figment.merge(("databases.remote_user.max_connections", 4));
    let server = Server::serve(application(figment).attach(RemoteUser::fairing()));
    let get = |headers: &str| server.get("/me", &format!("Remote-User: ada\n{headers}"));
    let codes: &[&str] =
        if database.kind == Kind::Postgres { &["25006"] } else { &["1047", "1290", "1792", "1836"] };
    for code in codes {
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(get("").0, 200));
            }
        });
        let before = database.session_ids();
        refuse_writes(&database, code, 1);
        let (status, body) = get(&format!("Remote-Name: {code}"));
        assert_eq!(status, 200, "{code}: {body}");
        eventually(|| !database.session_ids().iter().any(|id| before.contains(id)));
        accept_writes(&database);

        let before = database.session_ids();
        refuse_writes(&database, code, 2);
        let (status, body) = get(&format!("Remote-Name: not {code}"));
        assert!(status == 503 && body.starts_with(OUT_OF_REACH) && body.contains("read-only"), "{body}");
        eventually(|| !database.session_ids().iter().any(|id| before.contains(id)));
        accept_writes(&database);
        assert_eq!(database.sql("SELECT name FROM remote_users"), [*code]);
    }
}

fn a_server_that_has_left_its_cluster_is_left_and_read_once_more(database: Database) {
    let _recording = Recording::start();
    let figment = figment(&database, "cache = false").merge(("databases.remote_user.connect_timeout", 20));
    let figment = figment.merge(("databases.remote_user.max_connections", 4));
    let server = Server::serve(application(figment).attach(RemoteUser::fairing()));
    let get = || server.get("/me", "Remote-User: ada");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(get().0, 200));
        }
    });
    let before = database.session_ids();
    let refuse = match database.kind {
        Kind::Postgres => {
            "CREATE FUNCTION refuse() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
               IF nextval('tries') = 1 THEN RAISE 'no part' USING ERRCODE = '25006'; END IF;
               RETURN TRUE;
             END $$"
        }
        _ => {
            "CREATE FUNCTION refuse() RETURNS INTEGER BEGIN
               IF nextval(tries) = 1 THEN
                 SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1047, MESSAGE_TEXT = 'no part';
               END IF;
               RETURN 1;
             END"
        }
    };
    database.sql("CREATE SEQUENCE tries");
    database.sql(refuse);
    database.sql("ALTER TABLE remote_users RENAME TO people");
    let condition = if database.kind == Kind::Postgres { "refuse()" } else { "refuse() = 1" };
    database.sql(&format!("CREATE VIEW remote_users AS SELECT * FROM people WHERE {condition}"));
    let (status, body) = get();
    assert_eq!(status, 200, "{body}");
    let next = if database.kind == Kind::Postgres { "nextval('tries')::text" } else { "nextval(tries)" };
    let tries = database.sql(&format!("SELECT {next}"))[0].parse::<u32>().expect("a number");
    assert!(tries > 2, "it was refused once, and asked once more");
    eventually(|| !database.session_ids().iter().any(|id| before.contains(id)));
}

#[test]
fn a_connection_to_sqlite_that_cannot_write_is_replaced() {
    let _recording = Recording::start();
    let database = Database::new();
    let client = launch(&database, "");
    assert_eq!(get(&client, "/me", &[ADA]).0, 200);
    assert_eq!(get(&client, "/query-only", &[]).0, 200);
    assert_eq!(get(&client, "/me", &[ADA, ("Remote-Name", "Ada")]).0, 200);
    assert_eq!(database.sql("SELECT name FROM remote_users"), ["Ada"]);
}

/// Lets the only connection read and not write.
#[rocket::get("/query-only")]
async fn query_only(mut connection: Connection<AppDatabase>) {
    sqlx::query("PRAGMA query_only = ON").execute(&mut **connection).await.expect("a pragma");
}
