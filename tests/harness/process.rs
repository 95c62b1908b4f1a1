use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

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
        let tests = std::env::current_exe().expect("the path of this test");
        let program: PathBuf = tests.parent().expect("deps").with_file_name("examples").join(name);
        let url = format!("{{{table}={{url=\"{}\"}}}}", database.url());
        let child = Command::new(&program)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("ROCKET_DATABASES", url)
            .env("ROCKET_PORT", "0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}; `cargo build --examples` builds it", program.display()));
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

impl Drop for Example {
    fn drop(&mut self) {
        self.child.kill().expect("to end the example");
        self.child.wait().expect("its end");
    }
}
