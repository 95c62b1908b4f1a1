//! What a launch says: why it is aborted, and what is in force.

mod harness;

use std::net::SocketAddr;

use harness::launch::{TABLE, abort, abort_by, expect, rocket};
use harness::log::Recording;
use harness::{Database, Kind, application};
use log::LevelFilter;
use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_db_pools::Database as _;
use rocket_remote_user::{
    AuthSession, Config, Group, Member, Permission, Permitted, RemoteUser, SqlitePool, Staff, Superuser,
    Visitor,
};

on_every_database![
    a_database_is_told_by_the_scheme_of_its_url,
    a_name_that_can_be_longer_than_the_database_holds_stops_the_launch,
    a_newer_schema_stops_the_launch,
    a_schema_that_is_there_is_launched_on_without_a_change,
    a_schema_that_was_left_half_made_stops_the_launch,
    without_migration_the_tables_are_left_to_the_operator,
];

/// What liftoff warns of where an address is the only proof of the proxy.
const ADDRESS_ONLY: &str = "an address is the only proof of the proxy, and it is the one that Rocket says: a \
                            fairing that calls `set_remote` says who is trusted";
const TRUSTED: &str = "trusted_proxies = ['::1']\n";

#[test]
fn a_bad_configuration_says_what_is_wrong_and_where() {
    let everything = "holds every address, which is no proof of the proxy: name the addresses that your proxy \
                      connects from";
    let no_proof = "no proof of the proxy is configured: set `trusted_proxies` to the addresses that your proxy \
                    connects from, or another proof";
    let not_a_network = "is not an address or CIDR network";
    let cases = [
        ("trusted_proxies", "trusted_proxies = []", no_proof.into()),
        ("trusted_proxies", "untrusted = 'ignore'", no_proof.into()),
        (
            "trusted_proxies",
            "trusted_proxies = []\nproxy_secret = { values = ['3f9ac1d07be2485690bd17fe64a8c32d'] }",
            "an empty list trusts nobody: name the addresses that your proxy connects from, or leave the key out"
                .into(),
        ),
        (
            "trusted_proxies",
            "trusted_proxies = '::1'",
            "invalid type: found string \"::1\", expected a sequence".into(),
        ),
        ("trusted_proxies", "trusted_proxies = ['0.0.0.0/0']", format!("`0.0.0.0/0` {everything}")),
        ("trusted_proxies", "trusted_proxies = ['::1', '::/0']", format!("`::/0` {everything}")),
        ("trusted_proxies", "trusted_proxies = ['::ffff:0:0/96']", format!("`0.0.0.0/0` {everything}")),
        (
            "trusted_proxies",
            "trusted_proxies = ['::1', '128.0.0.0/1', '0.0.0.0/1']",
            format!("the networks {}", everything.replace("holds every address", "hold every address together")),
        ),
        (
            "trusted_proxies.1",
            "trusted_proxies = ['::1', '10.0.0.5/8']",
            format!("`10.0.0.5/8` {not_a_network}: host part of address was not zero"),
        ),
        (
            "trusted_proxies.0",
            "trusted_proxies = ['127.0.0.1/+32']",
            format!("`127.0.0.1/+32` {not_a_network}: the length of the network is no plain number"),
        ),
        (
            "trusted_proxies.0",
            "trusted_proxies = ['127.0.0.1/032']",
            format!("`127.0.0.1/032` {not_a_network}: the length of the network is no plain number"),
        ),
        (
            "trusted_proxies.0",
            "trusted_proxies = ['10.0.0.0/33']",
            format!(
                "`10.0.0.0/33` {not_a_network}: invalid length for network: \
                 Network length 33 is too long for Ipv4 (maximum: 32)"
            ),
        ),
        (
            "trusted_proxies.0",
            "trusted_proxies = ['127.1']",
            format!(
                "`127.1` {not_a_network}: couldn't parse address in network: invalid IP address syntax, nor is it \
                 the name of a host"
            ),
        ),
    ];
    for (key, toml, message) in cases {
        expect(&abort_by(&format!("{TABLE}{toml}")), key, &message);
    }

    let cases = [
        (
            "untrusted",
            "untrusted = 'allow'",
            "unknown variant: found `allow`, expected ``reject` or `ignore``",
        ),
        (
            "missing_groups",
            "missing_groups = 1",
            r#"invalid type: found signed int `1`, expected "clear", "keep" or "deny""#,
        ),
        ("login_interval", "login_interval = -1", "invalid value signed int `-1`, expected u64"),
        ("create_users", "create_users = 'yes'", "invalid type: found string \"yes\", expected a boolean"),
        ("limits.user", "limits = { user = 'x' }", "invalid type: found string \"x\", expected usize"),
        ("limits", "limits = { group = 0 }", "a limit of 0 refuses every request"),
        (
            "limits.x",
            "limits = { x = 1 }",
            "unknown field: found `x`, expected `one of `user`, `name`, `email`, `attribute`, `group`, `groups`, `bytes``",
        ),
        ("limits", "limits = { bytes = 0 }", "a limit of 0 refuses every request"),
        (
            "username_form",
            "username_form = 'ldap'",
            "unknown variant: found `ldap`, expected `one of `exact`, `map`, `dn``",
        ),
        (
            "username_conflicts",
            "username_conflicts = 'merge'",
            "unknown variant: found `merge`, expected ``stop` or `ignore``",
        ),
        (
            "groups_escape",
            "groups_escape = '\\'",
            "unknown variant: found `\\`, expected ``none` or `backslash``",
        ),
        (
            "groups_escape",
            "groups_escape = 'backslash'\ngroups_format = 'json'",
            "`groups_format` is not \"separator\", so there is no separator to escape",
        ),
        (
            "groups_escape",
            "groups_escape = 'backslash'\ngroups_format = 'repeated'",
            "`groups_format` is not \"separator\", so there is no separator to escape",
        ),
        (
            "groups_escape",
            "groups_escape = 'backslash'\ngroups_separator = '\\'",
            "`groups_separator` holds a backslash, which cannot escape itself",
        ),
        (
            "groups_escape",
            "groups_escape = 'backslash'\ngroups_separator = ';\\ '",
            "`groups_separator` holds a backslash, which cannot escape itself",
        ),
        (
            "headers.x",
            "headers = { x = 'y' }",
            "unknown field: found `x`, expected `one of `user`, `name`, `email`, `groups`, `subject``",
        ),
        ("headers.user", "headers = { user = 'a b' }", "`a b` is not a header name"),
        (
            "headers.user",
            "headers = { user = false }",
            "invalid type: found bool false, expected a header name, or a list of them",
        ),
        (
            "headers.user",
            "headers = { user = [] }",
            "invalid length 0, expected a header name, or a list of them",
        ),
        ("headers.groups.1", "headers = { groups = ['a', 'b c'] }", "`b c` is not a header name"),
        (
            "headers",
            "headers = { groups = ['a', 'A'] }",
            "`A` is the name of two headers, or an alias of another",
        ),
        (
            "encoding",
            "encoding = 'hex'",
            "unknown variant: found `hex`, expected `one of `utf-8`, `percent`, `rfc2047`, `quoted-printable``",
        ),
        (
            "encoding.name",
            "encoding = { name = 'hex' }",
            "unknown variant: found `hex`, expected `one of `utf-8`, `percent`, `rfc2047`, `quoted-printable``",
        ),
        (
            "strip_suffix.user",
            "strip_suffix = { user = 1 }",
            "invalid type: found signed int `1`, expected a string, or a table of `value`, `optional` and `ignore_case`",
        ),
        ("strip_suffix.user", "strip_suffix = { user = { optional = true } }", "missing field `value`"),
        (
            "headers.name",
            "headers = { name = true }",
            "invalid type: found bool true, expected a header name, a list of them, or `false`",
        ),
        ("headers.email", "headers = { email = '' }", "`` is not a header name"),
        (
            "headers",
            "headers = { name = 'remote_user' }",
            "`remote_user` is the name of two headers, or an alias of another",
        ),
        (
            "headers",
            "headers = { user = 'cookie' }",
            "`cookie` is a header of HTTP itself, and cannot be blanked",
        ),
        (
            "denied_groups",
            "denied_groups = ['*']",
            "\"*\" is everyone in `staff_groups`, `superuser_groups` and `active_groups` only",
        ),
        (
            "excluded_groups",
            "excluded_groups = [' a']",
            "\" a\" is no name of a group: it is blank, or has white space around it",
        ),
        (
            "group_map",
            "group_map = { x = '' }",
            "\"\" is no name of a group: it is blank, or has white space around it",
        ),
        ("groups_separator", "groups_separator = ''", "the separator of groups cannot be empty"),
        (
            "groups_separator",
            "groups_separator = '\"'",
            "the separator of groups cannot be a quote, which keeps one in a name",
        ),
        (
            "encoding",
            "encoding = 'latin1'",
            "unknown variant: found `latin1`, expected `one of `utf-8`, `percent`, `rfc2047`, `quoted-printable``",
        ),
        (
            "groups_format",
            "groups_format = 'csv'",
            "unknown variant: found `csv`, expected `one of `separator`, `repeated`, `json`, `dn``",
        ),
        (
            "strip_prefix.group",
            "strip_prefix = { group = 'x' }",
            "unknown field: found `group`, expected `one of `user`, `name`, `email`, `groups``",
        ),
        ("preset", "preset = 1", "invalid type: found signed int `1`, expected a string"),
        (
            "preset",
            "preset = 'keycloak'",
            "`keycloak` is no preset: there are `authelia`, `authentik`, `aws-alb`, `azure-easyauth`, \
             `cloudflare-access`, `google-iap`, `kubernetes`, `oauth2-proxy`, `oauth2-proxy-auth-request`, \
             `pomerium`, `tailscale`, `tailscale-nginx-auth`",
        ),
        (
            "blank",
            "blank = ['Remote_Name', 'X-Id', 'X_Id']",
            "`X_Id` is the name of two headers, or an alias of another",
        ),
        ("blank", "blank = ['Cookie']", "`Cookie` is a header of HTTP itself, and cannot be blanked"),
        ("blank", "blank = ['origin']", "`origin` is a header of HTTP itself, and cannot be blanked"),
        (
            "blank",
            "blank = ['Sec_Fetch_Site']",
            "`Sec_Fetch_Site` is a header of HTTP itself, and cannot be blanked",
        ),
        (
            "blank",
            "blank = ['X-Id', '*']",
            "`*` includes `Connection`, which is a header of HTTP itself, and cannot be blanked",
        ),
        (
            "blank",
            "blank = ['HTTP_*']",
            "`HTTP_*` includes `Connection`, which is a header of HTTP itself, and cannot be blanked",
        ),
        (
            "blank",
            "blank = ['ho*']",
            "`ho*` includes `Host`, which is a header of HTTP itself, and cannot be blanked",
        ),
        (
            "blank",
            "blank = ['or*']",
            "`or*` includes `Origin`, which is a header of HTTP itself, and cannot be blanked",
        ),
        (
            "blank",
            "preset = 'authentik'\nblank = ['Http-Sec_Fetch.*']",
            "`Http-Sec_Fetch.*` includes `Sec-Fetch-Site`, which is a header of HTTP itself, and cannot be \
             blanked",
        ),
        ("blank.0", "blank = ['X-*-Id']", "`X-*-Id` has a `*` before its end, where it stands for nothing"),
        ("blank.0", "blank = ['X Id*']", "`X Id` is not the beginning of a header name"),
        ("blank.0", "blank = ['']", "`` is not a header name"),
        ("unsigned", "unsigned = 'yes'", "invalid type: found string \"yes\", expected a boolean"),
        (
            "headers",
            "preset = 'authentik'\nheaders = { name = 'X_authentik_email' }",
            "`X-authentik-email` is the name of two headers, or an alias of another",
        ),
        (
            "missing_groups",
            "missing_groups = 'deny'\nheaders = { groups = false }",
            "`headers.groups` is off, so \"deny\" refuses everyone",
        ),
        (
            "login_url",
            "login_url = 'javascript:alert(1)'",
            "`javascript:alert(1)` is not an absolute path or an http(s) URL",
        ),
        (
            "logout_url",
            "logout_url = '//evil.example'",
            "`//evil.example` is not an absolute path or an http(s) URL",
        ),
    ];
    for (key, toml, message) in cases {
        expect(&abort_by(&format!("{TABLE}{TRUSTED}{toml}")), key, message);
    }
}

#[test]
fn a_preset_whose_product_signs_needs_the_signature_or_a_word() {
    for preset in ["cloudflare-access", "google-iap", "aws-alb", "pomerium"] {
        let signed = format!(
            "`{preset}` signs the identity: configure `jwt`, or set `unsigned = true` to believe headers that \
             whoever connects from a trusted address can forge"
        );
        for unsigned in ["", "unsigned = false"] {
            let lines = abort_by(&format!("{TABLE}{TRUSTED}preset = '{preset}'\n{unsigned}"));
            expect(&lines, "preset", &signed);
        }
    }
    let both = "unsigned = true\njwt = { issuer = 'x' }";
    for preset in ["", "preset = 'google-iap'\n"] {
        let lines = abort_by(&format!("{TABLE}{TRUSTED}{preset}{both}"));
        expect(&lines, "unsigned", "`jwt` is configured, so the identity is signed");
    }
    let lines = abort_by(&format!("{TABLE}{TRUSTED}unsigned = true"));
    expect(&lines, "unsigned", "there is no `preset` whose product signs the identity");
}

#[test]
fn an_unknown_key_is_named_with_its_profile_and_file() {
    let lines = abort_by(&format!("{TABLE}{TRUSTED}[debug.remote_user]\nproxy_secrets = ['x']"));
    assert!(
        lines[1].starts_with("unknown field: found `proxy_secrets`, expected `one of `trusted_proxies`,"),
        "{lines:?}"
    );
    assert_eq!(lines[2..], ["for key debug.remote_user.proxy_secrets", "in Rocket.toml TOML file"]);
}

#[test]
fn what_is_no_table_is_not_passed_over() {
    for profile in ["debug", "global"] {
        let lines =
            abort_by(&format!("{TABLE}{TRUSTED}[{profile}]\nremote_user = '{{denied_groups=[\"x\"]'"));
        let expected = [
            "Failed to extract valid configuration.",
            "invalid type: found a string, expected a table",
            &format!("for key {profile}.remote_user"),
            "in Rocket.toml TOML file",
        ];
        assert_eq!(lines, expected);
    }
}

#[test]
fn a_launch_without_a_table_names_the_key_to_set() {
    let lines = abort_by("[default.databases.remote_user]\nurl = '$URL'");
    let no_proof = "no proof of the proxy is configured: set `trusted_proxies` to the addresses that your proxy \
                    connects from, or another proof";
    assert_eq!(lines, ["Failed to extract valid configuration.", no_proof]);
}

#[test]
fn a_launch_without_a_database_says_what_to_set() {
    let lines = abort_by(&format!("[default.remote_user]\n{TRUSTED}"));
    let cure = "set `url` in [default.databases.remote_user], or give `RemoteUser::fairing()` a `.database::<D>()` \
                or a `.store(..)`";
    assert_eq!(lines, ["there is no database to keep users in", cure]);
}

#[test]
fn a_database_of_another_kind_is_refused() {
    let lines = abort_by(&format!("{TABLE}{TRUSTED}").replace("$URL", "mongodb://localhost"));
    let expected = [
        "users cannot be kept in a database of scheme `mongodb:`",
        "use a `sqlite:`, `postgres:` or `mysql:` URL in [default.databases.remote_user]",
    ];
    assert_eq!(lines, expected);

    let no_scheme = "the URL of the database that users are kept in has no scheme";
    for url in ["users.sqlite", "server=127.0.0.1;user=ada;password=s3cret:4;", "s3cret@db:5432", ":s3cret"] {
        let lines = abort_by(&format!("{TABLE}{TRUSTED}").replace("$URL", url));
        assert_eq!(lines, [no_scheme, expected[1]], "{url}");
    }
}

#[test]
fn a_database_that_is_down_is_told_with_its_place_once() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let place = listener.local_addr().expect("its address");
    drop(listener);
    for scheme in ["postgres", "mysql"] {
        let url = format!("{scheme}://ada:s3cret@{place}/app'\nconnect_timeout = 1\nmax_connections = '1");
        let toml = format!("{TABLE}{TRUSTED}").replace("$URL", &url).replace("'1'", "1");
        let error = format!(
            "the database at {place} refuses connections, so it may not be running; it was tried for 1s"
        );
        let prefix = "failed to initialize database: failed to initialize database:";
        assert_eq!(abort_by(&toml), [format!("{prefix} {error}")]);
    }
}

#[test]
fn a_database_of_the_application_with_a_bad_url_is_told() {
    let missing = "missing field `url`";
    let cases = [
        ("", missing),
        (
            "url = 'postgres://ada:s3cret@db/app'",
            "`url` is of the scheme `postgres:`, and this is a pool for SQLite, whose URLs begin with `sqlite:`",
        ),
    ];
    for (url, expected) in cases {
        let recording = Recording::start();
        let database = Database::new();
        let toml = format!("[default.databases.app]\n{url}\n[default.remote_user]\n{TRUSTED}");
        let rocket = rocket(&database, &toml).attach(RemoteUser::fairing().database::<AppDatabase>());
        let lines = abort(&recording, &database, rocket.attach(AppDatabase::init()));
        let expected = format!("failed to initialize database: bad configuration: {expected}");
        let help = "attach `launch::AppDatabase::init()`; if it is attached, see its own error";
        assert_eq!(lines, [&expected, "there is no database `app` to keep users in", help]);
        assert!(lines.iter().all(|line| !line.contains("s3cret")), "{lines:?}");
    }
}

#[test]
fn a_database_that_cannot_be_opened_is_told_once() {
    let lines = abort_by(&format!("{TABLE}{TRUSTED}").replace("$URL", "sqlite:/nowhere/users.sqlite"));
    let error = "the database at `/nowhere/users.sqlite` cannot be used: unable to open database file (14)";
    assert_eq!(lines, [format!("failed to initialize database: failed to initialize database: {error}")]);
}

fn a_name_that_can_be_longer_than_the_database_holds_stops_the_launch(database: Database) {
    let recording = Recording::start();
    for key in ["user", "group"] {
        let launch = |limit| {
            let toml = format!("{TABLE}{TRUSTED}limits = {{ {key} = {limit} }}");
            rocket(&database, &toml).attach(RemoteUser::fairing())
        };
        drop(Client::untracked(launch(640)).expect("a launch"));
        match database.kind {
            _ if key == "user" => expect(
                &abort(&recording, &database, launch(641)),
                "limits.user",
                "a user name has 640 characters at most",
            ),
            Kind::Sqlite => drop(Client::untracked(launch(641)).expect("a launch")),
            _ => expect(
                &abort(&recording, &database, launch(641)),
                &format!("limits.{key}"),
                "641 is more than the 640 characters of a name in this database",
            ),
        }
    }
}

fn a_newer_schema_stops_the_launch(database: Database) {
    let recording = Recording::start();
    let toml = format!("{TABLE}{TRUSTED}");
    drop(Client::untracked(rocket(&database, &toml).attach(RemoteUser::fairing())).expect("a launch"));
    let none = if database.kind == Kind::Postgres { "''::bytea" } else { "x'00'" };
    database.sql(&format!(
        "INSERT INTO _remote_user_migrations (version, description, success, checksum, execution_time)
         VALUES (99, 'from the future', TRUE, {none}, 0)"
    ));
    let rocket = rocket(&database, &toml).attach(RemoteUser::fairing());
    let expected = "the database has version 99 of the `remote_*` tables, which is newer than this version of \
                    `rocket_remote_user` knows: update the crate";
    assert_eq!(abort(&recording, &database, rocket), [expected]);
    let toml = format!("{toml}migrate = false\n");
    let rocket = harness::launch::rocket(&database, &toml).attach(RemoteUser::fairing());
    assert_eq!(abort(&recording, &database, rocket), [expected]);
}

fn a_schema_that_is_there_is_launched_on_without_a_change(database: Database) {
    let recording = Recording::start();
    let toml = format!("{TABLE}{TRUSTED}")
        .replace("[default.remote_user]", "log_level = 'debug'\n[default.remote_user]");
    for is_first in [true, false] {
        let rocket = rocket(&database, &toml).attach(RemoteUser::fairing());
        recording.clear();
        recording.raise_to(LevelFilter::Trace);
        drop(Client::untracked(rocket).expect("a launch"));
        let statements = recording.lines_of("sqlx::query");
        assert!(!statements.is_empty());
        let creates = statements.iter().any(|line| line.contains("CREATE TABLE"));
        assert_eq!(creates, is_first, "{statements:?}");
    }
}

fn a_schema_that_was_left_half_made_stops_the_launch(database: Database) {
    let recording = Recording::start();
    let toml = format!("{TABLE}{TRUSTED}");
    drop(Client::untracked(rocket(&database, &toml).attach(RemoteUser::fairing())).expect("a launch"));
    database.sql("UPDATE _remote_user_migrations SET success = FALSE");
    let rocket = rocket(&database, &toml).attach(RemoteUser::fairing());
    let expected = "version 1 of the `remote_*` tables was left half made when a launch was interrupted: drop what \
                    there is of it, delete its row from `_remote_user_migrations`, and launch again";
    assert_eq!(abort(&recording, &database, rocket), [expected]);
}

fn without_migration_the_tables_are_left_to_the_operator(database: Database) {
    const BY_HAND: &str =
        "run the files of `src/store/sql/migrations/` in their order, or set `migrate = true`";

    let recording = Recording::start();
    let toml = format!("{TABLE}trusted_proxies = ['127.0.0.1']\nmigrate = ");
    let launch = |database: &Database, migrate: bool| {
        let rocket = rocket(database, &format!("{toml}{migrate}")).attach(RemoteUser::fairing());
        rocket.mount("/", routes![someone])
    };
    let expect_abort = |database: &Database, reason: &str| {
        let before = database.tables();
        let lines = abort(&recording, database, launch(database, false));
        assert!(lines.len() == 1 && lines[0].starts_with(&format!("{reason}: {BY_HAND} (")), "{lines:?}");
        assert!(lines[0].contains("remote_"), "the table is named: {lines:?}");
        assert_eq!(database.tables(), before);
    };
    let missing =
        "the `remote_*` tables are not there, or not as this version of `rocket_remote_user` needs them";
    let migrations = database.migrations();
    for sql in &migrations {
        expect_abort(&database, missing);
        database.sql(sql);
    }
    let client = Client::untracked(launch(&database, false)).expect("a launch");
    let request = client.get("/someone").remote(([127, 0, 0, 1], 9).into());
    let response = request.header(Header::new("Remote-User", "ada")).dispatch();
    assert_eq!(response.into_string().as_deref(), Some("ada"));

    let older = database.another();
    drop(Client::untracked(launch(&older, true)).expect("a launch"));
    let latest = migrations.len();
    older.sql(&format!("DELETE FROM _remote_user_migrations WHERE version = {latest}"));
    let told = format!("the `remote_*` tables are of version {}, and version {latest} is needed", latest - 1);
    recording.clear();
    drop(Client::untracked(launch(&older, false)).expect("a launch"));
    assert_eq!(recording.lines_of("rocket_remote_user::store"), [format!("{told}: {BY_HAND}.")]);
    older.sql("DROP TABLE IF EXISTS remote_no_truncate");
    older.sql("DROP TABLE remote_sessions");
    expect_abort(&older, &told);
}

#[get("/someone")]
fn someone(user: RemoteUser) -> String {
    user.username().into()
}

fn a_database_is_told_by_the_scheme_of_its_url(database: Database) {
    let _recording = Recording::start();
    let schemes: &[[&str; 2]] = match database.kind {
        Kind::Sqlite => &[],
        Kind::Postgres => &[["postgres://", "postgresql://"], ["postgresql://", "postgres://"]],
        Kind::MySql => &[["mysql://", "mariadb://"], ["mariadb://", "mysql://"]],
    };
    for [scheme, other] in schemes {
        let url = database.url().replace(scheme, other);
        let rocket = rocket(&database, &format!("{TABLE}{TRUSTED}").replace("$URL", &url));
        drop(Client::untracked(rocket.attach(RemoteUser::fairing())).expect("a launch"));
    }
    let rocket = rocket(&database, &format!("{TABLE}{TRUSTED}")).attach(RemoteUser::fairing());
    drop(Client::untracked(rocket).expect("a launch"));
    let tables = database.tables();
    assert!(
        tables.contains(&"remote_users".into()) && tables.contains(&"remote_sessions".into()),
        "{tables:?}"
    );
}

#[derive(rocket_db_pools::Database)]
#[database("app")]
struct AppDatabase(SqlitePool);

#[test]
fn a_database_of_the_application_that_is_not_attached_is_asked_for() {
    let recording = Recording::start();
    let database = Database::new();
    let rocket = rocket(&database, &format!("{TABLE}{TRUSTED}"));
    let rocket = rocket.attach(RemoteUser::fairing().database::<AppDatabase>());
    let expected = [
        "there is no database `app` to keep users in",
        "attach `launch::AppDatabase::init()`; if it is attached, see its own error",
    ];
    assert_eq!(abort(&recording, &database, rocket), expected);
    assert_eq!(AppDatabase::NAME, "app");
}

struct Editors;

impl Group for Editors {
    const NAME: &'static str = "editors";
}

#[get("/")]
fn all(_a: RemoteUser, _b: Visitor, _c: Member<Editors>, _d: Staff, _e: Superuser) {}

struct Write;

impl Permission for Write {
    const NAME: &'static str = "write";
}

#[get("/session")]
fn session(_f: Permitted<Write>, _g: AuthSession<'_>) {}

#[get("/optional")]
fn optional(_user: Option<RemoteUser>) {}

#[test]
fn a_guard_without_the_fairing_aborts_the_launch_and_says_what_to_attach() {
    for (routes, guards) in [
        (routes![all], &["RemoteUser", "Visitor", "Member", "Staff", "Superuser"][..]),
        (routes![optional], &["RemoteUser"]),
        (routes![session], &["Permitted", "AuthSession"]),
    ] {
        let recording = Recording::start();
        let rocket = rocket::custom(rocket::Config::debug_default()).mount("/", routes);
        let error = Client::untracked(rocket).map(|_| ()).expect_err("an aborted launch");
        assert_eq!(error.to_string(), "sentinel(s) aborted");
        let lines = recording.lines_of("rocket_remote_user");
        let cure = "Attach it: `rocket::build().attach(RemoteUser::fairing())`";
        for guard in guards {
            let message = format!("The guard `{guard}` is used, but its fairing is not attached.");
            let place = lines.iter().position(|line| *line == message).expect(&message);
            assert_eq!(lines[place + 1], cure);
        }
        assert_eq!(lines.len(), 2 * guards.len());
    }
}

#[test]
fn a_profile_overlays_the_default_one() {
    let _recording = Recording::start();
    let database = Database::new();
    let toml = format!(
        "{TABLE}trusted_proxies = ['10.0.0.1']\n[release.remote_user]\nheaders = {{ user = 'X-User' }}"
    );
    let rocket = rocket(&database, &toml);
    let figment = rocket.figment().clone().select("release");
    let client = Client::untracked(application(figment).attach(RemoteUser::fairing())).expect("a launch");
    let status = |header: &'static str| {
        let peer: SocketAddr = ([10, 0, 0, 1], 9).into();
        client.get("/me").remote(peer).header(Header::new(header, "ada")).dispatch().status()
    };
    assert_eq!((status("X-User"), status("Remote-User")), (Status::Ok, Status::Unauthorized));
}

#[test]
fn liftoff_sums_up_what_is_in_force() {
    let recording = Recording::start();
    let summary = |toml: &str| {
        let database = Database::new();
        let rocket = rocket(&database, &format!("{TABLE}{toml}")).attach(RemoteUser::fairing());
        recording.clear();
        let _client = Client::untracked(rocket).expect("a launch");
        recording.lines_of("rocket_remote_user")
    };
    assert_eq!(
        summary("trusted_proxies = ['127.0.0.1', '10.0.0.0/24']"),
        [
            "Remote User:",
            "trusted proxies: 127.0.0.1, 10.0.0.0/24",
            "untrusted peers: refused when they send identity headers",
            "headers: Remote-User, Remote-Name, Remote-Email, Remote-Groups",
            "users: unknown created, inactive refused, case kept",
            "groups: split at \",\", unknown ignored, local mirrored away, a missing header clears",
            "cache: 10000 users, never stale",
            "store: database `remote_user`",
            ADDRESS_ONLY,
        ]
    );
    assert_eq!(
        summary(
            "trusted_proxies = ['::1']\nuntrusted = 'ignore'\nheaders = { user = 'X', groups = false }\n\
             create_users = false\nallow_inactive = true\nusername_case = 'lower'\nstaff_groups = ['*']\n\
             excluded_groups = ['x']\nrequired_groups = ['r']\ndenied_groups = ['d']"
        ),
        [
            "Remote User:",
            "trusted proxies: ::1",
            "untrusted peers: anonymous, whatever they send",
            "headers: X, Remote-Name, Remote-Email",
            "users: unknown refused, inactive allowed, case lowered",
            "groups: not read",
            "excluded groups: \"x\"",
            "staff groups: \"*\"",
            "required groups: \"r\"",
            "denied groups: \"d\"",
            "cache: 10000 users, never stale",
            "store: database `remote_user`",
            ADDRESS_ONLY,
        ]
    );
    assert_eq!(
        summary(
            "trusted_proxies = ['::1']\nusername_form = 'map'\ngroups_escape = 'backslash'\n\
             groups_separator = ';'"
        )[4..6],
        [
            "users: unknown created, inactive refused, case kept, other forms mapped",
            "groups: split at \";\" without a backslash before it, unknown ignored, local mirrored away, a \
             missing header clears",
        ]
    );
    assert_eq!(
        summary("trusted_proxies = ['::1']\npreset = 'kubernetes'\nencoding = 'quoted-printable'"),
        [
            "Remote User:",
            "trusted proxies: ::1",
            "untrusted peers: refused when they send identity headers",
            "preset: kubernetes",
            "headers: X-Remote-User, X-Remote-Group",
            "blanked too: X-Remote-*, Impersonate-*",
            "encoding: quoted-printable",
            "users: unknown created, inactive refused, case kept",
            "groups: one a line, unknown ignored, local mirrored away, a missing header clears",
            "cache: 10000 users, never stale",
            "store: database `remote_user`",
            ADDRESS_ONLY,
        ]
    );
    assert_eq!(
        summary(
            "trusted_proxies = ['::1']\ngroup_map = { x = 'a', y = 'b' }\ngroup_map_only = true\n\
             staff_groups = ['b', 'a']\nsuperuser_groups = []"
        )[5..9],
        [
            "groups: split at \",\", unknown ignored, local mirrored away, a missing header clears",
            "group map: no other groups count",
            "staff groups: \"a\", \"b\"",
            "superuser groups: none",
        ]
    );
    assert_eq!(
        summary(
            "trusted_proxies = ['::1']\ngroup_case = 'lower'\ngroups_allowed = ['app-*', 'a']\n\
             excluded_groups = ['b']"
        )[5..9],
        [
            "groups: split at \",\", unknown ignored, local mirrored away, a missing header clears",
            "group case: lowered",
            "groups allowed: \"a\", \"app-*\"",
            "excluded groups: \"b\"",
        ]
    );
    assert_eq!(
        summary(
            "trusted_proxies = ['::1']\nstaff_users = ['ada']\nsuperuser_users = []\nactive_groups = ['a']\n\
             required_groups = ['a', ['b', 'c']]"
        )[6..10],
        [
            "staff users: \"ada\"",
            "superuser users: none",
            "active groups: \"a\"",
            "required groups: \"a\", \"b\" and \"c\"",
        ]
    );
    let lines = summary(
        "trusted_proxies = ['::1']\nmissing_user = 'deny'\nnobody = ['guest']\nmissing_name = 'clear'\n\
         missing_email = 'deny'\nsession = { persistent = true }",
    );
    assert_eq!(
        lines[4..8],
        [
            "a missing user: is refused",
            "nobody: \"guest\"",
            "a missing name: clears",
            "a missing address: is refused",
        ]
    );
    assert!(lines.iter().all(|line| !line.contains("a persistent session then goes on")), "{lines:?}");
    let lines = summary("trusted_proxies = ['::1']\npreset = 'authentik'\nblank = ['X-Id', 'X-Own_*']");
    assert_eq!(lines[5], "blanked too: X-Id, X-Own_*, X-authentik-*");
    let lines = summary(
        "trusted_proxies = ['::1']\ngroup_permissions = { b = ['x'], a = ['x', 'y'] }\n\
         session = { persistent = true, cookie = 'id', idle_timeout = 60, max_age = 3600, secure = true }",
    );
    assert_eq!(
        lines[6..],
        [
            "group permissions: \"a\", \"b\"",
            "sessions: outlive the header, 60 s idle, 3600 s in all, 50 a user",
            "session cookie: `__Host-id`, Secure, HttpOnly, SameSite=Lax, Path=/",
            "cache: 10000 users, never stale",
            "store: database `remote_user`",
            ADDRESS_ONLY,
            "a client may have some proxies drop `Remote-User`, and a persistent session then goes on as it was: \
             let the proxy set that header after it obeyed the client's `Connection`",
        ]
    );
    let lines = summary("trusted_proxies = ['::1']\nsession = { path = '/app', same_site = 'strict' }");
    assert_eq!(
        lines[6..8],
        [
            "sessions: of the application's own sign-in only, 1800 s idle, 28800 s in all, 50 a user",
            "session cookie: `remote_user`, not Secure, HttpOnly, SameSite=Strict, Path=/app",
        ]
    );
    let lines = summary(
        "trusted_proxies = ['::1']\n\
         session = { persistent = true, begin_on = ['/login', '/a b/'], max_per_user = 3, remember = true }",
    );
    assert_eq!(
        lines[6..9],
        [
            "sessions: outlive the header, 1800 s idle, 28800 s in all, 3 a user",
            "sessions begin on: /login, /a b/",
            "session cookie: `remote_user`, not Secure, HttpOnly, SameSite=Lax, Path=/, Max-Age=28800",
        ]
    );
    let warning = "`session.proof` is off, so a session counts from every peer, and whoever steals a cookie can use \
                   it from anywhere";
    for (session, count) in [("proof = false", 1), ("proof = true", 0), ("", 0)] {
        let lines = summary(&format!("trusted_proxies = ['::1']\nsession = {{ {session} }}"));
        assert_eq!(lines.iter().filter(|line| *line == warning).count(), count, "{session}");
    }
    for (encoding, format, expected) in [
        ("percent", "separator", "groups: split at \",\", unknown"),
        ("rfc2047", "json", "groups: a JSON array, unknown"),
    ] {
        let lines = summary(&format!(
            "trusted_proxies = ['::1']\nencoding = '{encoding}'\ngroups_format = '{format}'"
        ));
        assert_eq!(lines[4], format!("encoding: {encoding}"));
        assert!(lines[6].starts_with(expected), "{lines:?}");
    }
}

#[test]
fn liftoff_says_which_proofs_are_in_force_and_warns_of_wide_networks_alone() {
    let recording = Recording::start();
    let liftoff = |toml: &str| {
        let database = Database::new();
        let rocket = rocket(&database, &format!("{TABLE}{toml}")).attach(RemoteUser::fairing());
        recording.clear();
        let _client = Client::untracked(rocket).expect("a launch");
        let lines = recording.lines_of("rocket_remote_user");
        let (proofs, rest) =
            lines.split_at(lines.iter().position(|l| l.contains("untrusted")).expect("a block"));
        let warnings = rest.iter().skip_while(|line| !line.starts_with("store: ")).skip(1);
        proofs[1..].iter().chain(warnings).cloned().collect::<Vec<_>>()
    };
    let warning = |network: &str| {
        format!(
            "{network} holds more than 256 addresses, and whoever has one of them can say who anybody is: \
             configure another proof of the proxy, such as `proxy_secret`"
        )
    };
    assert_eq!(
        liftoff("trusted_proxies = ['10.0.0.0/23', '10.2.0.0/24', 'fd00::/119', 'fd00::/120']"),
        [
            "trusted proxies: 10.0.0.0/23, 10.2.0.0/24, fd00::/119, fd00::/120",
            ADDRESS_ONLY,
            &warning("10.0.0.0/23"),
            &warning("fd00::/119"),
        ]
    );
    let secret = "proxy_secret = { values = ['3f9ac1d07be2485690bd17fe64a8c32d'] }";
    let accepted = "proxy secret: 1 secret accepted in X-Proxy-Secret";
    assert_eq!(liftoff(secret), [accepted]);
    assert_eq!(
        liftoff(&format!("{secret}\ntrusted_proxies = ['10.0.0.0/8', '::/0']")),
        ["trusted proxies: 10.0.0.0/8, ::/0", accepted]
    );
    let link_local = |network: &str| {
        format!(
            "{network} holds link-local addresses, and their links (scopes) are not compared: whoever has the address \
             on any link of this machine is trusted"
        )
    };
    assert_eq!(
        liftoff("trusted_proxies = ['fe80::1', '::1', '169.254.8.0/24', 'fe80::/120']"),
        [
            "trusted proxies: fe80::1, ::1, 169.254.8.0/24, fe80::/120",
            ADDRESS_ONLY,
            &link_local("fe80::1"),
            &link_local("169.254.8.0/24"),
            &link_local("fe80::/120"),
        ]
    );
    assert_eq!(
        liftoff(&format!("{secret}\ntrusted_proxies = ['fe80::/10']")),
        ["trusted proxies: fe80::/10", accepted, &link_local("fe80::/10")]
    );
    assert_eq!(
        liftoff("trusted_proxies = ['private', 'loopback']"),
        ["trusted proxies: private, loopback", ADDRESS_ONLY, &warning("private")]
    );
}

#[test]
fn a_trusted_host_is_looked_up_at_launch() {
    let recording = Recording::start();
    let database = Database::new();
    let launched = rocket(&database, &format!("{TABLE}trusted_proxies = ['10.0.0.1', 'localhost']"));
    let client = Client::untracked(launched.attach(RemoteUser::fairing())).expect("a launch");
    let lines = recording.lines_of("rocket_remote_user");
    assert!(lines[1].starts_with("trusted proxies: 10.0.0.1, localhost (127.0.0.1"), "{lines:?}");
    let warning = "the host `localhost` is looked up every 30 seconds: whoever answers for its name says who is \
                   trusted";
    assert_eq!(lines.last().map(String::as_str), Some(warning));
    for (peer, status) in [("127.0.0.1", 404), ("10.0.0.1", 404), ("127.0.0.2", 403), ("10.0.0.2", 403)] {
        let mut request = client.get("/me").header(rocket::http::Header::new("Remote-User", "ada"));
        request.set_remote((peer.parse::<std::net::IpAddr>().expect("an address"), 9).into());
        assert_eq!(request.dispatch().status().code, status, "{peer}");
    }
}

#[test]
fn liftoff_warns_of_what_is_kept_if_a_header_gets_lost_on_the_way() {
    let recording = Recording::start();
    let warnings = |toml: &str| {
        let database = Database::new();
        let rocket = rocket(&database, &format!("{TABLE}trusted_proxies = ['::1']\n{toml}"));
        recording.clear();
        let _client = Client::untracked(rocket.attach(RemoteUser::fairing())).expect("a launch");
        let lines = recording.lines_of("rocket_remote_user");
        lines.into_iter().filter(|line| line.contains("have some proxies drop")).collect::<Vec<_>>()
    };
    let groups = |keeps: &str| {
        format!(
            "a client may have some proxies drop `Remote-Groups`, and then {keeps}: set `missing_groups = \
             \"deny\"` if your proxy always sends that header"
        )
    };
    let (denied, kept) =
        ("`denied_groups` does not see them", "`missing_groups = \"keep\"` takes nothing away");
    let session = |header: &str| {
        format!(
            "a client may have some proxies drop `{header}`, and a persistent session then goes on as it was: \
             let the proxy set that header after it obeyed the client's `Connection`"
        )
    };
    assert_eq!(warnings(""), [""; 0]);
    assert_eq!(warnings("required_groups = ['crew']"), [""; 0]);
    assert_eq!(warnings("denied_groups = ['banned']"), [groups(denied)]);
    assert_eq!(warnings("denied_groups = ['banned']\nmissing_groups = 'keep'"), [groups(denied)]);
    assert_eq!(warnings("missing_groups = 'keep'"), [groups(kept)]);
    assert_eq!(warnings("denied_groups = ['banned']\nmissing_groups = 'deny'"), [""; 0]);
    assert_eq!(warnings("session.idle_timeout = 60"), [""; 0]);
    assert_eq!(
        warnings("session.persistent = true\nmissing_groups = 'deny'\nheaders = { user = 'X-User' }"),
        [session("X-User")]
    );
    assert_eq!(
        warnings("session.persistent = true\nmissing_groups = 'keep'"),
        [groups(kept), session("Remote-User")]
    );
    #[cfg(feature = "jwt")]
    assert_eq!(
        warnings(
            "session.persistent = true\nmissing_groups = 'keep'\n[default.remote_user.jwt]\nheader = 'X-Token'\n\
             issuer = 'i'\naudience = 'a'\njwks_url = 'http://127.0.0.1:1/keys'\nclaims.groups = 'groups'"
        ),
        [session("X-Token")]
    );
}

#[test]
#[cfg(feature = "mtls")]
fn liftoff_says_which_certificates_are_asked_for() {
    let recording = Recording::start();
    let digest = "ab".repeat(32);
    let names = "common_names = ['a', 'b'], dns_names = ['c']";
    let cases = [
        (names.to_owned(), r#"common name "a" or "b", DNS name "c""#),
        (
            format!("{names}, fingerprints = ['{digest}']"),
            r#"common name "a" or "b", DNS name "c", the fingerprint"#,
        ),
        (format!("fingerprints = ['{digest}', '{digest}']"), "one of 2 fingerprints"),
    ];
    for (table, expected) in cases {
        let database = Database::new();
        let tls = "[default.tls]\ncerts = 'x'\nkey = 'x'\nmutual = { ca_certs = 'x' }";
        let toml =
            format!("{TABLE}trusted_proxies = ['10.0.0.0/8']\nproxy_certificate = {{ {table} }}\n{tls}");
        recording.clear();
        let rocket = rocket(&database, &toml).attach(RemoteUser::fairing());
        let _client = Client::untracked(rocket).expect("a launch");
        let lines = recording.lines_of("rocket_remote_user");
        assert_eq!(
            lines[1..3],
            ["trusted proxies: 10.0.0.0/8".into(), format!("proxy certificate: {expected}")]
        );
        assert!(lines.iter().all(|line| !line.contains("256 addresses")), "{lines:?}");
        assert!(lines.iter().all(|line| line != ADDRESS_ONLY && !line.contains("alone say")), "{lines:?}");
    }
}

#[test]
#[cfg(feature = "mtls")]
fn liftoff_warns_of_common_names_that_stand_alone() {
    let recording = Recording::start();
    let warning = "`common_names` alone say which certificate is the proxy's, and an authority that may only issue \
                   certificates for some DNS names can still put any common name in one: set `dns_names` or \
                   `fingerprints`";
    for proofs in ["", "trusted_proxies = ['10.0.0.0/8']\n"] {
        let database = Database::new();
        let tls = "[default.tls]\ncerts = 'x'\nkey = 'x'\nmutual = { ca_certs = 'x' }";
        let toml = format!("{TABLE}{proofs}proxy_certificate = {{ common_names = ['My Proxy'] }}\n{tls}");
        recording.clear();
        let rocket = rocket(&database, &toml).attach(RemoteUser::fairing());
        let _client = Client::untracked(rocket).expect("a launch");
        let lines = recording.lines_of("rocket_remote_user");
        assert_eq!(lines.last().map(String::as_str), Some(warning), "{lines:?}");
    }
}

#[test]
#[cfg(feature = "jwt")]
fn liftoff_says_whose_tokens_are_believed() {
    use harness::issuer::{Kind, SigningKey};

    let recording = Recording::start();
    let key = SigningKey::new(Kind::P256, "1");
    let liftoff = |toml: &str| {
        recording.clear();
        let file = key.public_key_file();
        let _app = harness::App::launch_exactly(&format!(
            "trusted_proxies = ['0.0.0.0/0']\n[default.remote_user.jwt]\nheader = 'X-Assertion'\n\
             issuer = 'https://issuer.example'\npublic_key_file = '{}'\n{toml}",
            file.display()
        ));
        let lines = recording.lines_of("rocket_remote_user");
        let identity = lines.iter().skip_while(|line| !line.starts_with("signed identity"));
        identity.take_while(|line| !line.starts_with("users")).cloned().collect::<Vec<_>>()
    };
    let headers = "headers: Remote-User, Remote-Name, Remote-Email, Remote-Groups, blanked and not read";
    assert_eq!(
        liftoff("audience = ['a', 'b']"),
        [
            "signed identity: X-Assertion of https://issuer.example, for a, for b",
            "algorithms: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA",
            "keys: 1 of a file",
            "claims: user \"sub\"",
            headers,
        ]
    );
    assert_eq!(
        liftoff(
            "signer = 'arn:x'\nalgorithms = ['ES256']\nclaims = { user = ['email', 'x'], groups = '/a/b' }"
        ),
        [
            "signed identity: X-Assertion of https://issuer.example, signed by arn:x",
            "algorithms: ES256",
            "keys: 1 of a file",
            "claims: user \"email\", user \"x\", groups \"/a/b\"",
            headers,
        ]
    );
    assert!(recording.lines().iter().all(|line| !line.contains("256 addresses")));
}

#[test]
fn the_urls_of_the_proxy_are_there_for_routes() {
    let _recording = Recording::start();
    let database = Database::new();
    let toml =
        format!("{TABLE}{TRUSTED}login_url = 'https://auth.example.com/?rd=x'\nlogout_url = '/logout'");
    let client = Client::untracked(rocket(&database, &toml).attach(RemoteUser::fairing())).expect("a launch");
    let config: &Config = client.rocket().state().expect("a managed configuration");
    assert_eq!(config.login_url(), Some("https://auth.example.com/?rd=x"));
    assert_eq!(config.logout_url(), Some("/logout"));
}

#[test]
fn a_key_about_the_site_that_cannot_hold_says_what_is_wrong() {
    let not_a_host = |text: &str| {
        format!(
            "`{text}` is not a host: write a name such as `app.example.com`, or an address, without a pattern"
        )
    };
    let not_an_origin = |text: &str| {
        format!("`{text}` is not an origin: write it as `https://app.example.com`, without a path")
    };
    let cases = [
        (
            "hosts".to_owned(),
            "hosts = []".to_owned(),
            "an empty list answers nobody: name the hosts of this application, or leave the key out"
                .to_owned(),
        ),
        (
            "hosts".into(),
            "hosts = 'a'".into(),
            "invalid type: found string \"a\", expected a sequence".into(),
        ),
        (
            "cross_site".into(),
            "cross_site = 'ignore'".into(),
            "unknown variant: found `ignore`, expected ``reject` or `allow``".into(),
        ),
        (
            "trusted_origins".into(),
            "cross_site = 'allow'\ntrusted_origins = ['https://a']".into(),
            "`cross_site` is \"allow\", so there is nothing to except an origin from".into(),
        ),
    ];
    let hosts =
        ["", "*", "*.example.com", ".example.com", "https://a", "a/", "a:x", "::1", "a b", "b\u{fc}cher"];
    let hosts = hosts.map(|text| ("hosts.1".into(), format!("hosts = ['a', '{text}']"), not_a_host(text)));
    let origins = [
        "",
        "null",
        "*",
        "a",
        "https://",
        "https://a/",
        "https://a/b",
        "https://a?b",
        "a b://c",
        "https://*.a",
        "://a",
    ];
    let origins = origins.map(|text| {
        ("trusted_origins.0".into(), format!("trusted_origins = ['{text}']"), not_an_origin(text))
    });
    for (key, toml, message) in cases.into_iter().chain(hosts).chain(origins) {
        expect(&abort_by(&format!("{TABLE}{TRUSTED}{toml}")), &key, &message);
    }
}

#[test]
fn a_path_that_cannot_be_open_says_what_is_wrong() {
    let (slash, decoded) = ("it begins with no slash", "write it decoded, and without a query");
    let (every, plain) =
        ("it is every path, so leave `require_user` out", "a segment of it is empty, or no plain name");
    let star = "a star is a whole segment, and two stars are the last one";
    let cases = [
        ("", slash),
        ("healthz", slash),
        ("**", slash),
        ("https://a/healthz", slash),
        ("/a?b", decoded),
        ("/a#b", decoded),
        ("/a%20b", decoded),
        ("/**", every),
        ("//**", every),
        ("/static/", plain),
        ("//static", plain),
        ("/static//**", plain),
        ("/static/..", plain),
        ("/./static", plain),
        ("/a\\\\b", plain),
        ("/a**", star),
        ("/*.css", star),
        ("/**/a", star),
        ("/***", star),
    ];
    for (path, reason) in cases {
        let message = format!("`{}` is not a path that can be open: {reason}", path.replace("\\\\", "\\"));
        let toml = format!("{TABLE}{TRUSTED}require_user = {{ open = ['/a', \"{path}\"] }}");
        expect(&abort_by(&toml), "require_user.open.1", &message);
    }
    let table = "expected a boolean, or a table such as { open = [\"/healthz\"] }";
    let cases = [
        ("require_user", "require_user = 'yes'", format!("invalid type: found string \"yes\", {table}")),
        ("require_user", "require_user = ['/a']", format!("invalid type: found sequence, {table}")),
        ("require_user", "require_user = {}", "missing field `open`".into()),
        (
            "require_user.opne",
            "require_user = { opne = [] }",
            "unknown field: found `opne`, expected ``open``".into(),
        ),
    ];
    for (key, toml, message) in cases {
        expect(&abort_by(&format!("{TABLE}{TRUSTED}{toml}")), key, &message);
    }
}

#[test]
fn liftoff_says_what_the_site_is() {
    let recording = Recording::start();
    let cases: [(&str, &[&str]); 5] = [
        ("", &[]),
        ("require_user = false\ncross_site = 'reject'", &[]),
        (
            "hosts = ['App.example.com', '[::1]:8000']\nrequire_user = true",
            &["hosts: app.example.com, [::1]:8000", "a user is required: on every path"],
        ),
        (
            "trusted_origins = ['HTTPS://A:443', 'http://b:8000', 'http://c:80', 'http://d:443', 'app+x://e:80']\n\
             require_user = { open = ['/', '/a/*', '/static/**'] }",
            &[
                "pages of other sites: trusted: https://a, http://b:8000, http://c, http://d:443, app+x://e:80",
                "a user is required: on every path but /, /a/*, /static/**",
            ],
        ),
        ("cross_site = 'allow'", &["pages of other sites: may send anything for whoever is signed in"]),
    ];
    for (toml, expected) in cases {
        recording.clear();
        let _app = harness::App::launch(toml);
        let lines = recording.lines_of("rocket_remote_user").into_iter();
        let lines = lines.skip_while(|line| !line.starts_with("untrusted peers")).skip(1);
        let lines: Vec<_> = lines.take_while(|line| !line.starts_with("headers")).collect();
        assert_eq!(lines, expected, "{toml}");
    }
}
