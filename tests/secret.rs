//! A secret that the proxy shares with the application.

mod harness;

use std::path::{Path, PathBuf};

use harness::log::Recording;
use harness::socket::Server;
use harness::{App, Database, Headers, PROXY, STRANGER, application, figment};
use rocket::http::Header;
use rocket::http::Method::Get;
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;

const OLD: &str = "3f9ac1d07be2485690bd17fe64a8c32d";
const NEW: &str = "c27e10f8b5a94d36e7103bfa82dc5649-and-longer";
const WRONG: &str = "3f9ac1d07be2485690bd17fe64a8c32g";
const SECRETS: &str = "proxy_secret = { values = ['3f9ac1d07be2485690bd17fe64a8c32d', \
                       'c27e10f8b5a94d36e7103bfa82dc5649-and-longer'] }";

const ADA: (&str, &str) = ("Remote-User", "ada");

const UNTRUSTED: &str = "header `Remote-User` comes from a peer that is no trusted proxy";
const MISSING: &str = "header `X-Proxy-Secret` is missing, and a trusted address is not enough without it";
const NOT_ACCEPTED: &str = "header `X-Proxy-Secret` holds no secret that is accepted";

fn secret(value: &str) -> (&str, &str) {
    ("X-Proxy-Secret", value)
}

#[test]
fn any_of_the_secrets_is_accepted() {
    for app in [App::launch_exactly(SECRETS), App::launch(SECRETS)] {
        for value in [OLD, NEW, &format!(" {OLD}\t")] {
            assert_eq!(app.me(&[secret(value), ADA])["username"], "ada");
            app.get("/me", &[secret(value)]).is(401, "401 Unauthorized");
        }
    }
}

#[test]
fn a_secret_that_is_listed_twice_is_accepted() {
    let app = App::launch_exactly(&format!("proxy_secret = {{ values = ['{OLD}', '{NEW}', '{OLD}'] }}"));
    for value in [OLD, NEW] {
        assert_eq!(app.me(&[secret(value), ADA])["username"], "ada");
    }
}

#[test]
fn a_request_without_a_secret_signs_nobody_in() {
    let app = App::launch_exactly(SECRETS);
    app.get("/public", &[]).is(200, "public");
    app.get("/me", &[]).is(401, "401 Unauthorized");
    for path in ["/me", "/public"] {
        app.get(path, &[ADA]).is(403, MISSING);
    }
    assert_eq!(app.database.dump(), [""; 0]);
}

#[test]
fn a_secret_that_is_missing_is_told_from_a_stranger_and_from_a_wrong_one() {
    let recording = Recording::start();
    let app = App::launch(SECRETS);
    let identities: [Headers<'_>; 4] =
        [&[ADA], &[("Remote-User", "")], &[("Remote-Groups", "crew")], &[("Remote_User", "ada")]];
    for headers in identities {
        recording.clear();
        app.get("/public", headers).is(403, MISSING);
        let refused = format!("Refused GET /public from {PROXY}: {MISSING}.");
        let lines = recording.lines();
        assert!(lines.contains(&refused), "{lines:?}");
        let stranger = app.send(Get, "/public", headers, STRANGER);
        assert_eq!(stranger.status, 403);
        assert!(stranger.body.ends_with("comes from a peer that is no trusted proxy"), "{}", stranger.body);
        app.get("/public", &[headers, &[secret(WRONG)]].concat()).is(403, NOT_ACCEPTED);
    }
    app.get("/public", &[]).is(200, "public");
    app.send(Get, "/public", &[ADA, secret(OLD)], STRANGER).is(403, UNTRUSTED);
    assert_eq!(app.database.dump(), [""; 0]);
}

#[test]
fn a_wrong_secret_is_refused_with_and_without_an_identity() {
    let app = App::launch_exactly(SECRETS);
    let longer = format!("{OLD}0");
    let upper = OLD.to_uppercase();
    let both = format!("{OLD},{NEW}");
    for value in [WRONG, "x", &OLD[1..], &longer, &upper, &both, "(null)", "\u{7f}"] {
        for headers in [&[secret(value), ADA][..], &[secret(value)]] {
            app.get("/public", headers).is(403, NOT_ACCEPTED);
        }
    }
    assert_eq!(app.database.dump(), [""; 0]);
}

#[test]
fn a_secret_that_no_proxy_sends_so_is_refused() {
    let app = App::launch_exactly(SECRETS);
    let doubled = "header `X-Proxy-Secret` was sent more than once";
    let alias = "header `X-Proxy-Secret` was sent under another spelling of its name";
    let cases: [(Headers<'_>, &str); 10] = [
        (&[secret(OLD), secret(OLD)], doubled),
        (&[secret(OLD), secret(NEW)], doubled),
        (&[secret(WRONG), ("x-proxy-secret", OLD)], doubled),
        (&[secret(OLD), secret("")], doubled),
        (&[("X_Proxy_Secret", OLD)], alias),
        (&[("HTTP_X_PROXY_SECRET", OLD)], alias),
        (&[secret(OLD), ("X.Proxy.Secret", "")], alias),
        (&[secret("")], "header `X-Proxy-Secret` is blank"),
        (&[secret(" \t")], "header `X-Proxy-Secret` is blank"),
        (
            &[secret(OLD), ("Connection", "close, x-proxy-secret")],
            "header `X-Proxy-Secret` is named by a `Connection` header",
        ),
    ];
    let ignoring = App::launch_exactly(&format!("{SECRETS}\nuntrusted = 'ignore'"));
    for (headers, message) in cases {
        for peer in [PROXY, STRANGER] {
            app.send(Get, "/public", headers, peer).is(400, message);
            app.send(Get, "/public", &[headers, &[ADA]].concat(), peer).is(400, message);
            ignoring.send(Get, "/public", headers, peer).is(400, message);
        }
    }
    assert_eq!(app.database.dump(), [""; 0]);
}

#[test]
fn an_untrusted_peer_is_ignored_where_that_is_configured() {
    let app = App::launch_exactly(&format!("{SECRETS}\nuntrusted = 'ignore'"));
    for headers in [&[ADA][..], &[secret(WRONG)], &[secret(WRONG), ADA]] {
        app.get("/nobody", headers).is(200, "nobody");
        app.get("/me", headers).is(401, "401 Unauthorized");
    }
    assert_eq!(app.me(&[secret(OLD), ADA])["username"], "ada");
}

#[test]
fn the_secret_is_blank_for_every_route() {
    let app = App::launch_exactly(&format!("{SECRETS}\nuntrusted = 'ignore'"));
    for value in [OLD, WRONG] {
        app.get("/headers", &[secret(value), ("Accept", "*/*")])
            .is(200, r#"[["x-proxy-secret",""],["accept","*/*"]]"#);
    }
}

#[test]
fn the_header_of_the_secret_can_be_named() {
    let table = format!("proxy_secret = {{ header = 'X-Gateway', values = ['{OLD}'] }}");
    let app = App::launch_exactly(&table);
    assert_eq!(app.me(&[("x-gateway", OLD), ADA])["username"], "ada");
    app.get("/me", &[secret(OLD), ADA]).is(403, &MISSING.replace("X-Proxy-Secret", "X-Gateway"));
}

#[test]
fn secrets_are_read_from_a_file_beside_those_that_are_given() {
    let files = tempfile::tempdir().expect("a directory");
    let file = files.path().join("secrets");
    for text in [NEW.to_owned(), format!("{NEW}\n"), format!("\r\n{NEW}\r\n\n  \r\n{WRONG}  \r\n")] {
        std::fs::write(&file, &text).expect("a file");
        let file = file.display();
        let app = App::launch_exactly(&format!("proxy_secret = {{ values_file = '{file}' }}"));
        assert_eq!(app.me(&[secret(NEW), ADA])["username"], "ada");
        app.get("/me", &[secret(OLD), ADA]).is(403, NOT_ACCEPTED);
        let table = format!("proxy_secret = {{ values = ['{OLD}'], values_file = '{file}' }}");
        let app = App::launch_exactly(&table);
        for value in [OLD, NEW] {
            assert_eq!(app.me(&[secret(value), ADA])["username"], "ada");
        }
        if text.contains(WRONG) {
            assert_eq!(app.me(&[secret(WRONG), ADA])["username"], "ada");
        }
    }
}

#[test]
fn raw_secret_lines_get_the_status_that_the_table_gives() {
    let database = Database::new();
    let server = Server::serve(application(figment(&database, SECRETS)).attach(RemoteUser::fairing()));
    let cases = [
        (format!("X-Proxy-Secret: {OLD}"), 200),
        (format!("x-proxy-secret:\t{NEW} "), 200),
        (format!("X-Proxy-Secret: {WRONG}"), 403),
        ("X-Nothing: said".into(), 403),
        ("X-Proxy-Secret:".into(), 400),
        (format!("X-Proxy-Secret: {OLD}\nX-PROXY-SECRET: {OLD}"), 400),
        (format!("X_Proxy_Secret: {OLD}"), 400),
        (format!("X-Proxy-Secret: {OLD}\nX_Proxy_Secret: {OLD}"), 400),
    ];
    for (lines, status) in cases {
        let (answered, body) = server.get("/me", &format!("{lines}\nRemote-User: ada"));
        assert_eq!(answered, status, "{lines}: {body}");
    }
}

#[test]
fn no_secret_is_logged_or_shown() {
    let recording = Recording::start();
    let app = App::launch_exactly(SECRETS);
    for headers in [&[secret(WRONG), ADA][..], &[secret(OLD), secret(NEW)], &[secret(OLD), ADA]] {
        app.get("/me", headers);
    }
    let config: &rocket_remote_user::Config = app.client.rocket().state().expect("a configuration");
    let seen = [recording.lines(), vec![format!("{config:?}")]].concat();
    for secret in [OLD, NEW, WRONG] {
        assert!(seen.iter().all(|line| !line.contains(&secret[..8])), "{seen:?}");
    }
    assert!(seen.iter().any(|line| line == "proxy secret: 2 secrets accepted in X-Proxy-Secret"), "{seen:?}");
    let refused = format!("Refused GET /me from {PROXY}: {NOT_ACCEPTED}.");
    assert!(seen.contains(&refused), "{seen:?}");
}

#[test]
fn a_secret_of_32_characters_is_long_enough() {
    let characters = "žšč9đ4ćwř7ěýáíé8ůúňťďóěščřžýáíéů";
    assert_eq!(characters.chars().count(), 32);
    let app = App::launch_exactly(&format!("proxy_secret = {{ values = ['{characters}'] }}"));
    assert_eq!(app.me(&[secret(characters), ADA])["username"], "ada");
}

#[test]
fn no_peer_address_is_no_trust_where_one_is_asked_for() {
    for (app, status) in [(App::launch(SECRETS), 403), (App::launch_exactly(SECRETS), 200)] {
        let request = app.client.get("/me").header(Header::new("X-Proxy-Secret", OLD));
        let response = request.header(Header::new(ADA.0, ADA.1)).dispatch();
        assert_eq!(response.status().code, status);
    }
}

/// A secret that this documentation once had.
const FORMER: &str = "a-secret-of-32-characters-or-more";

/// What may be a secret on the lines of a page that set its header, or list secrets.
fn shown_secrets(page: &str) -> Vec<&str> {
    let lines = page.lines().filter(|line| line.contains("X-Proxy-Secret") || line.contains("values ="));
    let words = lines.flat_map(|line| line.split([' ', '"', '\'', '`', ';', '[', ']', ',']));
    words.filter(|word| word.chars().count() >= 32).collect()
}

#[test]
fn no_secret_of_the_documentation_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> =
        ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "Rocket.toml"]
            .map(|page| root.join(page))
            .into();
    let mut folders = ["docs", "examples", "recipes", "src/config"].map(|folder| root.join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { pages.push(path) }
        }
    }
    assert!(pages.len() > 50, "{pages:?}");
    // The pages of before, which somebody may have copied.
    let former = format!("    proxy_set_header X-Proxy-Secret \"{FORMER}\";\n");
    assert_eq!(shown_secrets(&former), [FORMER]);
    let texts = pages.iter().map(|page| std::fs::read_to_string(page).expect("a page")).chain([former]);
    let recording = Recording::start();
    for page in texts {
        for shown in shown_secrets(&page) {
            let variants = [
                shown.to_owned(),
                shown.to_uppercase(),
                shown.replace('-', "_"),
                format!("{shown}-{shown}x1"),
            ];
            for secret in variants {
                let database = Database::new();
                let figment = figment(&database, &format!("proxy_secret = {{ values = ['{secret}'] }}"));
                let rocket = application(figment).attach(RemoteUser::fairing());
                recording.clear();
                let launch = Client::untracked(rocket).map(|_| ()).map_err(|error| error.to_string());
                assert!(launch.is_err(), "{secret} is accepted, of {page}");
                let reason = "secret 1 of `values` is in the documentation of `rocket_remote_user`";
                let lines = recording.lines();
                assert!(lines.iter().any(|line| line.starts_with(reason)), "{secret}: {lines:?}");
            }
        }
    }
}
