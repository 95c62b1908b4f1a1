use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use super::Database;

/// The network between an application and its database, to be cut.
pub struct Network {
    address: SocketAddr,
    wire: Arc<Wire>,
    acceptor: Option<thread::JoinHandle<()>>,
}

struct Wire {
    server: SocketAddr,
    state: Mutex<State>,
    /// How often the network fell silent: what was connected then stays so.
    silences: AtomicUsize,
    bursts: AtomicUsize,
    attempts: AtomicUsize,
    ended: AtomicBool,
    sockets: Mutex<Vec<TcpStream>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Cut,
    Silent,
}

impl Network {
    pub fn to(database: &Database) -> Network {
        let url = database.url();
        let authority = url.split('/').nth(2).expect("an authority");
        let host = authority.rsplit('@').next().expect("a host");
        let server = host.to_socket_addrs().expect("an address").next().expect("an address");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("its address");
        let wire = Arc::new(Wire {
            server,
            state: Mutex::new(State::Open),
            silences: AtomicUsize::new(0),
            bursts: AtomicUsize::new(0),
            attempts: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            sockets: Mutex::default(),
        });
        let accepting = wire.clone();
        let acceptor = thread::spawn(move || {
            for client in listener.incoming() {
                if accepting.ended.load(SeqCst) {
                    break;
                }
                accepting.attempts.fetch_add(1, SeqCst);
                accepting.connect(client.expect("a connection"));
            }
        });
        Network { address, wire, acceptor: Some(acceptor) }
    }

    /// The URL of `database` by way of this network.
    pub fn url(&self, database: &Database) -> String {
        let url = database.url();
        let authority = url.split('/').nth(2).expect("an authority");
        let host = authority.rsplit('@').next().expect("a host");
        url.replacen(host, &self.address.to_string(), 1)
    }

    /// Breaks every connection, and each new one at once.
    pub fn cut(&self) {
        *self.wire.state.lock().expect("the state") = State::Cut;
        self.wire.break_all();
    }

    /// Swallows whatever is sent from now on, without a word.
    pub fn silence(&self) {
        *self.wire.state.lock().expect("the state") = State::Silent;
        self.wire.silences.fetch_add(1, SeqCst);
    }

    /// Lets new connections through again; those that fell silent stay so.
    pub fn restore(&self) {
        *self.wire.state.lock().expect("the state") = State::Open;
    }

    /// How often the application connected, also in vain.
    pub fn attempts(&self) -> usize {
        self.wire.attempts.load(SeqCst)
    }

    /// How often the application sent something.
    pub fn bursts(&self) -> usize {
        self.wire.bursts.load(SeqCst)
    }
}

impl Wire {
    fn connect(self: &Arc<Self>, client: TcpStream) {
        let state = *self.state.lock().expect("the state");
        let mut sockets = self.sockets.lock().expect("the sockets");
        sockets.push(client.try_clone().expect("a socket"));
        match state {
            State::Cut => client.shutdown(Shutdown::Both).expect("to shut it down"),
            State::Silent => {}
            State::Open => {
                let Ok(server) = TcpStream::connect(self.server) else {
                    let _ = client.shutdown(Shutdown::Both);
                    return;
                };
                server.set_nodelay(true).expect("no delay");
                client.set_nodelay(true).expect("no delay");
                sockets.push(server.try_clone().expect("a socket"));
                let silences = self.silences.load(SeqCst);
                let back = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
                let (there, here) = (self.clone(), self.clone());
                thread::spawn(move || there.copy(client, server, silences, true));
                thread::spawn(move || here.copy(back.0, back.1, silences, false));
            }
        }
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream, silences: usize, counts: bool) {
        let mut buffer = [0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if counts {
                self.bursts.fetch_add(1, SeqCst);
            }
            if self.silences.load(SeqCst) == silences && to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }

    fn break_all(&self) {
        for socket in self.sockets.lock().expect("the sockets").drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.wire.ended.store(true, SeqCst);
        let _ = TcpStream::connect(self.address);
        self.wire.break_all();
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}
