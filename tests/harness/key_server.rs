use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::authority::{Authority, Identity, Valid};

/// A server of key sets on the loopback, which counts what it is asked.
pub struct KeyServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    /// The response, head and all; without one, it hangs up.
    response: Option<String>,
    requests: usize,
    paths: Vec<String>,
}

impl KeyServer {
    pub fn serve(keys: &str) -> KeyServer {
        Self::serve_with(keys, respond)
    }

    /// One that sends a character of its answer in a while, until the other
    /// side hangs up.
    pub fn drip(keys: &str) -> KeyServer {
        Self::serve_with(&format!("{keys}{}", " ".repeat(1_000)), |mut stream, response| {
            let (head, body) = response.split_once("\r\n\r\n").expect("a head");
            let mut answer = format!("{head}\r\n\r\n").into_bytes();
            stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
            for byte in body.bytes() {
                answer.push(byte);
                let is_sent = stream.write_all(&answer).is_ok();
                answer.clear();
                if !is_sent || matches!(stream.read(&mut [0]), Ok(0)) {
                    return;
                }
            }
        })
    }

    fn serve_with(keys: &str, respond: fn(TcpStream, &str)) -> KeyServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State { response: None, requests: 0, paths: Vec::new() }));
        let server = KeyServer { address, state: state.clone() };
        server.answer("200 OK", "", keys);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let response = {
                    let mut state = state.lock().expect("a state");
                    state.requests += 1;
                    state.response.clone()
                };
                if let (Ok(stream), Some(response)) = (stream, response) {
                    let head = head(&stream);
                    let paths = head.first().and_then(|line| line.split(' ').nth(1)).map(String::from);
                    state.lock().expect("a state").paths.extend(paths);
                    respond(stream, &response);
                }
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// Answers with this status, these further header lines and this body from
    /// now on.
    pub fn answer(&self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
        );
        self.state.lock().expect("a state").response = Some(response);
    }

    /// Hangs up on everybody from now on.
    pub fn fail(&self) {
        self.state.lock().expect("a state").response = None;
    }

    /// What it was asked for, by whom it answered.
    pub fn paths(&self) -> Vec<String> {
        self.state.lock().expect("a state").paths.clone()
    }

    /// How often it was asked.
    pub fn requests(&self) -> usize {
        self.state.lock().expect("a state").requests
    }
}

/// A server of one key set over TLS, which is `openssl`.
pub struct SecureFiles {
    child: Child,
    _directory: TempDir,
    pub url: String,
}

impl SecureFiles {
    pub fn serve(authority: &Authority, keys: &str) -> SecureFiles {
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("keys"), keys).expect("a file");
        let Identity { certificate, key } = authority.issue("localhost", "DNS:localhost", Valid::Now);
        let mut openssl = Command::new("openssl");
        openssl.args(["s_server", "-accept", "127.0.0.1:0", "-WWW", "-cert"]).arg(certificate);
        openssl.arg("-key").arg(key).current_dir(directory.path());
        let mut child = openssl.stdout(Stdio::piped()).spawn().expect("openssl");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = loop {
            let line = lines.next().expect("a line").expect("text");
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.rsplit_once(':').expect("a port").1.trim().to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        SecureFiles { child, _directory: directory, url: format!("https://localhost:{port}/keys") }
    }
}

impl Drop for SecureFiles {
    fn drop(&mut self) {
        self.child.kill().expect("to end the server");
        self.child.wait().expect("its end");
    }
}

/// The lines of the head of a request.
fn head(stream: &TcpStream) -> Vec<String> {
    let lines = BufReader::new(stream).lines();
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect()
}

fn respond(mut stream: TcpStream, response: &str) {
    // Whoever asks may hang up before the end.
    let _ = stream.write_all(response.as_bytes());
}
