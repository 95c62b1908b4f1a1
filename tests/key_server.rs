//! The keys of an issuer are fetched, kept, and fetched again.

mod harness;

use std::time::Instant;

use harness::authority::Authority;
use harness::issuer::{AUDIENCE, ISSUER, Kind, SigningKey, claims, jwks};
use harness::key_server::{KeyServer, SecureFiles};
use harness::log::Recording;
use harness::process::Example;
use harness::socket::Server;
use harness::{App, Database, Reply, application, eventually, figment_exactly};
use rocket::serde::json::json;
use rocket_remote_user::RemoteUser;

const HEADER: &str = "X-Assertion";
const NO_KEYS: &str = "header `X-Assertion` cannot be verified: the keys of its issuer are out of reach";
const UNKNOWN: &str = "header `X-Assertion` is signed by a key that is not known";

fn table(url: &str, toml: &str) -> String {
    format!(
        "[default.remote_user.jwt]\nheader = '{HEADER}'\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n\
         jwks_url = '{url}'\n{toml}"
    )
}

fn launch(server: &KeyServer, toml: &str) -> App {
    App::launch_exactly(&table(&server.url(), toml))
}

/// Whether a request was served; if not, it was refused in this way.
fn is_accepted_or(status: u16, body: &str, reply: Reply) -> bool {
    let is_accepted = reply.status == 200;
    if !is_accepted {
        reply.is(status, body);
    }
    is_accepted
}

fn token(key: &SigningKey) -> String {
    key.token("ES256", &claims())
}

#[test]
fn keys_are_fetched_at_launch_and_kept() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::serve(&jwks(&[key.jwk()]));
    let app = launch(&server, "");
    assert_eq!(server.requests(), 1);
    for _ in 0..20 {
        app.get("/me", &[]).is(401, "401 Unauthorized");
        assert_eq!(app.me(&[(HEADER, &token(&key))])["username"], "ada");
    }
    assert_eq!(server.requests(), 1);
}

#[test]
fn an_unknown_key_has_them_fetched_again() {
    let [old, new] = ["old", "new"].map(|id| SigningKey::new(Kind::P256, id));
    let server = KeyServer::serve(&jwks(&[old.jwk()]));
    let app = launch(&server, "jwks_refresh_interval = 1");
    server.answer("200 OK", "", &jwks(&[old.jwk(), new.jwk()]));
    // Refused until the interval since the launch is over.
    eventually(|| is_accepted_or(403, UNKNOWN, app.get("/me", &[(HEADER, &token(&new))])));
    assert_eq!(server.requests(), 2);
    assert_eq!(app.get("/me", &[(HEADER, &token(&old))]).status, 200);
    assert_eq!(server.requests(), 2);
}

#[test]
fn keys_without_names_may_be_followed_by_others() {
    let [old, new] = ["", ""].map(|id| SigningKey::new(Kind::P256, id));
    let nameless = |key: &SigningKey| {
        let mut jwk = key.jwk();
        jwk.as_object_mut().expect("a key").remove("kid");
        jwk
    };
    let server = KeyServer::serve(&jwks(&[nameless(&old)]));
    let app = launch(&server, "jwks_refresh_interval = 1");
    let get = |key: &SigningKey, header| app.get("/me", &[(HEADER, &key.sign(&header, &claims()))]).status;
    let nameless_token = json!({ "alg": "ES256" });
    let token = json!({ "alg": "ES256", "kid": "x" });
    for (header, fetches) in [(nameless_token, 2), (token, 4)] {
        server.answer("200 OK", "", &jwks(&[nameless(&old)]));
        eventually(|| get(&old, header.clone()) == 200);
        server.answer("200 OK", "", &jwks(&[nameless(&new)]));
        eventually(|| get(&new, header.clone()) == 200);
        assert_eq!(server.requests(), fetches);
    }
}

#[test]
fn a_flood_of_unknown_keys_is_one_fetch() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::serve(&jwks(&[key.jwk()]));
    let app = launch(&server, "jwks_refresh_interval = 3600");
    let good = token(&key);
    let stranger = SigningKey::new(Kind::P256, "stranger");
    let flood = token(&stranger);
    for _ in 0..50 {
        app.get("/me", &[(HEADER, &flood)]).is(403, UNKNOWN);
        assert_eq!(app.get("/me", &[(HEADER, &good)]).status, 200);
    }
    assert_eq!(server.requests(), 1);
}

#[test]
fn requests_that_wait_for_the_same_keys_fetch_them_once() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::serve("");
    let database = Database::new();
    let figment = figment_exactly(&database, &table(&server.url(), "jwks_refresh_interval = 1"));
    let app = Server::serve(application(figment).attach(RemoteUser::fairing()));
    server.answer("200 OK", "", &jwks(&[key.jwk()]));
    let header = format!("{HEADER}: {}", token(&key));
    std::thread::scope(|scope| {
        let until_known = || {
            eventually(|| match app.get("/me", &header).0 {
                200 => true,
                status => {
                    assert_eq!(status, 503);
                    false
                }
            });
        };
        for _ in 0..8 {
            scope.spawn(until_known);
        }
    });
    assert_eq!(server.requests(), 2);
}

#[test]
fn known_keys_stay_in_use_when_the_server_fails() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::serve(&jwks(&[key.jwk()]));
    let app = launch(&server, "jwks_refresh_interval = 1");
    server.fail();
    let stranger = SigningKey::new(Kind::P256, "stranger");
    eventually(|| {
        app.get("/me", &[(HEADER, &token(&stranger))]).is(403, UNKNOWN);
        assert_eq!(app.get("/me", &[(HEADER, &token(&key))]).status, 200);
        server.requests() == 2
    });
    assert_eq!(app.get("/me", &[(HEADER, &token(&key))]).status, 200);
}

#[test]
fn keys_past_their_age_limit_are_none_and_come_back_with_the_server() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::serve(&jwks(&[key.jwk()]));
    let app = launch(&server, "jwks_refresh_interval = 1\njwks_max_age = 1");
    server.fail();
    let get = || app.get("/me", &[(HEADER, &token(&key))]);
    eventually(|| !is_accepted_or(503, NO_KEYS, get()));
    app.get("/public", &[]).is(200, "public");
    app.get("/me", &[]).is(401, "401 Unauthorized");
    server.answer("200 OK", "", &jwks(&[key.jwk()]));
    eventually(|| is_accepted_or(503, NO_KEYS, get()));
}

#[test]
fn a_key_that_was_withdrawn_is_believed_no_longer_than_the_answer_lets_it_be() {
    let [withdrawn, other] = ["withdrawn", "other"].map(|id| SigningKey::new(Kind::P256, id));
    let server = KeyServer::serve("");
    server.answer("200 OK", "Cache-Control: public, max-age=1\r\n", &jwks(&[withdrawn.jwk(), other.jwk()]));
    let app = launch(&server, "jwks_refresh_interval = 1");
    let signed = token(&withdrawn);
    assert_eq!(app.get("/me", &[(HEADER, &signed)]).status, 200);
    server.answer("200 OK", "", &jwks(&[other.jwk()]));
    eventually(|| !is_accepted_or(403, UNKNOWN, app.get("/me", &[(HEADER, &signed)])));
    assert_eq!(app.get("/me", &[(HEADER, &token(&other))]).status, 200);
    app.get("/me", &[(HEADER, &signed)]).is(403, UNKNOWN);
}

#[test]
fn a_set_whose_last_key_was_withdrawn_verifies_nothing() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::serve("");
    server.answer("200 OK", "Cache-Control: max-age=1\r\n", &jwks(&[key.jwk()]));
    let app = launch(&server, "jwks_refresh_interval = 1");
    server.answer("200 OK", "", &jwks(&[]));
    eventually(|| !is_accepted_or(503, NO_KEYS, app.get("/me", &[(HEADER, &token(&key))])));
}

#[test]
fn an_answer_that_may_not_be_kept_is_asked_for_once_an_interval() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::serve("");
    server.answer("200 OK", "Cache-Control: no-store, max-age=0\r\n", &jwks(&[key.jwk()]));
    let app = launch(&server, "jwks_refresh_interval = 3600");
    for _ in 0..20 {
        assert_eq!(app.get("/me", &[(HEADER, &token(&key))]).status, 200);
    }
    assert_eq!(server.requests(), 1);
}

#[test]
fn keys_are_fetched_again_before_they_are_too_old() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::serve(&jwks(&[key.jwk()]));
    let app = launch(&server, "jwks_refresh_interval = 1\njwks_max_age = 2");
    eventually(|| {
        assert_eq!(app.get("/me", &[(HEADER, &token(&key))]).status, 200);
        server.requests() == 4
    });
}

#[test]
fn a_key_with_a_url_of_its_own_is_fetched_when_a_token_names_it() {
    let [key, other] = ["a-1", "b-2"].map(|id| SigningKey::new(Kind::P256, id));
    let pem = |key: &SigningKey| std::fs::read_to_string(key.public_key_file()).expect("a key");
    let server = KeyServer::serve(&pem(&key));
    let url = server.url().replace("/keys", "/{kid}");
    let source = |url| format!("public_key_url = '{url}'\njwks_refresh_interval = 1");
    let app = App::launch_exactly(&table("", &source(&url)).replace("jwks_url = ''\n", ""));
    assert_eq!(server.paths(), [""; 0]);
    for _ in 0..3 {
        assert_eq!(app.get("/me", &[(HEADER, &token(&key))]).status, 200);
    }
    assert_eq!(server.paths(), ["/a-1"]);
    for id in ["", "../a-1", "a-1/..", "a.1", "a?1", "%2e", "a b", &"a".repeat(101)] {
        let named = key.sign(&json!({ "alg": "ES256", "kid": id }), &claims());
        app.get("/me", &[(HEADER, &named)]).is(403, UNKNOWN);
    }
    app.get("/me", &[(HEADER, &key.sign(&json!({ "alg": "ES256" }), &claims()))]).is(403, UNKNOWN);
    assert_eq!(server.paths(), ["/a-1"]);
    let longest = key.sign(&json!({ "alg": "ES256", "kid": "a".repeat(100) }), &claims());
    assert_eq!(app.get("/me", &[(HEADER, &longest)]).status, 200);

    server.answer("404 Not Found", "", "");
    app.get("/me", &[(HEADER, &token(&other))]).is(403, UNKNOWN);
    assert_eq!(server.paths(), ["/a-1", &format!("/{}", "a".repeat(100)), "/b-2"]);
    server.answer("200 OK", "", &pem(&other));
    eventually(|| is_accepted_or(403, UNKNOWN, app.get("/me", &[(HEADER, &token(&other))])));
    let crossed = other.sign(&json!({ "alg": "ES256", "kid": "a-1" }), &claims());
    app.get("/me", &[(HEADER, &crossed)]).is(403, "header `X-Assertion` has a wrong signature");
    assert_eq!(app.get("/me", &[(HEADER, &token(&key))]).status, 200);
}

#[test]
fn keys_are_fetched_over_tls_from_whom_the_system_trusts() {
    let authority = Authority::new();
    let key = SigningKey::new(Kind::P256, "1");
    let server = SecureFiles::serve(&authority, &jwks(&[key.jwk()]));
    let certificates = authority.certificate();
    let trusted = certificates.to_str().expect("a path");
    for (certificates, status) in [(trusted, 200), ("/dev/null", 503)] {
        let database = Database::new();
        let table = format!(
            "{{jwt={{header=\"{HEADER}\",issuer=\"{ISSUER}\",audience=\"{AUDIENCE}\",jwks_url=\"{}\"}}}}",
            server.url
        );
        let variables = [("ROCKET_REMOTE_USER", &*table), ("SSL_CERT_FILE", certificates)];
        let app = Example::run("whoami", "remote_user", &database, &variables);
        let (answer, body) = app.get("/me", &format!("{HEADER}: {}", token(&key)));
        assert_eq!(answer, status, "{body}");
    }
}

#[test]
fn a_launch_without_the_key_server_goes_on_and_answers_503() {
    let recording = Recording::start();
    let key = SigningKey::new(Kind::P256, "1");
    let key_set = jwks(&[key.jwk()]);
    let symmetric = r#"{"keys":[{"kty":"oct","kid":"1","k":"AAAA"}]}"#;
    let larger = " ".repeat(262_145);
    let cases = [
        ("404 Not Found", "", &*key_set, "the answer is 404 Not Found"),
        ("302 Found", "Location: /elsewhere\r\n", &key_set, "the answer is 302 Found"),
        ("204 No Content", "", "", "the answer is 204 No Content"),
        ("200 OK", "", "<html>", "the answer is not a JWK set (RFC 7517)"),
        ("200 OK", "", "{\"keys\":[]}", "the answer holds no key that can verify a signature"),
        ("200 OK", "", symmetric, "the answer holds no key that can verify a signature"),
        ("200 OK", "", &larger, "the answer is larger than 262144 bytes"),
    ];
    for (status, headers, body, reason) in cases {
        let server = KeyServer::serve("");
        server.answer(status, headers, body);
        let app = launch(&server, "jwks_refresh_interval = 3600");
        app.get("/me", &[(HEADER, &token(&key))]).is(503, NO_KEYS);
        app.get("/public", &[]).is(200, "public");
        assert_eq!(server.requests(), 1, "{status}");
        let lines = recording.lines_of("rocket_remote_user");
        let warning = format!("The keys at {} cannot be fetched: {reason}.", server.url());
        let cure = "Until they can be, no token of theirs is accepted.".to_owned();
        let failed = format!("Failed GET /me from 127.0.0.1: {NO_KEYS}.");
        for line in [warning, cure, failed] {
            assert!(lines.contains(&line), "{line} is not in {lines:?}");
        }
    }
}

#[test]
fn the_longest_answer_of_a_key_server_is_read() {
    let key = SigningKey::new(Kind::P256, "1");
    let key_set = jwks(&[key.jwk()]);
    let longest = format!("{key_set}{}", " ".repeat(262_144 - key_set.len()));
    let app = launch(&KeyServer::serve(&longest), "jwks_refresh_interval = 3600");
    assert_eq!(app.get("/me", &[(HEADER, &token(&key))]).status, 200);
}

#[test]
fn a_key_server_that_never_ends_its_answer_is_waited_for_five_seconds() {
    let key = SigningKey::new(Kind::P256, "1");
    let server = KeyServer::drip(&jwks(&[key.jwk()]));
    let start = Instant::now();
    let app = launch(&server, "jwks_refresh_interval = 3600");
    let seconds = start.elapsed().as_secs_f64();
    assert!((5.0..9.0).contains(&seconds), "{seconds}");
    app.get("/me", &[(HEADER, &token(&key))]).is(503, NO_KEYS);
}

#[test]
fn a_key_server_that_is_not_there_is_told_with_the_cause() {
    let recording = Recording::start();
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let url = format!("http://{}/keys", port.expect("a port"));
    let app = App::launch_exactly(&table(&url, ""));
    app.get("/public", &[]).is(200, "public");
    let lines = recording.lines_of("rocket_remote_user");
    let warning =
        lines.iter().find(|line| line.starts_with(&format!("The keys at {url} cannot be fetched: ")));
    let warning = warning.unwrap_or_else(|| panic!("{lines:?}"));
    assert!(warning.ends_with(": Connection refused (os error 111)."), "{warning}");
}

#[test]
fn keys_of_the_loopback_are_asked_of_no_proxy() {
    let [ours, theirs] = ["1", "2"].map(|id| SigningKey::new(Kind::P256, id));
    let server = KeyServer::serve(&jwks(&[ours.jwk()]));
    let proxy = KeyServer::serve(&jwks(&[theirs.jwk()]));
    let (keys, proxied) = (server.url(), proxy.url());
    let table = format!(
        "{{trusted_proxies=[\"127.0.0.1\"],jwt={{header=\"{HEADER}\",issuer=\"{ISSUER}\",\
         audience=\"{AUDIENCE}\",jwks_url=\"{keys}\"}}}}"
    );
    let variables = [("ROCKET_REMOTE_USER", &*table), ("HTTP_PROXY", &proxied), ("ALL_PROXY", &proxied)];
    let whoami = Example::run("whoami", "remote_user", &Database::new(), &variables);
    let get = |key| whoami.get("/me", &format!("{HEADER}: {}", token(key))).0;
    assert_eq!((get(&ours), get(&theirs), proxy.requests()), (200, 403, 0));
}
