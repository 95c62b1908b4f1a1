//! A launch that `[default.remote_user.session]` or a permission stops.

mod harness;

use harness::Database;
use harness::launch::{TABLE, abort, abort_by, expect, rocket};
use harness::log::Recording;
use harness::nowhere::Nowhere;
#[cfg(feature = "jwt")]
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;

const TRUSTED: &str = "trusted_proxies = ['::1']\n";

#[test]
fn a_session_that_cannot_be_stops_the_launch_and_says_why() {
    let seconds = "a timeout is 1 to 315360000 seconds";
    let cases = [
        ("session", "session = true", "invalid type: found bool true, expected a table"),
        (
            "session.presistent",
            "session = { presistent = true }",
            "unknown field: found `presistent`, expected `one of `persistent`, `begin_on`, `proof`, \
             `max_per_user`, `cookie`, `idle_timeout`, `max_age`, `remember`, `same_site`, `secure`, `path``",
        ),
        ("session.idle_timeout", "session = { idle_timeout = 0 }", seconds),
        ("session.max_age", "session = { max_age = 315360001 }", seconds),
        ("session.max_age", "session = { max_age = -1 }", "invalid value signed int `-1`, expected u64"),
        ("session.max_per_user", "session = { max_per_user = 0 }", "a user has at least 1 session"),
        (
            "session.max_per_user",
            "session = { max_per_user = -1 }",
            "invalid value signed int `-1`, expected u32",
        ),
        (
            "session.begin_on.1",
            "session = { persistent = true, begin_on = ['/login', 'login'] }",
            "`login` is no path: begin with a slash, and write it decoded, without a query or `*`",
        ),
        (
            "session.begin_on",
            "session = { persistent = true, begin_on = '/login' }",
            "invalid type: found string \"/login\", expected a sequence",
        ),
        (
            "session.begin_on",
            "session = { persistent = true, begin_on = [] }",
            "an empty list begins no session: name the paths, or leave the key out",
        ),
        (
            "session.begin_on",
            "session = { begin_on = ['/login'] }",
            "the header begins no session, here or elsewhere, unless `persistent` is true",
        ),
        (
            "session.cookie",
            "session = { cookie = 'a;b' }",
            "\"a;b\" is no name of a cookie: use letters, digits, `-`, `_` and `.`",
        ),
        (
            "session.cookie",
            "session = { cookie = '' }",
            "\"\" is no name of a cookie: use letters, digits, `-`, `_` and `.`",
        ),
        (
            "session.cookie",
            "session = { cookie = '__Host-id' }",
            "browsers refuse `__Host-id` with this `secure` and `path`",
        ),
        (
            "session.cookie",
            "session = { cookie = '__Host-id', secure = true, path = '/app' }",
            "browsers refuse `__Host-id` with this `secure` and `path`",
        ),
        (
            "session.cookie",
            "session = { cookie = '__Secure-id' }",
            "browsers refuse `__Secure-id` with this `secure` and `path`",
        ),
        (
            "session.same_site",
            "session = { same_site = 'none' }",
            "browsers refuse \"none\" without `secure`",
        ),
        (
            "session.same_site",
            "session = { same_site = 'loose' }",
            "`loose` is none of \"lax\", \"strict\", \"none\"",
        ),
        (
            "session.cookie",
            "session = { cookie = '__HOST-id' }",
            "browsers refuse `__HOST-id` with this `secure` and `path`",
        ),
        ("session.path", "session = { path = 'app' }", "\"app\" is no absolute path"),
        ("session.path", "session = { path = '/a;b' }", "\"/a;b\" is no absolute path"),
        (
            "group_permissions",
            "group_permissions = { a = ['write', ' '] }",
            "\" \" is no permission: it is blank, or has white space around it",
        ),
        (
            "group_permissions",
            "group_permissions = { ' a' = ['write'] }",
            "\" a\" is no name of a group: it is blank, or has white space around it",
        ),
        (
            "group_permissions",
            "group_permissions = { '*' = ['write'] }",
            "\"*\" is everyone in `staff_groups`, `superuser_groups` and `active_groups` only",
        ),
    ];
    for (key, toml, message) in cases {
        expect(&abort_by(&format!("{TABLE}{TRUSTED}{toml}")), key, message);
    }
}

#[test]
#[cfg(feature = "jwt")]
fn sessions_whose_peer_nothing_proves_stop_the_launch() {
    let token = "header = 'X-Assertion', issuer = 'i', audience = 'a', jwks_url = 'http://127.0.0.1:9/keys'";
    let message = "a session comes without a token, so that nothing proves who sends it: set `trusted_proxies` or \
                   another proof beside `jwt`, or `proof = false`";
    for (proofs, session, is_wrong) in [
        ("", "session = {}", true),
        ("", "session = { proof = true }", true),
        ("trusted_proxies = ['0.0.0.0/0', '::/0']\n", "session = {}", true),
        ("", "session = { proof = false }", false),
        ("trusted_proxies = ['::1']\n", "session = {}", false),
        ("proxy_secret = { values = ['3f9ac1d07be2485690bd17fe64a8c32d'] }\n", "session = {}", false),
        ("", "", false),
    ] {
        let toml = format!("{TABLE}{proofs}jwt = {{ {token} }}\n{session}");
        if is_wrong {
            expect(&abort_by(&toml), "session.proof", message);
        } else {
            let _recording = Recording::start();
            let database = Database::new();
            Client::untracked(rocket(&database, &toml).attach(RemoteUser::fairing())).expect("a launch");
        }
    }
}

#[test]
fn sessions_without_a_database_stop_the_launch() {
    let recording = Recording::start();
    let database = Database::new();
    let rocket = rocket(&database, &format!("{TABLE}{TRUSTED}session = {{}}"));
    assert_eq!(
        abort(&recording, &database, rocket.attach(RemoteUser::fairing().store(Nowhere))),
        [
            "session_keys::harness::nowhere::Nowhere keeps no sessions",
            "keep users in a database, or leave [default.remote_user.session] out",
        ]
    );
}
