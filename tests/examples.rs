//! The examples, run as their users run them: with `Rocket.toml` and the
//! environment.

mod harness;

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use harness::process::{Example, program};
use harness::socket::cookie;
use harness::{Database, Kind};

#[test]
fn what_the_tests_start_was_built_of_the_sources_that_are_here() {
    let whoami = program("whoami");
    let built = whoami.metadata().and_then(|metadata| metadata.modified()).expect("a time");
    let listed = std::fs::read_to_string(whoami.with_extension("d")).expect("a list of its sources");
    let sources: Vec<_> = listed.split_whitespace().skip(1).map(Path::new).collect();
    for source in ["examples/whoami.rs", "src/lib.rs", "src/auth/judge.rs"] {
        assert!(sources.iter().any(|listed| listed.ends_with(source)), "{source} is not in {listed}");
    }
    for source in sources {
        let changed = source.metadata().and_then(|metadata| metadata.modified()).expect("a time");
        assert!(changed <= built, "{} is newer than {}", source.display(), whoami.display());
    }
}

#[test]
fn whoami_says_who_is_there() {
    let database = Database::new();
    let variables = [
        ("ROCKET_REMOTE_USER", "{excluded_groups=[\"staff\"], staff_groups=[\"crew\"]}"),
        ("ROCKET_REMOTE_USER__CREATE_USERS", "false"),
        ("ROCKET_REMOTE_USER_TRUSTED_PROXIES", "[]"),
        ("rocket_remote_user_trusted_proxy", "[]"),
        ("ROCKET_DATABASES_REMOTE_USER_URL", "sqlite:x"),
        ("ROCKET_CLI_COLORS", "false"),
    ];
    let whoami = Example::run("whoami", "remote_user", &database, &variables);
    let users = "ROCKET_REMOTE_USER='{key=value}'";
    for (variable, table) in [
        ("ROCKET_REMOTE_USER__CREATE_USERS", users),
        ("ROCKET_REMOTE_USER_TRUSTED_PROXIES", users),
        ("rocket_remote_user_trusted_proxy", users),
        ("ROCKET_DATABASES_REMOTE_USER_URL", "ROCKET_DATABASES='{name={key=value}}'"),
    ] {
        let warning = format!(
            "Warning: The environment variable `{variable}` has no effect.\n   \
             >> Rocket reads one table instead: {table}\n"
        );
        assert!(whoami.launch.contains(&warning), "{}", whoami.launch);
    }
    assert_eq!(whoami.launch.matches("has no effect").count(), 4, "{}", whoami.launch);
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
    let variables = [("ROCKET_REMOTE_USER", "{trusted_proxies=[\"10.0.0.1\"]}")];
    let whoami = Example::run("whoami", "remote_user", &database, &variables);
    assert_eq!(whoami.get("/me", "Remote-User: ada").0, 403);
    assert_eq!(whoami.get("/headers", "Remote-User: ada").0, 403);
    assert_eq!(whoami.get("/", "").0, 200);
}

on_every_database!(notes_are_kept_beside_the_users);

fn notes_are_kept_beside_the_users(database: Database) {
    let example = match database.kind {
        Kind::Sqlite => "database",
        Kind::Postgres => "database_postgres",
        Kind::MySql => "database_mysql",
    };
    for launch in 1..=2 {
        let example = Example::run(example, "notes", &database, &[]);
        assert_eq!(example.post("/notes", "Remote-User: ada", "text=Buy milk").0, 201, "launch {launch}");
        assert_eq!(example.post("/notes", "Remote-User: ada", "text=").0, 503, "the database wants a text");
        assert_eq!(example.post("/notes", "", "text=Buy milk").0, 401);
        let notes = vec!["Buy milk"; launch].join("\n");
        assert_eq!(example.get("/notes", "Remote-User: ada"), (200, notes));
        assert_eq!(example.get("/notes", "Remote-User: bob"), (200, "".into()));
        assert_eq!(example.get("/people", "Remote-User: bob"), (200, "2".into()));
        assert_eq!(example.get("/notes", "").0, 401);
        let count = "SELECT CAST(notes AS CHAR(1)) FROM authors";
        assert_eq!(database.sql(count), [launch.to_string()], "what failed counts nothing");
    }
    database.sql("DELETE FROM remote_users");
    assert_eq!(database.sql("SELECT text FROM notes"), [""; 0]);
}

#[test]
fn the_policy_of_a_company_lets_its_people_in() {
    let database = Database::new();
    let example = Example::run("policy", "remote_user", &database, &[]);
    let ada = example.get("/", "Remote-User: ada@EXAMPLE.COM");
    assert_eq!(ada, (200, "ada <to-be-confirmed@example.com>\n".into()));
    assert_eq!(example.get("/", "Remote-User: eve@ELSEWHERE.COM").0, 403);
}

#[test]
fn users_can_be_kept_in_a_file() {
    let database = Database::new();
    let file = database.directory.path().join("people.json");
    let run =
        || Example::run("store", "unused", &database, &[("ROCKET_PEOPLE", &file.display().to_string())]);
    let example = run();
    let ada = "Remote-User: ada\nRemote-Groups: editors, authors";
    assert_eq!(example.get("/", ada), (200, "1 ada [\"authors\", \"editors\"]\n".into()));
    assert_eq!(example.get("/", "Remote-User: bob"), (200, "2 bob []\n".into()));
    assert_eq!(
        example.get("/", "Remote-User: ada\nRemote-Groups: authors"),
        (200, "1 ada [\"authors\"]\n".into())
    );
    drop(example);

    let people = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, people.replacen("\"is_active\": true", "\"is_active\": false", 1)).expect("a file");
    let example = run();
    assert_eq!(example.get("/", "Remote-User: ada"), (403, "This account is inactive.\n".into()));
    assert_eq!(example.get("/", "Remote-User: bob"), (200, "2 bob []\n".into()));
}

fn location(response: &str) -> Option<&str> {
    response.lines().find_map(|line| line.strip_prefix("location: "))
}

#[test]
fn whoami_signs_people_out() {
    let database = Database::new();
    let everything = "{session={persistent=true},logout_url=\"https://auth.example.com/logout\"}";
    let whoami = Example::run("whoami", "remote_user", &database, &[("ROCKET_REMOTE_USER", everything)]);
    let sign_in = || cookie(&whoami.respond("GET", "/", "Remote-User: ada")).expect("a cookie");
    let (one, two) = (sign_in(), sign_in());
    let (status, page) = whoami.get("/", &one);
    assert_eq!(status, 200);
    for form in ["method=\"post\" action=\"/logout\"", "formaction=\"/logout-everywhere\"", "which POST"] {
        assert!(page.contains(form), "{page}");
    }
    assert_eq!(whoami.get("/logout", &one).0, 404);
    let out = whoami.submit("/logout", &one, "");
    assert_eq!(location(&out), Some("https://auth.example.com/logout"));
    assert_eq!((whoami.get("/me", &one).0, whoami.get("/me", &two).0), (401, 200));
    let three = sign_in();
    assert_eq!(whoami.post("/logout-everywhere", &two, "").0, 303);
    assert_eq!((whoami.get("/me", &two).0, whoami.get("/me", &three).0), (401, 401));
}

#[test]
fn forms_that_never_come_hold_nobody_up() {
    let database = Database::new();
    let example = Example::run("fallback_login", "fallback_login", &database, &[]);
    let ada = "Remote-User: ada";
    assert_eq!(example.post("/password", ada, "password=correct+horse+battery").0, 303);
    let begun = format!(
        "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 2000\r\n\r\nusername={}",
        "a".repeat(1_000)
    );
    let open = (0..32).map(|_| {
        let mut stream = TcpStream::connect(example.address).expect("a connection");
        stream.write_all(begun.as_bytes()).expect("to write");
        stream
    });
    let open: Vec<TcpStream> = open.collect();
    for _ in 0..4 {
        assert_eq!(example.post("/login", "", "username=ada&password=correct+horse+battery").0, 303);
        assert_eq!(example.get("/", ada).0, 200);
    }
    drop(open);
}

#[test]
fn the_session_is_as_it_is_configured() {
    let database = Database::new();
    let file = database.directory.path().join("Rocket.toml");
    let keys = "[default.remote_user]\ntrusted_proxies = ['127.0.0.1']\nsession = { idle_timeout = 60, max_age = 61 }";
    std::fs::write(&file, keys).expect("a file");
    let variables = [("ROCKET_CONFIG", file.to_str().expect("a path"))];
    let example = Example::run("fallback_login", "fallback_login", &database, &variables);
    assert!(example.launch.contains("60 s idle, 61 s in all"), "{}", example.launch);
}

#[test]
fn a_password_is_the_way_in_while_the_sign_on_is_down() {
    let database = Database::new();
    let example = Example::run("fallback_login", "fallback_login", &database, &[]);
    let (status, page) = example.get("/", "");
    assert!(status == 200 && page.contains("action=\"/login\""), "{page}");
    let right = "username=ada&password=correct+horse+battery";
    assert_eq!(example.post("/login", "", right).0, 401, "there is no such user");
    assert_eq!(example.post("/password", "", "password=correct+horse+battery").0, 401, "nobody is in");
    let ada = "Remote-User: ada";
    assert!(example.get("/", ada).1.contains("Hello, ada!"));
    assert_eq!(example.post("/login", "", right).0, 401, "there is no password");
    assert_eq!(example.post("/password", ada, "password=too+short").0, 422);
    assert_eq!(example.post("/password", ada, "password=correct+horse+battery").0, 303);
    assert!(database.sql("SELECT hash FROM passwords")[0].starts_with("$argon2id$"));

    let attack = "Sec-Fetch-Site: cross-site";
    assert_eq!(example.post("/login", attack, right).0, 403);
    assert_eq!(example.post("/login", "Origin: https://evil.example", right).0, 403);
    assert_eq!(example.post("/password", &format!("{ada}\n{attack}"), "password=chosen+by+somebody").0, 403);
    let signed_in = example.submit("/login", "Sec-Fetch-Site: same-origin", right);
    assert_eq!(location(&signed_in), Some("/"), "{signed_in}");
    let cookie = cookie(&signed_in).expect("a cookie");
    assert!(example.get("/", &cookie).1.contains("Hello, ada!"));
    assert_eq!(database.sql("SELECT source FROM remote_sessions"), ["password"]);
    assert_eq!(example.post("/logout", &cookie, "").0, 303);
    assert!(example.get("/", &cookie).1.contains("action=\"/login\""));

    database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(example.post("/login", "", right).0, 403, "inactive");
    database.sql("UPDATE remote_users SET is_active = TRUE");
    let wrong = "username=ada&password=wrong";
    let statuses: Vec<_> = (0..5).map(|_| example.post("/login", "", wrong).0).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 429], "the one that led to nothing counts too");
    assert_eq!(example.post("/login", "", right).0, 429);
    for other in ["%EF%BD%81da", "+ada"] {
        assert_eq!(example.post("/login", "", &format!("username={other}&password=wrong")).0, 429, "{other}");
    }
    for _ in 0..5 {
        assert_eq!(example.post("/login", "", "username=zed&password=wrong").0, 401, "others may");
    }
    assert_eq!(example.post("/login", "", "username=%EF%BD%9Aed&password=wrong").0, 429, "known or not");
    let long = format!("username={}&password=wrong", "a".repeat(151));
    assert_eq!((0..6).map(|_| example.post("/login", "", &long).0).collect::<Vec<_>>(), [401; 6]);
    assert_eq!(example.post("/login", "Origin: null", right).0, 403);
}
