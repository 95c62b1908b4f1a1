//! What only a real socket can send.

mod harness;

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, TcpStream};

use harness::browser::{PERSISTENT, with_logins};
use harness::http2::Connection;
use harness::socket::{Server, cookie, parse, try_get};
use harness::{Database, Headers, application, figment};
use rocket::serde::json::{Value, from_str};
use rocket_remote_user::RemoteUser;

fn serve(database: &Database, toml: &str) -> Server {
    Server::serve(application(figment(database, toml)).attach(RemoteUser::fairing()))
}

/// A request for `/me` whose header lines are `lines`, byte for byte.
fn request(lines: &[u8]) -> Vec<u8> {
    let head = b"GET /me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    [&head[..], lines, b"\r\n\r\n"].concat()
}

#[test]
fn raw_header_lines_get_the_status_that_the_table_gives() {
    let database = Database::new();
    let server = serve(&database, "");
    let long = [&b"Remote-User: "[..], &[b'a'; 65_536]].concat();
    let cases: [(&[u8], u16); 24] = [
        (b"X-Nothing: said", 401),
        (b"Remote-User:", 401),
        (b"Remote-User: \t ", 401),
        (b"Remote-User: ada", 200),
        (b"REMOTE-USER:ada", 200),
        (b"Remote-User: \t ada \t", 200),
        (b"Remote-User: zo\xc3\xab", 200),
        (b"Remote-User: ada\r\nremote-user: ada", 400),
        (b"Remote-User: ada\r\nX: y\r\nREMOTE-USER:", 400),
        (b"remote_user: ada", 400),
        (b"Remote-User: ada\r\nRemote_User: eve", 400),
        (b"Remote~User: eve\r\nRemote-User: ada", 400),
        (b"Remote-User: a\tda", 400),
        (b"Remote-User: ada\xc2\x85", 400),
        (b"Remote-User: ada\xe2\x80\x8b", 400),
        (b"Remote-User: \xe2\x80\xaeada", 400),
        (b"Remote-User: ada\r\nConnection: keep-alive, Remote-Groups", 400),
        (b"Remote-User: ada\r\nRemote-Groups: a,\xef\xbb\xbf", 400),
        (&long, 400),
        // What hyper refuses before Rocket runs.
        (b"Remote-User: a\0da", 400),
        (b"Remote-User: a\r\n da", 400),
        (b"Remote-User : ada", 400),
        (b"Remote User: ada", 400),
        // What Rocket drops: there is nobody, and nobody is made of it.
        (b"Remote-User: ada\xff", 401),
    ];
    for (lines, status) in cases {
        let response = server.send(request(lines));
        assert_eq!(
            parse(&response).0,
            status,
            "{:?}",
            String::from_utf8_lossy(&lines[..lines.len().min(80)])
        );
    }
    assert_eq!(database.sql("SELECT username FROM remote_users ORDER BY id"), ["ada", "zo\u{eb}"]);
}

#[test]
fn a_line_of_cookies_with_a_byte_that_is_not_utf_8_is_lost_whole() {
    let database = Database::new();
    let server = Server::serve(with_logins(figment(&database, PERSISTENT)));
    let cookie = cookie(&server.respond("GET", "/me", "Remote-User: ada")).expect("a cookie");
    let status = |method: &str, lines: &[u8]| {
        let head = format!("{method} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        parse(&server.send([head.as_bytes(), lines, b"\r\n\r\n"].concat())).0
    };
    let cookie = cookie.as_bytes();
    let with_an_odd_byte = [cookie, b"; other=\xff"].concat();
    let beside_it = [cookie, b"\r\nCookie: other=\xff"].concat();
    assert_eq!(status("GET /me", cookie), 200);
    assert_eq!(status("GET /me", &with_an_odd_byte), 401);
    assert_eq!(status("GET /me", &beside_it), 200, "a line of its own is lost alone");
    assert_eq!(status("POST /logout", &with_an_odd_byte), 303);
    assert_eq!(status("GET /me", cookie), 200, "nor does a logout see it");
}

#[test]
fn headers_after_the_body_sign_nobody_in() {
    let database = Database::new();
    let server = serve(&database, "");
    let request = b"GET /me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTrailer: Remote-User\r\n\
                    Transfer-Encoding: chunked\r\n\r\n0\r\nRemote-User: ada\r\n\r\n";
    assert_eq!(parse(&server.send(request)).0, 401);
    assert_eq!(database.dump(), [""; 0]);
}

#[test]
fn each_request_of_a_connection_is_judged_by_itself() {
    let database = Database::new();
    let server = serve(&database, "");
    let head = "GET /me HTTP/1.1\r\nHost: localhost\r\n";
    let requests = [
        format!("{head}Remote-User: ada\r\n\r\n"),
        format!("{head}\r\n"),
        format!("{head}Remote-User: ada\r\nRemote-User: ada\r\n\r\n"),
        format!("{head}Remote-User: bob\r\nConnection: close\r\n\r\n"),
    ];
    let responses = server.send(requests.concat());
    let statuses: Vec<_> = responses.split("HTTP/1.1 ").skip(1).map(|response| &response[..3]).collect();
    assert_eq!(statuses, ["200", "401", "400", "200"]);
}

#[test]
fn a_method_in_a_form_body_does_not_get_past_a_refusal() {
    let database = Database::new();
    let server = serve(&database, "");
    for method in ["get", "head", "put", "delete", "connect"] {
        let body = format!("_method={method}");
        let headers = format!(
            "Remote-User: ada\nRemote-User: ada\nContent-Type: application/x-www-form-urlencoded\n\
             Content-Length: {}\n\n{body}",
            body.len()
        );
        let (status, body) = server.exchange("POST", "/public", &headers);
        assert_eq!(
            (status, body.as_str()),
            (400, "header `Remote-User` was sent more than once"),
            "{method}"
        );
    }
}

#[test]
fn a_refused_head_is_answered_with_a_length_and_no_body() {
    let database = Database::new();
    let server = serve(&database, "");
    let request = "HEAD /public HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRemote_User: ada\r\n\r\n";
    let response = server.send(request).to_lowercase();
    assert_eq!(parse(&response), (400, String::new()));
    let length = "header `remote-user` was sent under another spelling of its name".len();
    assert!(response.contains(&format!("\r\ncontent-length: {length}\r\n")), "{response}");
}

#[test]
fn an_untrusted_peer_is_told_by_its_socket() {
    let database = Database::new();
    let server = serve(&database, "trusted_proxies = ['10.0.0.1', '::1']");
    let claims = "X-Real-IP: 10.0.0.1\nX-Forwarded-For: 10.0.0.1\nForwarded: for=10.0.0.1";
    assert_eq!(server.get("/public", claims), (200, "public".into()));
    for identity in ["Remote-User: ada", "Remote_User: ada", "Remote-Groups: admins"] {
        assert_eq!(server.get("/public", &format!("{identity}\n{claims}")).0, 403, "{identity}");
    }
    assert_eq!(database.dump(), [""; 0]);
}

#[test]
fn a_server_under_load_shuts_down() {
    let database = Database::new();
    let server = serve(&database, "");
    let (answered, answers) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let address = server.address;
        for _ in 0..4 {
            let answered = answered.clone();
            scope.spawn(move || {
                while let Ok(status) = try_get(address, "/me", "Remote-User: ada") {
                    let _ = answered.send(status);
                }
            });
        }
        for _ in 0..40 {
            assert_eq!(answers.recv().expect("an answer"), 200);
        }
        server.shut_down();
    });
}

const PEOPLE: [&str; 4] = ["ada", "bob", "eve", "zed"];

/// The user of an answer of `/me`.
fn username(body: &str) -> String {
    from_str::<Value>(body).expect("JSON")["username"].as_str().expect("a name").to_owned()
}

#[test]
fn people_whose_requests_are_interleaved_on_one_connection_are_not_mixed_up() {
    let database = Database::new();
    let server = serve(&database, "");
    let head = "GET /me HTTP/1.1\r\nHost: localhost\r\n";
    let requests = (0..40).map(|n| match n % 5 {
        4 => format!("{head}\r\n"),
        n => format!("{head}Remote-User: {}\r\n\r\n", PEOPLE[n]),
    });
    let last = format!("{head}Connection: close\r\n\r\n");
    let responses = server.send(requests.collect::<String>() + &last);
    let answers: Vec<_> = responses.split("HTTP/1.1 ").skip(1).collect();
    assert_eq!(answers.len(), 41);
    for (n, answer) in answers[..40].iter().enumerate() {
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
        match n % 5 {
            4 => assert_eq!(&answer[..3], "401"),
            n => assert_eq!((&answer[..3], &*username(body)), ("200", PEOPLE[n])),
        }
    }
    let people = "SELECT username FROM remote_users ORDER BY username";
    assert_eq!(database.sql(people), PEOPLE);
}

#[test]
fn people_whose_streams_share_one_connection_of_http_2_are_not_mixed_up() {
    let database = Database::new();
    let server = serve(&database, "");
    let mut connection = Connection::open(server.address);
    let signed_in = PEOPLE.map(|person| [("remote-user", person)]);
    let doubled = [("remote-user", "ada"), ("remote-user", "bob")];
    let mut streams: Vec<Headers<'_>> = signed_in.iter().map(|headers| &headers[..]).collect();
    streams.extend([&[][..], &doubled, &[("remote_user", "mallory")]]);
    for _ in 0..8 {
        let answers = connection.get_all("localhost", "/me", &streams);
        for (person, (status, body)) in PEOPLE.iter().zip(&answers) {
            assert_eq!((*status, &*username(body)), (200, *person));
        }
        let statuses: Vec<_> = answers[PEOPLE.len()..].iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [401, 400, 400]);
    }
    let people = "SELECT username FROM remote_users ORDER BY username";
    assert_eq!(database.sql(people), PEOPLE);
}

#[test]
fn over_http_2_fields_are_limited_by_their_size_and_refused_all_the_same() {
    let database = Database::new();
    let server = serve(&database, "");
    let mut connection = Connection::open(server.address);
    let alias = "header `Remote-User` was sent under another spelling of its name";
    let repeated = "header `Remote-User` was sent more than once";
    let mut get = |line, count| connection.get("localhost", "/public", &vec![line; count]);
    assert_eq!(get(("remote_user", "eve"), 101), (400, alias.into()));
    assert_eq!(get(("remote-user", "eve"), 101), (400, repeated.into()));
    assert_eq!(get(("remote_user", "eve"), 100_000), (400, alias.into()));
    // A field counts its name, its value and 32 bytes: 16 MiB are 364,722 of this one.
    assert_eq!(get(("remote_user", "eve"), 364_723).0, 431);
    assert_eq!(get(("x", "y"), 1), (200, "public".into()));
}

#[test]
fn the_body_of_a_refused_request_is_no_request() {
    let database = Database::new();
    let server = serve(&database, "");
    let hidden = "GET /me HTTP/1.1\r\nHost: localhost\r\nRemote-User: eve\r\n\r\n";
    let chunked = format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
    let framed = [
        format!("Content-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{chunked}"),
    ];
    for body in framed {
        for reason in ["Remote_User: ada", "Remote-User: ada\r\nSec-Fetch-Site: cross-site"] {
            let refused = format!("POST /post HTTP/1.1\r\nHost: localhost\r\n{reason}\r\n{body}");
            let next = "GET /public HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            let responses = server.send(refused + next);
            let statuses: Vec<_> = responses.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
            let refusal = if reason.contains("Sec") { "403" } else { "400" };
            assert_eq!(statuses, [refusal, "200"], "{body}");
            assert!(responses.ends_with("\r\n\r\npublic"), "{responses}");
        }
    }
    assert_eq!(database.dump(), [""; 0]);
}

#[test]
fn a_session_that_expires_while_its_connection_is_open_is_over() {
    let database = Database::new();
    let server = Server::serve(with_logins(figment(&database, PERSISTENT)));
    let cookie = cookie(&server.respond("GET", "/me", "Remote-User: ada")).expect("a cookie");
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    let mut ask = || {
        let request = format!("HEAD /me HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("to write");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("an answer");
            head.extend(byte);
        }
        parse(&String::from_utf8_lossy(&head)).0
    };
    assert_eq!((ask(), ask()), (200, 200));
    database.sql("UPDATE remote_sessions SET expires_at = '2020-01-01 00:00:00'");
    assert_eq!(ask(), 401);
}

#[test]
fn peers_of_both_families_are_told_apart() {
    let cases = [
        (IpAddr::V6(Ipv6Addr::LOCALHOST), "['::1']", 200),
        (IpAddr::V6(Ipv6Addr::LOCALHOST), "['::/64']", 200),
        (IpAddr::V6(Ipv6Addr::LOCALHOST), "['127.0.0.1']", 403),
        (IpAddr::V6(Ipv6Addr::LOCALHOST), "['::ffff:127.0.0.1', '::2']", 403),
        ([127, 0, 0, 1].into(), "['::1']", 403),
        ([127, 0, 0, 1].into(), "['::ffff:127.0.0.1']", 200),
    ];
    for (address, trusted, status) in cases {
        let database = Database::new();
        let rocket = application(figment(&database, &format!("trusted_proxies = {trusted}")));
        let server = Server::serve_at(address, rocket.attach(RemoteUser::fairing()));
        assert_eq!(server.get("/me", "Remote-User: ada").0, status, "{address} {trusted}");
    }
}
