use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use rocket::figment::providers::{Format, Toml};
use rocket::serde::Deserialize;
use rocket::tokio::io::{AsyncReadExt, AsyncWriteExt};
use rocket::tokio::net::TcpSocket;
use rocket::tokio::runtime::Runtime;
use rocket::tokio::time::timeout;

/// A file of the corpus: what a hostile client sends, and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(crate = "rocket::serde", deny_unknown_fields)]
pub struct Attack {
    /// The advisory or document that it is from.
    pub source: String,
    /// What the attacker is after.
    pub aim: String,
    /// The feature of the crate that its configuration needs.
    pub feature: Option<Feature>,
    /// The loopback address that the attacker connects from; by default the
    /// proxy's.
    #[serde(default = "proxy")]
    pub peer: IpAddr,
    /// The address that the server listens at.
    #[serde(default = "proxy")]
    pub listen: IpAddr,
    /// Keys of `[default.remote_user]`.
    #[serde(default = "creating")]
    pub configuration: String,
    /// The bytes of the request: each character is the byte of its number.
    /// `{session}` is the session of the honest request.
    pub request: Request,
    /// The status of the answer.
    pub status: u16,
    /// The whole body of the answer, which is asked for unless it is 200.
    pub answer: Option<String>,
    /// What must be neither written nor seen by a route: names of users or of
    /// groups, full names, addresses.
    pub absent: Vec<String>,
    /// The request that shows that this server lets an honest proxy in.
    #[serde(default)]
    pub honest: Honest,
}

/// A feature that is not on by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(crate = "rocket::serde", rename_all = "lowercase")]
pub enum Feature {
    Jwt,
}

impl Feature {
    pub fn is_compiled(self) -> bool {
        match self {
            Feature::Jwt => cfg!(feature = "jwt"),
        }
    }
}

/// A request, in parts if something is repeated in it.
#[derive(Debug, Deserialize)]
#[serde(crate = "rocket::serde", untagged)]
pub enum Request {
    Whole(String),
    Parts(Vec<Part>),
}

/// A part of a request.
#[derive(Debug, Deserialize)]
#[serde(crate = "rocket::serde", untagged)]
pub enum Part {
    Once(String),
    Repeated(Repeated),
}

#[derive(Debug, Deserialize)]
#[serde(crate = "rocket::serde", deny_unknown_fields)]
pub struct Repeated {
    repeat: String,
    times: usize,
}

/// What an honest proxy sends.
#[derive(Debug, Deserialize)]
#[serde(crate = "rocket::serde", deny_unknown_fields, default)]
pub struct Honest {
    pub headers: Vec<String>,
}

impl Default for Honest {
    fn default() -> Self {
        Self { headers: vec!["Remote-User: ada".into()] }
    }
}

fn proxy() -> IpAddr {
    Ipv4Addr::LOCALHOST.into()
}

fn creating() -> String {
    "create_groups = true".into()
}

impl Attack {
    pub fn read(path: &Path) -> Attack {
        Toml::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn bytes(&self, session: &str) -> Vec<u8> {
        let text = match &self.request {
            Request::Whole(text) => text.replace("{session}", session),
            Request::Parts(parts) => parts.iter().map(Part::text).collect(),
        };
        let byte = |c: char| u8::try_from(u32::from(c)).expect("a character that is a byte");
        text.chars().map(byte).collect()
    }

    pub fn honest_bytes(&self) -> Vec<u8> {
        let mut lines = vec!["GET /me HTTP/1.1", "Host: localhost", "Connection: close"];
        lines.extend(self.honest.headers.iter().map(String::as_str));
        (lines.join("\r\n") + "\r\n\r\n").into_bytes()
    }
}

impl Part {
    fn text(&self) -> String {
        match self {
            Part::Once(text) => text.clone(),
            Part::Repeated(Repeated { repeat, times }) => repeat.repeat(*times),
        }
    }
}

/// What came back: the status and the body, of HTTP/1 or HTTP/2.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// The token of the session that it sets, if it does.
    pub session: Option<String>,
}

/// Sends `bytes` to `server` from `peer`, and reads until the server closes.
pub fn send_from(runtime: &Runtime, peer: IpAddr, server: SocketAddr, bytes: Vec<u8>) -> Answer {
    let exchange = async {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(peer, 0)).expect("a loopback address");
        let server = SocketAddr::new(server.ip().to_canonical(), server.port());
        let (mut read, mut write) = socket.connect(server).await.expect("a connection").into_split();
        // A server that refuses early does not read on: what counts is the answer.
        let writing = rocket::tokio::spawn(async move {
            let written = write.write_all(&bytes).await;
            (write, written)
        });
        let mut response = Vec::new();
        if let Err(error) = read.read_to_end(&mut response).await {
            assert!(!response.is_empty(), "no answer: {error}");
        }
        drop(writing.await.expect("the writer"));
        response
    };
    let response = runtime.block_on(async { timeout(Duration::from_secs(20), exchange).await });
    Answer::parse(&response.expect("an answer in time"))
}

impl Answer {
    fn parse(response: &[u8]) -> Answer {
        if !response.starts_with(b"HTTP/1.") {
            return Self::of_frames(response);
        }
        let response = String::from_utf8_lossy(response);
        let (status, body) = super::socket::parse(&response);
        let session = response.lines().find_map(|line| line.strip_prefix("set-cookie: remote_user="));
        let session = session.and_then(|cookie| cookie.split(';').next()).map(String::from);
        Answer { status, body, session }
    }

    /// Reads the frames of HTTP/2 (RFC 9113, section 4.1): the status as it is
    /// in the static table (RFC 7541, appendix A), and the data.
    fn of_frames(mut response: &[u8]) -> Answer {
        let (mut status, mut body) = (None, Vec::new());
        while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = response {
            let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            let (payload, rest) = rest.split_at(length);
            match kind {
                0 => body.extend_from_slice(payload),
                1 => {
                    let statuses = [200, 204, 206, 304, 400, 404, 500];
                    status = statuses.get(usize::from(payload[0]).wrapping_sub(0x88)).copied();
                }
                _ => {}
            }
            response = rest;
        }
        let status = status.unwrap_or_else(|| panic!("no status in {response:?}"));
        Answer { status, body: String::from_utf8_lossy(&body).into_owned(), session: None }
    }
}
