//! Where users are kept: the application's database, in any order of `attach`,
//! a pool in memory, a store of one's own.

mod harness;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use harness::launch::abort_by;
use harness::{App, Database, application, eventually, figment};
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket::{Build, Rocket, get, routes};
use rocket_db_pools::{Connection, Database as _};
use rocket_remote_user::policy::{Event, Policy};
use rocket_remote_user::store::{Plan, Planner, StoreError, Stored, UserKey, UserStore};
use rocket_remote_user::{Error, RemoteUser, RemoteUserFairing, SqlitePool};

on_every_database![
    the_tables_stand_beside_the_application_s_own_migrations,
    names_are_enough_to_write_rows_by_hand,
    the_sql_of_the_documentation_does_what_it_says,
    a_policy_hears_what_happened,
    a_person_is_created_once_however_many_requests_come_first,
];

#[derive(rocket_db_pools::Database)]
#[database("app")]
struct AppDatabase(SqlitePool);

fn get(client: &Client, path: &'static str, user: &'static str) -> (u16, String) {
    let request = client.get(path).remote(([127, 0, 0, 1], 9).into());
    let response = request.header(Header::new("Remote-User", user)).dispatch();
    (response.status().code, response.into_string().unwrap_or_default())
}

#[get("/typed")]
async fn typed(user: RemoteUser, mut db: Connection<AppDatabase>) -> String {
    let query = sqlx::query_scalar("SELECT username FROM remote_users WHERE id = ?").bind(user.id());
    query.fetch_one(&mut **db).await.expect("the user")
}

#[test]
fn the_database_of_the_application_serves_in_any_order_of_attach() {
    let fairing = || RemoteUser::fairing().database::<AppDatabase>();
    type Attach = fn(Rocket<Build>, RemoteUserFairing) -> Rocket<Build>;
    let orders: [Attach; 2] = [
        |rocket, fairing| rocket.attach(AppDatabase::init()).attach(fairing),
        |rocket, fairing| rocket.attach(fairing).attach(AppDatabase::init()),
    ];
    for attach in orders {
        let database = Database::new();
        let figment = figment(&database, "").merge(("databases.app.url", database.url()));
        let rocket = application(figment).mount("/", routes![typed]);
        let client = Client::untracked(attach(rocket, fairing())).expect("a launch");
        assert_eq!(get(&client, "/typed", "ada"), (200, "ada".into()));
        assert_eq!(database.sql("SELECT username FROM remote_users"), ["ada"]);
    }
}

fn the_tables_stand_beside_the_application_s_own_migrations(database: Database) {
    database.sql("CREATE TABLE notes (text VARCHAR(9))");
    database.sql("CREATE TABLE _sqlx_migrations (origin VARCHAR(20))");
    database.sql("INSERT INTO _sqlx_migrations VALUES ('the application')");
    for _ in 0..2 {
        let rocket = application(figment(&database, "")).attach(RemoteUser::fairing());
        let client = Client::untracked(rocket).expect("a launch");
        assert_eq!(get(&client, "/me", "ada").0, 200);
    }
    assert_eq!(database.sql("SELECT origin FROM _sqlx_migrations"), ["the application"]);
    assert_eq!(database.sql("SELECT version FROM _remote_user_migrations"), ["1", "2", "3", "4"]);
}

fn names_are_enough_to_write_rows_by_hand(database: Database) {
    let rocket = application(figment(&database, "")).attach(RemoteUser::fairing());
    let _client = Client::untracked(rocket).expect("a launch");
    database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    database.sql("INSERT INTO remote_groups (name) VALUES ('editors')");
    database.sql("INSERT INTO remote_memberships (user_id, group_id) VALUES (1, 1)");
    let user = "SELECT username FROM remote_users
                 WHERE name IS NULL AND email IS NULL AND is_active AND NOT is_staff AND NOT is_superuser
                   AND last_login_at IS NULL";
    assert_eq!(database.sql(user), ["ada"]);
    assert!((0..60).contains(&database.age("created_at")));
    assert_eq!(database.sql("SELECT source FROM remote_memberships"), ["local"]);
    database.try_sql("INSERT INTO remote_memberships VALUES (1, 1, 'else')").expect_err("a check");
    database.try_sql("INSERT INTO remote_users (username) VALUES ('ada')").expect_err("a unique name");
    database.try_sql("INSERT INTO remote_groups (name) VALUES ('editors')").expect_err("a unique name");
    database.sql("DELETE FROM remote_users");
    assert_eq!(database.dump(), ["group editors"]);
}

fn the_sql_of_the_documentation_does_what_it_says(database: Database) {
    let rocket = application(figment(&database, "create_users = false")).attach(RemoteUser::fairing());
    let client = Client::untracked(rocket).expect("a launch");
    let documentation = include_str!("../docs/schema.md");
    let (_, sql) = documentation.split_once("```sql\n").expect("a block of SQL");
    let (sql, _) = sql.split_once("```").expect("its end");
    let (sql, listing) = sql.split_once("-- Who is").expect("a listing");
    let (sql, out) = sql.split_once("-- Out").expect("a deactivation");
    database.sql(sql);
    let ada = "\"groups\":[\"editors\"]";
    assert!(get(&client, "/me", "ada").1.contains(ada));
    database.sql(&format!("-- Out{out}"));
    assert_eq!(get(&client, "/me", "ada"), (403, "the user is inactive".into()));
    assert_eq!(database.sql(&format!("-- Who is{listing}")), ["ada"]);
}

#[test]
fn the_pool_is_durable_and_strict() {
    let database = Database::new();
    let figment = figment(&database, "").merge(("databases.app.url", database.url()));
    let client = Client::untracked(
        application(figment)
            .mount("/", routes![pragmas])
            .attach(AppDatabase::init())
            .attach(RemoteUser::fairing().database::<AppDatabase>()),
    )
    .expect("a launch");
    assert_eq!(client.get("/pragmas").dispatch().into_string().as_deref(), Some("wal 1 5000 2"));
    let pool = AppDatabase::fetch(client.rocket()).expect("a pool");
    assert_eq!(pool.options().get_max_connections() as usize, 4 * client.rocket().config().workers);
}

#[get("/pragmas")]
async fn pragmas(mut db: Connection<AppDatabase>) -> String {
    let query = "SELECT journal_mode || ' ' || foreign_keys || ' ' || timeout || ' ' || synchronous
                   FROM pragma_journal_mode, pragma_foreign_keys, pragma_busy_timeout, pragma_synchronous";
    sqlx::query_scalar(query).fetch_one(&mut **db).await.expect("pragmas")
}

#[test]
fn a_database_in_memory_lasts_as_long_as_the_application() {
    let figment = figment(&Database::new(), "").merge(("databases.remote_user.url", "sqlite::memory:"));
    let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
    for (user, id) in [("ada", 1), ("bob", 2), ("ada", 1)] {
        let (status, body) = get(&client, "/me", user);
        assert_eq!(status, 200);
        assert!(body.contains(&format!("\"id\":{id},")), "{body}");
    }
}

#[test]
fn a_pool_that_cannot_be_stops_the_launch_without_a_panic_and_says_why() {
    let cases = [
        ("max_connections = 0", "`max_connections` is not in 1..=65535"),
        ("max_connections = 65536", "`max_connections` is not in 1..=65535"),
        ("connect_timeout = 2147484", "a timeout is longer than 2147483 seconds"),
        ("idle_timeout = 2147484", "a timeout is longer than 2147483 seconds"),
        ("extensions = ['spatialite']", "this pool loads no `extensions` of SQLite"),
    ];
    for (key, reason) in cases {
        let database = "[default.databases.remote_user]\nurl = '$URL'";
        let lines = abort_by(&format!("{database}\n{key}\n[default.remote_user]\ntrusted_proxies = ['::1']"));
        assert!(lines.iter().any(|line| line.contains(reason)), "{key}: {lines:?}");
    }
}

#[test]
fn the_mode_of_the_url_says_whether_a_missing_database_is_created() {
    for (mode, launches) in [("", true), ("?mode=rwc", true), ("?mode=rw", false)] {
        let database = Database::new();
        let url = database.url() + mode;
        let figment = figment(&database, "").merge(("databases.remote_user.url", url));
        let launch = Client::untracked(application(figment).attach(RemoteUser::fairing()));
        let launched = launch.map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(launched.is_ok(), launches, "{mode}: {launched:?}");
    }
}

/// A store that knows everybody as number 7, counts, and fails for `nobody`.
#[derive(Default)]
struct Counting {
    finds: AtomicUsize,
    updates: AtomicUsize,
}

struct Shared(Arc<Counting>);

/// Nobody, in a store in which all of `groups` exist.
fn existing(groups: &[&str]) -> Stored {
    Stored { groups: groups.iter().map(|group| group.to_string()).collect(), ..Stored::default() }
}

#[rocket::async_trait]
impl UserStore for Shared {
    async fn find(&self, key: &UserKey<'_>, groups: &[&str]) -> Result<Stored, StoreError> {
        self.0.finds.fetch_add(1, Relaxed);
        match key.username().as_str() {
            "nobody" => Err(StoreError::Other("the directory is down".into())),
            _ => Ok(existing(groups)),
        }
    }

    async fn update(&self, _: &UserKey<'_>, groups: &[&str], planner: &Planner<'_>) -> Result<Plan, Error> {
        self.0.updates.fetch_add(1, Relaxed);
        let mut plan = planner(existing(groups))?;
        plan.set_user_id(7);
        Ok(plan)
    }

    async fn usernames(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}

#[test]
fn a_store_of_one_s_own_is_asked_once_a_request() {
    let counting = Arc::new(Counting::default());
    let fairing = RemoteUser::fairing().store(Shared(counting.clone()));
    let client =
        Client::untracked(application(figment(&Database::new(), "")).attach(fairing)).expect("a launch");
    assert!(get(&client, "/me", "ada").1.contains("\"id\":7,"));
    assert_eq!((counting.finds.load(Relaxed), counting.updates.load(Relaxed)), (1, 1));
    assert_eq!(get(&client, "/twice", "ada").0, 403);
    assert_eq!((counting.finds.load(Relaxed), counting.updates.load(Relaxed)), (2, 2));
    let expected = (503, "the user store is out of reach: the directory is down".into());
    assert_eq!(get(&client, "/me", "nobody"), expected);
}

/// Keeps a line an event.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

#[rocket::async_trait]
impl Policy for Diary {
    async fn event(&self, event: Event<'_>) {
        let line = match event {
            Event::Created { user } => format!("created {} {}", user.id(), user.username()),
            Event::Changed { user, plan } => format!("changed {} {:?}", user.username(), plan.changes()),
            Event::Refused { peer, username, error, .. } => {
                format!("refused {username:?} {:?}: {error}", peer.map(|peer| peer.ip()))
            }
            _ => "another".into(),
        };
        self.0.lock().expect("the diary").push(line);
    }
}

fn a_policy_hears_what_happened(database: Database) {
    let diary = Diary::default();
    let fairing = RemoteUser::fairing().policy(diary.clone());
    let rocket = application(figment(&database, "denied_groups = ['banned']")).attach(fairing);
    let client = Client::untracked(rocket).expect("a launch");
    let get = |headers: &[(&'static str, &'static str)]| {
        let mut request = client.get("/me").remote(([127, 0, 0, 1], 9).into());
        for (name, value) in headers {
            request.add_header(Header::new(*name, *value));
        }
        request.dispatch();
    };
    let ada = ("Remote-User", "ada");
    get(&[ada]);
    get(&[ada]);
    database.sql("INSERT INTO remote_groups (name) VALUES ('editors')");
    get(&[ada, ("Remote-Groups", "editors")]);
    get(&[ada, ("Remote-Groups", "banned")]);
    get(&[ada, ada]);
    let expected = [
        "created 1 ada",
        "changed ada [Join({\"editors\"})]",
        "changed ada [Leave({\"editors\"})]",
        "refused Some(\"ada\") Some(127.0.0.1): the user is in one of `denied_groups`",
        "refused None Some(127.0.0.1): header `Remote-User` was sent more than once",
    ];
    assert_eq!(*diary.0.lock().expect("the diary"), expected);
}

fn a_person_is_created_once_however_many_requests_come_first(database: Database) {
    let diary = Diary::default();
    let fairing = RemoteUser::fairing().policy(diary.clone());
    let server = harness::socket::Server::serve(application(figment(&database, "")).attach(fairing));
    std::thread::scope(|scope| {
        let send = || server.get("/me", "Remote-User: ada").0;
        let requests: Vec<_> = (0..20).map(|_| scope.spawn(send)).collect();
        for request in requests {
            assert_eq!(request.join().expect("a response"), 200);
        }
    });
    assert_eq!(*diary.0.lock().expect("the diary"), ["created 1 ada"]);
}

on_every_database!(plans, Postgres, [groups_are_found_by_their_index]);

fn groups_are_found_by_their_index(database: Database) {
    let app = App::launch_on(database, "");
    app.database.sql("INSERT INTO remote_groups (name) SELECT 'group ' || n FROM generate_series(1, 5000) n");
    app.database.sql("ANALYZE remote_groups");
    for groups in ["group 7,group 8", "group 8,group 9", "group 9"] {
        app.groups("ada", groups);
    }
    let App { client, database } = app;
    // A session tells of its scans when it ends, at the latest.
    drop(client);
    let count = |column| {
        let count = database
            .sql(&format!("SELECT {column}::text FROM pg_stat_user_tables WHERE relname = 'remote_groups'"));
        count[0].parse::<u64>().expect("a number")
    };
    eventually(|| database.sessions() == 0 && count("idx_scan") >= 3);
    assert!(count("seq_tup_read") < 5_000, "{}", count("seq_tup_read"));
}
