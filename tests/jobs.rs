//! Users are brought in step, listed and deactivated by a job of the application, without a
//! request of theirs.

mod harness;

use std::sync::{Arc, Mutex};

use harness::browser::{Browser, launch};
use harness::nowhere::Nowhere;
use harness::{App, Database};
use rocket::serde::json::json;
use rocket_remote_user::policy::{Event, Identity, Policy};
use rocket_remote_user::{Error, Flags, Person, RemoteUser, StaleUser, User, Users};

on_every_database![
    a_job_brings_people_in_step_as_a_request_does,
    a_job_takes_neither_local_grants_nor_excluded_groups,
    what_a_job_does_not_say_stays,
    a_job_is_no_login,
    what_the_proxy_could_not_say_a_job_cannot,
    a_job_follows_a_rename,
    a_job_that_is_refused_takes_what_a_request_would_take,
    a_job_that_is_refused_ends_every_session,
    users_whom_the_proxy_has_not_named_for_long_are_listed,
    a_deactivated_user_is_out_at_once,
    a_job_asks_the_hooks_and_tells_them,
];

const ADA: (&str, &str) = ("Remote-User", "ada");

fn sync(app: &App, person: &Person) -> Result<User, Error> {
    rocket::async_test(users(app).sync(person))
}

fn users(app: &App) -> &Users {
    app.client.rocket().state::<Users>().expect("the users")
}

fn a_job_brings_people_in_step_as_a_request_does(database: Database) {
    let toml = "create_groups = true\ngroup_map = { 'CN=crew' = 'crew' }\ngroups_allowed = ['crew', 'pilots']\n\
                staff_groups = ['crew']\ngroup_permissions = { pilots = ['fly'] }\nrealms = ['CORP']\n\
                attributes = { room = 'X-Room' }\nencoding = 'percent'\nstrip_prefix = { user = 'x:' }";
    let app = App::launch_on(database, toml);
    let person = Person::new("CORP\\ada")
        .name("Ada 100%")
        .email("ada@example.com")
        .groups(["CN=crew", "pilots", "others"])
        .attribute("room", "4.2")
        .attribute("badge", "7");
    for _ in 0..2 {
        let ada = sync(&app, &person).expect("a user");
        assert_eq!(
            (ada.username(), ada.name(), ada.email()),
            ("ada", Some("Ada 100%"), Some("ada@example.com"))
        );
        assert_eq!(
            (ada.groups(), ada.is_staff(), ada.permissions()),
            (vec!["crew", "pilots"], true, vec!["fly"])
        );
        assert_eq!((ada.attribute("room"), ada.attribute("badge")), (Some("4.2"), None));
    }
    let me = app.me(&[("Remote-User", "x:ada"), ("Remote-Groups", "CN%3Dcrew")]);
    assert_eq!(json!([me["id"], me["groups"]]), json!([1, ["crew"]]));
    let ada = sync(&app, &Person::new("ada").groups(Vec::<String>::new())).expect("a user");
    assert_eq!((ada.groups(), ada.is_staff()), (vec![], false));
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["ada"]);
}

fn a_job_takes_neither_local_grants_nor_excluded_groups(database: Database) {
    let app = App::launch_on(database, "create_groups = true\nexcluded_groups = ['kept']");
    app.me(&[ADA, ("Remote-Groups", "given")]);
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('kept'), ('own')");
    app.database.sql(
        "INSERT INTO remote_memberships (user_id, group_id, source)
         SELECT u.id, g.id, 'remote' FROM remote_users u, remote_groups g WHERE g.name = 'kept'",
    );
    app.database.sql(
        "INSERT INTO remote_memberships (user_id, group_id)
         SELECT u.id, g.id FROM remote_users u, remote_groups g WHERE g.name = 'own'",
    );
    app.database
        .sql("INSERT INTO remote_user_permissions (user_id, permission) SELECT id, 'fly' FROM remote_users");
    let ada = sync(&app, &Person::new("ada").groups(["new", "kept"])).expect("a user");
    assert_eq!((ada.groups(), ada.permissions()), (vec!["kept", "new", "own"], vec!["fly"]));
}

fn what_a_job_does_not_say_stays(database: Database) {
    let toml = "create_groups = true\nmissing_name = 'deny'\nmissing_email = 'clear'\nmissing_groups = 'deny'\n\
                missing_attributes = 'deny'\nattributes = { room = 'X-Room' }\nstaff_groups = ['crew']";
    let app = App::launch_on(database, toml);
    let all =
        [ADA, ("Remote-Name", "Ada"), ("Remote-Email", "a@b"), ("Remote-Groups", "crew"), ("X-Room", "4")];
    let before = app.me(&all);
    let ada = sync(&app, &Person::new("ada")).expect("a user");
    assert_eq!((ada.name(), ada.email(), ada.attribute("room")), (Some("Ada"), Some("a@b"), Some("4")));
    assert_eq!((ada.groups(), ada.is_staff()), (vec!["crew"], true));
    let ada = sync(&app, &Person::new("ada").name("").email(" ").attribute("room", "")).expect("a user");
    assert_eq!((ada.name(), ada.email(), ada.attribute("room")), (None, None, None));
    assert_eq!(app.me(&all), before);
}

fn a_job_is_no_login(database: Database) {
    let app = App::launch_on(database, "");
    sync(&app, &Person::new("ada")).expect("a user");
    assert_eq!(app.database.sql("SELECT username FROM remote_users WHERE last_login_at IS NULL"), ["ada"]);
}

fn what_the_proxy_could_not_say_a_job_cannot(database: Database) {
    let app = App::launch_on(database, "realms = ['CORP']\nnobody = ['guest']\ncreate_groups = true");
    let refused = [
        (Person::new("a,b"), "what is said of the person holds a comma"),
        (
            Person::new(""),
            "what is said of the person lacks a claim that is asked for, or has one of another type",
        ),
        (Person::new("ada@OTHER"), "what is said of the person is of a realm that is not one of `realms`"),
        (
            Person::new("guest"),
            "what is said of the person names a user whom the application does not accept",
        ),
        (Person::new("ａｄａ"), "what is said of the person is a user name that RFC 8265 would change"),
        (
            Person::new("ada").name("\u{202e}"),
            "what is said of the person holds a character that nobody can see",
        ),
        (
            Person::new("ada").groups(["e\u{301}"]),
            "what is said of the person names a group that is not in Unicode's form NFC",
        ),
        (
            Person::new("ada").groups(["(null)"]),
            "what is said of the person holds a placeholder that the proxy did not expand",
        ),
    ];
    for (person, message) in refused {
        let error = sync(&app, &person).expect_err(message);
        assert_eq!((error.to_string().as_str(), error.status().code), (message, 400));
    }
    assert_eq!(app.database.sql("SELECT username FROM remote_users").len(), 0);
}

fn a_job_follows_a_rename(database: Database) {
    let app = App::launch_on(database, "headers = { subject = 'X-Uid' }\ncreate_users = false");
    app.database.sql("INSERT INTO remote_users (username, subject) VALUES ('ada', 's-1'), ('bob', 's-2')");
    let ada = sync(&app, &Person::new("ada2").subject("s-1")).expect("a user");
    assert_eq!((ada.username(), ada.subject()), ("ada2", Some("s-1")));
    let cases = [
        (Person::new("ada2"), "the subject is missing"),
        (Person::new("bob").subject("s-1"), "the new user name of the subject belongs to another user"),
        (Person::new("bob").subject("s-3"), "the user name belongs to another subject"),
        (Person::new("carl").subject("s-4"), "the user is unknown and `create_users` is false"),
    ];
    for (person, message) in cases {
        assert_eq!(sync(&app, &person).expect_err(message).to_string(), message);
    }
}

fn a_job_that_is_refused_takes_what_a_request_would_take(database: Database) {
    let app = App::launch_on(
        database,
        "create_groups = true\ndenied_groups = ['left']\nsuperuser_groups = ['root']",
    );
    assert_eq!(app.me(&[ADA, ("Remote-Groups", "root")])["superuser"], true);
    let error = sync(&app, &Person::new("ada").groups(["left"])).expect_err("a refusal");
    assert_eq!(error.to_string(), "the user is in one of `denied_groups`");
    assert_eq!(app.database.sql("SELECT username FROM remote_users WHERE is_superuser").len(), 0);
    assert_eq!(app.me(&[ADA, ("Remote-Groups", "")])["groups"], json!([]));
}

fn a_job_that_is_refused_ends_every_session(database: Database) {
    let toml = "session.persistent = true\ncreate_groups = true\nrequired_groups = ['crew']\ndenied_groups = ['left']";
    for groups in [&["crew", "left"][..], &[]] {
        let app = launch(database.another(), toml);
        let mut browser = Browser::new(&app);
        assert_eq!(browser.get("/me", &[ADA, ("Remote-Groups", "crew")]).status, 200);
        assert_eq!(browser.get("/me", &[]).status, 200);
        sync(&app, &Person::new("ada").groups(groups.iter().copied())).expect_err("a refusal");
        assert_eq!(browser.get("/me", &[]).status, 401, "{groups:?}");
    }
}

fn users_whom_the_proxy_has_not_named_for_long_are_listed(database: Database) {
    let app = launch(database, "session.persistent = true");
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA]).status, 200);
    let users_before = ["old", "older", "never", "inactive", "recent"];
    for user in users_before {
        app.database.sql(&format!("INSERT INTO remote_users (username) VALUES ('{user}')"));
    }
    let set = |user: &str, columns: &str| {
        app.database.sql(&format!("UPDATE remote_users SET {columns} WHERE username = '{user}'"));
    };
    set("old", "last_login_at = '2020-01-01 12:00:00', created_at = '2019-01-01 12:00:00'");
    set("older", "last_login_at = '2019-06-01 12:00:00', created_at = '2019-01-01 12:00:00'");
    set("never", "created_at = '2019-01-01 12:00:00'");
    set("inactive", "created_at = '2019-01-01 12:00:00', is_active = FALSE");
    set("recent", "last_login_at = CURRENT_TIMESTAMP, created_at = '2019-01-01 12:00:00'");
    set("ada", "last_login_at = '2020-01-01 12:00:00', created_at = '2019-01-01 12:00:00'");
    let stale = |days: u32| rocket::async_test(users(&app).stale(days)).expect("a list");
    let names = |days: u32| stale(days).iter().map(|user| user.username().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(90), ["old", "older", "never"], "a session that is in use is no silence");
    let logins: Vec<_> = stale(90).iter().map(|user| user.last_login_at().map(|at| at.year())).collect();
    assert_eq!(logins, [Some(2020), Some(2019), None]);
    assert!(stale(90).windows(2).all(|pair| pair[0].id() < pair[1].id()));
    assert_eq!(names(20_000), [] as [&str; 0]);

    app.database.sql("UPDATE remote_sessions SET source = 'password'");
    assert_eq!(names(90), ["ada", "old", "older", "never"], "a session of a form is none of the proxy's");
}

fn a_deactivated_user_is_out_at_once(database: Database) {
    let app = launch(database, "session.persistent = true");
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/me", &[ADA]).status, 200);
    let deactivate =
        |id: i64, name: &str| rocket::async_test(users(&app).deactivate(&StaleUser::new(id, name, None)));
    let id = app.me(&[ADA])["id"].as_i64().expect("an id");
    for (id, name) in [(id, "bob"), (id, "Ada"), (id + 1, "ada")] {
        assert!(matches!(deactivate(id, name), Err(Error::UnknownUser)), "{id} {name}");
    }
    assert_eq!(browser.get("/me", &[]).status, 200, "another user of the same name is not meant");
    for _ in 0..2 {
        deactivate(id, "ada").expect("a user");
    }
    assert_eq!(browser.get("/me", &[]).status, 401, "the session has ended");
    app.get("/me", &[ADA]).is(403, "the user is inactive");
    assert_eq!(app.database.sql("SELECT token_hash FROM remote_sessions").len(), 0);
}

/// Whoever is in the crew is staff; events are counted.
struct Counting(Arc<Mutex<Vec<String>>>);

#[rocket::async_trait]
impl Policy for Counting {
    fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
        Flags { staff: identity.is_member("crew"), ..flags }
    }

    async fn event(&self, event: Event<'_>) {
        let line = match event {
            Event::Created { user } => format!("created {}", user.username()),
            Event::Changed { user, plan } => format!("changed {} {}", user.username(), plan.changes().len()),
            _ => return,
        };
        self.0.lock().expect("a lock").push(line);
    }
}

fn a_job_asks_the_hooks_and_tells_them(database: Database) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let fairing = RemoteUser::fairing().policy(Counting(events.clone()));
    let app = App::launch_on_with(database, "", fairing);
    for _ in 0..2 {
        assert!(sync(&app, &Person::new("ada").groups(["crew"])).expect("a user").is_staff());
    }
    assert!(!sync(&app, &Person::new("ada").groups(["x"])).expect("a user").is_staff());
    rocket::async_test(users(&app).deactivate(&StaleUser::new(1, "ada", None))).expect("a user");
    assert_eq!(*events.lock().expect("a lock"), ["created ada", "changed ada 1", "changed ada 1"]);
}

#[test]
fn a_store_that_lists_nobody_says_so() {
    let app = App::launch_with("", RemoteUser::fairing().store(Nowhere));
    let error = rocket::async_test(users(&app).stale(1)).expect_err("no list");
    assert_eq!(error.to_string(), "the user store is out of reach: it does not list stale users");
}
