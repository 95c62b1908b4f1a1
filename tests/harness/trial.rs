//! A recipe that is tried: its real proxy and sign-on, before an application of a test.

use std::collections::HashMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, Once};

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::response::Redirect;
use rocket::serde::Deserialize;
use rocket::{get, post, routes};
use rocket_remote_user::{AuthSession, Error, RemoteUser, Visitor};
use tempfile::TempDir;

use super::agent::Agent;
use super::socket::Server;
use super::tickets::Tickets;
use super::tls::{self, Tls};
use super::wire::{Answer, ask};
use super::{Database, application};

/// The groups that the application knows.
const GROUPS: [&str; 4] = ["admins", "editors", "readers", "staff"];

/// A recipe's proxy and sign-on, of `scripts/proxies`, and an application behind them that
/// reads the recipe's own `Rocket.toml`.
pub struct Trial {
    pub recipe: &'static str,
    /// Where the proxy listens.
    pub proxy: SocketAddr,
    pub database: Database,
    /// The folder of the trial; the copy of the recipe is in `recipe`.
    pub folder: TempDir,
    pub server: Server,
    /// Where the sign-on is Kerberos, who has a ticket.
    pub tickets: Tickets,
    /// The browsers of people who signed in by a form.
    pub agents: Mutex<HashMap<String, Agent>>,
    /// Clients of TLS, by the name of the certificate that each shows.
    pub clients: Mutex<HashMap<String, Tls>>,
    program: String,
}

/// What `scripts/proxies up` prints.
#[derive(Deserialize)]
#[serde(crate = "rocket::serde")]
struct Ports {
    proxy: u16,
    application: u16,
}

impl Trial {
    /// Starts a recipe; `None` where it is not said which program does it.
    pub fn start(recipe: &'static str) -> Option<Trial> {
        Self::start_without(recipe, &[])
    }

    /// Starts a recipe whose lines with one of these texts are left out.
    pub fn start_without(recipe: &'static str, texts: &[&str]) -> Option<Trial> {
        let Ok(program) = std::env::var("TEST_PROXIES") else {
            tell_of_skipped_tests();
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary directory");
        let up = Command::new(&program)
            .args(["up", recipe, "--folder"])
            .arg(folder.path())
            .args(texts.iter().flat_map(|text| ["--without", text]))
            .stdin(Stdio::null())
            .output()
            .expect("to run it");
        assert!(up.status.success(), "{recipe}: {}", String::from_utf8_lossy(&up.stderr));
        let ports: Ports = rocket::serde::json::from_slice(&up.stdout).expect("ports");
        let database = Database::new();
        let figment = figment(folder.path().join("recipe/Rocket.toml"), &database, ports.application);
        let rocket =
            application(figment).mount("/", routes![front, login, logout]).attach(RemoteUser::fairing());
        let server = Server::serve_on(SocketAddr::from((Ipv4Addr::LOCALHOST, ports.application)), rocket);
        add_groups(&database);
        let proxy = SocketAddr::from((Ipv4Addr::LOCALHOST, ports.proxy));
        let tickets = Tickets::new(folder.path().join("kdc"));
        let (agents, clients) = Default::default();
        Some(Trial { recipe, proxy, database, folder, server, tickets, agents, clients, program })
    }

    /// The URL of a path at the proxy.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.proxy.port())
    }

    /// Whom clients believe, if anything of the trial speaks TLS.
    pub fn tls(&self) -> Option<Tls> {
        let authority = self.folder.path().join("authority.pem");
        authority.exists().then(|| tls::client(&authority, None))
    }

    /// Where the recipe has people sign out.
    pub fn logout_url(&self) -> String {
        let figment = figment(self.folder.path().join("recipe/Rocket.toml"), &self.database, 0);
        figment.extract_inner("remote_user.logout_url").expect("a URL")
    }

    /// Sends a request through the proxy as a client does, with these lines and this body.
    pub fn ask(&self, method: &str, path: &str, lines: &[String], body: &str) -> Answer {
        ask(self.proxy, method, path, lines, body)
    }

    /// Where the sign-on listens that has this port in the recipe.
    pub fn sign_on(&self, port: u16) -> SocketAddr {
        #[derive(Deserialize)]
        #[serde(crate = "rocket::serde")]
        struct Moved {
            ports: HashMap<String, u16>,
        }
        let file = std::fs::read(self.folder.path().join("trial.json")).expect("a trial");
        let moved: Moved = rocket::serde::json::from_slice(&file).expect("ports");
        SocketAddr::from((Ipv4Addr::LOCALHOST, moved.ports[&port.to_string()]))
    }

    /// Puts a person in these groups, at the sign-on, and in no others.
    pub fn put_in_groups(&self, person: &str, groups: &[&str]) {
        self.run(&["groups", self.recipe, person, &groups.join(",")]).unwrap_or_else(|e| panic!("{e}"));
    }

    /// The secret that the proxy and the application share.
    pub fn secret(&self) -> String {
        let secret = std::fs::read_to_string(self.folder.path().join("recipe/secret")).expect("a secret");
        secret.trim().into()
    }

    fn run(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        let command = command.args(arguments).arg("--folder").arg(self.folder.path()).stdin(Stdio::null());
        let output = command.output().expect("to run it");
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        let ended = self.run(&["down", self.recipe]);
        assert!(ended.is_ok() || std::thread::panicking(), "{ended:?}");
    }
}

/// Adds the groups that the application knows.
pub fn add_groups(database: &Database) {
    for group in GROUPS {
        database.sql(&format!("INSERT INTO remote_groups (name) VALUES ('{group}')"));
    }
}

/// Says once, past what captures the output of tests, that they are passed over.
fn tell_of_skipped_tests() {
    static TOLD: Once = Once::new();

    TOLD.call_once(|| {
        let told = "skipped: the tests behind real proxies, because TEST_PROXIES is not set; \
                    `scripts/proxies env` prints it\n";
        std::io::stderr().write_all(told.as_bytes()).expect("to write");
    });
}

/// A recipe's own configuration, with a database of the test and the port of the trial.
pub fn figment(file: PathBuf, database: &Database, port: u16) -> Figment {
    Figment::from(rocket::Config::debug_default())
        .merge(Toml::file_exact(file).nested())
        .merge(("databases.remote_user.url", database.url()))
        .merge(("port", port))
        .select("default")
}

/// The page for everybody.
#[get("/")]
fn front(visitor: Visitor) -> String {
    visitor.user().map_or("nobody".into(), |user| user.username().into())
}

/// Where a session begins, if the recipe has sessions.
#[get("/login")]
fn login(user: RemoteUser) -> String {
    format!("{} {:?} {:?} {:?}", user.username(), user.name(), user.email(), user.groups())
}

#[post("/logout")]
async fn logout(session: AuthSession<'_>) -> Result<Redirect, Error> {
    session.logout().await
}
