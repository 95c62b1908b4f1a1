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
    let mut longest_pause = FIRST_PAUSE;
    let mut last_error = Error::PoolTimedOut;
    loop {
        match timeout_at(deadline, options.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => last_error = error,
            Err(_) => {}
        }
        let remaining = deadline.saturating_duration_since(Instant::now());
        if !may_come_up(&last_error) || remaining < SHORTEST_TRY {
            return Err(explain(&last_error, options, config));
        }
        sleep(jitter(longest_pause.min(remaining / 2))).await;
        longest_pause = LONGEST_PAUSE.min(longest_pause * 2);
    }
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
