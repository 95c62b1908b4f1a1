//! Every recipe of `recipes` that can run here, with its real proxy and sign-on: people sign in
//! by it, and nothing that a client writes gets in or makes anything get lost.

mod harness;

use harness::eventually;
use harness::forgery::{AUTH_REQUEST, FORGED, Forgery, HeaderNames, REMOTE, forgeries};
use harness::sign_on::SignOn;
use harness::streams::{self, Connection, Stream};
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
    /// Whether its proxy speaks HTTP/2 on the port of the recipe.
    http2: bool,
}

macro_rules! recipes {
    ($($(#[$attribute:meta])* $module:ident: $recipe:expr,)*) => {
        $($(#[$attribute])* mod $module {
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
                    let successes = behind.successes();
                    assert!(successes.is_empty(), "{} succeeded:\n{}", successes.len(), successes.join("\n"));
                }
            }

            #[test]
            fn nothing_that_a_client_writes_gets_in_over_http_2() {
                if let Some(behind) = Behind::start(&RECIPE) {
                    let successes = behind.successes_over_http_2();
                    assert!(successes.is_empty(), "{} succeeded:\n{}", successes.len(), successes.join("\n"));
                }
            }
        })*

        /// The recipes that run here.
        const RECIPES: &[Recipe] = &[$($(#[$attribute])* $module::RECIPE),*];
    };
}

recipes! {
    caddy_basic_auth: Recipe { name: "caddy-basic-auth", sign_on: SignOn::Password, headers: REMOTE, http2: true },
    caddy_forward_auth: Recipe { name: "caddy-forward-auth", sign_on: SignOn::Authelia, headers: REMOTE, http2: true },
    #[cfg(feature = "mtls")]
    haproxy_mtls: Recipe { name: "haproxy-mtls", sign_on: SignOn::Password, headers: REMOTE, http2: true },
    haproxy_passwords: Recipe { name: "haproxy-passwords", sign_on: SignOn::Password, headers: REMOTE, http2: true },
    nginx_auth_basic: Recipe { name: "nginx-auth-basic", sign_on: SignOn::Password, headers: REMOTE, http2: false },
    nginx_authelia: Recipe { name: "nginx-authelia", sign_on: SignOn::Authelia, headers: REMOTE, http2: false },
    nginx_oauth2_proxy: Recipe {
        name: "nginx-oauth2-proxy",
        sign_on: SignOn::OAuth2Proxy,
        headers: AUTH_REQUEST,
        http2: false,
    },
}

/// Lines of recipes that close something. Without those with these texts, forgeries succeed.
const NEEDED: &[(&str, &[&str])] = &[
    ("caddy-basic-auth", &["request_header -Remote*", "header_up Remote-User"]),
    ("caddy-basic-auth", &["request_header -Remote*", "header_up Remote-Name"]),
    ("caddy-basic-auth", &["request_header -Remote*", "header_up Remote-Email"]),
    ("caddy-basic-auth", &["request_header -Remote*", "header_up Remote-Groups"]),
    ("caddy-forward-auth", &["request_header -Remote*", "copy_headers"]),
    #[cfg(feature = "mtls")]
    ("haproxy-mtls", &["del-header ^(http.)?remote", "set-header Remote-User"]),
    #[cfg(feature = "mtls")]
    ("haproxy-mtls", &["del-header ^(http.)?remote", "set-header Remote-Groups"]),
    ("haproxy-passwords", &["del-header ^(http.)?remote", "set-header Remote-User"]),
    ("haproxy-passwords", &["del-header ^(http.)?remote", "set-header Remote-Name"]),
    ("haproxy-passwords", &["del-header ^(http.)?remote", "set-header Remote-Email"]),
    ("haproxy-passwords", &["del-header ^(http.)?remote", "set-header Remote-Groups"]),
    ("nginx-auth-basic", &["proxy_set_header Remote-User"]),
    ("nginx-auth-basic", &["proxy_set_header Remote-Groups"]),
    ("nginx-authelia", &["proxy_set_header Remote-User"]),
    ("nginx-authelia", &["proxy_set_header Remote-Name"]),
    ("nginx-authelia", &["proxy_set_header Remote-Email"]),
    ("nginx-authelia", &["proxy_set_header Remote-Groups"]),
    ("nginx-oauth2-proxy", &["proxy_set_header X-Auth-Request-User"]),
    ("nginx-oauth2-proxy", &["proxy_set_header X-Auth-Request-Groups"]),
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
        for credentials in self.recipe.sign_on.wrong_credentials("ada") {
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

    /// What went through that should not have.
    fn successes(&self) -> Vec<String> {
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
                let outcome = self.outcome(path, person, &forgery);
                if let Some(what) = self.success(&forgery, honest, &outcome) {
                    successes.push(format!("{path} as {person:?}: {what}: {forgery:?}: {outcome:?}"));
                }
            }
        }
        let after = self.remembered();
        if before != after {
            successes.push(format!("what is remembered changed from {before:?} to {after:?}"));
        }
        successes
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
        let answer = outcome.first()?;
        let is_refused = (300..=599).contains(&answer.status) && answer.status != 500;
        let is_honest = answer.status == honest[0].status
            && (answer.body == honest[0].body || forgery.method == "HEAD" && answer.body.is_empty());
        let is_other = matches!(forgery.method, "OPTIONS" | "TRACE") && !answer.body.contains("username");
        (!is_refused && !is_honest && !is_other).then(|| "the answer is not the honest one".into())
    }

    /// As [`successes`](Self::successes), in what only HTTP/2 can say.
    fn successes_over_http_2(&self) -> Vec<String> {
        let none = Stream::default();
        if !self.recipe.http2 {
            assert_eq!(Connection::open(self.trial.proxy).exchange(&none, "/", &[]), None);
            return Vec::new();
        }
        let attempts = [("/", None), ("/me", None), ("/me", Some("ada")), ("/me", Some("bob"))];
        let honest = attempts.map(|(path, person)| {
            let answer = self.streams(path, person, &none).0.expect("an answer");
            assert_eq!(answer.status == 200, path == "/" || person.is_some(), "{answer:?}");
            answer
        });
        let before = self.remembered();
        let mut successes = Vec::new();
        for ((path, person), honest) in attempts.iter().zip(&honest) {
            for forgery in streams::forgeries(&self.recipe.headers, path) {
                let (first, next) = self.streams(path, *person, &forgery);
                let is_harmless = first.as_ref().is_none_or(|answer| is_harmless(&forgery, honest, answer))
                    && next.as_ref().is_none_or(|answer| answer.body == "nobody" || answer.status == 400);
                if !is_harmless {
                    successes.push(format!("{path} as {person:?}: {forgery:?}: {first:?}, then {next:?}"));
                }
            }
        }
        let after = self.remembered();
        if before != after {
            successes.push(format!("what is remembered changed from {before:?} to {after:?}"));
        }
        successes
    }

    /// The answer to a forgery, and the one to an honest request of nobody after it.
    fn streams(
        &self,
        path: &str,
        person: Option<&str>,
        forgery: &Stream,
    ) -> (Option<streams::Answer>, Option<streams::Answer>) {
        let credentials = person.map(|person| self.credentials(person)).unwrap_or_default();
        let mut connection = Connection::open(self.trial.proxy);
        let first = connection.exchange(forgery, path, &credentials);
        (first, connection.exchange(&Stream::default(), "/", &[]))
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

/// Whether an answer over HTTP/2 is the honest one, or a refusal.
fn is_harmless(forgery: &Stream, honest: &streams::Answer, answer: &streams::Answer) -> bool {
    let is_forged = FORGED.iter().any(|forged| answer.body.contains(forged));
    let is_refused = (300..=599).contains(&answer.status) && answer.status != 500;
    let is_other = forgery.pseudo(":method").is_some() && !answer.body.contains("username");
    !is_forged && (is_refused || is_other || answer == honest)
}

#[test]
fn each_line_that_a_recipe_has_against_forgeries_is_needed() {
    for (name, texts) in NEEDED {
        let recipe = RECIPES.iter().find(|recipe| recipe.name == *name).expect("a recipe");
        if let Some(trial) = Trial::start_without(name, texts) {
            let successes = Behind { recipe, trial }.successes();
            assert!(!successes.is_empty(), "nothing succeeds without {texts:?} in {name}");
        }
    }
}

#[cfg(feature = "mtls")]
#[test]
fn every_recipe_that_can_run_is_tried() {
    use std::collections::BTreeSet;
    use std::path::Path;

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
    let entries = std::fs::read_dir(folder).expect("recipes").map(|entry| entry.expect("an entry").path());
    let runs = |path: &std::path::PathBuf| path.is_dir() && !path.join("headers.toml").exists();
    let there: BTreeSet<_> = entries
        .filter(runs)
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(there, RECIPES.iter().map(|recipe| recipe.name.to_owned()).collect());
}
