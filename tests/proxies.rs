//! Every recipe of `recipes` that can run here, with its real proxy and sign-on: people sign in
//! by it, and nothing that a client writes gets in or makes anything get lost.

mod harness;

use std::collections::BTreeSet;
use std::path::Path;

use harness::eventually;
use harness::forgery::{FORGED, Forgery, HeaderNames, REMOTE, forgeries};
use harness::sign_on::SignOn;
use harness::trial::Trial;
use harness::wire::{Answer, Reading, exchange};
use rocket::serde::json::{Value, json};

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
        })*

        /// The recipes that run here.
        const RECIPES: &[Recipe] = &[$($module::RECIPE),*];
    };
}

recipes! {
    apache_kerberos: Recipe { name: "apache-kerberos", sign_on: SignOn::Ticket, headers: REMOTE },
    apache_ldap: Recipe { name: "apache-ldap", sign_on: SignOn::Password, headers: REMOTE },
    apache_passwords: Recipe { name: "apache-passwords", sign_on: SignOn::Password, headers: REMOTE },
    nginx_auth_basic: Recipe { name: "nginx-auth-basic", sign_on: SignOn::Password, headers: REMOTE },
}

/// Lines of recipes that close something. Without one of them, forgeries succeed.
const NEEDED: &[(&str, &str)] = &[
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
            let (front, me) = (self.get("/", &credentials), self.get("/me", &credentials));
            assert!(front.body == "nobody" || front.status == 401, "{credentials:?}: {front:?}");
            assert!([302, 303, 400, 401].contains(&me.status), "{credentials:?}: {me:?}");
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
        self.recipe.sign_on.follow_logout(&self.trial, location, &credentials);
    }

    /// What went through that should not have, until it is enough.
    fn successes(&self, enough: usize) -> Vec<String> {
        let none = Forgery::none();
        let nobody = (self.outcome("/", None, &none), self.outcome("/me", None, &none));
        let people = ["ada", "bob"].map(|person| (person, self.outcome("/me", Some(person), &none)));
        // Both have been there now, so nothing that they are allowed is news.
        let before = self.remembered();
        let mut successes = Vec::new();
        for forgery in forgeries(&self.recipe.headers) {
            let mut attempts = vec![("/", None, &nobody.0), ("/me", None, &nobody.1)];
            attempts.extend(people.iter().map(|(person, honest)| ("/me", Some(*person), honest)));
            for (path, person, honest) in attempts {
                self.remember_something_stale();
                let outcome = self.outcome(path, person, &forgery);
                if let Some(what) = self.success(&forgery, honest, &outcome) {
                    successes.push(format!("{path} as {person:?}: {what}: {forgery:?}: {outcome:?}"));
                }
                if successes.len() >= enough {
                    return successes;
                }
            }
        }
        for credentials in self.recipe.sign_on.odd_credentials(&self.trial, "ada") {
            let outcome = self.send("/me", &credentials, &none);
            if let Some(what) = self.success(&none, &people[0].1, &outcome) {
                successes.push(format!("{what}: {credentials:?}: {outcome:?}"));
            }
        }
        for (person, _) in &people {
            self.outcome("/me", Some(person), &none);
        }
        let after = self.remembered();
        if before != after {
            successes.push(format!("what is remembered changed from {before:?} to {after:?}"));
        }
        successes
    }

    /// Has the application remember what a request that is passed on whole will change.
    fn remember_something_stale(&self) {
        self.trial.database.sql("UPDATE remote_users SET name = 'Stale', email = 'stale@example.org'");
    }

    /// What comes of a forgery that somebody sends beside valid credentials.
    fn outcome(&self, path: &str, person: Option<&str>, forgery: &Forgery) -> Vec<Answer> {
        let credentials = person.map(|person| self.credentials(person)).unwrap_or_default();
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
fn each_line_that_a_recipe_has_against_forgeries_is_needed() {
    for (name, line) in NEEDED {
        let recipe = RECIPES.iter().find(|recipe| recipe.name == *name).expect("a recipe");
        if let Some(trial) = Trial::start_without(name, &[line]) {
            let successes = Behind { recipe, trial }.successes(1);
            assert!(!successes.is_empty(), "nothing succeeds without `{line}` in {name}");
        }
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
fn every_recipe_that_can_run_is_tried() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
    let entries = std::fs::read_dir(folder).expect("recipes").map(|entry| entry.expect("an entry").path());
    let runs = |path: &std::path::PathBuf| path.is_dir() && !path.join("headers.toml").exists();
    let there: BTreeSet<_> = entries
        .filter(runs)
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(there, RECIPES.iter().map(|recipe| recipe.name.to_owned()).collect());
}
