//! The application's own tables are made after those of this crate, by a launch or without one.

mod harness;

use std::borrow::Cow;

use harness::launch::{TABLE, abort};
use harness::log::Recording;
use harness::{App, Database, Kind, figment};
use rocket::local::blocking::Client;
use rocket_remote_user::sqlx::migrate::{Migration, MigrationType, Migrator};
use rocket_remote_user::sqlx::{self, SqlSafeStr};
use rocket_remote_user::{RemoteUser, SqlitePool};

/// A table that refers to `remote_users`.
fn badges(kind: Kind) -> Migrator {
    migrator(match kind {
        Kind::Sqlite | Kind::Postgres => {
            "CREATE TABLE badges (user_id BIGINT NOT NULL REFERENCES remote_users (id))"
        }
        Kind::MySql => {
            "CREATE TABLE badges (user_id BIGINT NOT NULL, FOREIGN KEY (user_id) REFERENCES remote_users (id))"
        }
    })
}

fn migrator(sql: &'static str) -> Migrator {
    let sql = sql.into_sql_str();
    let migration = Migration::new(1, Cow::Borrowed("badges"), MigrationType::Simple, sql, false);
    Migrator::with_migrations(vec![migration])
}

on_every_database!(
    the_tables_of_an_application_are_made_after_those_of_this_crate,
    instances_that_launch_at_once_make_the_tables_once,
    the_tables_of_this_crate_can_be_made_without_a_launch,
);

fn the_tables_of_an_application_are_made_after_those_of_this_crate(database: Database) {
    for _ in 0..2 {
        let fairing = RemoteUser::fairing().migrations(badges(database.kind));
        let rocket = harness::application(figment(&database, "")).attach(fairing);
        let _client = Client::untracked(rocket).expect("a launch");
        assert!(database.tables().contains(&"badges".to_owned()));
        assert!(database.try_sql("INSERT INTO badges (user_id) VALUES (404)").is_err(), "a foreign key");
    }
    database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    database.sql("INSERT INTO badges (user_id) SELECT id FROM remote_users");
    assert_eq!(database.sql("SELECT version FROM _sqlx_migrations").len(), 1);
}

fn instances_that_launch_at_once_make_the_tables_once(database: Database) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let fairing = RemoteUser::fairing().migrations(badges(database.kind));
                let rocket = harness::application(figment(&database, "")).attach(fairing);
                Client::untracked(rocket).expect("a launch");
            });
        }
    });
    assert_eq!(database.sql("SELECT version FROM _sqlx_migrations").len(), 1);
}

fn the_tables_of_this_crate_can_be_made_without_a_launch(database: Database) {
    let runtime = rocket::tokio::runtime::Runtime::new().expect("a runtime");
    let url = database.url();
    for _ in 0..2 {
        runtime.block_on(async {
            match database.kind {
                Kind::Sqlite => {
                    let options = url.parse::<sqlx::sqlite::SqliteConnectOptions>().expect("a URL");
                    let pool = sqlx::SqlitePool::connect_with(options.create_if_missing(true)).await;
                    rocket_remote_user::migrate(&pool.expect("a pool")).await
                }
                Kind::Postgres => {
                    rocket_remote_user::migrate(&sqlx::PgPool::connect(&url).await.expect("a pool")).await
                }
                Kind::MySql => {
                    rocket_remote_user::migrate(&sqlx::MySqlPool::connect(&url).await.expect("a pool")).await
                }
            }
            .expect("the tables");
        });
        assert!(database.tables().contains(&"remote_users".to_owned()));
    }
    let app = App::launch_on(database, "migrate = false");
    assert_eq!(app.me(&[("Remote-User", "ada")])["username"], "ada");
}

#[test]
fn nothing_is_made_where_the_configuration_says_so() {
    let database = Database::new();
    drop(Client::untracked(harness::application(figment(&database, "")).attach(RemoteUser::fairing())));
    let fairing = RemoteUser::fairing().migrations(badges(Kind::Sqlite));
    let app = App::launch_on_with(database, "migrate = false", fairing);
    assert!(!app.database.tables().contains(&"badges".to_owned()));
}

#[test]
fn a_migration_that_fails_stops_the_launch() {
    let recording = Recording::start();
    let database = Database::new();
    let fairing = RemoteUser::fairing().migrations(migrator("CREATE TABLE badges (FOREIGN KEY)"));
    let toml = format!("{TABLE}trusted_proxies = ['127.0.0.1']\n");
    let lines = abort(&recording, &database, harness::launch::rocket(&database, &toml).attach(fairing));
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let beginning = "the migrations of the application could not be made: while executing migration 1: ";
    assert!(line.starts_with(beginning), "{line}");
    assert!(!database.tables().contains(&"badges".to_owned()));
}

#[test]
fn a_migration_that_was_made_otherwise_stops_the_launch() {
    let recording = Recording::start();
    let database = Database::new();
    let toml = format!("{TABLE}trusted_proxies = ['127.0.0.1']\n");
    let rocket = || harness::launch::rocket(&database, &toml).attach(RemoteUser::fairing());
    drop(Client::untracked(rocket()).expect("a launch"));
    database.sql("UPDATE _remote_user_migrations SET checksum = x'00' WHERE version = 1");
    let lines = abort(&recording, &database, rocket());
    let reason = "migration 1 was previously applied but has been modified";
    assert_eq!(lines, [format!("the `remote_*` tables could not be brought up to date: {reason}")]);
}

#[test]
fn a_store_that_is_no_database_takes_no_migrations() {
    use rocket_remote_user::Error;
    use rocket_remote_user::store::{Plan, Planner, StoreError, Stored, UserKey, UserStore};

    struct Nobody;

    #[rocket::async_trait]
    impl UserStore for Nobody {
        async fn find(&self, _: &UserKey<'_>, _: &[&str]) -> Result<Stored, StoreError> {
            Ok(Stored::default())
        }

        async fn update(&self, _: &UserKey<'_>, _: &[&str], _: &Planner<'_>) -> Result<Plan, Error> {
            Err(Error::UnknownUser)
        }

        async fn usernames(&self, _: &str) -> Result<Vec<String>, StoreError> {
            Ok(Vec::new())
        }
    }

    let recording = Recording::start();
    let database = Database::new();
    let fairing = RemoteUser::fairing().store(Nobody).migrations(badges(Kind::Sqlite));
    let toml = "[default.remote_user]\ntrusted_proxies = ['127.0.0.1']\n";
    let lines = abort(&recording, &database, harness::launch::rocket(&database, toml).attach(fairing));
    assert!(lines[0].ends_with("Nobody is no database that migrations can be made in"), "{lines:?}");
    assert_eq!(
        lines[1..],
        ["leave `RemoteUserFairing::migrations` out, and run them where you open your database"]
    );
}

#[test]
fn a_schema_that_cannot_be_made_is_told() {
    let pool = rocket::tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.expect("a pool");
        pool.close().await;
        rocket_remote_user::migrate(&pool).await
    });
    let error = pool.expect_err("a pool that is closed");
    let message = "the `remote_*` tables could not be brought up to date: \
                   attempted to acquire a connection on a closed pool";
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_reference_to_a_pool_runs_statements_of_every_kind() {
    use rocket::figment::Figment;
    use rocket::futures::TryStreamExt;
    use rocket_db_pools::Pool;

    rocket::tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let figment = Figment::from(("url", "sqlite::memory:"))
            .merge(("connect_timeout", 5))
            .merge(("max_connections", 1));
        let pool = SqlitePool::init(&figment).await.map_err(|error| error.to_string());
        let pool: &SqlitePool = &pool.expect("a pool");
        sqlx::query("CREATE TABLE words (word TEXT)").execute(pool).await.expect("a table");
        sqlx::query("INSERT INTO words VALUES ('one'), ('two')").execute(pool).await.expect("rows");
        let one: Option<String> =
            sqlx::query_scalar("SELECT word FROM words").fetch_optional(pool).await.expect("a row");
        assert_eq!(one.as_deref(), Some("one"));
        let words = sqlx::query_scalar::<_, String>("SELECT word FROM words ORDER BY word").fetch(pool);
        assert_eq!(words.try_collect::<Vec<_>>().await.expect("rows"), ["one", "two"]);
        use rocket_remote_user::sqlx::{AssertSqlSafe, Column, Executor, Statement};
        let sql = AssertSqlSafe("SELECT word FROM words".to_owned()).into_sql_str();
        assert_eq!(pool.prepare(sql.clone()).await.expect("a statement").columns()[0].name(), "word");
        assert_eq!(pool.describe(sql).await.expect("a description").columns[0].name(), "word");
    });
}
