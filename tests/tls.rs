//! TLS to the database: with the feature `tls` the certificate and the name of
//! the server are verified unless the URL says otherwise; without it a URL that
//! asks for TLS stops the launch.

mod harness;

use harness::Kind;
use rocket::figment::Figment;
use rocket_db_pools::Pool;
use rocket_remote_user::{MySqlPool, PgPool};

/// Opens a pool for `url`, or says why it cannot.
fn open(kind: Kind, url: &str) -> Result<(), String> {
    let figment = Figment::from(("url", url)).merge(("max_connections", 1)).merge(("connect_timeout", 5));
    let runtime = rocket::tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        match kind {
            Kind::Postgres => PgPool::init(&figment).await.map(drop).map_err(|e| e.to_string()),
            _ => MySqlPool::init(&figment).await.map(drop).map_err(|e| e.to_string()),
        }
    })
}

#[cfg(not(feature = "tls"))]
#[test]
fn a_url_that_asks_for_tls_names_the_feature() {
    let cases = [
        (Kind::Postgres, "postgres://127.0.0.1:1/x?sslmode=require"),
        (Kind::Postgres, "postgres://127.0.0.1:1/x?sslmode=verify-full"),
        (Kind::MySql, "mysql://127.0.0.1:1/x?ssl-mode=REQUIRED"),
        (Kind::MySql, "mysql://127.0.0.1:1/x?ssl-mode=VERIFY_CA"),
    ];
    let error = "bad configuration: `sslmode` asks for TLS: enable the feature `tls` of `rocket_remote_user`";
    for (kind, url) in cases {
        assert_eq!(open(kind, url), Err(error.into()), "{url}");
    }
}

#[cfg(feature = "tls")]
mod verified {
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::harness::server::DatabaseServer;

    fn openssl(folder: &Path, arguments: &str) {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(folder).stdin(Stdio::null());
        let output = command.output().expect("openssl");
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes an authority, `ca.pem`, another, `other.pem`, and a certificate of
    /// the first for `localhost`, `server.pem`.
    fn certify(folder: &Path) {
        let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        for ca in ["ca", "other"] {
            openssl(
                folder,
                &format!("req -x509 {new} -keyout {ca}.key -out {ca}.pem -days 2 -subj /CN={ca}"),
            );
        }
        let name = "-subj /CN=server -addext subjectAltName=DNS:localhost";
        openssl(folder, &format!("req -new {new} -keyout server.key -out server.csr {name}"));
        let by = "-CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy";
        openssl(folder, &format!("x509 -req -in server.csr {by} -out server.pem -days 2"));
    }

    fn check(kind: Kind) {
        let folder = tempfile::tempdir().expect("a temporary directory");
        certify(folder.path());
        let Some(server) = DatabaseServer::start_tls(kind, folder.path()) else { return };
        let ca = |name: &str| {
            let key = if kind == Kind::Postgres { "sslrootcert" } else { "ssl-ca" };
            format!("{key}={}", folder.path().join(name).display())
        };
        let (mode, off) = match kind {
            Kind::Postgres => ("sslmode=require", "sslmode=disable"),
            _ => ("ssl-mode=REQUIRED", "ssl-mode=DISABLED"),
        };
        let cases = [
            ("localhost", ca("ca.pem"), None),
            ("localhost", String::new(), Some("UnknownIssuer")),
            ("localhost", ca("other.pem"), Some("UnknownIssuer")),
            ("127.0.0.1", ca("ca.pem"), Some("not valid for name")),
            ("127.0.0.1", mode.into(), None),
            ("127.0.0.1", off.into(), None),
        ];
        for (host, query, refusal) in cases {
            let url = format!("{}?{query}", server.url.replace("127.0.0.1", host));
            match (open(kind, &url), refusal) {
                (Ok(()), None) => {}
                (Err(error), Some(refusal)) => {
                    assert!(error.contains(refusal) && !error.contains("tried"), "{url}: {error}");
                }
                (opened, _) => panic!("{url}: {opened:?}"),
            }
        }
        drop(server);

        let Some(server) = DatabaseServer::start(kind) else { return };
        let place = server.url.split(['@', '/']).nth(3).expect("a host and a port");
        let error = format!(
            "failed to initialize database: there is no TLS connection to the database at {place}: server does not \
             support TLS; the URL may say `sslmode=disable`, which trusts the network"
        );
        assert_eq!(open(kind, &server.url), Err(error));
        assert_eq!(open(kind, &format!("{}?{off}", server.url)), Ok(()));
    }

    #[test]
    fn postgres_is_verified_unless_the_url_says_otherwise() {
        check(Kind::Postgres);
    }

    #[test]
    fn mysql_is_verified_unless_the_url_says_otherwise() {
        check(Kind::MySql);
    }
}
