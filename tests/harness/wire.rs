//! HTTP/1 as it is on the wire: what no client would send, and all that comes back.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rocket::serde::json::{Value, from_str};

/// An answer of HTTP/1.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// The lines of the head after the first.
    pub lines: Vec<String>,
    pub body: String,
}

/// How much is read of what comes back.
#[derive(Debug, Clone, Copy)]
pub enum Reading {
    /// One answer, to a request of `HEAD` if that is so.
    One { head: bool },
    /// All answers, until the peer closes the connection.
    All,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.lines.iter().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub fn json(&self) -> Value {
        from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The first answer in `bytes`, with its length; `None` where it is not whole. What has no
    /// length of its own ends with the connection.
    fn parse(bytes: &[u8], without_body: bool, has_ended: bool) -> Option<(Answer, usize)> {
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(&bytes[..head]);
        let mut lines = text.split("\r\n").map(String::from);
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Answer { status, lines: lines.collect(), body: String::new() };
        let rest = &bytes[head + 4..];
        let length = match (answer.header("Content-Length"), answer.header("Transfer-Encoding")) {
            _ if without_body || status < 200 || status == 204 || status == 304 => 0,
            (_, Some(_)) => rest.windows(5).position(|window| window == b"0\r\n\r\n")? + 5,
            (Some(length), None) => length.parse().ok()?,
            (None, None) if has_ended => rest.len(),
            (None, None) => return None,
        };
        let body = rest.get(..length)?;
        answer.body = String::from_utf8_lossy(body).into_owned();
        if answer.header("Transfer-Encoding").is_some() {
            answer.body = without_chunks(&answer.body);
        }
        Some((answer, head + 4 + length))
    }
}

/// A body without the lengths of its chunks (RFC 9112, section 7.1).
fn without_chunks(body: &str) -> String {
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((length, chunk)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap_or(0);
        if length == 0 {
            break;
        }
        whole += chunk.get(..length).unwrap_or(chunk);
        rest = chunk.get(length + 2..).unwrap_or_default();
    }
    whole
}

/// Sends a request as a client does, with these lines and this body, and returns the answer.
pub fn ask(address: SocketAddr, method: &str, path: &str, lines: &[String], body: &str) -> Answer {
    let first = [format!("{method} {path} HTTP/1.1"), format!("Host: localhost:{}", address.port())];
    let last = [format!("Content-Length: {}", body.len()), String::new(), body.into()];
    let request = [&first, lines, &last].concat().join("\r\n");
    let mut answers = exchange(address, request.as_bytes(), Reading::One { head: false });
    answers.pop().unwrap_or_else(|| panic!("no answer to {method} {path}"))
}

/// Sends `bytes` to `address`, and returns the answers.
pub fn exchange(address: SocketAddr, bytes: &[u8], reading: Reading) -> Vec<Answer> {
    exchange_on(&mut connect(address), bytes, reading)
}

/// A connection where nothing is waited for without end.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream
}

/// As [`exchange`], on a connection that is there.
pub fn exchange_on(stream: &mut (impl Read + Write), bytes: &[u8], reading: Reading) -> Vec<Answer> {
    // A peer that refuses early may close before it has read everything: the answer counts.
    let written = stream.write_all(bytes);
    let without_body = matches!(reading, Reading::One { head: true });
    let (mut received, mut answers, mut has_ended) = (Vec::new(), Vec::new(), false);
    loop {
        while let Some((answer, length)) = Answer::parse(&received, without_body, has_ended) {
            received.drain(..length);
            let is_interim = answer.status < 200 && answer.status != 101;
            answers.extend((!is_interim).then_some(answer));
            if matches!(reading, Reading::One { .. }) && !answers.is_empty() {
                return answers;
            }
        }
        if has_ended {
            assert!(written.is_ok() || !answers.is_empty(), "{written:?}");
            return answers;
        }
        let mut chunk = [0; 16_384];
        match stream.read(&mut chunk) {
            Ok(0) => has_ended = true,
            Ok(count) => received.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => has_ended = true,
        }
    }
}
