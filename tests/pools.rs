//! Each pool is one that `#[derive(Database)]` takes, and dereferences to
//! sqlx's own.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use rocket::fairing::Fairing;
use rocket_db_pools::{Connection, Database};

macro_rules! a_pool_for_typed_queries {
    ($feature:literal, $pool:ident, $database:ident, $test:ident) => {
        #[cfg(feature = $feature)]
        #[derive(Database)]
        #[database($feature)]
        struct $database(rocket_remote_user::$pool);

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

a_pool_for_typed_queries!("sqlite", SqlitePool, InSqlite, sqlite);
a_pool_for_typed_queries!("postgres", PgPool, InPostgres, postgres);
a_pool_for_typed_queries!("mysql", MySqlPool, InMySql, mysql);

#[cfg(feature = "sqlite")]
#[test]
fn a_sqlite_pool_serves_typed_queries() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite:{}", directory.path().join("typed.sqlite").display());
    let figment = rocket::Config::figment().merge(("databases.sqlite.url", url));
    let rocket = rocket::custom(figment).attach(InSqlite::init()).mount("/", rocket::routes![sqlite]);
    let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
    assert_eq!(client.get("/").dispatch().into_string().as_deref(), Some("1 1"));
}

#[cfg(feature = "postgres")]
#[test]
fn a_postgres_server_that_is_not_there_stops_the_launch() {
    stops_the_launch(
        "databases.postgres.url",
        "postgres://127.0.0.1:1/x",
        InPostgres::init(),
        rocket::routes![postgres],
    );
}

#[cfg(feature = "mysql")]
#[test]
fn a_mysql_server_that_is_not_there_stops_the_launch() {
    stops_the_launch("databases.mysql.url", "mysql://127.0.0.1:1/x", InMySql::init(), rocket::routes![mysql]);
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn stops_the_launch(key: &str, url: &str, fairing: impl Fairing, routes: Vec<rocket::Route>) {
    let rocket =
        rocket::custom(rocket::Config::figment().merge((key, url))).attach(fairing).mount("/", routes);
    let error = rocket::local::blocking::Client::untracked(rocket).map(|_| ()).expect_err("an abort");
    assert_eq!(error.to_string(), "launch fairing(s) failed");
}
