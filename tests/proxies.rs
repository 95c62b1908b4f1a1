//! Every recipe of `recipes` that can run here, with its real proxy and sign-on: people sign in
//! by it, and nothing that a client writes gets in or makes anything get lost.

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use harness::forgery::{AUTH_REQUEST, FORGED, Forgery, HeaderNames, REMOTE, forgeries};
use harness::sign_on::SignOn;
use harness::streams::{self, Connection, Stream};
use harness::tls;
use harness::trial::{Trial, add_groups, figment};
use harness::wire::{Answer, Reading, exchange, exchange_on};
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
                    let successes = behind.successes(usize::MAX);
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

            #[test]
            fn each_line_against_forgeries_is_needed() {
                for (_, texts) in NEEDED.iter().filter(|(name, _)| *name == RECIPE.name) {
                    if let Some(trial) = Trial::start_without(RECIPE.name, texts) {
                        let successes = Behind { recipe: &RECIPE, trial }.successes(1);
                        assert!(!successes.is_empty(), "nothing succeeds without {texts:?}");
                    }
                }
            }
        })*

        /// The recipes that run here.
        const RECIPES: &[Recipe] = &[$($(#[$attribute])* $module::RECIPE),*];
    };
}

recipes! {
    apache_cas: Recipe {
        name: "apache-cas",
        sign_on: SignOn::Form { cookie: "MOD_AUTH_CAS", is_for_the_session: true },
        headers: HeaderNames {
            further: &["X-Remote-User", "CAS-User", "CAS-displayName", "CAS-groups", "REMOTE_USER"],
            ..REMOTE
        },
        http2: true,
    },
    apache_certificate: Recipe {
        name: "apache-certificate",
        sign_on: SignOn::Certificate,
        headers: HeaderNames {
            further: &["X-Remote-User", "SSL_CLIENT_S_DN_UID", "SSL-Client-S-DN-CN", "X-SSL-Client-Verify"],
            ..REMOTE
        },
        http2: false,
    },
    apache_kerberos: Recipe { name: "apache-kerberos", sign_on: SignOn::Ticket, headers: REMOTE, http2: false },
    apache_kerberos_login: Recipe {
        name: "apache-kerberos-login",
        sign_on: SignOn::TicketOnce,
        headers: REMOTE,
        http2: false,
    },
    apache_ldap: Recipe { name: "apache-ldap", sign_on: SignOn::Password, headers: REMOTE, http2: false },
    apache_openidc: Recipe {
        name: "apache-openidc",
        sign_on: SignOn::Form { cookie: "mod_auth_openidc_session", is_for_the_session: false },
        headers: HeaderNames {
            further: &["X-Remote-User", "OIDC_CLAIM_preferred_username", "OIDC_CLAIM_groups", "REMOTE_USER"],
            ..REMOTE
        },
        http2: true,
    },
    apache_passwords: Recipe { name: "apache-passwords", sign_on: SignOn::Password, headers: REMOTE, http2: true },
    caddy_basic_auth: Recipe { name: "caddy-basic-auth", sign_on: SignOn::Password, headers: REMOTE, http2: true },
    caddy_forward_auth: Recipe { name: "caddy-forward-auth", sign_on: SignOn::Authelia, headers: REMOTE, http2: true },
    #[cfg(feature = "mtls")]
    haproxy_mtls: Recipe { name: "haproxy-mtls", sign_on: SignOn::Password, headers: REMOTE, http2: true },
    haproxy_passwords: Recipe { name: "haproxy-passwords", sign_on: SignOn::Password, headers: REMOTE, http2: true },
    lemonldap_ng: Recipe {
        name: "lemonldap-ng",
        sign_on: SignOn::Form { cookie: "lemonldap", is_for_the_session: true },
        headers: HeaderNames {
            further: &["X-Remote-User", "Auth-User", "Auth-Groups", "Lm-Remote-User", "X-Original-URI"],
            ..REMOTE
        },
        http2: false,
    },
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
    ("apache-cas", &["TraceEnable Off"]),
    ("apache-cas", &["CASScrubRequestHeaders On"]),
    ("apache-cas", &["Require expr"]),
    ("apache-cas", &["RequestHeader unset Connection"]),
    ("apache-cas", &["RequestHeader set Remote-User"]),
    ("apache-cas", &["RequestHeader set Remote-Groups"]),
    ("apache-certificate", &["TraceEnable Off"]),
    ("apache-certificate", &["SSL_CLIENT_S_DN_UID} =~"]),
    ("apache-certificate", &["[:cntrl:]"]),
    ("apache-certificate", &["RequestHeader unset Connection"]),
    ("apache-certificate", &["RequestHeader set Remote-User \"expr"]),
    ("apache-certificate", &["RequestHeader set Remote-Groups \"expr"]),
    ("apache-kerberos-login", &["TraceEnable Off"]),
    ("apache-kerberos-login", &["AuthLDAPRemoteUserAttribute uid"]),
    ("apache-kerberos-login", &["Require expr"]),
    ("apache-kerberos-login", &["RequestHeader unset Connection"]),
    ("apache-kerberos-login", &["RequestHeader set Remote-User"]),
    ("apache-kerberos-login", &["RequestHeader set Remote-Groups"]),
    ("apache-kerberos", &["TraceEnable Off"]),
    ("apache-kerberos", &["AuthLDAPRemoteUserAttribute uid"]),
    ("apache-kerberos", &["Require expr"]),
    ("apache-kerberos", &["RequestHeader unset Connection"]),
    ("apache-kerberos", &["RequestHeader set Remote-User"]),
    ("apache-kerberos", &["RequestHeader set Remote-Groups"]),
    ("apache-ldap", &["TraceEnable Off"]),
    ("apache-ldap", &["AuthLDAPRemoteUserAttribute uid"]),
    ("apache-ldap", &["Require expr"]),
    ("apache-ldap", &["RequestHeader unset Connection"]),
    ("apache-ldap", &["RequestHeader set Remote-User"]),
    ("apache-ldap", &["RequestHeader set Remote-Groups"]),
    ("apache-openidc", &["TraceEnable Off"]),
    ("apache-openidc", &["Require expr"]),
    ("apache-openidc", &["RequestHeader unset Connection"]),
    ("apache-openidc", &["RequestHeader set Remote-User"]),
    ("apache-openidc", &["RequestHeader set Remote-Groups"]),
    ("apache-passwords", &["TraceEnable Off"]),
    ("apache-passwords", &["RequestHeader unset Connection"]),
    ("apache-passwords", &["RequestHeader set Remote-User"]),
    ("apache-passwords", &["RequestHeader set Remote-Groups"]),
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
    ("lemonldap-ng", &["no line break"]),
    ("lemonldap-ng", &["proxy_set_header Remote-User"]),
    ("lemonldap-ng", &["proxy_set_header Remote-Groups"]),
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
        match self.recipe.sign_on.tls(&self.trial, credentials) {
            Some(tls) => exchange_on(&mut tls::connect(self.trial.proxy, &tls), request.as_bytes(), reading),
            None => exchange(self.trial.proxy, request.as_bytes(), reading),
        }
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
        assert!([302, 303, 401, 403].contains(&nobody.status), "{nobody:?}");
        assert_eq!(self.get("/", &[]).body, "nobody");
        for credentials in self.recipe.sign_on.wrong_credentials(&self.trial, "ada") {
            let front = self.get("/", &credentials);
            assert!(front.body == "nobody" || front.status == 401, "{credentials:?}: {front:?}");
            for path in ["/me", self.recipe.sign_on.path()] {
                let answer = self.get(path, &credentials);
                assert!([302, 303, 400, 401, 403].contains(&answer.status), "{credentials:?}: {answer:?}");
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
            self.recipe.sign_on.sign_in_again(&self.trial, "zoe");
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
        self.recipe.sign_on.follow_logout(&self.trial, "ada", location, &credentials);
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
fn who_signs_out_at_the_provider_alone_is_signed_out_and_does_not_only_lose_groups() {
    let Some(behind) = Behind::start(&apache_openidc::RECIPE) else { return };
    let credentials = behind.credentials("zoe");
    let honest = behind.get("/me", &credentials);
    assert_eq!(honest.status, 200, "{honest:?}");
    let end = format!("http://localhost:{}/session/end", behind.trial.sign_on(9000).port());
    let mut agents = behind.trial.agents.lock().expect("agents");
    agents.get_mut("zoe").expect("zoe").go(&end, &format!("{end}/success"));
    eventually(|| {
        let answer = behind.get("/me", &credentials);
        assert!(answer.status != 200 || answer.body == honest.body, "{answer:?}");
        answer.status != 200
    });
}

#[test]
fn a_ticket_that_was_seen_on_the_way_counts_no_more() {
    if let Some(behind) = Behind::start(&apache_kerberos::RECIPE) {
        let credentials = behind.credentials("ada");
        assert_eq!(behind.get("/me", &credentials).status, 200);
        assert_eq!(behind.get("/me", &credentials).status, 401);
    }
}

/// What a proxy that cannot run here sends by its documentation, in a recipe's `headers.toml`.
#[derive(Deserialize)]
#[serde(crate = "rocket::serde", deny_unknown_fields)]
struct Documented {
    request: Vec<DocumentedRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(crate = "rocket::serde", deny_unknown_fields)]
struct DocumentedRequest {
    headers: Vec<String>,
    /// What `/me` says, or some of it.
    user: Option<BTreeMap<String, Value>>,
    status: Option<u16>,
}

#[test]
fn what_a_recipe_that_cannot_run_sends_is_who_it_says() {
    let documented: Vec<_> = recipes().filter(|recipe| recipe.join("headers.toml").exists()).collect();
    assert!(!documented.is_empty());
    for recipe in documented {
        let Documented { request: requests } =
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
        add_groups(&app.database);
        for request in requests {
            let split = |line| str::split_once(line, ": ").expect("a name and a value");
            let headers: Vec<_> = request.headers.iter().map(|line| split(line)).collect();
            let sent: Vec<_> = headers.iter().copied().chain([("X-Proxy-Secret", SECRET)]).collect();
            let reply = app.get("/me", &sent);
            assert_eq!(reply.status, request.status.unwrap_or(200), "{recipe:?}: {request:?}: {reply:?}");
            if let Some(user) = &request.user {
                let me: Value = rocket::serde::json::from_str(&reply.body).expect("JSON");
                for (key, value) in user {
                    assert_eq!(&me[key], value, "{recipe:?}: {request:?}: {key}");
                }
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
    let is_compiled = |name: &String| cfg!(feature = "mtls") || name != "haproxy-mtls";
    let there: BTreeSet<_> = recipes()
        .filter(|path| !path.join("headers.toml").exists())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .filter(is_compiled)
        .collect();
    let tried: BTreeSet<_> = RECIPES.iter().map(|recipe| recipe.name.to_owned()).collect();
    assert_eq!(there, tried);
    assert!(NEEDED.iter().all(|(name, _)| tried.contains(*name)), "{NEEDED:?}");
}
