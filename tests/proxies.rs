//! Every recipe of `recipes` that can run here, with its real proxy and sign-on: people sign in
//! by it, and nothing that a client writes gets in or makes anything get lost.

mod harness;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use harness::forgery::{FORGED, Forgery, HeaderNames, REMOTE, forgeries};
use harness::frames;
use harness::sign_on::SignOn;
use harness::trial::{Trial, figment};
use harness::wire::{Answer, Reading, exchange};
use harness::{App, Database, application, eventually};
use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::local::blocking::Client;
use rocket::serde::Deserialize;
use rocket::serde::json::{Value, json};
use rocket_remote_user::RemoteUser;

/// A secret of the tests that need no proxy.
const SECRET: &str = "tBq2h4cR8mXw1ZkL7vNs5yPd0fGjUe93aQoHiTbKxVM=";

/// A recipe, and what is known of it.
struct Recipe {
    /// The name of its folder.
    name: &'static str,
    sign_on: SignOn,
    /// The headers that its application reads.
    headers: HeaderNames,
}

macro_rules! recipes {
    ($($module:ident: $recipe:expr,)*) => {
        $(mod $module {
            use super::*;

            pub(super) const RECIPE: Recipe = $recipe;

            #[test]
            fn people_sign_in() {
                if let Some(behind) = Behind::start(&RECIPE) {
                    behind.signs_people_in();
                }
            }

            #[test]
            fn nothing_that_a_client_writes_gets_in_or_gets_anything_lost() {
                if let Some(behind) = Behind::start(&RECIPE) {
                    let successes = behind.successes(usize::MAX);
                    assert!(successes.is_empty(), "{} succeeded:\n{}", successes.len(), successes.join("\n"));
                }
            }

            #[test]
            fn each_line_against_forgeries_is_needed() {
                for (_, line) in NEEDED.iter().filter(|(name, _)| *name == RECIPE.name) {
                    if let Some(trial) = Trial::start_without(RECIPE.name, &[line]) {
                        let successes = Behind { recipe: &RECIPE, trial }.successes(1);
                        assert!(!successes.is_empty(), "nothing succeeds without `{line}`");
                    }
                }
            }
        })*

        /// The recipes that run here.
        const RECIPES: &[Recipe] = &[$($module::RECIPE),*];
    };
}

recipes! {
    apache_kerberos_login: Recipe { name: "apache-kerberos-login", sign_on: SignOn::TicketOnce, headers: REMOTE },
    apache_kerberos: Recipe { name: "apache-kerberos", sign_on: SignOn::Ticket, headers: REMOTE },
    apache_ldap: Recipe { name: "apache-ldap", sign_on: SignOn::Password, headers: REMOTE },
    apache_passwords: Recipe { name: "apache-passwords", sign_on: SignOn::Password, headers: REMOTE },
    nginx_auth_basic: Recipe { name: "nginx-auth-basic", sign_on: SignOn::Password, headers: REMOTE },
}

/// Lines of recipes that close something. Without one of them, forgeries succeed.
const NEEDED: &[(&str, &str)] = &[
    ("apache-kerberos-login", "TraceEnable Off"),
    ("apache-kerberos-login", "AuthLDAPRemoteUserAttribute uid"),
    ("apache-kerberos-login", "Require expr"),
    ("apache-kerberos-login", "RequestHeader unset Connection"),
    ("apache-kerberos-login", "RequestHeader set Remote-User"),
    ("apache-kerberos-login", "RequestHeader set Remote-Groups"),
    ("apache-kerberos", "TraceEnable Off"),
    ("apache-kerberos", "AuthLDAPRemoteUserAttribute uid"),
    ("apache-kerberos", "Require expr"),
    ("apache-kerberos", "RequestHeader unset Connection"),
    ("apache-kerberos", "RequestHeader set Remote-User"),
    ("apache-kerberos", "RequestHeader set Remote-Groups"),
    ("apache-ldap", "TraceEnable Off"),
    ("apache-ldap", "AuthLDAPRemoteUserAttribute uid"),
    ("apache-ldap", "Require expr"),
    ("apache-ldap", "RequestHeader unset Connection"),
    ("apache-ldap", "RequestHeader set Remote-User"),
    ("apache-ldap", "RequestHeader set Remote-Groups"),
    ("apache-passwords", "TraceEnable Off"),
    ("apache-passwords", "RequestHeader unset Connection"),
    ("apache-passwords", "RequestHeader set Remote-User"),
    ("apache-passwords", "RequestHeader set Remote-Groups"),
    ("nginx-auth-basic", "proxy_set_header Remote-User"),
    ("nginx-auth-basic", "proxy_set_header Remote-Groups"),
];

/// Recipes whose proxy speaks HTTP/2, too.
const SPEAK_HTTP_2: &[&str] = &["apache-passwords"];

/// An application behind the real proxy of a recipe.
struct Behind {
    recipe: &'static Recipe,
    trial: Trial,
}

impl Behind {
    fn start(recipe: &'static Recipe) -> Option<Behind> {
        Some(Behind { recipe, trial: Trial::start(recipe.name)? })
    }

    /// Sends `forgery` to `path` with the lines of a head that sign somebody in.
    fn send(&self, path: &str, credentials: &[String], forgery: &Forgery) -> Vec<Answer> {
        let Forgery { method, lines, body } = forgery;
        let port = self.trial.proxy.port();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n");
        for line in credentials.iter().chain(lines) {
            request += &format!("{line}\r\n");
        }
        request += &format!("\r\n{body}");
        let mut reading = Reading::One { head: *method == "HEAD" };
        if !body.is_empty() {
            request += &format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
            reading = Reading::All;
        }
        exchange(self.trial.proxy, request.as_bytes(), reading)
    }

    /// The answer to `GET path` with these lines, which sign somebody in or nobody.
    fn get(&self, path: &str, credentials: &[String]) -> Answer {
        let answers = self.send(path, credentials, &Forgery::none());
        answers.into_iter().next().unwrap_or_else(|| panic!("no answer to GET {path}"))
    }

    /// The lines that sign somebody in.
    fn credentials(&self, person: &str) -> Vec<String> {
        self.recipe.sign_on.credentials(&self.trial, person)
    }

    /// What `/me` says of a person, but for the number.
    fn me(&self, person: &str) -> Value {
        let answer = self.get("/me", &self.credentials(person));
        assert_eq!(answer.status, 200, "{person}: {answer:?}");
        let mut me = answer.json();
        me.as_object_mut().expect("an object").remove("id");
        me
    }

    fn signs_people_in(&self) {
        let person = |username, name, email, groups: &[&str]| {
            json!({
                "username": username, "name": name, "email": email, "groups": groups,
                "staff": false, "superuser": false,
            })
        };
        let nobody = self.get("/me", &[]);
        assert!([302, 303, 401].contains(&nobody.status), "{nobody:?}");
        assert_eq!(self.get("/", &[]).body, "nobody");
        for credentials in self.recipe.sign_on.wrong_credentials(&self.trial, "ada") {
            let front = self.get("/", &credentials);
            assert!(front.body == "nobody" || front.status == 401, "{credentials:?}: {front:?}");
            for path in ["/me", self.recipe.sign_on.path()] {
                let answer = self.get(path, &credentials);
                assert!([302, 303, 400, 401].contains(&answer.status), "{credentials:?}: {answer:?}");
            }
        }
        assert_eq!(self.trial.database.sql("SELECT username FROM remote_users"), [""; 0]);

        let ada = person("ada", "Ada Lovelace", "ada@example.org", &["editors", "staff"]);
        assert_eq!(self.me("ada"), ada);
        assert_eq!(self.me("bob"), person("bob", "Bob Low", "bob@example.org", &[]));
        assert_eq!(self.me("zoe"), person("zoe", "Zoë Ünal 李", "zoe@example.org", &["editors"]));
        assert_eq!(self.get("/editors", &self.credentials("bob")).status, 403);
        assert_eq!(self.get("/editors", &self.credentials("zoe")).body, "zoe");

        for groups in [&["readers", "staff"] as &[_], &[], &["editors"]] {
            self.trial.put_in_groups("zoe", groups);
            eventually(|| self.me("zoe")["groups"] == json!(groups));
            assert_eq!(self.me("ada"), ada);
        }

        let seen: Vec<(String, String)> =
            rocket::serde::json::from_str(&self.get("/headers", &self.credentials("ada")).body)
                .expect("headers");
        let headers = self.recipe.headers.own();
        for (name, value) in
            seen.iter().filter(|(name, _)| headers.iter().any(|own| own.eq_ignore_ascii_case(name)))
        {
            assert_eq!(value, "", "{name} is seen by a route");
        }
        self.signs_out();
    }

    /// The application's form signs out, and leads to where the sign-on does.
    fn signs_out(&self) {
        let credentials = self.credentials("ada");
        let form = Forgery { method: "POST", lines: vec!["Content-Length: 0".into()], body: String::new() };
        let answer = self.send("/logout", &credentials, &form).remove(0);
        assert_eq!(answer.status, 303, "{answer:?}");
        let location = answer.header("Location").expect("where to");
        self.recipe.sign_on.follow_logout(&self.trial, "ada", location);
        if !self.recipe.sign_on.outlives_logout() {
            let (front, me) = (self.get("/", &credentials), self.get("/me", &credentials));
            assert_eq!(front.body, "nobody");
            assert!([302, 303, 401].contains(&me.status), "{me:?}");
        }
    }

    /// What went through that should not have, until it is enough.
    fn successes(&self, enough: usize) -> Vec<String> {
        let none = Forgery::none();
        let mut attempts = vec![("/", None), ("/me", None), ("/me", Some("ada")), ("/me", Some("bob"))];
        let path = self.recipe.sign_on.path();
        if path != "/me" {
            attempts.extend([(path, None), (path, Some("ada")), (path, Some("bob"))]);
        }
        let honest = |(path, person)| (path, person, self.outcome(path, person, &none));
        let attempts: Vec<_> = attempts.into_iter().map(honest).collect();
        // Both people have been there now, so nothing that they are allowed is news.
        let before = self.remembered();
        let change = || {
            for person in ["ada", "bob"] {
                self.outcome(path, Some(person), &none);
            }
            let after = self.remembered();
            (before != after).then(|| format!("what is remembered changed from {before:?} to {after:?}"))
        };
        let mut successes = Vec::new();
        let (_, _, ada) = attempts.iter().rfind(|(_, person, _)| *person == Some("ada")).expect("an attempt");
        for credentials in self.recipe.sign_on.odd_credentials(&self.trial, "ada") {
            let outcome = self.send(path, &credentials, &none);
            if let Some(what) = self.success(&none, ada, &outcome) {
                successes.push(format!("{what}: {credentials:?}: {outcome:?}"));
            }
        }
        successes.extend(change());
        for forgery in forgeries(&self.recipe.headers) {
            for (path, person, honest) in &attempts {
                if successes.len() >= enough {
                    return successes;
                }
                self.remember_something_stale();
                let outcome = self.outcome(path, *person, &forgery);
                if let Some(what) = self.success(&forgery, honest, &outcome) {
                    successes.push(format!("{path} as {person:?}: {what}: {forgery:?}: {outcome:?}"));
                }
            }
        }
        successes.extend(change());
        successes
    }

    /// Has the application remember what a request that is passed on whole will change.
    fn remember_something_stale(&self) {
        self.trial.database.sql("UPDATE remote_users SET name = 'Stale', email = 'stale@example.org'");
    }

    /// What comes of a forgery that somebody sends beside valid credentials.
    fn outcome(&self, path: &str, person: Option<&str>, forgery: &Forgery) -> Vec<Answer> {
        let sign_in = |person| self.recipe.sign_on.credentials_at(&self.trial, path, person);
        let credentials = person.map(sign_in).unwrap_or_default();
        self.send(path, &credentials, forgery)
    }

    /// What is wrong with an outcome, if anything is: only the honest answer will do, or a refusal.
    fn success(&self, forgery: &Forgery, honest: &[Answer], outcome: &[Answer]) -> Option<String> {
        let forged = |answer: &&Answer| FORGED.iter().any(|forged| answer.body.contains(forged));
        if let Some(answer) = outcome.iter().find(forged) {
            return Some(format!("{answer:?} tells what was forged"));
        }
        let secret = self.trial.secret();
        if outcome.iter().any(|answer| answer.body.contains(&secret)) {
            return Some("the answer tells the secret".into());
        }
        let answer = outcome.first()?;
        let is_refused = (300..=599).contains(&answer.status) && answer.status != 500;
        let is_honest = answer.status == honest[0].status
            && (answer.body == honest[0].body || forgery.method == "HEAD" && answer.body.is_empty());
        let is_other = matches!(forgery.method, "OPTIONS" | "TRACE") && !answer.body.contains("username");
        (!is_refused && !is_honest && !is_other).then(|| "the answer is not the honest one".into())
    }

    /// As [`outcome`](Behind::outcome), over HTTP/2.
    fn outcome_over_http_2(
        &self,
        path: &str,
        person: Option<&str>,
        forgery: &frames::Request,
    ) -> Vec<Answer> {
        let credentials = person.map(|person| self.credentials(person)).unwrap_or_default();
        let authority = format!("localhost:{}", self.trial.proxy.port());
        let pseudo = [(":method", "GET"), (":scheme", "http"), (":authority", &authority), (":path", path)];
        let replaced = |name| forgery.fields.iter().any(|(forged, _)| *forged == name);
        let mut request = frames::Request::default();
        let (forged, others): (Vec<_>, Vec<_>) =
            forgery.fields.iter().cloned().partition(|(name, _)| pseudo.iter().any(|(own, _)| own == name));
        let own = pseudo.into_iter().filter(|(name, _)| !replaced(*name));
        request.fields.extend(own.map(|(name, value)| (name.into(), value.into())));
        request.fields.extend(forged);
        for line in credentials {
            let (name, value) = line.split_once(": ").expect("a name and a value");
            request.fields.push((name.to_lowercase(), value.into()));
        }
        request.fields.extend(others);
        request.trailers.clone_from(&forgery.trailers);
        frames::exchange(self.trial.proxy, &request).into_iter().collect()
    }

    /// Everything that the application knows of people.
    fn remembered(&self) -> Vec<String> {
        self.trial.database.sql(
            "SELECT concat_ws(' ', username, coalesce(name, '-'), coalesce(email, '-'), is_active, is_staff,
                              is_superuser) FROM remote_users
             UNION ALL SELECT name FROM remote_groups
             UNION ALL SELECT concat_ws(' ', u.username, g.name, m.source) FROM remote_memberships m
                         JOIN remote_users u ON u.id = m.user_id JOIN remote_groups g ON g.id = m.group_id
             ORDER BY 1",
        )
    }
}

#[test]
fn a_session_keeps_what_was_lost_until_the_next_login_and_no_forgery_keeps_it_longer() {
    let Some(behind) = Behind::start(&apache_kerberos_login::RECIPE) else { return };
    let session = behind.credentials("zoe");
    let login = |lines: &[&str]| {
        let mut all = behind.recipe.sign_on.credentials_at(&behind.trial, "/login", "zoe");
        all.extend(lines.iter().map(|line| line.to_string()).chain(session.clone()));
        behind.get("/login", &all)
    };
    assert_eq!(behind.get("/editors", &session).status, 200);
    behind.trial.put_in_groups("zoe", &[]);
    eventually(|| {
        assert_eq!(behind.get("/editors", &session).status, 200, "only a login takes a group away");
        !login(&["Connection: close, Remote-Groups", "Remote-Groups: editors"]).body.contains("editors")
    });
    let names = ["Remote-User", "Remote-Groups", "Remote-User, Remote-Groups", "X-Proxy-Secret"];
    for connection in names.map(|names| format!("Connection: close, {names}")) {
        let lines: Vec<String> = session.iter().cloned().chain([connection.clone()]).collect();
        assert_eq!(behind.get("/editors", &lines).status, 403, "{connection}");
        login(&[&connection]);
        assert_eq!(behind.get("/editors", &session).status, 403, "{connection}");
    }
}

#[test]
fn a_ticket_that_was_seen_on_the_way_counts_no_more() {
    if let Some(behind) = Behind::start(&apache_kerberos::RECIPE) {
        let credentials = behind.credentials("ada");
        assert_eq!(behind.get("/me", &credentials).status, 200);
        assert_eq!(behind.get("/me", &credentials).status, 401);
    }
}

#[test]
fn nothing_that_a_client_writes_over_http_2_gets_in_or_gets_anything_lost() {
    for name in SPEAK_HTTP_2 {
        let recipe = RECIPES.iter().find(|recipe| recipe.name == *name).expect("a recipe");
        let Some(behind) = Behind::start(recipe) else { continue };
        let none = frames::Request::default();
        let attempts = [("/", None), ("/me", None), ("/me", Some("ada")), ("/me", Some("bob"))];
        let attempts =
            attempts.map(|(path, person)| (path, person, behind.outcome_over_http_2(path, person, &none)));
        let statuses = attempts.each_ref().map(|(.., honest)| honest[0].status);
        assert_eq!(statuses, [200, 401, 200, 200], "{attempts:?}");
        let before = behind.remembered();
        for forgery in frames::forgeries(&recipe.headers) {
            for (path, person, honest) in &attempts {
                behind.remember_something_stale();
                let outcome = behind.outcome_over_http_2(path, *person, &forgery);
                let success = behind.success(&Forgery::none(), honest, &outcome);
                assert_eq!(success, None, "{name}: {path} as {person:?}: {forgery:?}: {outcome:?}");
            }
        }
        for person in ["ada", "bob"] {
            behind.me(person);
        }
        assert_eq!(behind.remembered(), before, "{name}");
    }
}

/// What a proxy that cannot run here sends by its documentation, in a recipe's `headers.toml`.
#[derive(Deserialize)]
#[serde(crate = "rocket::serde", deny_unknown_fields)]
struct Documented {
    requests: Vec<DocumentedRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(crate = "rocket::serde", deny_unknown_fields)]
struct DocumentedRequest {
    headers: Vec<String>,
    user: Option<String>,
    status: Option<u16>,
}

#[test]
fn what_a_recipe_that_cannot_run_sends_is_who_it_says() {
    let documented: Vec<_> = recipes().filter(|recipe| recipe.join("headers.toml").exists()).collect();
    assert!(!documented.is_empty());
    for recipe in documented {
        let Documented { requests } =
            Figment::from(Toml::file_exact(recipe.join("headers.toml"))).extract().expect("requests");
        assert!(requests.iter().any(|request| request.user.is_some()), "{recipe:?}");
        assert!(requests.iter().any(|request| request.status == Some(400)), "{recipe:?}");

        let folder = tempfile::tempdir().expect("a temporary directory");
        std::fs::copy(recipe.join("Rocket.toml"), folder.path().join("Rocket.toml")).expect("to copy");
        std::fs::write(folder.path().join("secret"), SECRET).expect("to write");
        let database = Database::new();
        let figment = figment(folder.path().join("Rocket.toml"), &database, 0);
        let rocket = application(figment).attach(RemoteUser::fairing());
        let app = App { client: Client::untracked(rocket).expect("a launch"), database };
        for request in requests {
            let split = |line| str::split_once(line, ": ").expect("a name and a value");
            let headers: Vec<_> = request.headers.iter().map(|line| split(line)).collect();
            let sent: Vec<_> = headers.iter().copied().chain([("X-Proxy-Secret", SECRET)]).collect();
            let reply = app.get("/me", &sent);
            assert_eq!(reply.status, request.status.unwrap_or(200), "{recipe:?}: {request:?}: {reply:?}");
            if let Some(user) = &request.user {
                let me: Value = rocket::serde::json::from_str(&reply.body).expect("JSON");
                assert_eq!(me["username"], json!(user), "{recipe:?}: {request:?}");
                assert_eq!(
                    app.get("/me", &headers).status,
                    403,
                    "{recipe:?}: {request:?} without the secret"
                );
            }
        }
    }
}

/// The folders of all recipes.
fn recipes() -> impl Iterator<Item = PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
    let entries = std::fs::read_dir(folder).expect("recipes").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.is_dir())
}

#[test]
fn every_recipe_that_can_run_is_tried() {
    let there: BTreeSet<_> = recipes()
        .filter(|path| !path.join("headers.toml").exists())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    let tried: BTreeSet<_> = RECIPES.iter().map(|recipe| recipe.name.to_owned()).collect();
    assert_eq!(there, tried);
    assert!(NEEDED.iter().all(|(name, _)| tried.contains(*name)), "{NEEDED:?}");
}
