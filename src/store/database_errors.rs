//! Errors of databases, for tests: of a code, or as a server sends them.
//!
//! Within this folder it depends on nothing.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use sqlx::error::{DatabaseError, ErrorKind};

/// An error with a code, of no database in particular.
#[derive(Debug)]
pub(crate) struct CodedError {
    code: &'static str,
    kind: ErrorKind,
}

/// Returns an error that has `code`.
pub(crate) fn coded(code: &'static str) -> sqlx::Error {
    of_kind(code, ErrorKind::Other)
}

/// Returns an error that has `code`, and is of a kind.
pub(crate) fn of_kind(code: &'static str, kind: ErrorKind) -> sqlx::Error {
    sqlx::Error::Database(Box::new(CodedError { code, kind }))
}

impl fmt::Display for CodedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("so it is")
    }
}

impl StdError for CodedError {}

impl DatabaseError for CodedError {
    fn message(&self) -> &str {
        "so it is"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.into())
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.kind {
            ErrorKind::UniqueViolation => ErrorKind::UniqueViolation,
            ErrorKind::ForeignKeyViolation => ErrorKind::ForeignKeyViolation,
            _ => ErrorKind::Other,
        }
    }
}

/// Returns the error of a MySQL server that refuses a connection by `number`.
#[cfg(feature = "mysql")]
pub(crate) async fn of_mysql(number: u16) -> sqlx::Error {
    use sqlx::{ConnectOptions, mysql::MySqlConnectOptions};
    use tokio::io::AsyncWriteExt;

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let options = MySqlConnectOptions::new().host("127.0.0.1").port(port).username("ada");
    let answer = async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let [low, high] = number.to_le_bytes();
        let packet = [&[0xff, low, high][..], b"#HY000so it is"].concat();
        let length = u8::try_from(packet.len()).expect("a short packet");
        stream.write_all(&[&[length, 0, 0, 0][..], &packet].concat()).await.expect("a write");
        stream
    };
    let (outcome, _stream) = tokio::join!(options.connect(), answer);
    outcome.expect_err("a refusal")
}
