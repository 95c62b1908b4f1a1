use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Database, Kind, eventually};

/// Makes a test in a module of each kind of server of each claim, a function of
/// a [`DatabaseServer`] that it may end.
#[macro_export]
macro_rules! on_every_server_of_its_own {
    ($($claim:ident),* $(,)?) => {
        $crate::on_every_server_of_its_own!(postgres, Postgres, [$($claim),*]);
        $crate::on_every_server_of_its_own!(mysql, MySql, [$($claim),*]);
    };
    ($module:ident, $kind:ident, [$($claim:ident),*]) => {
        mod $module {
            use $crate::harness::Kind;
            use $crate::harness::server::DatabaseServer;

            $(#[test]
            fn $claim() {
                if let Some(server) = DatabaseServer::start(Kind::$kind) {
                    super::$claim(server);
                }
            })*
        }
    };
}

/// A database server of a test's own, from `scripts/databases`.
pub struct DatabaseServer {
    pub kind: Kind,
    pub url: String,
    program: String,
    folder: TempDir,
}

impl DatabaseServer {
    /// Starts a server; `None` where there is no program to do it.
    pub fn start(kind: Kind) -> Option<DatabaseServer> {
        Self::start_with(kind, &[])
    }

    /// Starts one that has the certificate `server.pem` of a folder.
    pub fn start_tls(kind: Kind, certificate: &Path) -> Option<DatabaseServer> {
        Self::start_with(kind, &["--tls", certificate.to_str().expect("a path")])
    }

    fn start_with(kind: Kind, options: &[&str]) -> Option<DatabaseServer> {
        let Ok(program) = std::env::var("TEST_DATABASES") else {
            kind.tell_of_skipped_tests("TEST_DATABASES");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary directory");
        let mut server = DatabaseServer { kind, url: String::new(), program, folder };
        let printed = server.run("up", options).unwrap_or_else(|e| panic!("{e}"));
        let url = printed.split('\'').nth(1).expect("a URL in what it printed");
        server.url = url.to_owned();
        Some(server)
    }

    /// Runs the program, and returns what it printed.
    fn run(&self, action: &str, options: &[&str]) -> Result<String, String> {
        let only = if self.kind == Kind::Postgres { "postgres" } else { "mysql" };
        let mut command = Command::new(&self.program);
        command.arg(action).arg(self.folder.path()).args(["--only", only]).args(options);
        let output = command.stdin(Stdio::null()).output().expect("to run it");
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).expect("text"))
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// A new database on it.
    pub fn database(&self) -> Database {
        Database::create(self.kind, &self.url)
    }

    /// Kills it, as a crash would.
    pub fn kill(&self) {
        let name = if self.kind == Kind::Postgres { "postgres" } else { "mysql" };
        let pid = std::fs::read_to_string(self.folder.path().join(name).join("pid")).expect("its number");
        let pid = pid.trim();
        assert!(Command::new("kill").args(["-KILL", pid]).status().expect("to kill").success());
        let state = || std::fs::read_to_string(format!("/proc/{pid}/stat"));
        eventually(|| state().map_or(true, |stat| stat.contains(") Z ")));
    }

    /// Starts it again, once what is left of it is gone.
    pub fn start_again(&self) {
        eventually(|| self.run("up", &[]).inspect_err(|error| eprintln!("{error}")).is_ok());
    }
}

impl Drop for DatabaseServer {
    fn drop(&mut self) {
        let ended = self.run("down", &[]);
        assert!(ended.is_ok() || std::thread::panicking(), "{ended:?}");
    }
}
