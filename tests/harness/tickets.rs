//! Kerberos tickets, as a browser shows them: what `curl` sends to a server of the test.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// How often a ticket is shown in one go.
const AT_ONCE: usize = 50;

/// The people's tickets at a key distribution centre of `scripts/sign_ons/kdc.py`.
pub struct Tickets {
    folder: PathBuf,
    /// Lines that nobody sent yet.
    lines: Mutex<HashMap<String, Vec<String>>>,
}

impl Tickets {
    /// Those in `folder`.
    pub fn new(folder: PathBuf) -> Tickets {
        Tickets { folder, lines: Mutex::default() }
    }

    /// The line of a head that shows a person's ticket. A proxy takes each line once.
    pub fn show(&self, person: &str) -> String {
        let mut lines = self.lines.lock().expect("lines");
        let lines = lines.entry(person.into()).or_default();
        if lines.is_empty() {
            *lines = self.show_to_us(person);
        }
        lines.pop().expect("a line")
    }

    /// Has `curl` show a ticket. The name of the service is that of the host, whatever the port.
    fn show_to_us(&self, person: &str) -> Vec<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--noproxy", "*", "--negotiate", "--user", ":"])
            .arg(format!("http://localhost:{port}/[1-{AT_ONCE}]"))
            .env("KRB5_CONFIG", self.folder.join("krb5.conf"))
            .env("KRB5CCNAME", self.folder.join(format!("{person}.tickets")))
            .stdin(Stdio::null());
        let shown = std::thread::spawn(move || {
            let status = curl.status();
            // If it ended early, this is what is accepted next.
            let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
            status
        });
        let lines = (0..AT_ONCE).map(|_| authorization(&listener)).collect();
        let status = shown.join().expect("an end").expect("curl");
        assert!(status.success(), "curl shows no ticket of {person}");
        lines
    }
}

/// The line `Authorization` of the next request.
fn authorization(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().expect("a connection");
    let head = BufReader::new(&stream).lines().map(|line| line.expect("a line"));
    let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
    let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    stream.write_all(answer).expect("to answer");
    let mut lines = head.into_iter();
    lines.find(|line| line.starts_with("Authorization: Negotiate ")).expect("a ticket")
}
