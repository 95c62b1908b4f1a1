//! Every attack of `tests/corpus`, a file each, over a real socket.

mod harness;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use harness::attack::{Attack, send_from};
use harness::socket::Server;
use harness::{Database, application, figment};
use rocket::figment::providers::{Format, Toml};
use rocket::tokio::runtime::Runtime;
use rocket_remote_user::RemoteUser;

/// A server of one configuration, and its database.
struct Target {
    database: Database,
    server: Server,
}

impl Target {
    fn launch(listen: IpAddr, configuration: &str) -> Target {
        let database = Database::new();
        let rocket = application(figment(&database, configuration)).attach(RemoteUser::fairing());
        let server = Server::serve_at(listen, rocket);
        Target { database, server }
    }

    /// The names of users and groups, full names and addresses.
    fn written(&self) -> Vec<String> {
        self.database.sql(
            "SELECT username FROM remote_users UNION SELECT name FROM remote_users WHERE name IS NOT NULL
             UNION SELECT email FROM remote_users WHERE email IS NOT NULL UNION SELECT name FROM remote_groups",
        )
    }

    /// What is wrong with how `attack` is answered.
    fn suffer(&self, runtime: &Runtime, attack: &Attack) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |holds: bool, fault: String| faults.extend((!holds).then_some(fault));
        let address = self.server.address;

        let honest = send_from(runtime, address.ip().to_canonical(), address, attack.honest_bytes());
        expect(honest.status == 200, format!("an honest proxy is answered {honest:?}"));
        expect(self.written().contains(&"ada".into()), "an honest proxy signs nobody in".into());

        let (before, known) = (self.database.dump(), self.written());
        let session = honest.session.unwrap_or_default();
        let answer = send_from(runtime, attack.peer, address, attack.bytes(&session));
        expect(answer.status == attack.status, format!("status {}, not {}", answer.status, attack.status));
        if let Some(body) = &attack.answer {
            expect(*body == answer.body, format!("answer {:?}, not {body:?}", answer.body));
        }
        if attack.status != 200 {
            expect(self.database.dump() == before, "something is written".into());
        }
        let written = self.written();
        for absent in &attack.absent {
            let is_new = written.contains(absent) && !known.contains(absent);
            expect(!is_new, format!("{absent:?} is written"));
            expect(!answer.body.contains(&format!("\"{absent}\"")), format!("{absent:?} is seen"));
        }
        faults
    }
}

/// The attacks, by the names of their files.
fn corpus() -> BTreeMap<String, Attack> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = std::fs::read_dir(directory).expect("tests/corpus");
    let paths = files.map(|file| file.expect("a file").path()).filter(|path| path.is_file());
    let attacks = paths
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), Attack::read(&path)));
    attacks.collect()
}

#[test]
fn no_attack_of_the_corpus_succeeds() {
    let runtime = Runtime::new().expect("a runtime");
    let mut targets = BTreeMap::new();
    let mut failures = Vec::new();
    let is_compiled = |attack: &Attack| attack.feature.is_none_or(|feature| feature.is_compiled());
    for (name, attack) in corpus().into_iter().filter(|(_, attack)| is_compiled(attack)) {
        let target = targets
            .entry((attack.listen, attack.configuration.clone()))
            .or_insert_with(|| Target::launch(attack.listen, &attack.configuration));
        let faults = target.suffer(&runtime, &attack);
        eprintln!("{name}: {}", if faults.is_empty() { "met" } else { "NOT MET" });
        failures.extend(faults.into_iter().map(|fault| format!("{name} ({}): {fault}", attack.aim)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_attack_says_where_it_is_from_and_what_must_not_come_of_it() {
    let corpus = corpus();
    assert!(corpus.len() >= 60, "{} attacks", corpus.len());
    for (name, attack) in corpus {
        assert!(name.ends_with(".toml"), "{name}");
        assert!(!attack.source.trim().is_empty() && !attack.aim.trim().is_empty(), "{name}");
        assert!(!attack.absent.is_empty() && attack.absent.iter().all(|name| !name.is_empty()), "{name}");
        assert!(attack.answer.is_some() || attack.status == 200, "{name}: an answer is expected");
        assert!(!attack.bytes("").is_empty(), "{name}");
    }
}

#[test]
fn a_file_with_a_key_too_much_or_too_few_is_no_attack() {
    let whole = "source = 's'\naim = 'a'\nrequest = 'r'\nstatus = 400\nanswer = ''\nabsent = ['eve']\n";
    let read = |text: &str| Toml::from_str::<Attack>(text).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(read(whole), Ok(()));
    for (text, fault) in [
        (format!("{whole}statsu = 400"), "unknown field `statsu`"),
        (whole.replace("absent = ['eve']", ""), "missing field `absent`"),
        (whole.replace("status = 400", ""), "missing field `status`"),
        (whole.replace("'r'", "[{ repeat = 'r', time = 2 }]"), "data did not match any variant"),
    ] {
        let error = read(&text).expect_err(&text);
        assert!(error.contains(fault), "{error}");
    }
}
