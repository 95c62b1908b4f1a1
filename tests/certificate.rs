//! A client certificate that the proxy shows, over real TLS.

mod harness;

use std::io::{BufRead, BufReader, Write};

use harness::authority::{Authority, Identity, Valid, curl, tls_client};
use harness::socket::Server;
use harness::{Database, application, eventually, figment_exactly};
use rocket::figment::value::magic::RelativePathBuf;
use rocket_remote_user::RemoteUser;

const VERSIONS: [(&str, &str); 2] = [("--http1.1", "1.1"), ("--http2", "2")];
const ADA: &str = "Remote-User: ada";

/// An application over TLS that asks for client certificates of `authority`.
struct Secured<'a> {
    server: Server,
    authority: &'a Authority,
    database: Database,
}

impl<'a> Secured<'a> {
    fn serve(authority: &'a Authority, mandatory: bool, toml: &str) -> Secured<'a> {
        let database = Database::new();
        let own = authority.issue("localhost", "DNS:localhost", Valid::Now);
        let path = RelativePathBuf::from;
        let figment = figment_exactly(&database, toml)
            .merge(("tls.certs", path(own.certificate)))
            .merge(("tls.key", path(own.key)))
            .merge(("tls.mutual.ca_certs", path(authority.certificate())))
            .merge(("tls.mutual.mandatory", mandatory));
        let server = Server::serve(application(figment).attach(RemoteUser::fairing()));
        Secured { server, authority, database }
    }

    /// The status and the version of a `GET path`.
    fn get(&self, version: &str, path: &str, identity: Option<&Identity>, headers: &[&str]) -> String {
        let authority = self.authority.certificate();
        curl(version, self.server.address.port(), path, &authority, identity, headers)
    }
}

#[test]
fn only_the_certificate_of_the_proxy_lets_an_identity_through() {
    let (authority, other) = (Authority::new(), Authority::new());
    let proxy = authority.issue("proxy", "DNS:proxy.internal", Valid::Now);
    let wrong = authority.issue("someone", "DNS:someone.internal", Valid::Now);
    let foreign = other.issue("proxy", "DNS:proxy.internal", Valid::Now);
    let expired = authority.issue("proxy", "DNS:proxy.internal", Valid::UntilLastYear);
    let tables = [
        "common_names = ['proxy']".to_owned(),
        "dns_names = ['Proxy.Internal']".to_owned(),
        format!("fingerprints = ['{}']", proxy.fingerprint()),
        "common_names = ['proxy'], dns_names = ['proxy.internal', 'x']".to_owned(),
    ];
    for table in tables {
        let secured = Secured::serve(&authority, false, &format!("proxy_certificate = {{ {table} }}"));
        for (option, version) in VERSIONS {
            let get = |path, identity, headers: &[&str]| secured.get(option, path, identity, headers);
            assert_eq!(get("/me", Some(&proxy), &[ADA]), format!("200 {version}"), "{table}");
            assert_eq!(get("/me", Some(&proxy), &[]), format!("401 {version}"), "{table}");
            for identity in [Some(&wrong), None] {
                assert_eq!(get("/me", identity, &[ADA]), format!("403 {version}"), "{table}");
                assert_eq!(get("/public", identity, &[ADA]), format!("403 {version}"), "{table}");
                assert_eq!(get("/public", identity, &[]), format!("200 {version}"), "{table}");
            }
            // Rocket ends the handshake.
            for identity in [&foreign, &expired] {
                let answer = get("/me", Some(identity), &[ADA]);
                assert!(answer.starts_with("000 "), "{table}: {answer}");
            }
        }
        assert_eq!(secured.database.sql("SELECT username FROM remote_users"), ["ada"]);
    }
}

#[test]
fn every_list_that_is_given_must_match() {
    let authority = Authority::new();
    let proxy = authority.issue("proxy", "DNS:proxy.internal,IP:127.0.0.1,email:ada@example.com", Valid::Now);
    let other = authority.issue("other", "DNS:proxy.internal", Valid::Now);
    let (fingerprint, of_other) = (proxy.fingerprint(), other.fingerprint());
    let cases = [
        ("common_names = ['x', 'proxy']".to_owned(), 200),
        ("common_names = ['Proxy']".to_owned(), 403),
        ("common_names = ['prox']".to_owned(), 403),
        ("common_names = ['CN=proxy']".to_owned(), 403),
        ("common_names = ['proxy.internal']".to_owned(), 403),
        ("dns_names = ['proxy']".to_owned(), 403),
        ("dns_names = ['internal']".to_owned(), 403),
        ("dns_names = ['127.0.0.1', 'example.com']".to_owned(), 403),
        (format!("fingerprints = ['{of_other}', '{}']", fingerprint.replace(':', "").to_lowercase()), 200),
        (format!("fingerprints = ['{of_other}']"), 403),
        ("common_names = ['proxy'], dns_names = ['other.internal']".to_owned(), 403),
        ("common_names = ['other'], dns_names = ['proxy.internal']".to_owned(), 403),
        (format!("dns_names = ['proxy.internal'], fingerprints = ['{of_other}']"), 403),
        (
            format!(
                "common_names = ['proxy'], dns_names = ['proxy.internal'], fingerprints = ['{fingerprint}']"
            ),
            200,
        ),
    ];
    for (table, status) in cases {
        let secured = Secured::serve(&authority, true, &format!("proxy_certificate = {{ {table} }}"));
        let answer = secured.get("--http2", "/me", Some(&proxy), &[ADA]);
        assert_eq!(answer, format!("{status} 2"), "{table}");
    }
}

#[test]
fn a_common_name_is_its_characters_and_the_only_one() {
    let authority = Authority::new();
    let secured = Secured::serve(&authority, false, "proxy_certificate = { common_names = ['proxyy'] }");
    let (printable, t61, ia5, bmp, utf8) = ("MASK:2", "MASK:4", "MASK:16", "MASK:2048", "MASK:8192");
    let cases = [
        ("/CN=proxyy", printable, 200),
        ("/CN=proxyy", ia5, 200),
        ("/CN=proxyy", utf8, 200),
        ("/O=proxyy/CN=someone", utf8, 403),
        // The bytes of this in UTF-16 are those of `proxyy` in ASCII.
        ("/CN=\u{7072}\u{6f78}\u{7979}", bmp, 403),
        ("/CN=proxyy", bmp, 403),
        ("/CN=proxyy", t61, 403),
        ("/CN=someone/CN=proxyy", utf8, 403),
        ("/CN=proxyy/CN=someone", utf8, 403),
        ("/CN=proxyy/CN=proxyy", utf8, 403),
    ];
    for (subject, mask, status) in cases {
        let identity = authority.issue_for(subject, mask);
        let answer = secured.get("--http2", "/me", Some(&identity), &[ADA]);
        assert_eq!(answer, format!("{status} 2"), "{subject} {mask}");
    }
}

#[test]
fn a_wildcard_in_a_certificate_is_no_more_than_it_is() {
    let authority = Authority::new();
    let wildcard = authority.issue("proxy", "DNS:*.internal", Valid::Now);
    for names in ["['proxy.internal']", "['internal']"] {
        let secured =
            Secured::serve(&authority, false, &format!("proxy_certificate = {{ dns_names = {names} }}"));
        assert_eq!(secured.get("--http1.1", "/me", Some(&wildcard), &[ADA]), "403 1.1");
    }
}

#[test]
fn an_authority_of_some_dns_names_only_can_issue_every_common_name_and_no_other_dns_name() {
    let authority = Authority::new();
    let proxy = authority.issue("proxy.internal", "DNS:proxy.internal", Valid::Now);
    let tenant = authority.sub_authority();
    let of_tenant = tenant.issue_chain("proxy.internal", "DNS:app.tenant.example");
    let beyond = tenant.issue_chain("proxy.internal", "DNS:proxy.internal");
    let fingerprint =
        format!("common_names = ['proxy.internal'], fingerprints = ['{}']", proxy.fingerprint());
    let cases = [
        ("common_names = ['proxy.internal']", "200 2"),
        ("dns_names = ['proxy.internal']", "403 2"),
        ("common_names = ['proxy.internal'], dns_names = ['proxy.internal']", "403 2"),
        (&fingerprint, "403 2"),
        ("dns_names = ['app.tenant.example']", "200 2"),
    ];
    for (table, expected) in cases {
        let secured = Secured::serve(&authority, false, &format!("proxy_certificate = {{ {table} }}"));
        let get = |identity| secured.get("--http2", "/me", Some(identity), &[ADA]);
        assert_eq!(get(&of_tenant), expected, "{table}");
        // Rocket ends the handshake.
        assert!(get(&beyond).starts_with("000 "), "{table}");
        let is_tenants = table.contains("tenant");
        assert_eq!(get(&proxy), if is_tenants { "403 2" } else { "200 2" }, "{table}");
    }
}

#[test]
fn a_claim_to_have_shown_a_certificate_is_none() {
    let authority = Authority::new();
    let secured = Secured::serve(&authority, false, "proxy_certificate = { common_names = ['proxy'] }");
    let claims = ["X-SSL-Client-CN: proxy", "X-Client-Verify: SUCCESS", "Client-Cert: :AA==:", ADA];
    for (option, version) in VERSIONS {
        assert_eq!(secured.get(option, "/me", None, &claims), format!("403 {version}"));
    }
}

const SAVE: &str = "-sess_out";
const RESUME: &str = "-sess_in";

/// Asks over a connection that saves a ticket in `ticket` or resumes it, and returns the
/// status, and whether the connection was resumed.
fn ask(
    secured: &Secured<'_>,
    identity: Option<&Identity>,
    version: &str,
    use_of_ticket: &str,
    ticket: &str,
) -> (u16, bool) {
    let port = secured.server.address.port();
    let options = [version, use_of_ticket, ticket];
    let mut client = tls_client(port, &secured.authority.certificate(), identity, &options);
    let mut client = client.spawn().expect("openssl; this test needs it installed");
    let request = format!("GET /me HTTP/1.1\r\nHost: localhost\r\n{ADA}\r\nConnection: close\r\n\r\n");
    client.stdin.as_mut().expect("an input").write_all(request.as_bytes()).expect("to write");
    let printed = client.wait_with_output().expect("openssl").stdout;
    let printed = String::from_utf8_lossy(&printed);
    let status = printed.split("HTTP/1.1 ").nth(1).unwrap_or_else(|| panic!("no answer: {printed}"));
    (status[..3].parse().expect("a status"), printed.contains("\nReused, "))
}

#[test]
fn a_resumed_connection_speaks_for_the_certificate_that_its_ticket_was_issued_for() {
    let authority = Authority::new();
    let proxy = authority.issue("proxy", "DNS:proxy.internal", Valid::Now);
    let wrong = authority.issue("someone", "DNS:someone.internal", Valid::Now);
    let secured = Secured::serve(&authority, false, "proxy_certificate = { common_names = ['proxy'] }");
    let folder = secured.database.directory.path();
    let shown = [("proxy", Some(&proxy), 200), ("wrong", Some(&wrong), 403), ("none", None, 403)];
    for version in ["-tls1_2", "-tls1_3"] {
        for (name, identity, status) in shown {
            let ticket = folder.join(format!("{name}{version}"));
            let ticket = ticket.to_str().expect("a path");
            assert_eq!(ask(&secured, identity, version, SAVE, ticket), (status, false), "{name} {version}");
            for (other, identity, _) in shown {
                let answer = ask(&secured, identity, version, RESUME, ticket);
                assert_eq!(answer, (status, true), "the ticket of {name}, with {other}, {version}");
            }
        }
    }
}

#[test]
fn a_certificate_that_expires_while_its_connection_is_open_is_no_proof_any_more() {
    let authority = Authority::new();
    let secured = Secured::serve(&authority, false, "proxy_certificate = { common_names = ['proxy'] }");
    let proxy = authority.issue("proxy", "DNS:proxy.internal", Valid::ForSeconds(4));
    let port = secured.server.address.port();
    let mut client = tls_client(port, &authority.certificate(), Some(&proxy), &["-quiet"]);
    let mut client = client.spawn().expect("openssl; this test needs it installed");
    let mut input = client.stdin.take().expect("an input");
    let mut lines = BufReader::new(client.stdout.take().expect("an output")).lines();
    let mut ask = || {
        let request = format!("HEAD /me HTTP/1.1\r\nHost: localhost\r\n{ADA}\r\n\r\n");
        input.write_all(request.as_bytes()).expect("to write");
        let head = lines.by_ref().map_while(|line| line.ok().filter(|line| !line.trim().is_empty()));
        let head: Vec<_> = head.collect();
        head.first().expect("an answer")[9..12].to_owned()
    };
    assert_eq!(ask(), "200");
    eventually(|| ask() == "403");
    assert_eq!(ask(), "403");
    drop(input);
    client.kill().expect("to end openssl");
    client.wait().expect("openssl");
}
