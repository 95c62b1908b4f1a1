use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::eventually;

/// HAProxy before several instances of an application. A response tells which
/// one gave it, in the header `X-Instance`.
pub struct Balancer {
    pub address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Balancer {
    /// Starts it; `None`, and a word of that, where there is no HAProxy.
    pub fn start(instances: &[SocketAddr]) -> Option<Balancer> {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("its address");
        let mut configuration = format!(
            "defaults\n mode http\n timeout connect 2s\n timeout client 20s\n timeout server 20s\n \
             option http-server-close\n option redispatch 1\n retries 2\n retry-on conn-failure\n\
             listen whoami\n bind {port}\n balance roundrobin\n http-after-response set-header X-Instance %s\n"
        );
        for (number, instance) in instances.iter().enumerate() {
            configuration += &format!(" server instance{number} {instance}\n");
        }
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, configuration).expect("a file");
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("haproxy");
        command.env("PATH", path).arg("-db").arg("-f").arg(&file).stdin(Stdio::null());
        let Ok(child) = command.spawn() else {
            let told = "skipped: several instances, because there is no `haproxy`; Debian's package has it\n";
            std::io::stderr().write_all(told.as_bytes()).expect("to write");
            return None;
        };
        let mut balancer = Balancer { address: port, child, _folder: folder };
        eventually(|| {
            let ended = balancer.child.try_wait().expect("its state");
            assert!(ended.is_none(), "HAProxy ended: {ended:?}");
            TcpStream::connect(port).is_ok()
        });
        Some(balancer)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.child.kill().expect("to end it");
        self.child.wait().expect("its end");
    }
}
