//! Each pool is one that `#[derive(Database)]` takes, and dereferences to
//! sqlx's own. What a launch says of a database that is not there, and whose
//! the files of one are.

mod harness;

use std::time::{Duration, Instant};

use harness::log::Recording;
use harness::network::Network;
use harness::{Database, Kind, eventually};
use rocket::figment::Figment;
use rocket::local::blocking::Client;
use rocket_db_pools::{Connection, Database as _, Pool};
use rocket_remote_user::{MySqlPool, PgPool, SqlitePool};

macro_rules! a_pool_for_typed_queries {
    ($feature:literal, $pool:ident, $database:ident, $test:ident) => {
        #[cfg(feature = $feature)]
        #[derive(rocket_db_pools::Database)]
        #[database($feature)]
        struct $database(rocket_remote_user::$pool);

        #[allow(dead_code)]
        #[cfg(feature = $feature)]
        #[rocket::get("/")]
        async fn $test(database: &$database, mut connection: Connection<$database>) -> Option<String> {
            let pool: &sqlx::$pool = database;
            let one = sqlx::query("SELECT 1").fetch_one(pool).await.ok()?;
            let two = sqlx::query("SELECT 2").fetch_one(&mut **connection).await.ok()?;
            Some(format!("{} {}", sqlx::Row::len(&one), sqlx::Row::len(&two)))
        }
    };
}

a_pool_for_typed_queries!("sqlite", SqlitePool, InSqlite, query_sqlite);
a_pool_for_typed_queries!("postgres", PgPool, InPostgres, query_postgres);
a_pool_for_typed_queries!("mysql", MySqlPool, InMySql, query_mysql);

#[cfg(feature = "sqlite")]
#[test]
fn a_sqlite_pool_serves_typed_queries() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite:{}", directory.path().join("typed.sqlite").display());
    let figment = rocket::Config::figment().merge(("databases.sqlite.url", url));
    let rocket = rocket::custom(figment).attach(InSqlite::init()).mount("/", rocket::routes![query_sqlite]);
    let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
    assert_eq!(client.get("/").dispatch().into_string().as_deref(), Some("1 1"));
}

#[cfg(unix)]
#[test]
fn the_files_of_a_new_database_are_private_and_those_of_an_old_one_stay_and_are_told_of() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &str| std::fs::metadata(path).map(|it| it.permissions().mode() & 0o777).ok();
    let set_mode = |path: &str, mode| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("to set a mode");
    };
    let recording = Recording::start();
    for query in ["", "?mode=rwc", "?mode=%72wc", "?m%6fde=rwc", "?mode=rw&mode=rwc"] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let folder = directory.path().to_str().expect("a path");
        let file = format!("{folder}/a b.sqlite");
        let files = || ["", "-wal", "-shm"].map(|suffix| mode(&format!("{file}{suffix}")));
        for url in [format!("sqlite:{folder}/a%20b.sqlite{query}"), format!("sqlite://{file}{query}")] {
            recording.clear();
            let client = launch_sqlite(&url).expect("a launch");
            assert_eq!(files(), [Some(0o600); 3], "{url}");
            drop(client);
        }

        let launch = || {
            eventually(|| files()[1].is_none());
            recording.clear();
            drop(launch_sqlite(&format!("sqlite:{file}{query}")).expect("a launch"));
        };
        set_mode(folder, 0o700);
        set_mode(&file, 0o644);
        launch();
        assert_eq!(mode(&file), Some(0o644));
        let told = || recording.lines_of("rocket_remote_user::store::pool");
        assert_eq!(told(), [""; 0], "nobody else gets to the folder");

        set_mode(folder, 0o755);
        let path = directory.path().canonicalize().expect("a path").display().to_string();
        for (mode, what) in [(0o640, None), (0o644, Some("read")), (0o606, Some("change"))] {
            set_mode(&file, mode);
            launch();
            let expected = what.map(|what| {
                [
                    format!("Everybody on this machine can {what} the database file `{path}/a b.sqlite`."),
                    "Keep it to the user of this application: `chmod 600`".into(),
                ]
            });
            assert_eq!(told(), expected.into_iter().flatten().collect::<Vec<_>>(), "{mode:o}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_database_that_is_missing_makes_a_private_one() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let directory = tempfile::tempdir().expect("a temporary directory");
    let (link, file) = (directory.path().join("link"), directory.path().join("file"));
    symlink(&file, &link).expect("a link");
    drop(launch_sqlite(&format!("sqlite:{}", link.display())).expect("a launch"));
    assert_eq!(std::fs::metadata(file).expect("a file").permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_mode_that_creates_nothing_leaves_no_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("users.sqlite").display().to_string();
    for mode in ["rw", "ro"] {
        let error = format!("the database at `{file}` cannot be used: unable to open database file (14)");
        assert_eq!(launch_sqlite(&format!("sqlite:{file}?mode={mode}")).map(drop), Err(told(&error)));
    }
    launch_sqlite(&format!("sqlite:{file}?mode=memory")).map(drop).expect("a launch");
    assert_eq!(directory.path().read_dir().expect("a folder").count(), 0);
}

/// What Rocket logs of a pool that cannot be.
fn told(error: &str) -> Vec<String> {
    vec![format!("failed to initialize database: {error}")]
}

/// Launches with a database of that URL, or returns what is logged.
fn launch_sqlite(url: &str) -> Result<Client, Vec<String>> {
    harness::log::install();
    let figment = Figment::from(rocket::Config::debug_default()).merge(("databases.sqlite.url", url));
    let figment = figment.merge(("databases.sqlite.connect_timeout", 2));
    let rocket = rocket::custom(figment).attach(InSqlite::init()).mount("/", rocket::routes![query_sqlite]);
    let runtime_error = |_| vec![open(Kind::Sqlite, url, 2).expect_err("an error again")];
    Client::untracked(rocket).map_err(|error| runtime_error(error.to_string()))
}

/// Opens a pool for `url`, or says why it cannot.
fn open(kind: Kind, url: &str, connect_timeout: u64) -> Result<(), String> {
    let figment = Figment::from(("url", url)).merge(("max_connections", 2));
    let figment = figment.merge(("connect_timeout", connect_timeout));
    let runtime = rocket::tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        match kind {
            Kind::Sqlite => SqlitePool::init(&figment).await.map(drop).map_err(|e| e.to_string()),
            Kind::Postgres => PgPool::init(&figment).await.map(drop).map_err(|e| e.to_string()),
            Kind::MySql => MySqlPool::init(&figment).await.map(drop).map_err(|e| e.to_string()),
        }
    })
}

#[test]
fn a_server_that_is_not_there_is_told_with_its_place_and_without_the_password() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    let refuses = "refuses connections, so it may not be running; it was tried for 1s";
    let unknown = "cannot be reached: failed to lookup address information";
    for (kind, scheme, default_port) in [(Kind::Postgres, "postgres", 5432), (Kind::MySql, "mysql", 3306)] {
        let cases = [
            (format!("127.0.0.1:{port}"), format!("127.0.0.1:{port} {refuses}")),
            ("nowhere.invalid".into(), format!("nowhere.invalid:{default_port} {unknown}")),
            (format!("[::1]:{port}"), format!("[::1]:{port} ")),
        ];
        for (host, expected) in cases {
            let began = Instant::now();
            let error = open(kind, &format!("{scheme}://ada:s3cret@{host}/app"), 1).expect_err("no server");
            let expected = format!("failed to initialize database: the database at {expected}");
            assert!(error.starts_with(&expected) && error.ends_with("; it was tried for 1s"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
            assert!(began.elapsed() > Duration::from_millis(900), "it was not waited for");
        }
    }
}

on_every_server![
    a_server_that_refuses_is_told_with_its_answer_and_not_waited_for,
    a_server_that_comes_up_in_time_is_launched_on,
    a_server_that_says_nothing_is_told,
    a_server_that_has_too_many_connections_is_waited_for_and_told,
];

fn a_server_that_refuses_is_told_with_its_answer_and_not_waited_for(database: Database) {
    let url = database.url();
    let authority = url.split('/').nth(2).expect("an authority");
    let (login, place) = authority.rsplit_once('@').expect("a user");
    let user = login.split(':').next().expect("a user");
    let name = url.rsplit('/').next().expect("a name").split('?').next().expect("a name");
    let place = place.to_owned();
    let wrong_password = url.replacen(login, &format!("{user}:s3cret"), 1);
    let wrong_database = url.replacen(name, "nowhere", 1);
    let cases = match database.kind {
        Kind::Postgres => [
            (
                wrong_password,
                format!(
                    "the database at {place} does not let this user in: password authentication failed for user \
                     \"{user}\" (28P01)"
                ),
            ),
            (
                wrong_database,
                format!("there is no such database at {place}: database \"nowhere\" does not exist (3D000)"),
            ),
        ],
        _ => [
            (
                wrong_password,
                format!(
                    "the database at {place} does not let this user in: Access denied for user \
                     '{user}'@'127.0.0.1' (using password: YES) (28000)"
                ),
            ),
            (
                wrong_database,
                format!("there is no such database at {place}: Unknown database 'nowhere' (42000)"),
            ),
        ],
    };
    for (url, expected) in cases {
        let began = Instant::now();
        let error = format!("failed to initialize database: {expected}");
        assert_eq!(open(database.kind, &url, 60), Err(error));
        assert!(began.elapsed() < Duration::from_secs(30), "it was waited for");
    }
}

fn a_server_that_comes_up_in_time_is_launched_on(database: Database) {
    let network = Network::to(&database);
    network.cut();
    std::thread::scope(|scope| {
        let launch = scope.spawn(|| open(database.kind, &network.url(&database), 60));
        eventually(|| network.attempts() >= 3 || launch.is_finished());
        network.restore();
        assert_eq!(launch.join().expect("no panic"), Ok(()));
    });
}

fn a_server_that_says_nothing_is_told(database: Database) {
    let network = Network::to(&database);
    network.silence();
    let url = network.url(&database);
    let authority = url.split('/').nth(2).expect("an authority");
    let (_, place) = authority.rsplit_once('@').expect("a user");
    let expected = format!("failed to initialize database: the database at {place} did not answer within 1s");
    assert_eq!(open(database.kind, &url, 1), Err(expected));
}

fn a_server_that_has_too_many_connections_is_waited_for_and_told(database: Database) {
    let url = database.url();
    let authority = url.split('/').nth(2).expect("an authority");
    let (_, place) = authority.rsplit_once('@').expect("a user");
    let name = url.rsplit('/').next().expect("a name").split('?').next().expect("a name");
    let user = format!("u{}", name.trim_start_matches("remote_user_"));
    let limited = url.replacen(authority, &format!("{user}:s3cret@{place}"), 1);
    let (answer, created, dropped) = match database.kind {
        Kind::Postgres => (
            format!("too many connections for role \"{user}\" (53300)"),
            vec![format!("CREATE ROLE \"{user}\" LOGIN PASSWORD 's3cret' CONNECTION LIMIT 0")],
            format!("DROP ROLE \"{user}\""),
        ),
        _ => (
            format!(
                "User '{user}' has exceeded the 'max_user_connections' resource (current value: 1) (42000)"
            ),
            vec![
                format!("CREATE USER {user}@'127.0.0.1' IDENTIFIED BY 's3cret' WITH MAX_USER_CONNECTIONS 1"),
                format!("GRANT ALL ON `{name}`.* TO {user}@'127.0.0.1'"),
            ],
            format!("DROP USER {user}@'127.0.0.1'"),
        ),
    };
    for sql in &created {
        database.sql(sql);
    }
    let runtime = rocket::tokio::runtime::Runtime::new().expect("a runtime");
    let holder = runtime.block_on(async {
        let options = limited.parse::<sqlx::mysql::MySqlConnectOptions>();
        if database.kind == Kind::MySql {
            Some(sqlx::ConnectOptions::connect(&options.expect("a URL")).await.expect("the only connection"))
        } else {
            None
        }
    });
    let expected = format!("the database at {place} takes no connections: {answer}; it was tried for 1s");
    assert_eq!(open(database.kind, &limited, 1), Err(format!("failed to initialize database: {expected}")));
    drop(holder);
    database.sql(&dropped);
}

const OTHER_MEMORY: &str = "`url` is another way to name a database in memory: write `sqlite::memory:`";
const NO_SCHEME: &str = "`url` has no scheme: one for SQLite begins with `sqlite:`";

#[test]
fn a_url_of_another_driver_or_without_a_file_is_told() {
    let cases = [
        (
            Kind::Sqlite,
            "postgres://ada:s3cret@db/app",
            "`url` is of the scheme `postgres:`, and this is a pool for SQLite, whose URLs begin with `sqlite:`",
        ),
        (
            Kind::Sqlite,
            "sqlite3:users.sqlite",
            "`url` is of the scheme `sqlite3:`, and this is a pool for SQLite, whose URLs begin with `sqlite:`",
        ),
        (Kind::Sqlite, "sqlite:", "`url` names no file, as `sqlite:users.sqlite` does"),
        (Kind::Sqlite, "sqlite://?mode=rwc", "`url` names no file, as `sqlite:users.sqlite` does"),
        (Kind::Sqlite, "sqlite:file:", "`url` names no file, as `sqlite:users.sqlite` does"),
        (Kind::Sqlite, "sqlite:%3Amemory%3A", OTHER_MEMORY),
        (Kind::Sqlite, "sqlite:file:%3Amemory%3A", OTHER_MEMORY),
        (Kind::Sqlite, "sqlite:file::memory:?cache=shared", OTHER_MEMORY),
        (Kind::Sqlite, "sqlite:users.sqlite?vfs=memdb", OTHER_MEMORY),
        (Kind::Sqlite, "users.sqlite", NO_SCHEME),
        (Kind::Sqlite, "", NO_SCHEME),
        (Kind::Sqlite, ":s3cret", NO_SCHEME),
        (Kind::Sqlite, "server=127.0.0.1;user=ada;password=s3cret:4;", NO_SCHEME),
        (Kind::Sqlite, "s3cret@db:5432", NO_SCHEME),
        (Kind::Sqlite, "4s3cret:x", NO_SCHEME),
        (
            Kind::Postgres,
            "mysql://ada:s3cret@db/app",
            "`url` is of the scheme `mysql:`, and this is a pool for PostgreSQL, whose URLs begin with `postgres:`",
        ),
        (
            Kind::MySql,
            "sqlite:users.sqlite",
            "`url` is of the scheme `sqlite:`, and this is a pool for MySQL, whose URLs begin with `mysql:`",
        ),
    ];
    for (kind, url, expected) in cases {
        assert_eq!(open(kind, url, 1), Err(format!("bad configuration: {expected}")), "{url}");
        assert!(!expected.contains("s3cret"), "{expected}");
    }
}
