//! What only a real socket can send.

mod harness;

use harness::browser::{PERSISTENT, with_logins};
use harness::socket::{Server, cookie, parse, try_get};
use harness::{Database, application, figment};
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
    for method in ["get", "put", "delete", "connect"] {
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
