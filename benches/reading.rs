//! How long a request with a hostile header takes, by the size of the header: each line
//! that is printed doubles it. Reading is linear, so the time doubles at most.
//!
//! `cargo bench --bench reading`

use std::time::{Duration, Instant};

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;

/// The sizes of the header, in bytes.
const SIZES: [usize; 3] = [65_536, 131_072, 262_144];

/// The best of this many requests counts.
const ROUNDS: usize = 3;

/// A header that is expensive to read carelessly.
struct Case {
    name: &'static str,
    configuration: &'static str,
    header: &'static str,
    /// What the value begins with, what fills it, and what it ends with.
    value: [&'static str; 3],
    peer: &'static str,
}

const PROXY: &str = "127.0.0.1:9";
const STRANGER: &str = "192.0.2.9:9";

const CASES: [Case; 12] = [
    Case::of_groups("commas", "", ["a", ",", "a"]),
    Case::of_groups("quotes and blanks", "groups_separator = ' '", ["x", " ", "z \"y\""]),
    Case::of_groups("quoted names and blanks", "groups_separator = ' '", ["x", "\"\" ", "   "]),
    Case::of_groups("many names", "", ["a", ",a", ""]),
    Case::of_groups("JSON", "groups_format = 'json'", ["[\"a\"", ",\"\"", "]"]),
    Case::of_groups("percent", "encoding = 'percent'", ["a", "%61", ""]),
    Case::of_groups("quoted-printable", "encoding = 'quoted-printable'", ["a", "=61", ""]),
    Case::of_groups("one encoded word", "encoding = 'rfc2047'", ["=?utf-8?q?", "=2C", "?="]),
    Case::of_groups("encoded words", "encoding = 'rfc2047'", ["", "=?utf-8?q?,?= ", "a"]),
    Case { header: "Remote-User", ..Case::of_groups("user", "", ["", "é", ""]) },
    Case { header: "Connection", ..Case::of_groups("Connection, from the proxy", "", ["a", ",", "a"]) },
    Case {
        header: "Connection",
        peer: STRANGER,
        ..Case::of_groups("Connection, from a stranger", "", ["a", ",remote-grouqs", ""])
    },
];

impl Case {
    const fn of_groups(name: &'static str, configuration: &'static str, value: [&'static str; 3]) -> Self {
        Self { name, configuration, header: "Remote-Groups", value, peer: PROXY }
    }

    fn value(&self, size: usize) -> String {
        let [first, filling, last] = self.value;
        [first, &filling.repeat(size / filling.len()), last].concat()
    }

    fn client(&self) -> Client {
        let limits = "limits = { bytes = 1000000, groups = 1000000, group = 1000000 }";
        let toml = format!(
            "[default.databases.remote_user]\nurl = 'sqlite::memory:'\n\
             [default.remote_user]\ntrusted_proxies = ['127.0.0.1']\n{limits}\n{}",
            self.configuration
        );
        let figment = Figment::from(rocket::Config::default())
            .merge(("log_level", "off"))
            .merge(Toml::string(&toml).nested());
        Client::untracked(rocket::custom(figment).attach(RemoteUser::fairing())).expect("a launch")
    }
}

/// Sends `value` in the header of `case`, and returns how long the answer took at best.
fn time(client: &Client, case: &Case, value: &str) -> Duration {
    let round = || {
        let request = client.get("/").remote(case.peer.parse().expect("an address"));
        let request = request.header(Header::new(case.header, value.to_owned()));
        let began = Instant::now();
        request.dispatch();
        began.elapsed()
    };
    (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
}

#[allow(clippy::print_stdout)]
fn main() {
    for case in &CASES {
        let client = case.client();
        let times = SIZES.map(|size| time(&client, case, &case.value(size)));
        let milliseconds = times.map(|time| format!("{:9.2} ms", time.as_secs_f64() * 1000.0));
        println!("{:28} {}", case.name, milliseconds.join(" "));
    }
}
