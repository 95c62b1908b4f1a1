use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use rocket::serde::json::Value;

use super::Database;
use super::socket::{exchange, parse, respond};

/// An example, run as its users run it: with the repository's `Rocket.toml`
/// and the environment.
pub struct Example {
    child: Child,
    pub address: SocketAddr,
    /// What it printed until it had launched.
    pub launch: String,
}

impl Example {
    /// Runs the example `name` with a database for `databases.<table>` until it
    /// has launched.
    pub fn run(name: &str, table: &str, database: &Database, variables: &[(&str, &str)]) -> Example {
        let program = program(name);
        let url = format!("{{{table}={{url=\"{}\"}}}}", database.url());
        let child = Command::new(&program)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("ROCKET_DATABASES", url)
            .env("ROCKET_PORT", "0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut example = Example { child, address, launch: String::new() };
        let mut lines = BufReader::new(example.child.stdout.take().expect("its output")).lines();
        while let Some(line) = lines.next() {
            let line = line.expect("a line");
            example.launch += &format!("{line}\n");
            if let Some((_, address)) = line.split_once("launched from http://") {
                example.address = address.trim().parse().expect("an address");
                std::thread::spawn(move || lines.for_each(drop));
                return example;
            }
        }
        panic!("{name} did not launch: {}", example.launch);
    }

    pub fn get(&self, path: &str, headers: &str) -> (u16, String) {
        exchange(self.address, "GET", path, headers)
    }

    /// Sends a form.
    pub fn post(&self, path: &str, headers: &str, form: &str) -> (u16, String) {
        parse(&self.submit(path, headers, form))
    }

    /// Sends a form, and returns the whole response.
    pub fn submit(&self, path: &str, headers: &str, form: &str) -> String {
        let length = form.len();
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let lines = format!("{kind}\nContent-Length: {length}\n{headers}");
        respond(self.address, "POST", path, &format!("{}\n\n{form}", lines.trim_end()))
    }

    /// Sends a request, and returns the whole response.
    pub fn respond(&self, method: &str, path: &str, headers: &str) -> String {
        respond(self.address, method, path, headers)
    }
}

/// The features that this program of tests was built with.
const FEATURES: [(&str, bool); 6] = [
    ("sqlite", cfg!(feature = "sqlite")),
    ("postgres", cfg!(feature = "postgres")),
    ("mysql", cfg!(feature = "mysql")),
    ("tls", cfg!(feature = "tls")),
    ("mtls", cfg!(feature = "mtls")),
    ("jwt", cfg!(feature = "jwt")),
];

/// The path of the example `name`, which is built first: the folder may hold one of other
/// sources. Cargo itself has one build at a time, and only looks where nothing has changed.
pub fn program(name: &str) -> PathBuf {
    static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);

    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.get_or_insert_default().entry(name.to_owned()).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder of the target");
    let features: Vec<_> = FEATURES.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--message-format=json-render-diagnostics", "--example", name]);
    cargo.args(["--no-default-features", "--features", &features.join(","), "--target-dir"]).arg(target);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    // `cargo test` tells the tests of which package they are, and a build script that reads it
    // would be run again each time one and then the other asks for it.
    for (variable, _) in std::env::vars_os() {
        if variable
            .to_str()
            .is_some_and(|name| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of| name.starts_with(of)))
        {
            cargo.env_remove(variable);
        }
    }
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).output();
    let output = output.expect("to run cargo");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("text");
    let mut programs = messages.lines().filter_map(|line| {
        let message: Value = rocket::serde::json::from_str(line).expect("a message of cargo");
        let is_of_it = message["target"]["name"] == name && message["target"]["kind"][0] == "example";
        message["executable"].as_str().filter(|_| is_of_it).map(PathBuf::from)
    });
    programs.next_back().unwrap_or_else(|| panic!("cargo names no program: {messages}"))
}

impl Drop for Example {
    fn drop(&mut self) {
        self.child.kill().expect("to end the example");
        self.child.wait().expect("its end");
    }
}
