//! The example `whoami`, run as its users run it: with `Rocket.toml` and the
//! environment.

mod harness;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use harness::Database;
use harness::socket::get;

struct Whoami {
    child: Child,
    address: SocketAddr,
    launch: String,
}

impl Whoami {
    /// Runs the example in this repository, with `variables` and a database of
    /// its own, until it has launched.
    fn run(database: &Database, variables: &[(&str, &str)]) -> Whoami {
        let tests = std::env::current_exe().expect("the path of this test");
        let program: PathBuf = tests.parent().expect("deps").with_file_name("examples/whoami");
        let url = format!("{{remote_user={{url=\"{}\"}}}}", database.url());
        let child = Command::new(&program)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("ROCKET_DATABASES", url)
            .env("ROCKET_PORT", "0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}; `cargo build --examples` builds it", program.display()));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut whoami = Whoami { child, address, launch: String::new() };
        let mut lines = BufReader::new(whoami.child.stdout.take().expect("its output")).lines();
        while let Some(line) = lines.next() {
            let line = line.expect("a line");
            whoami.launch += &format!("{line}\n");
            if let Some((_, address)) = line.split_once("launched from http://") {
                whoami.address = address.trim().parse().expect("an address");
                std::thread::spawn(move || lines.for_each(drop));
                return whoami;
            }
        }
        panic!("whoami did not launch: {}", whoami.launch);
    }

    fn get(&self, path: &str, headers: &str) -> (u16, String) {
        get(self.address, path, headers)
    }
}

impl Drop for Whoami {
    fn drop(&mut self) {
        self.child.kill().expect("to end whoami");
        self.child.wait().expect("its end");
    }
}

#[test]
fn whoami_says_who_is_there() {
    let database = Database::new();
    let variables = [
        ("ROCKET_REMOTE_USER", "{excluded_groups=[\"staff\"], staff_groups=[\"crew\"]}"),
        ("ROCKET_REMOTE_USER__CREATE_USERS", "false"),
        ("ROCKET_CLI_COLORS", "false"),
    ];
    let whoami = Whoami::run(&database, &variables);
    let warning = "Warning: The environment variable `ROCKET_REMOTE_USER__CREATE_USERS` has no effect.\n   \
                   >> Rocket reads one table instead: ROCKET_REMOTE_USER='{key=value}'\n";
    assert!(whoami.launch.contains(warning), "{}", whoami.launch);
    assert!(whoami.launch.contains(">> excluded groups: \"staff\""), "{}", whoami.launch);
    database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('crew'), ('staff')");

    let ada = "Remote-User: ada\nRemote-Name: Ada <Lovelace>\nRemote-Groups: editors, staff, crew, nowhere";
    let me = r#"{"email":null,"groups":["crew","editors"],"id":1,"name":"Ada <Lovelace>","staff":true,"superuser":false,"username":"ada"}"#;
    assert_eq!(whoami.get("/me", ada), (200, me.into()));
    assert_eq!(whoami.get("/me", "").0, 401);

    let (status, page) = whoami.get("/", ada);
    assert_eq!(status, 200);
    assert!(page.starts_with("<!doctype html>"));
    assert!(page.contains("Hello, Ada &lt;Lovelace&gt;!"), "{page}");
    assert!(page.contains("<li>crew</li><li>editors</li>"), "{page}");
    let (status, page) = whoami.get("/", "");
    assert_eq!(status, 200);
    assert!(page.contains("Hello, stranger!"), "{page}");

    assert_eq!(whoami.get("/editors", ada), (200, "ada may edit.\n".into()));
    assert_eq!(whoami.get("/staff", ada), (200, "ada is staff.\n".into()));
    for path in ["/editors", "/staff"] {
        assert_eq!(whoami.get(path, "Remote-User: bob\nRemote-Groups: staff").0, 403, "{path}");
        assert_eq!(whoami.get(path, "").0, 401, "{path}");
    }
    let headers = r#"{"connection":["close"],"host":["localhost"],"remote-groups":[""],"remote-name":[""],"remote-user":[""]}"#;
    assert_eq!(whoami.get("/headers", ada), (200, headers.into()));
    assert_eq!(whoami.get("/headers", "Remote_User: ada").0, 400);
    assert_eq!(database.sql("SELECT username FROM remote_users"), ["ada", "bob"]);
}

#[test]
fn whoami_trusts_the_proxies_of_the_environment_only() {
    let database = Database::new();
    let whoami = Whoami::run(&database, &[("ROCKET_REMOTE_USER", "{trusted_proxies=[\"10.0.0.1\"]}")]);
    assert_eq!(whoami.get("/me", "Remote-User: ada").0, 403);
    assert_eq!(whoami.get("/headers", "Remote-User: ada").0, 403);
    assert_eq!(whoami.get("/", "").0, 200);
}
