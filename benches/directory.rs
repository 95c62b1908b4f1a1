//! What a user of a large directory costs: somebody in 1,015 groups, whom a header of 60 KB
//! names with their distinguished names, beside somebody in five. `groups_allowed` leaves the
//! same five of both.
//!
//! `cargo bench --bench directory`

use std::time::{Duration, Instant};

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_remote_user::RemoteUser;

/// How many groups a Windows user can be in.
const MANY: usize = 1_015;

const FEW: usize = 5;

/// How many requests are timed at once.
const REQUESTS: u32 = 200;

/// The median of this many ratios is printed.
const ROUNDS: usize = 25;

const CONFIGURATION: &str = "
[default.databases.remote_user]
url = 'sqlite::memory:'
[default.remote_user]
trusted_proxies = ['127.0.0.1']
groups_separator = ';'
groups_allowed = ['CN=app-*']
create_groups = true
limits = { groups = 1015 }
";

#[get("/")]
fn index(user: RemoteUser) -> String {
    user.groups().len().to_string()
}

fn client() -> Client {
    let figment = Figment::from(rocket::Config::default())
        .merge(("log_level", "off"))
        .merge(Toml::string(CONFIGURATION).nested());
    let rocket = rocket::custom(figment).attach(RemoteUser::fairing()).mount("/", routes![index]);
    Client::untracked(rocket).expect("a launch")
}

/// The header of somebody in `count` groups, of which five are allowed.
fn groups(count: usize) -> String {
    let name = |number: usize| {
        let kind = if number < FEW { "app" } else { "all" };
        format!("CN={kind}-{number:04},OU=Groups,OU=Köln,DC=corp,DC=example,DC=com")
    };
    (0..count).map(name).collect::<Vec<_>>().join(";")
}

/// How long it takes to answer the requests of `user`, who is in `groups`.
fn time(client: &Client, user: &'static str, groups: &str) -> Duration {
    let start = Instant::now();
    for _ in 0..REQUESTS {
        let request = client.get("/").remote(([127, 0, 0, 1], 9).into());
        let request = request.header(Header::new("Remote-User", user));
        let response = request.header(Header::new("Remote-Groups", groups.to_owned())).dispatch();
        assert_eq!(response.into_string().as_deref(), Some("5"));
    }
    start.elapsed()
}

#[allow(clippy::print_stdout)]
fn main() {
    let client = client();
    let (few, many) = (groups(FEW), groups(MANY));
    println!("{} and {} bytes of groups", few.len(), many.len());
    let mut ratios = Vec::new();
    let mut times = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        let round = [time(&client, "ada", &few), time(&client, "bob", &many)];
        ratios.push(round[1].as_secs_f64() / round[0].as_secs_f64());
        times = [times[0].min(round[0]), times[1].min(round[1])];
    }
    ratios.sort_by(f64::total_cmp);
    println!("best: {:?} and {:?} a request", times[0] / REQUESTS, times[1] / REQUESTS);
    println!("many groups / few: {:.2} ({:.2} – {:.2})", ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
}
