//! HTTP/2 as it is on the wire: what no client would send, and what comes back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::forgery::{HeaderNames, SECRET, claims, spellings};

/// A request that claims something. A field may be of the request line (`:path`), and then
/// stands in place of the honest one.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    pub fields: Vec<(String, String)>,
    pub body: String,
    pub trailers: Vec<(String, String)>,
}

/// The status and the body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Stream {
    fn of(fields: impl IntoIterator<Item = (String, String)>) -> Stream {
        Stream { fields: fields.into_iter().collect(), ..Stream::default() }
    }

    /// The value of a field that stands in place of the honest one.
    pub fn pseudo(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The frames that send it as the stream `id` (RFC 9113, section 6).
    fn frames(&self, id: u32, authority: &str, path: &str, credentials: &[String]) -> Vec<u8> {
        let method = if self.body.is_empty() { "GET" } else { "POST" };
        let honest = [(":method", method), (":scheme", "http"), (":authority", authority), (":path", path)];
        let mut fields: Vec<(String, String)> = honest
            .map(|(name, value)| (name.to_owned(), self.pseudo(name).unwrap_or(value).to_owned()))
            .into();
        let is_other = |(name, _): &&(String, String)| honest.iter().all(|(own, _)| own != name);
        let (pseudo, others): (Vec<_>, Vec<_>) =
            self.fields.iter().filter(is_other).cloned().partition(|(name, _)| name.starts_with(':'));
        fields.extend(pseudo);
        fields.extend(credentials.iter().map(|line| {
            let (name, value) = line.split_once(": ").expect("a line");
            (name.to_lowercase(), value.to_owned())
        }));
        fields.extend(others);

        let (has_body, has_trailers) = (!self.body.is_empty(), !self.trailers.is_empty());
        let mut frames = frame(HEADERS, END_HEADERS | end(!has_body && !has_trailers), id, &encode(&fields));
        if has_body {
            frames.extend(frame(DATA, end(!has_trailers), id, self.body.as_bytes()));
        }
        if has_trailers {
            frames.extend(frame(HEADERS, END_HEADERS | END_STREAM, id, &encode(&self.trailers)));
        }
        frames
    }
}

/// Everything that is tried over HTTP/2 through a proxy whose identity headers have these names.
pub fn forgeries(names: &HeaderNames, path: &str) -> Vec<Stream> {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut all = Vec::new();
    for (name, value) in claims(names) {
        let lower = name.to_lowercase();
        let line = format!("{name}: {value}");
        for spelling in spellings(name) {
            all.push(Stream::of([field(&spelling.to_lowercase(), value)]));
            all.push(Stream::of([field(&spelling, value)]));
        }
        all.push(Stream::of([field(&lower, value), field(&lower, value)]));
        all.push(Stream::of([field(&lower, ""), field(&lower, value)]));
        for end in ["\r\n", "\n", "\r", "\0"] {
            all.push(Stream::of([field("x-fed", &format!("a{end}{line}"))]));
            all.push(Stream::of([field(&format!("x-fed: a{end}{lower}"), value)]));
        }
        for odd in
            [format!("{lower}: {value}\r\nx"), format!("{lower} "), format!("{lower}:"), format!(":{lower}")]
        {
            all.push(Stream::of([field(&odd, value)]));
        }
        let rest = format!("HTTP/1.1\r\nHost: localhost\r\n{line}\r\nX-Rest: ");
        all.push(Stream::of([field(":path", &format!("{path} {rest}"))]));
        all.push(Stream::of([field(":method", &format!("GET {path} {rest}"))]));
        all.push(Stream::of([field(":scheme", &format!("http://localhost{path} {rest}"))]));
        all.push(Stream::of([field(":authority", &format!("localhost\r\n{line}"))]));
        all.push(Stream::of([field("host", &format!("localhost\r\n{line}"))]));
        for method in ["OPTIONS", "PUT", "TRACE"] {
            all.push(Stream::of([field(":method", method), field(&lower, value)]));
        }
        // A websocket (RFC 8441).
        all.push(Stream::of([
            field(":method", "CONNECT"),
            field(":protocol", "websocket"),
            field(&lower, value),
        ]));
        all.push(Stream {
            fields: vec![field("te", "trailers"), field("trailer", &lower)],
            body: "x".into(),
            trailers: vec![field(&lower, value)],
        });
        all.extend(in_a_body(&line));
    }
    let own = [names.user, names.name, names.email, names.groups, SECRET];
    all.extend(own.map(|name| Stream::of([field(&name.to_lowercase(), "")])));
    all.push(Stream::of([field(&SECRET.to_lowercase(), &"A".repeat(43))]));
    // Fields of a connection, which HTTP/2 has none of (RFC 9113, section 8.2.2).
    for named in own.map(String::from).into_iter().chain([own.join(", ")]) {
        for list in [named.clone(), format!("close, {named}"), format!("upgrade, {named}")] {
            all.push(Stream::of([field("connection", &list), field("upgrade", "websocket")]));
            all.push(Stream::of([field("connection", &list)]));
        }
        for name in ["keep-alive", "proxy-connection", "te"] {
            all.push(Stream::of([field(name, &named)]));
        }
    }
    all
}

/// A request in the body of another, for whom the length is that of HTTP/1.
fn in_a_body(line: &str) -> Vec<Stream> {
    let hidden = format!("GET /me HTTP/1.1\r\nHost: localhost\r\n{line}\r\nX-Rest: ");
    let chunked = format!("0\r\n\r\n{hidden}");
    let framings = [
        ("content-length", "0".to_owned(), &hidden),
        ("content-length", (hidden.len() - 1).to_string(), &hidden),
        ("content-length", format!("+{}", hidden.len()), &hidden),
        ("transfer-encoding", "chunked".into(), &chunked),
        ("transfer-encoding", "identity".into(), &hidden),
        ("x-length", "a\r\nTransfer-Encoding: chunked".into(), &chunked),
        ("x-length", "a\r\nContent-Length: 0".into(), &hidden),
    ];
    framings
        .map(|(name, value, body)| Stream { body: body.clone(), ..Stream::of([(name.to_owned(), value)]) })
        .into()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACKNOWLEDGED: u8 = 1;
const END_HEADERS: u8 = 4;

fn end(is_end: bool) -> u8 {
    if is_end { END_STREAM } else { 0 }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields as they are, each in full (RFC 7541, section 6.2.2).
fn encode(fields: &[(String, String)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            let mut length = text.len();
            if length < 127 {
                block.push(u8::try_from(length).expect("a length"));
            } else {
                block.push(127);
                length -= 127;
                while length > 127 {
                    block.push(u8::try_from(length % 128).expect("seven bits") | 128);
                    length /= 128;
                }
                block.push(u8::try_from(length).expect("seven bits"));
            }
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

/// A connection of HTTP/2 without TLS.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    next: u32,
    /// Whether the peer has said that it answers no more.
    is_over: bool,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Connection {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        stream.set_nodelay(true).expect("an option");
        let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, &[])].concat();
        stream.write_all(&preface).expect("to write");
        Connection { stream, received: Vec::new(), next: 1, is_over: false }
    }

    /// The answer to a request, or `None` where the peer resets the stream or the connection.
    pub fn exchange(&mut self, request: &Stream, path: &str, credentials: &[String]) -> Option<Answer> {
        let id = self.next;
        self.next += 2;
        let authority = format!("localhost:{}", self.stream.peer_addr().ok()?.port());
        self.stream.write_all(&request.frames(id, &authority, path, credentials)).ok()?;
        let mut answer = Answer { status: 0, body: String::new() };
        while !self.is_over {
            let (kind, flags, stream, payload) = self.read_frame()?;
            match kind {
                SETTINGS if flags & ACKNOWLEDGED == 0 => {
                    self.stream.write_all(&frame(SETTINGS, ACKNOWLEDGED, 0, &[])).ok()?;
                }
                GO_AWAY => self.is_over = true,
                RESET if stream == id => return (answer.status > 0).then_some(answer),
                HEADERS if stream == id && answer.status < 200 => answer.status = status(&payload),
                DATA if stream == id => answer.body += &String::from_utf8_lossy(&payload),
                _ => continue,
            }
            if stream == id && matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
                return Some(answer);
            }
        }
        None
    }

    fn read_frame(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        loop {
            if let [a, b, c, kind, flags, s, t, u, v, rest @ ..] = self.received.as_slice() {
                let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
                if let Some(payload) = rest.get(..length) {
                    let frame = (*kind, *flags, u32::from_be_bytes([*s, *t, *u, *v]), payload.to_vec());
                    self.received.drain(..9 + length);
                    return Some(frame);
                }
            }
            let mut chunk = [0; 16_384];
            match self.stream.read(&mut chunk) {
                Ok(count) if count > 0 => self.received.extend_from_slice(&chunk[..count]),
                _ => return None,
            }
        }
    }
}

/// The status, which is the first of the fields (RFC 7541, appendices A and B).
fn status(block: &[u8]) -> u16 {
    match block {
        [first @ 0x88..=0x8e, ..] => [200, 204, 206, 304, 400, 404, 500][usize::from(first - 0x88)],
        // A literal, whose name is that of any of these, in digits or in the code of Huffman.
        [0x08..=0x0e | 0x18..=0x1e | 0x48..=0x4e, length, value @ ..] => {
            let value = &value[..usize::from(length & 0x7f)];
            if length & 0x80 == 0 {
                return std::str::from_utf8(value).expect("digits").parse().expect("a status");
            }
            let bits = value.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            let mut left = value.len() * 8;
            let mut take = |count: usize| {
                left -= count;
                (bits >> left) as u16 & ((1 << count) - 1)
            };
            (0..3).fold(0, |status, _| {
                let high = take(5);
                // `0` to `2` are five bits, and `3` to `9` six, from 011001 on.
                let digit = if high < 3 { high } else { (high << 1 | take(1)) - 0b01_1001 + 3 };
                status * 10 + digit
            })
        }
        _ => panic!("no status in {block:?}"),
    }
}
