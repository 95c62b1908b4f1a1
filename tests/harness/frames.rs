//! HTTP/2 as it is on the wire (RFC 9113): what no client would send, and what comes back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::forgery::HeaderNames;
use super::wire::Answer;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// Of [`SETTINGS`], and of what ends a stream.
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 32;

/// The index of `:status: 200` and those after it (RFC 7541, appendix A).
const STATUSES: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];

/// A name and a value, as they are sent.
pub type Field = (String, String);

/// A request of HTTP/2.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub fields: Vec<Field>,
    /// After a body, which there is none without them.
    pub trailers: Vec<Field>,
}

/// Sends one request, and returns the answer; none where the peer ends the stream or the
/// connection.
pub fn exchange(address: SocketAddr, request: &Request) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    let has_body = !request.trailers.is_empty();
    let end = if has_body { END_HEADERS } else { END_HEADERS | END_STREAM };
    let mut bytes = PREFACE.to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes.extend(frame(HEADERS, end, 1, &block(&request.fields)));
    if has_body {
        bytes.extend(frame(DATA, 0, 1, b"x"));
        bytes.extend(frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&request.trailers)));
    }
    // A peer that refuses early may close before it has read everything: the answer counts.
    let _ = stream.write_all(&bytes);
    read(&mut stream)
}

fn read(stream: &mut TcpStream) -> Option<Answer> {
    let mut answer = None;
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).is_err() {
            return answer;
        }
        let [a, b, c, kind, flags, ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        if stream.read_exact(&mut payload).is_err() {
            return answer;
        }
        match kind {
            SETTINGS if flags & ACK == 0 => {
                let _ = stream.write_all(&frame(SETTINGS, ACK, 0, &[]));
            }
            HEADERS if answer.is_none() => {
                let status = status(without_padding(&payload, flags));
                answer = Some(Answer { status, lines: Vec::new(), body: String::new() });
            }
            DATA => {
                let body = String::from_utf8_lossy(without_padding(&payload, flags)).into_owned();
                answer.as_mut().expect("a head").body += &body;
            }
            RST_STREAM | GOAWAY => return answer,
            _ => {}
        }
        if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
            return answer;
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Fields in a row, each as a literal that is not indexed (RFC 7541, section 6.2.2).
fn block(fields: &[Field]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            let mut length = text.len();
            if length < 127 {
                block.push(length as u8);
            } else {
                block.push(127);
                length -= 127;
                while length >= 128 {
                    block.push((length % 128) as u8 | 128);
                    length /= 128;
                }
                block.push(length as u8);
            }
            block.extend(text.as_bytes());
        }
    }
    block
}

fn without_padding(payload: &[u8], flags: u8) -> &[u8] {
    let (mut payload, mut padding) = (payload, 0);
    if flags & PADDED != 0 {
        padding = payload[0].into();
        payload = &payload[1..];
    }
    if flags & PRIORITY != 0 {
        payload = &payload[5..];
    }
    &payload[..payload.len() - padding]
}

/// The status, which is the first field of an answer.
fn status(block: &[u8]) -> u16 {
    let sizes = block.iter().take_while(|byte| *byte >> 5 == 1).count();
    match block[sizes..] {
        [first @ 136..=142, ..] => STATUSES[usize::from(first - 136)],
        [8 | 24 | 72, length, ref rest @ ..] => {
            let text = &rest[..usize::from(length & 127)];
            let digits = if length & 128 == 0 { text.to_vec() } else { digits(text) };
            String::from_utf8(digits).expect("digits").parse().expect("a number")
        }
        _ => panic!("an answer that begins with {:?}", &block[..block.len().min(8)]),
    }
}

/// Digits in Huffman's code (RFC 7541, appendix B): `0` to `2` have five bits, the others six.
fn digits(bytes: &[u8]) -> Vec<u8> {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let (mut digits, mut rest) = (Vec::new(), bits.as_str());
    while digits.len() < 3 {
        let code = |length| u8::from_str_radix(&rest[..length], 2).expect("bits");
        let (digit, length) = if code(5) < 3 { (code(5), 5) } else { (code(6) - 22, 6) };
        digits.push(b'0' + digit);
        rest = &rest[length..];
    }
    digits
}

/// What is tried over HTTP/2 only; each is beside the fields of an honest request, and replaces
/// those of the same name that begin with a colon.
pub fn forgeries(names: &HeaderNames) -> Vec<Request> {
    let mut all = Vec::new();
    let mut add = |fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        all.push(Request { fields, trailers: Vec::new() });
    };
    let claims = [
        (names.user, "mallory"),
        (names.user, "ada"),
        (names.name, "Mallory Forged"),
        (names.email, "forged@example.org"),
        (names.groups, "editors,admins"),
    ];
    for (name, value) in claims {
        let lower = name.to_lowercase();
        let line = format!("{name}: {value}");
        add(&[(&lower, value)]);
        add(&[(name, value)]);
        add(&[(&lower, ""), (&lower, value)]);
        add(&[(&lower.replace('-', "_"), value)]);
        add(&[(&lower, &format!("x\0{value}"))]);
        add(&[(&format!(":{lower}"), value)]);
        for end in ["\r\n", "\n", "\r", "\0"] {
            add(&[("x-fed", &format!("a{end}{line}"))]);
            add(&[(&format!("x-fed: a{end}{lower}"), value)]);
            add(&[(":path", &format!("/me HTTP/1.1{end}{line}{end}X-Rest: "))]);
            add(&[(":method", &format!("GET /me HTTP/1.1{end}{line}{end}X-Rest: "))]);
            add(&[(":authority", &format!("localhost{end}{line}"))]);
            add(&[(":scheme", &format!("http{end}{line}"))]);
        }
        add(&[("transfer-encoding", "chunked"), (&lower, value)]);
        add(&[("host", &format!("localhost\r\n{line}"))]);
        add(&[(&lower, value), (":path", "/me")]);
        add(&[(":method", "CONNECT"), (":protocol", "websocket"), (&lower, value)]);
        add(&[("upgrade", "websocket"), ("connection", &format!("upgrade, {lower}"))]);
    }
    for name in names.own().into_iter().chain(["X-Proxy-Secret"]) {
        let lower = name.to_lowercase();
        add(&[(&lower, "")]);
        add(&[("connection", &lower)]);
        add(&[("connection", &format!("close, {lower}"))]);
        add(&[("Connection", name)]);
        add(&[("keep-alive", &lower)]);
        add(&[("proxy-connection", &lower)]);
        add(&[("te", &format!("trailers, {lower}"))]);
    }
    let trailers = claims.map(|(name, value)| Request {
        fields: vec![("trailer".into(), name.into()), (":method".into(), "POST".into())],
        trailers: vec![(name.to_lowercase(), value.into())],
    });
    all.extend(trailers);
    all
}
