//! What is kept between two requests, what it costs, and what ends it.

mod harness;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use harness::browser::{self, Browser, PERSISTENT};
use harness::launch::{TABLE, abort_by, expect};
use harness::log::Recording;
use harness::{App, Database, Headers, Kind, application, figment};
use log::LevelFilter;
use rocket::local::blocking::Client;
use rocket::serde::json::{self, Value};
use rocket::{Request, async_trait};
use rocket_remote_user::policy::{Identity, Policy};
use rocket_remote_user::{Flags, Profile, RemoteUser};

on_every_database![
    whoever_is_kept_costs_one_reading_of_the_revisions,
    nothing_is_kept_where_it_is_turned_off,
    every_change_by_hand_is_in_the_next_answer,
    what_does_not_count_keeps_what_is_kept,
    a_change_of_one_person_is_none_of_another_s,
    a_change_that_is_rolled_back_is_none,
    a_kept_session_ends_with_what_ends_it_by_hand,
    a_kept_session_ends_in_time_unless_another_instance_used_it,
    a_session_that_was_noted_to_be_in_use_is_not_noted_again,
    nothing_is_kept_of_somebody_who_is_refused,
    another_assertion_of_the_same_user_is_looked_up,
    hooks_are_asked_on_each_request_unless_they_are_pure,
    nothing_is_kept_while_the_revisions_are_gone,
    a_restored_backup_is_what_it_says,
    an_answer_may_be_as_old_as_the_configuration_allows,
    one_s_own_change_counts_at_once_however_old_an_answer_may_be,
    without_the_triggers_nothing_is_kept_and_liftoff_says_why,
    a_trigger_that_is_missing_is_created_again,
];

const ADA: Headers<'static> = &[("Remote-User", "ada"), ("Remote-Groups", "editors,ghosts")];

/// Keys with which hand-written memberships stay.
const LOCAL: &str = "keep_local_groups = true\nlogin_interval = 31536000";

/// An application whose statements can be counted.
struct Counted {
    app: App,
    recording: Recording,
}

impl Counted {
    fn launch(database: Database, toml: &str) -> Counted {
        Self::launch_with(database, toml, None::<NoHooks>)
    }

    fn launch_with(database: Database, toml: &str, policy: Option<impl Policy>) -> Counted {
        let recording = Recording::start();
        let figment = figment(&database, toml).merge(("databases.remote_user.log_level", "debug"));
        let rocket = match policy {
            Some(policy) => application(figment).attach(RemoteUser::fairing().policy(policy)),
            None => browser::with_logins(figment),
        };
        let app = App { client: Client::untracked(rocket).expect("a launch"), database };
        Counted { app, recording }
    }

    /// Does `work`, and returns what it returns, and the statements.
    fn count<T>(&self, work: impl FnOnce(&App) -> T) -> (T, Vec<String>) {
        self.recording.clear();
        self.recording.raise_to(LevelFilter::Trace);
        let outcome = work(&self.app);
        let statements = self.recording.lines_of("sqlx::query");
        let summary = |line: &String| line.split_once("summary=\"").expect(line).1.to_owned();
        (outcome, statements.iter().map(summary).collect())
    }

    /// How many statements the request takes, and whether the revisions are all that is read.
    #[track_caller]
    fn cost(&self, headers: Headers<'_>) -> (usize, bool) {
        let (reply, statements) = self.count(|app| app.get("/me", headers));
        assert_eq!(reply.status, 200, "{}", reply.body);
        (statements.len(), statements.iter().all(|statement| !statement.contains("json")))
    }

    /// Makes the user one who is kept.
    #[track_caller]
    fn warm(&self, headers: Headers<'_>) {
        for _ in 0..3 {
            assert_eq!(self.app.get("/me", headers).status, 200);
        }
        assert_eq!(self.cost(headers), KEPT);
    }
}

/// One statement, which reads the revisions.
const KEPT: (usize, bool) = (1, true);

struct NoHooks;

impl Policy for NoHooks {}

fn whoever_is_kept_costs_one_reading_of_the_revisions(database: Database) {
    let counted = Counted::launch(database, LOCAL);
    counted.warm(ADA);
    let (replies, statements) = counted.count(|app| {
        ["/me", "/visitor", "/optional", "/permissions", "/nobody"].map(|path| app.get(path, ADA).status)
    });
    assert_eq!(replies, [200; 5]);
    assert_eq!(statements.len(), 5, "{statements:?}");
    assert_eq!(counted.count(|app| app.get("/public", ADA)).1, [""; 0]);
}

fn nothing_is_kept_where_it_is_turned_off(database: Database) {
    let counted = Counted::launch(database, &format!("{LOCAL}\ncache = false"));
    for _ in 0..3 {
        counted.app.get("/me", ADA);
    }
    assert_eq!(counted.cost(ADA), (1, false));
}

/// Everything that a request tells of ada: the answer, or the status of the refusal.
fn answer(app: &App) -> Value {
    let me = app.get("/me", ADA);
    let permissions = app.get("/permissions", ADA);
    assert_eq!(me.status, permissions.status);
    if me.status != 200 {
        return me.status.into();
    }
    let mut answer: Value = json::from_str(&me.body).expect("JSON");
    answer["permissions"] = permissions.body.into();
    answer
}

/// What the database says of ada, as [`answer`] should.
fn stored(database: &Database) -> Value {
    let of_ada = "u.username = 'ada'";
    let flag = |column: &str| {
        let sql = format!("SELECT id FROM remote_users u WHERE {of_ada} AND u.is_active AND u.{column}");
        !database.sql(&sql).is_empty()
    };
    if database.sql(&format!("SELECT id FROM remote_users u WHERE {of_ada} AND u.is_active")).is_empty() {
        return 403.into();
    }
    let column = |column: &str| {
        database.sql(&format!("SELECT coalesce({column}, '') FROM remote_users u WHERE {of_ada}"))
    };
    let id = database.sql(&format!("SELECT concat_ws('', u.id) FROM remote_users u WHERE {of_ada}"));
    let name = column("u.name");
    let groups = database.sql(&format!(
        "SELECT g.name FROM remote_groups g JOIN remote_memberships m ON m.group_id = g.id
         JOIN remote_users u ON u.id = m.user_id WHERE {of_ada} ORDER BY 1"
    ));
    let permissions: BTreeSet<String> = database
        .sql(&format!(
            "SELECT p.permission FROM remote_user_permissions p JOIN remote_users u ON u.id = p.user_id
              WHERE {of_ada}
             UNION SELECT p.permission FROM remote_group_permissions p
               JOIN remote_memberships m ON m.group_id = p.group_id
               JOIN remote_users u ON u.id = m.user_id WHERE {of_ada}"
        ))
        .into_iter()
        .collect();
    json::json!({
        "id": id[0].parse::<i64>().expect("an id"),
        "username": "ada",
        "name": if name[0].is_empty() { Value::Null } else { name[0].clone().into() },
        "email": Value::Null,
        "groups": groups,
        "staff": flag("is_staff"),
        "superuser": flag("is_superuser"),
        "permissions": Vec::from_iter(permissions).join(","),
    })
}

fn every_change_by_hand_is_in_the_next_answer(database: Database) {
    let kind = database.kind;
    let counted = Counted::launch(database, LOCAL);
    let database = &counted.app.database;
    database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('local'), ('others')");
    let user = "(SELECT id FROM remote_users WHERE username = 'ada')";
    let group = |name: &str| format!("(SELECT id FROM remote_groups WHERE name = '{name}')");
    let mut changes: Vec<String> = [
        "UPDATE remote_users SET name = 'Ada'",
        "UPDATE remote_users SET is_staff = TRUE",
        "UPDATE remote_users SET is_superuser = TRUE, last_login_at = last_login_at",
        "UPDATE remote_users SET is_active = FALSE",
        "UPDATE remote_users SET is_active = TRUE",
        "UPDATE remote_users SET username = 'bob' WHERE username = 'ada'",
        "DELETE FROM remote_users WHERE username = 'ada'",
        "DELETE FROM remote_memberships",
        "UPDATE remote_groups SET name = 'former' WHERE name = 'editors'",
        "UPDATE remote_groups SET name = 'editors' WHERE name = 'former'",
        "INSERT INTO remote_groups (name) VALUES ('ghosts')",
        "DELETE FROM remote_groups WHERE name = 'ghosts'",
    ]
    .map(str::to_owned)
    .to_vec();
    changes.extend([
        format!("INSERT INTO remote_user_permissions VALUES ({user}, 'own')"),
        "UPDATE remote_user_permissions SET permission = 'other'".into(),
        "DELETE FROM remote_user_permissions".into(),
        format!("INSERT INTO remote_memberships (user_id, group_id) VALUES ({user}, {})", group("local")),
        format!("INSERT INTO remote_group_permissions VALUES ({}, 'of.group')", group("local")),
        format!("UPDATE remote_group_permissions SET group_id = {}", group("editors")),
        "DELETE FROM remote_group_permissions".into(),
        format!("UPDATE remote_memberships SET group_id = {} WHERE source = 'local'", group("others")),
        format!("INSERT INTO remote_user_permissions VALUES ({user}, 'own')"),
    ]);
    match kind {
        Kind::Sqlite => changes.extend(
            [
                "REPLACE INTO remote_users (id, username, is_staff) SELECT id, username, 0 FROM remote_users WHERE username = 'ada'",
                "INSERT INTO remote_users (username) VALUES ('cy')",
                "UPDATE OR REPLACE remote_users SET username = 'ada' WHERE username = 'cy'",
                "REPLACE INTO remote_users (username, name) VALUES ('ada', 'Replaced')",
            ]
            .map(str::to_owned),
        ),
        Kind::MySql => changes.extend(
            [
                "REPLACE INTO remote_users (username, name) VALUES ('ada', 'Replaced')",
                "INSERT INTO remote_users (username) VALUES ('ada') ON DUPLICATE KEY UPDATE name = 'Doubled'",
            ]
            .map(str::to_owned),
        ),
        Kind::Postgres => changes.extend(
            [
                "TRUNCATE remote_user_permissions",
                "INSERT INTO remote_users (username) VALUES ('ada') ON CONFLICT (username) DO UPDATE SET name = 'Doubled'",
                "BEGIN; SET CONSTRAINTS ALL IMMEDIATE; UPDATE remote_users SET name = 'First'; UPDATE remote_users SET name = 'Second'; COMMIT",
                "BEGIN; SAVEPOINT s; UPDATE remote_users SET name = 'No'; ROLLBACK TO s; UPDATE remote_users SET name = 'Yes'; COMMIT",
                "TRUNCATE remote_memberships, remote_user_permissions, remote_sessions, remote_users",
            ]
            .map(str::to_owned),
        ),
    }
    for change in &changes {
        if answer(&counted.app) != 403 {
            counted.warm(ADA);
        }
        assert_eq!(answer(&counted.app), stored(database), "before {change}");
        database.sql(change);
        assert_eq!(answer(&counted.app), stored(database), "after {change}");
    }
}

fn what_does_not_count_keeps_what_is_kept(database: Database) {
    let counted = Counted::launch(database, LOCAL);
    counted.warm(ADA);
    let database = &counted.app.database;
    for change in [
        "INSERT INTO remote_users (username) VALUES ('bob')",
        "UPDATE remote_users SET last_login_at = created_at WHERE username = 'bob'",
        "INSERT INTO remote_sessions (token_hash, user_id) SELECT username, id FROM remote_users",
        "UPDATE remote_sessions SET last_seen_at = expires_at",
    ] {
        database.sql(change);
        assert_eq!(counted.cost(ADA), KEPT, "{change}");
    }
    for taken_back in ["last_login_at = NULL", "last_login_at = '2000-01-01 00:00:00'"] {
        database.sql(&format!("UPDATE remote_users SET {taken_back} WHERE username = 'ada'"));
        assert_ne!(counted.cost(ADA), KEPT, "{taken_back}");
        counted.warm(ADA);
    }
}

fn a_change_of_one_person_is_none_of_another_s(database: Database) {
    let counted = Counted::launch(database, LOCAL);
    counted.warm(ADA);
    counted.warm(&[("Remote-User", "bob")]);
    counted.app.database.sql("UPDATE remote_users SET is_staff = TRUE WHERE username = 'bob'");
    assert_eq!(counted.cost(ADA), KEPT);
    assert_ne!(counted.cost(&[("Remote-User", "bob")]), KEPT);
    counted.app.database.sql("INSERT INTO remote_groups (name) VALUES ('more')");
    assert_ne!(counted.cost(ADA), KEPT, "a group is everybody's");
}

fn a_change_that_is_rolled_back_is_none(database: Database) {
    let counted = Counted::launch(database, LOCAL);
    counted.warm(ADA);
    let begin = if counted.app.database.kind == Kind::MySql { "START TRANSACTION" } else { "BEGIN" };
    let sql = format!("{begin}; UPDATE remote_users SET is_active = FALSE; ROLLBACK");
    counted.app.database.sql(&sql);
    assert_eq!(counted.cost(ADA), KEPT);
}

fn a_kept_session_ends_with_what_ends_it_by_hand(database: Database) {
    let counted = Counted::launch(database, PERSISTENT);
    let database = &counted.app.database;
    let cases = [
        ("DELETE FROM remote_sessions", None),
        ("UPDATE remote_sessions SET expires_at = created_at", None),
        ("UPDATE remote_users SET is_active = FALSE", Some("refused")),
        ("DELETE FROM remote_users", None),
    ];
    for (change, expected) in cases {
        let mut browser = Browser::new(&counted.app);
        assert_eq!(browser.get("/me", ADA).status, 200);
        for _ in 0..2 {
            assert_eq!(browser.user().as_deref(), Some("ada"));
        }
        let (_, statements) = counted.count(|_| browser.user());
        assert!(matches!(&*statements, [only] if !only.contains("json")), "{statements:?}");
        database.sql(change);
        let reply = browser.get("/visitor", &[]);
        let expected = if expected.is_some() { (403, None) } else { (200, Some("nobody")) };
        assert_eq!((reply.status, expected.1.map(|_| &*reply.body)), expected, "{change}");
        database.sql("UPDATE remote_users SET is_active = TRUE");
    }
}

fn a_kept_session_ends_in_time_unless_another_instance_used_it(database: Database) {
    let counted = Counted::launch(database, &format!("{PERSISTENT}\nsession.idle_timeout = 2"));
    let (mut ada, mut bob) = (Browser::new(&counted.app), Browser::new(&counted.app));
    ada.get("/me", ADA);
    bob.get("/me", &[("Remote-User", "bob")]);
    assert_eq!((ada.user().as_deref(), bob.user().as_deref()), (Some("ada"), Some("bob")));
    let later = match counted.app.database.kind {
        Kind::Sqlite => "strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 hour')",
        Kind::Postgres => "now() + interval '1 hour'",
        Kind::MySql => "utc_timestamp(3) + INTERVAL 1 HOUR",
    };
    let of_ada = "user_id = (SELECT id FROM remote_users WHERE username = 'ada')";
    let sql =
        format!("UPDATE remote_sessions SET last_seen_at = {later}, expires_at = {later} WHERE {of_ada}");
    counted.app.database.sql(&sql);
    let idle = std::time::Duration::from_millis(2_100);
    std::thread::sleep(idle);
    assert_eq!(ada.user().as_deref(), Some("ada"), "only the times that are kept are over");
    assert_eq!(bob.user(), None, "a session that is kept is over when its time is");
}

fn a_session_that_was_noted_to_be_in_use_is_not_noted_again(database: Database) {
    let counted = Counted::launch(database, PERSISTENT);
    let mut browser = Browser::new(&counted.app);
    browser.get("/me", ADA);
    counted.app.database.age_sessions(120);
    let (user, statements) = counted.count(|_| browser.user());
    assert_eq!(user.as_deref(), Some("ada"));
    assert!(statements.iter().any(|statement| statement.starts_with("UPDATE")), "{statements:?}");
    let (_, statements) = counted.count(|_| browser.user());
    assert_eq!(statements.len(), 1, "{statements:?}");
    assert!(!statements[0].contains("json"), "{statements:?}");
}

fn nothing_is_kept_of_somebody_who_is_refused(database: Database) {
    let counted = Counted::launch(database, "denied_groups = ['ghosts']");
    for _ in 0..3 {
        let (reply, statements) = counted.count(|app| app.get("/me", ADA));
        assert_eq!(reply.status, 403);
        assert!(statements.iter().any(|statement| statement.contains("json")), "{statements:?}");
    }
}

fn another_assertion_of_the_same_user_is_looked_up(database: Database) {
    let counted = Counted::launch(database, &format!("{LOCAL}\nmissing_groups = 'keep'"));
    counted.warm(ADA);
    let others: [Headers<'_>; 5] = [
        &[("Remote-User", "ada"), ("Remote-Groups", "editors")],
        &[("Remote-User", "ada"), ("Remote-Groups", "editors,ghosts"), ("Remote-Name", "")],
        &[("Remote-User", "ada"), ("Remote-Groups", "editors,ghosts"), ("Remote-Email", "")],
        &[("Remote-User", "ada"), ("Remote-Groups", "")],
        &[("Remote-User", "ada")],
    ];
    for headers in others {
        assert_eq!(counted.cost(headers), (1, false), "{headers:?}");
        assert_eq!(counted.cost(headers), KEPT, "{headers:?}");
    }
    let reordered: Headers<'_> = &[("Remote-User", "ada"), ("Remote-Groups", "ghosts, editors")];
    counted.cost(ADA);
    assert_eq!(counted.cost(reordered), KEPT, "the same groups in another order");
}

/// Makes everybody staff from the moment at which it is told to.
struct StaffFrom {
    asked: Arc<AtomicUsize>,
    is_staff: Arc<AtomicUsize>,
    is_pure: bool,
}

#[async_trait]
impl Policy for StaffFrom {
    fn flags(&self, _: &Identity<'_>, flags: Flags) -> Flags {
        self.asked.fetch_add(1, SeqCst);
        Flags { staff: self.is_staff.load(SeqCst) > 0, ..flags }
    }

    fn configure(&self, _: &Request<'_>, _: &mut Profile, _: bool) {
        self.asked.fetch_add(1, SeqCst);
    }

    fn is_pure(&self) -> bool {
        self.is_pure
    }
}

fn hooks_are_asked_on_each_request_unless_they_are_pure(database: Database) {
    for is_pure in [false, true] {
        let (asked, is_staff) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let policy = StaffFrom { asked: asked.clone(), is_staff: is_staff.clone(), is_pure };
        let counted = Counted::launch_with(database.another(), LOCAL, Some(policy));
        counted.warm(ADA);
        let before = asked.load(SeqCst);
        assert_eq!(counted.cost(ADA), KEPT);
        assert_eq!(asked.load(SeqCst) - before, if is_pure { 0 } else { 2 });
        is_staff.store(1, SeqCst);
        assert_eq!(counted.app.me(ADA)["staff"], !is_pure, "what a hook says now");
    }
}

fn nothing_is_kept_while_the_revisions_are_gone(database: Database) {
    let counted = Counted::launch(database, LOCAL);
    counted.warm(ADA);
    counted.app.database.sql("DELETE FROM remote_revisions");
    for _ in 0..3 {
        assert!(!counted.cost(ADA).1);
    }
    counted.app.database.sql("UPDATE remote_users SET is_active = FALSE");
    assert_eq!(counted.app.get("/me", ADA).status, 403);
}

fn a_restored_backup_is_what_it_says(database: Database) {
    let counted = Counted::launch(database, LOCAL);
    counted.warm(ADA);
    let database = &counted.app.database;
    let tables = ["remote_revisions", "remote_users"];
    for table in tables {
        database.sql(&format!("CREATE TABLE backup_of_{table} AS SELECT * FROM {table}"));
    }
    database.sql("UPDATE remote_users SET is_staff = TRUE");
    assert_eq!(counted.app.me(ADA)["staff"], true);
    counted.warm(ADA);
    database.sql("UPDATE remote_users SET is_staff = (SELECT is_staff FROM backup_of_remote_users)");
    database.sql(
        "UPDATE remote_revisions SET revision =
            (SELECT b.revision FROM backup_of_remote_revisions b WHERE b.shard = remote_revisions.shard)",
    );
    assert_eq!(counted.app.me(ADA)["staff"], false, "the revision is one of before");
    database.sql("UPDATE remote_users SET is_superuser = TRUE");
    assert_eq!(counted.app.me(ADA)["superuser"], true, "no revision comes twice");
}

fn an_answer_may_be_as_old_as_the_configuration_allows(database: Database) {
    let counted = Counted::launch(database, &format!("{LOCAL}\ncache.staleness = 60000"));
    for _ in 0..3 {
        counted.app.get("/me", ADA);
    }
    assert_eq!(counted.cost(ADA), (0, true), "no statement at all");
    counted.app.database.sql("UPDATE remote_users SET is_staff = TRUE");
    assert_eq!(counted.app.me(ADA)["staff"], false, "a change of less than a minute ago");
    let other: Headers<'_> = &[("Remote-User", "ada"), ("Remote-Groups", "editors")];
    assert_eq!(counted.app.me(other)["staff"], true, "what is looked up is new");
    for _looked_up_and_read_anew in 0..2 {
        counted.app.me(other);
    }
    assert_eq!(counted.cost(other), (0, true), "the revisions were read anew, as they were known to be old");
}

fn one_s_own_change_counts_at_once_however_old_an_answer_may_be(database: Database) {
    let counted = Counted::launch(database, &format!("{PERSISTENT}\ncache.staleness = 60000"));
    let mut browser = Browser::new(&counted.app);
    browser.get("/me", ADA);
    for _ in 0..3 {
        assert_eq!(browser.user().as_deref(), Some("ada"));
    }
    let (_, statements) = counted.count(|_| browser.user());
    assert_eq!(statements, [""; 0]);
    let token = browser.token.clone();
    assert_eq!(browser.post("/logout-everywhere", &[]).0, 303);
    browser.token = token;
    assert_eq!(browser.user(), None);
}

/// What liftoff says of the cache, and of what is wrong with it.
fn told_of_cache(counted: &Counted) -> Vec<String> {
    let lines = counted.recording.lines_of("rocket_remote_user");
    lines
        .into_iter()
        .filter(|line| line.starts_with("cache: ") || line.starts_with("nothing is kept"))
        .collect()
}

fn without_the_triggers_nothing_is_kept_and_liftoff_says_why(database: Database) {
    for migration in database.migrations() {
        database.sql(&migration);
    }
    let toml = format!("{LOCAL}\nmigrate = false");
    let counted = Counted::launch(database, &toml);
    let told = told_of_cache(&counted);
    assert!(told[0] == "cache: off" && told.len() == 2, "{told:?}");
    let missing = "nothing is kept between two requests, because the triggers that tell of changes are not there \
                   (remote_revise_";
    let cure = "): run the statements of `revision_triggers.sql` in `src/store/sql/migrations/`, or set \
                `migrate = true`, and ";
    assert!(told[1].starts_with(missing) && told[1].contains(cure), "{told:?}");
    for _ in 0..3 {
        counted.app.get("/me", ADA);
    }
    assert_eq!(counted.cost(ADA), (1, false));

    let Counted { app: App { client, database }, recording } = counted;
    drop((client, recording));
    database.sql(&database.triggers());
    let counted = Counted::launch(database, &toml);
    assert_eq!(told_of_cache(&counted), ["cache: 10000 users, never stale"]);
    counted.warm(ADA);
}

fn a_trigger_that_is_missing_is_created_again(database: Database) {
    let counted = Counted::launch(database, LOCAL);
    let Counted { app: App { client, database }, recording } = counted;
    drop((client, recording));
    database.sql(match database.kind {
        Kind::Postgres => "DROP TRIGGER remote_revise_deleted_user ON remote_users",
        _ => "DROP TRIGGER remote_revise_deleted_user",
    });
    let counted = Counted::launch(database, &format!("{LOCAL}\nmigrate = false"));
    let told = told_of_cache(&counted);
    assert!(told[1].contains("not there (remote_revise_deleted_user):"), "{told:?}");
    let Counted { app: App { client, database }, recording } = counted;
    drop((client, recording));
    let counted = Counted::launch(database, LOCAL);
    assert_eq!(told_of_cache(&counted), ["cache: 10000 users, never stale"]);
}

#[test]
fn a_bad_cache_says_what_is_wrong_and_where() {
    let shape = "expected `false`, or a table such as { staleness = 250 }";
    let people = "the answers of 1 to 10000000 people can be kept: set `cache = false` to keep none";
    let cases = [
        ("cache", "cache = true", format!("invalid value bool true, {shape}")),
        ("cache", "cache = 250", format!("invalid type: found signed int `250`, {shape}")),
        ("cache.staleness", "cache.staleness = -1", "invalid value signed int `-1`, expected u64".into()),
        (
            "cache.staleness",
            "cache.staleness = 60001",
            "an answer may be 60000 milliseconds old at most".into(),
        ),
        ("cache.users", "cache.users = 0", people.into()),
        ("cache.users", "cache.users = 10000001", people.into()),
        (
            "cache.stalenes",
            "cache.stalenes = 1",
            "unknown field: found `stalenes`, expected ``staleness` or `users``".into(),
        ),
    ];
    for (key, toml, message) in cases {
        expect(&abort_by(&format!("{TABLE}trusted_proxies = ['::1']\n{toml}")), key, &message);
    }
}

#[test]
fn liftoff_says_how_old_an_answer_may_be_and_which_store_cannot_tell() {
    let recording = Recording::start();
    let fact = |toml: &str| {
        recording.clear();
        drop(App::launch(toml));
        recording.lines_of("rocket_remote_user").into_iter().find(|line| line.starts_with("cache: "))
    };
    assert_eq!(fact("").as_deref(), Some("cache: 10000 users, never stale"));
    let stale = fact("cache = { staleness = 250, users = 7 }");
    assert_eq!(stale.as_deref(), Some("cache: 7 users, up to 250 ms stale"));
    assert_eq!(fact("cache = false").as_deref(), Some("cache: off"));
}
