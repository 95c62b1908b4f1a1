use std::net::SocketAddr;

use h2::client::{ResponseFuture, SendRequest};
use rocket::http::hyper::Request;
use rocket::http::hyper::body::Bytes;
use rocket::tokio::net::TcpStream;
use rocket::tokio::runtime::Runtime;

use super::Headers;

/// A connection of HTTP/2 without TLS, over which any number of requests are on their way at
/// once.
pub struct Connection {
    runtime: Runtime,
    sender: SendRequest<Bytes>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Connection {
        let runtime = Runtime::new().expect("a runtime");
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.expect("a connection");
            let (sender, connection) = h2::client::handshake(stream).await.expect("a handshake");
            rocket::tokio::spawn(connection);
            sender
        });
        Connection { runtime, sender }
    }

    /// Sends `GET path`, and returns the status and the body.
    pub fn get(&mut self, authority: &str, path: &str, headers: Headers<'_>) -> (u16, String) {
        self.get_all(authority, path, &[headers]).remove(0)
    }

    /// Sends a `GET path` for each of `headers` before it reads an answer.
    pub fn get_all(&mut self, authority: &str, path: &str, headers: &[Headers<'_>]) -> Vec<(u16, String)> {
        let sent: Vec<_> = headers.iter().map(|headers| self.send(authority, path, headers)).collect();
        sent.into_iter().map(|response| self.runtime.block_on(read(response))).collect()
    }

    fn send(&mut self, authority: &str, path: &str, headers: Headers<'_>) -> ResponseFuture {
        let mut request = Request::get(format!("http://{authority}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        let sender = self.runtime.block_on(self.sender.clone().ready());
        sender.expect("a connection").send_request(request, true).expect("a stream").0
    }
}

async fn read(response: ResponseFuture) -> (u16, String) {
    let response = response.await.expect("an answer");
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.expect("a body");
        let _ = body.flow_control().release_capacity(chunk.len());
        bytes.extend_from_slice(&chunk);
    }
    (status, String::from_utf8(bytes).expect("text"))
}
