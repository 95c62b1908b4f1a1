use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::tokio::runtime::Runtime;
use rocket::tokio::sync::oneshot;
use rocket::{Build, Rocket, Shutdown};
use std::sync::Mutex;

/// A server on a real socket of the loopback.
pub struct Server {
    pub address: SocketAddr,
    shutdown: Shutdown,
    task: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Serves `rocket` on a free port, and returns once it does.
    pub fn serve(rocket: Rocket<Build>) -> Server {
        Self::serve_at(Ipv4Addr::LOCALHOST.into(), rocket)
    }

    /// Serves `rocket` on a free port of `address`.
    pub fn serve_at(address: IpAddr, rocket: Rocket<Build>) -> Server {
        Self::serve_on(SocketAddr::new(address, 0), rocket)
    }

    /// Serves `rocket` on `address`.
    pub fn serve_on(address: SocketAddr, rocket: Rocket<Build>) -> Server {
        let (launched, launch) = oneshot::channel();
        let launched = Mutex::new(Some(launched));
        let figment =
            rocket.figment().clone().merge(("port", address.port())).merge(("address", address.ip()));
        let rocket = rocket.configure(figment).attach(AdHoc::on_liftoff("Launched", move |rocket| {
            let address = SocketAddr::new(rocket.config().address, rocket.config().port);
            let sender = launched.lock().expect("a sender").take().expect("one liftoff");
            let _ = sender.send((address, rocket.shutdown()));
            Box::pin(async {})
        }));
        let runtime = Runtime::new().expect("a runtime");
        let task = std::thread::spawn(move || {
            // Rocket calls it an error when a connection outlives the grace period.
            let _ = runtime.block_on(rocket.launch()).map_err(|e| e.to_string());
        });
        let (address, shutdown) = launch.blocking_recv().expect("a launch");
        Server { address, shutdown, task: Some(task) }
    }

    /// Asks the server to shut down, and waits until it has.
    pub fn shut_down(mut self) {
        self.shutdown.clone().notify();
        self.task.take().expect("a server").join().expect("a shutdown without a panic");
    }

    /// Sends `request` as it is, and returns the whole response.
    pub fn send(&self, request: impl AsRef<[u8]>) -> String {
        send(self.address, request)
    }

    /// Sends `GET path` with `headers` as they are, one a line.
    pub fn get(&self, path: &str, headers: &str) -> (u16, String) {
        self.exchange("GET", path, headers)
    }

    /// As [`exchange`](Server::exchange), and returns the whole response.
    pub fn respond(&self, method: &str, path: &str, headers: &str) -> String {
        respond(self.address, method, path, headers)
    }

    pub fn exchange(&self, method: &str, path: &str, headers: &str) -> (u16, String) {
        exchange(self.address, method, path, headers)
    }
}

/// Sends a request with `headers` as they are, one a line, to `address`, and
/// returns the status and the body.
pub fn exchange(address: SocketAddr, method: &str, path: &str, headers: &str) -> (u16, String) {
    parse(&respond(address, method, path, headers))
}

/// As [`exchange`], and returns the whole response.
pub fn respond(address: SocketAddr, method: &str, path: &str, headers: &str) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for line in headers.lines() {
        request += &format!("{line}\r\n");
    }
    send(address, request + "\r\n")
}

fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream.write_all(request.as_ref()).expect("to write");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("a response");
    String::from_utf8_lossy(&response).into_owned()
}

/// The status and the body of a response.
pub fn parse(response: &str) -> (u16, String) {
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = response.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status.unwrap_or_else(|| panic!("no status in {response:?}")), body.to_owned())
}

/// The cookie that a response sets, as a request sends it.
pub fn cookie(response: &str) -> Option<String> {
    let line = response.lines().find_map(|line| line.strip_prefix("set-cookie: "))?;
    Some(format!("Cookie: {}", line.split(';').next().expect("a cookie")))
}

/// The status of `GET path`, or why there is none.
pub fn try_get(address: SocketAddr, path: &str, headers: &str) -> std::io::Result<u16> {
    let response = try_ask(address, path, headers)?;
    let status = response.get(9..12).and_then(|status| status.parse().ok());
    status.ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

/// The whole response to `GET path`, or why there is none.
pub fn try_ask(address: SocketAddr, path: &str, headers: &str) -> std::io::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n\r\n");
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response)?;
    Ok(String::from_utf8_lossy(&response).into_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        if let Some(task) = self.task.take() {
            let _ = task.join();
        }
    }
}
