//! The first connection of a pool: how long a launch waits for the database, and what it
//! says if there is none.
//!
//! Within this folder it depends on `driver` and `jitter`.

use std::io::ErrorKind;
use std::time::Duration;

use rocket_db_pools::Config;
use sqlx::{ConnectOptions, Connection, Error};
use tokio::time::{Instant, sleep, timeout_at};

use super::driver::{self, Refusal};
use super::jitter::jitter;

/// The longest pause after the first try. Each further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause of all.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Less time than that is not enough for another try.
const SHORTEST_TRY: Duration = Duration::from_millis(20);

/// Connects to the database. One that does not run, or whose host is not known yet, is waited
/// for until `connect_timeout` is over.
///
/// # Errors
///
/// Returns a sentence that names the database's place and never its password.
pub(super) async fn open<C: Connection>(options: &C::Options, config: &Config) -> Result<C, Error> {
    let limit = Duration::from_secs(config.connect_timeout);
    let deadline = Instant::now() + limit;
    let mut planned_pause = FIRST_PAUSE;
    let mut last_error = Error::PoolTimedOut;
    loop {
        match timeout_at(deadline, options.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => last_error = error,
            Err(_) => {}
        }
        let remaining = deadline.saturating_duration_since(Instant::now());
        match longest_pause(planned_pause, remaining) {
            Some(longest_pause) if may_come_up(&last_error) => sleep(jitter(longest_pause)).await,
            _ => return Err(explain(&last_error, options, config)),
        }
        planned_pause = next_pause(planned_pause);
    }
}

/// Returns the longest pause before another try, of which at least half of the `remaining` time
/// is left. `None` if that is too little for one.
fn longest_pause(planned: Duration, remaining: Duration) -> Option<Duration> {
    if remaining < SHORTEST_TRY { None } else { Some(planned.min(remaining / 2)) }
}

/// Returns the longest pause that is planned after `pause`.
fn next_pause(pause: Duration) -> Duration {
    LONGEST_PAUSE.min(2 * pause)
}

/// Makes an error of a connection one that says where the database is.
pub(super) fn explain<O: 'static>(error: &Error, options: &O, config: &Config) -> Error {
    let limit = Duration::from_secs(config.connect_timeout);
    Error::InvalidArgument(describe(error, &driver::place(options), limit, config))
}

/// Whether the database may only not be ready yet.
fn may_come_up(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() != ErrorKind::InvalidData,
        Error::Database(error) => driver::refusal(&**error) == Refusal::NotYet,
        // A proxy before a server that is down closes each connection.
        Error::Protocol(_) => true,
        _ => false,
    }
}

/// A sentence for the log of the launch.
fn describe(error: &Error, place: &str, limit: Duration, config: &Config) -> String {
    let waited = format!("it was tried for {limit:?}");
    match error {
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            format!("the database at {place} refuses connections, so it may not be running; {waited}")
        }
        Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            format!("the database at {place} cannot be used: {error}")
        }
        Error::Io(error) => format!("the database at {place} cannot be reached: {error}; {waited}"),
        Error::PoolTimedOut => format!("the database at {place} did not answer within {limit:?}"),
        Error::Tls(reason) => {
            let hint = if driver::has_tls_mode(config) {
                ""
            } else {
                "; the URL may say `sslmode=disable`, which trusts the network"
            };
            format!("there is no TLS connection to the database at {place}: {reason}{hint}")
        }
        Error::Database(error) => {
            let code = error.code().map_or(String::new(), |code| format!(" ({code})"));
            let answer = format!("{}{code}", error.message());
            match driver::refusal(&**error) {
                Refusal::NotYet => {
                    format!("the database at {place} takes no connections: {answer}; {waited}")
                }
                Refusal::User => format!("the database at {place} does not let this user in: {answer}"),
                Refusal::NoDatabase => format!("there is no such database at {place}: {answer}"),
                Refusal::Other => format!("the database at {place} cannot be used: {answer}"),
            }
        }
        error => format!("the database at {place} cannot be used: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database_errors::coded;

    fn config(connect_timeout: u64) -> Config {
        Config {
            url: "mysql://db".into(),
            min_connections: None,
            max_connections: 1,
            connect_timeout,
            idle_timeout: None,
            extensions: None,
        }
    }

    #[test]
    fn pauses_double_up_to_a_second_and_leave_time_for_a_try() {
        let milliseconds = Duration::from_millis;
        assert_eq!(
            [50, 500, 501, 1_000].map(|pause| next_pause(milliseconds(pause)).as_millis()),
            [100, 1_000, 1_000, 1_000]
        );
        let cases = [
            (50, 19, None),
            (50, 20, Some(10)),
            (50, 100, Some(50)),
            (50, 5_000, Some(50)),
            (1_000, 500, Some(250)),
        ];
        for (planned, remaining, expected) in cases {
            let longest = longest_pause(milliseconds(planned), milliseconds(remaining));
            assert_eq!(longest, expected.map(milliseconds), "{planned} {remaining}");
        }
    }

    #[cfg(feature = "mysql")]
    #[rocket::async_test]
    async fn a_server_that_does_not_know_the_database_is_asked_once() {
        use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
        use tokio::io::AsyncWriteExt;

        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let options = MySqlConnectOptions::new().host("127.0.0.1").port(port).username("ada");
        let config = config(1);
        let mut count = 0;
        let answer = async {
            loop {
                let (mut stream, _) = listener.accept().await.expect("a client");
                count += 1;
                stream.write_all(b"\x0d\0\0\0\xff\x19\x04#42000None").await.expect("a write");
            }
        };
        let outcome = tokio::select! {
            outcome = open::<MySqlConnection>(&options, &config) => outcome.map(drop),
            () = answer => unreachable!("it answers for ever"),
        };
        let error = outcome.expect_err("a refusal").to_string();
        assert!(
            error.ends_with(&format!("there is no such database at 127.0.0.1:{port}: None (42000)")),
            "{error}"
        );
        assert_eq!(count, 1);
    }

    #[test]
    fn what_may_only_not_be_ready_yet_is_waited_for_and_told() {
        let io = |kind: ErrorKind| Error::Io(kind.into());
        let cases = [
            (
                io(ErrorKind::ConnectionRefused),
                true,
                "the database at db refuses connections, so it may not be running; it was tried for 9s",
            ),
            (io(ErrorKind::InvalidData), false, "the database at db cannot be used: invalid data"),
            (
                io(ErrorKind::ConnectionReset),
                true,
                "the database at db cannot be reached: connection reset; it was tried for 9s",
            ),
            (Error::PoolTimedOut, false, "the database at db did not answer within 9s"),
            (
                Error::Protocol("?".into()),
                true,
                "the database at db cannot be used: encountered unexpected or invalid data: ?",
            ),
            (
                Error::Tls("no certificate".into()),
                false,
                "there is no TLS connection to the database at db: no certificate; the URL may say `sslmode=disable`, which trusts the network",
            ),
            (
                coded("57P03"),
                true,
                "the database at db takes no connections: so it is (57P03); it was tried for 9s",
            ),
            (coded("28P01"), false, "the database at db does not let this user in: so it is (28P01)"),
            (coded("3D000"), false, "there is no such database at db: so it is (3D000)"),
            (coded("42601"), false, "the database at db cannot be used: so it is (42601)"),
        ];
        let config = config(9);
        for (error, is_waited_for, sentence) in cases {
            assert_eq!(may_come_up(&error), is_waited_for, "{error}");
            assert_eq!(describe(&error, "db", Duration::from_secs(9), &config), sentence);
        }
    }
}
