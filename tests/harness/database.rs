use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Once;

use rocket::tokio::runtime::Runtime;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, MySqlPool, PgConnection, PgPool, Row,
    SqliteConnection, SqlitePool, raw_sql,
};
use tempfile::TempDir;

use super::{eventually, log};

/// Makes a test in a module of each database's name of each claim, a function
/// of a [`Database`].
#[macro_export]
macro_rules! on_every_database {
    ($($claim:ident),* $(,)?) => {
        $crate::on_every_database!(sqlite, Sqlite, [$($claim),*]);
        $crate::on_every_server![$($claim),*];
    };
    ($module:ident, $kind:ident, [$($claim:ident),*]) => {
        mod $module {
            use $crate::harness::{Database, Kind};

            $(#[test]
            fn $claim() {
                if let Some(database) = Database::on(Kind::$kind) {
                    super::$claim(database);
                }
            })*
        }
    };
}

/// As [`on_every_database!`], for claims about databases that are servers.
#[macro_export]
macro_rules! on_every_server {
    ($($claim:ident),* $(,)?) => {
        $crate::on_every_database!(postgres, Postgres, [$($claim),*]);
        $crate::on_every_database!(mysql, MySql, [$($claim),*]);
    };
}

/// The file of the triggers that tell of changes.
const TRIGGERS: &str = "revision_triggers.sql";

/// The kinds of databases that users can be kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
    MySql,
}

/// A new, empty database, its own connections to it, and its end.
pub struct Database {
    pub kind: Kind,
    /// A folder for files; that of an SQLite database is in it.
    pub directory: TempDir,
    name: String,
    server: String,
    url: String,
    runtime: Runtime,
    pool: Pool,
}

enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    MySql(MySqlPool),
}

/// Does the same with a pool or a connection of any kind.
macro_rules! with {
    ($each:expr, $name:ident => $body:expr, $kind:ident) => {
        match $each {
            $kind::Sqlite($name) => $body,
            $kind::Postgres($name) => $body,
            $kind::MySql($name) => $body,
        }
    };
}

/// What is remembered of a person: the name, and the groups.
pub type Person = (Option<String>, BTreeSet<String>);

/// A lock on the database, from another connection.
pub struct Lock<'a> {
    database: &'a Database,
    connection: Locked,
}

enum Locked {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Kind {
    /// The URL of a server of this kind that tests may use.
    fn server(self) -> Option<String> {
        let variable = match self {
            Kind::Sqlite => return None,
            Kind::Postgres => "TEST_POSTGRES_URL",
            Kind::MySql => "TEST_MYSQL_URL",
        };
        let url = std::env::var(variable).ok();
        if url.is_none() {
            self.tell_of_skipped_tests(variable);
        }
        url
    }

    /// Says once for each program of tests, past what captures their output.
    pub fn tell_of_skipped_tests(self, variable: &str) {
        static TOLD: [Once; 3] = [const { Once::new() }; 3];

        TOLD[self as usize].call_once(|| {
            let cure = "`scripts/databases up` starts a server and prints it";
            let told = format!("skipped: the tests on {self:?}, because {variable} is not set; {cure}\n");
            std::io::stderr().write_all(told.as_bytes()).expect("to write");
        });
    }
}

impl Database {
    /// An SQLite database in a file.
    pub fn new() -> Database {
        Self::on(Kind::Sqlite).expect("no server is needed")
    }

    /// A database of that kind; `None` where there is no server for it.
    pub fn on(kind: Kind) -> Option<Database> {
        let server = kind.server();
        if kind != Kind::Sqlite && server.is_none() {
            return None;
        }
        Some(Self::create(kind, &server.unwrap_or_default()))
    }

    /// A database of that kind on the server of that URL.
    pub fn create(kind: Kind, server: &str) -> Database {
        log::install();
        let directory = private_directory();
        let runtime = Runtime::new().expect("a runtime");
        let entered = runtime.enter();
        let unique = directory.path().file_name().expect("a name").to_string_lossy();
        let name = format!("remote_user_{}", unique.trim_start_matches(".tmp"));
        let (address, query) =
            server.split_once('?').map_or((server, None), |(url, query)| (url, Some(query)));
        let authority = address.split('/').take(3).collect::<Vec<_>>().join("/");
        // Other than the application, tests take the server as it is.
        let mut query = query.unwrap_or_default().to_owned();
        if !query.contains("ssl") {
            let mode = if kind == Kind::Postgres { "sslmode=prefer" } else { "ssl-mode=PREFERRED" };
            query = [mode, &query].join("&").trim_end_matches('&').to_owned();
        }
        let mut url = format!("{authority}/{name}");
        if !query.is_empty() {
            url += &format!("?{query}");
        }
        let pool = match kind {
            Kind::Sqlite => {
                let file = directory.path().join("users.sqlite");
                url = format!("sqlite:{}", file.display());
                let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
                Pool::Sqlite(SqlitePoolOptions::new().connect_lazy_with(options.disable_statement_logging()))
            }
            Kind::Postgres => {
                let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE template0");
                administer(&runtime, kind, server, &sql).expect("a database");
                Pool::Postgres(PgPoolOptions::new().max_connections(1).connect_lazy_with(postgres(&url)))
            }
            Kind::MySql => {
                administer(&runtime, kind, server, &format!("CREATE DATABASE `{name}`")).expect("a database");
                Pool::MySql(MySqlPoolOptions::new().max_connections(1).connect_lazy_with(mysql(&url)))
            }
        };
        drop(entered);
        Database { kind, directory, name, server: server.into(), url, runtime, pool }
    }

    /// Another new database of the same server.
    pub fn another(&self) -> Database {
        Self::create(self.kind, &self.server)
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Runs `sql`, and returns the first column of its rows as text.
    pub fn sql(&self, sql: &str) -> Vec<String> {
        self.try_sql(sql).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    pub fn try_sql(&self, sql: &str) -> Result<Vec<String>, sqlx::Error> {
        let query = raw_sql(AssertSqlSafe(sql.to_owned()));
        with!(&self.pool, pool => {
            let rows = self.runtime.block_on(query.fetch_all(pool))?;
            rows.iter().map(|row| row.try_get_unchecked(0)).collect()
        }, Pool)
    }

    /// Locks a table of PostgreSQL for writing, as another process would.
    pub fn lock_table(&self, table: &str) -> Lock<'_> {
        self.lock_by(&format!("BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE"))
    }

    /// Locks the tables for writing, as another process would.
    pub fn lock(&self) -> Lock<'_> {
        self.lock_by(match self.kind {
            Kind::Sqlite => "BEGIN IMMEDIATE",
            Kind::Postgres => {
                "BEGIN; LOCK TABLE remote_users, remote_groups, remote_memberships IN EXCLUSIVE MODE"
            }
            Kind::MySql => "LOCK TABLES remote_users READ, remote_groups READ, remote_memberships READ",
        })
    }

    fn lock_by(&self, sql: &str) -> Lock<'_> {
        let connection = self.runtime.block_on(async {
            match &self.pool {
                Pool::Sqlite(pool) => Locked::Sqlite(pool.acquire().await.expect("a connection").detach()),
                Pool::Postgres(pool) => {
                    Locked::Postgres(pool.acquire().await.expect("a connection").detach())
                }
                Pool::MySql(pool) => Locked::MySql(pool.acquire().await.expect("a connection").detach()),
            }
        });
        let mut lock = Lock { database: self, connection };
        lock.sql(sql);
        lock
    }

    /// Everything that is remembered, to see whether anything changed.
    pub fn dump(&self) -> Vec<String> {
        self.sql(
            "SELECT concat_ws(' ', 'user', id, username, coalesce(name, '-'), coalesce(email, '-'),
                              is_active, is_staff, is_superuser, last_login_at) FROM remote_users
             UNION ALL SELECT concat_ws(' ', 'group', name) FROM remote_groups
             UNION ALL SELECT concat_ws(' ', 'member', user_id, group_id, source) FROM remote_memberships
             ORDER BY 1",
        )
    }

    /// The SQL of the migrations of this kind of database, in their order.
    pub fn migrations(&self) -> Vec<String> {
        self.sql_files(|name| name != TRIGGERS)
    }

    /// The SQL of the triggers that tell of changes.
    pub fn triggers(&self) -> String {
        self.sql_files(|name| name == TRIGGERS).remove(0)
    }

    fn sql_files(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let folder = match self.kind {
            Kind::Sqlite => "sqlite",
            Kind::Postgres => "postgres",
            Kind::MySql => "mysql",
        };
        let folder = format!("{}/src/store/sql/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
        let mut files: Vec<_> =
            files.filter(|file| is_wanted(&file.file_name().expect("a name").to_string_lossy())).collect();
        files.sort();
        files.iter().map(|file| std::fs::read_to_string(file).expect("a file")).collect()
    }

    /// The names of all tables, sorted.
    pub fn tables(&self) -> Vec<String> {
        let mut tables = self.sql(match self.kind {
            Kind::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
            Kind::Postgres => {
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
            }
            Kind::MySql => "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
        });
        tables.sort();
        tables
    }

    /// What is remembered of each person, by user name.
    pub fn people(&self) -> BTreeMap<String, Person> {
        let sql = "SELECT concat_ws('|', u.username, coalesce(u.name, ''), g.name) FROM remote_users u
                     LEFT JOIN remote_memberships m ON m.user_id = u.id
                     LEFT JOIN remote_groups g ON g.id = m.group_id";
        let mut people: BTreeMap<_, Person> = BTreeMap::new();
        for row in self.sql(sql) {
            let mut columns = row.split('|').map(String::from);
            let username = columns.next().expect("a user name");
            let name = columns.next().filter(|name| !name.is_empty());
            let person = people.entry(username).or_insert((name, BTreeSet::new()));
            person.1.extend(columns.next());
        }
        people
    }

    /// The sessions of the database but this one.
    pub fn session_ids(&self) -> Vec<String> {
        self.sql(match self.kind {
            Kind::Sqlite => unreachable!("there are no sessions"),
            Kind::Postgres => {
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            }
            Kind::MySql => {
                "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
            }
        })
    }

    /// How many of them there are.
    pub fn sessions(&self) -> usize {
        self.session_ids().len()
    }

    /// Ends every session of the database but this one, as an operator would,
    /// and tells how many there were.
    pub fn end_sessions(&self) -> usize {
        match self.kind {
            Kind::Sqlite => unreachable!("there are no sessions"),
            Kind::Postgres => {
                let sql = "SELECT pg_terminate_backend(pid, 10000)::text FROM pg_stat_activity
                            WHERE datname = current_database() AND pid <> pg_backend_pid()";
                self.sql(sql).len()
            }
            Kind::MySql => {
                let sessions = self.session_ids();
                // One that has just ended by itself cannot be ended.
                for id in &sessions {
                    drop(self.try_sql(&format!("KILL {id}")));
                }
                eventually(|| !self.session_ids().iter().any(|id| sessions.contains(id)));
                sessions.len()
            }
        }
    }

    /// How many seconds ago `time`, a column of the only user, was.
    pub fn age(&self, time: &str) -> i64 {
        let age = match self.kind {
            Kind::Sqlite => format!("unixepoch() - unixepoch({time})"),
            Kind::Postgres => format!("floor(extract(epoch FROM now() - {time}))"),
            Kind::MySql => format!("timestampdiff(SECOND, {time}, utc_timestamp)"),
        };
        self.sql(&format!("SELECT {age} FROM remote_users"))[0].parse().expect("a number")
    }

    /// Makes the last login of everybody one of that many seconds ago.
    pub fn age_logins(&self, seconds: i64) {
        let time = match self.kind {
            Kind::Sqlite => format!("datetime('now', '-{seconds} seconds')"),
            Kind::Postgres => format!("now() - interval '{seconds} seconds'"),
            Kind::MySql => format!("utc_timestamp - INTERVAL {seconds} SECOND"),
        };
        self.sql(&format!("UPDATE remote_users SET last_login_at = {time}"));
    }

    /// Makes every session one that began, was used and ends that many seconds
    /// before it did.
    pub fn age_sessions(&self, seconds: i64) {
        let earlier = |time| match self.kind {
            Kind::Sqlite => format!("{time} = strftime('%Y-%m-%d %H:%M:%f', {time}, '-{seconds} seconds')"),
            Kind::Postgres => format!("{time} = {time} - interval '{seconds} seconds'"),
            Kind::MySql => format!("{time} = {time} - INTERVAL {seconds} SECOND"),
        };
        let times = ["created_at", "last_seen_at", "expires_at"].map(earlier).join(", ");
        self.sql(&format!("UPDATE remote_sessions SET {times}"));
    }
}

/// A folder that nobody else gets to, so that the files of a database in it are nobody else's.
fn private_directory() -> TempDir {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir().expect("a temporary directory")
}

/// Runs `sql` on a connection of its own to a server.
fn administer(runtime: &Runtime, kind: Kind, server: &str, sql: &str) -> Result<(), sqlx::Error> {
    let query = raw_sql(AssertSqlSafe(sql.to_owned()));
    runtime.block_on(async {
        match kind {
            Kind::Sqlite => unreachable!("there is no server"),
            Kind::Postgres => {
                let mut connection = postgres(server).connect().await?;
                query.execute(&mut connection).await?;
                connection.close().await
            }
            Kind::MySql => {
                let mut connection = mysql(server).connect().await?;
                query.execute(&mut connection).await?;
                connection.close().await
            }
        }
    })
}

/// How a test itself connects to PostgreSQL: its own statements are not in the
/// log that another test counts.
fn postgres(url: &str) -> PgConnectOptions {
    url.parse::<PgConnectOptions>().expect("a URL").disable_statement_logging()
}

/// As [`postgres`], for MySQL.
fn mysql(url: &str) -> MySqlConnectOptions {
    url.parse::<MySqlConnectOptions>().expect("a URL").disable_statement_logging()
}

impl Drop for Database {
    fn drop(&mut self) {
        with!(&self.pool, pool => self.runtime.block_on(pool.close()), Pool);
        let sql = match self.kind {
            Kind::Sqlite => return,
            Kind::Postgres => format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name),
            Kind::MySql => format!("DROP DATABASE `{}`", self.name),
        };
        let drop = || administer(&self.runtime, self.kind, &self.server, &sql);
        // MariaDB fails where a session that was left makes the file of a trigger meanwhile.
        let dropped = if self.kind == Kind::MySql { drop().or_else(|_| drop()) } else { drop() };
        if !std::thread::panicking() {
            dropped.unwrap_or_else(|e| panic!("{sql}: {e}"));
        }
    }
}

impl Lock<'_> {
    fn sql(&mut self, sql: &str) {
        let query = AssertSqlSafe(sql.to_owned());
        let done = with!(&mut self.connection, connection => {
            self.database.runtime.block_on(raw_sql(query).execute(&mut *connection)).map(drop)
        }, Locked);
        done.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    pub fn release(mut self) {
        self.sql(if self.database.kind == Kind::MySql { "UNLOCK TABLES" } else { "ROLLBACK" });
    }
}
