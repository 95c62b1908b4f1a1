//! The key `session`.
//!
//! Within this folder it depends on `begin_path`.

use rocket::http::SameSite;
use rocket::time::Duration;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::begin_path::BeginPath;
use crate::launch::InvalidKey;

/// A prefix that makes browsers require `Secure` and `Path=/` of a cookie, and no
/// `Domain` (RFC 6265bis, section 4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// A prefix that makes browsers require `Secure` of a cookie (RFC 6265bis, section
/// 4.1.3.1).
const SECURE_PREFIX: &str = "__Secure-";

/// The longest timeout: ten years, in seconds.
const MAX_TIMEOUT: u64 = 315_360_000;

/// The table `[default.remote_user.session]`, which says how a login outlives the
/// header.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct SessionConfig {
    /// Whether a session that the proxy began counts without the header. See
    /// `SessionManager::counts_without_header`.
    pub(crate) persistent: bool,
    /// The paths where the header begins a session; everywhere if it is not set. See
    /// `SessionManager::begins_at`.
    pub(super) begin_on: Option<Vec<BeginPath>>,
    /// Whether a session counts only where the proofs of the proxy hold. See
    /// `SessionManager::of_request`.
    pub(crate) proof: bool,
    /// How many sessions one user may have. Beginning one more ends the oldest. See
    /// `SessionStore::begin`.
    pub(super) max_per_user: u32,
    cookie: String,
    /// Seconds since the session was last used.
    idle_timeout: u64,
    /// Seconds since the session began.
    max_age: u64,
    /// Whether the cookie outlives the browser, for as long as the session may last.
    pub(super) remember: bool,
    #[serde(deserialize_with = "deserialize_same_site")]
    pub(crate) same_site: SameSite,
    secure: Option<bool>,
    pub(crate) path: String,
}

/// Half an hour idle and eight hours in all, as the [OWASP cheat sheet] on sessions
/// recommends for applications that people use throughout a working day.
///
/// [OWASP cheat sheet]: https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            persistent: false,
            begin_on: None,
            proof: true,
            max_per_user: 50,
            cookie: "remote_user".into(),
            idle_timeout: 1_800,
            max_age: 28_800,
            remember: false,
            same_site: SameSite::Lax,
            secure: None,
            path: "/".into(),
        }
    }
}

impl SessionConfig {
    /// Whether the cookie is sent over HTTPS only. Behind a proxy Rocket cannot tell
    /// whether the browser uses HTTPS, so the default is yes, except in the debug
    /// profile.
    pub(crate) fn is_secure(&self, is_debug: bool) -> bool {
        self.secure.unwrap_or(!is_debug)
    }

    /// How long a session lasts after its last use. [`check`](Self::check) has bounded it.
    pub(super) fn idle_timeout(&self) -> Duration {
        Duration::seconds(self.idle_timeout.cast_signed())
    }

    /// How long a session lasts in all. [`check`](Self::check) has bounded it.
    pub(super) fn max_age(&self) -> Duration {
        Duration::seconds(self.max_age.cast_signed())
    }

    /// The name of the cookie, with the strongest prefix that its attributes allow.
    pub(crate) fn cookie_name(&self, is_debug: bool) -> String {
        let is_prefixed = self.has_prefix(HOST_PREFIX) || self.has_prefix(SECURE_PREFIX);
        if is_prefixed || !self.is_secure(is_debug) {
            return self.cookie.clone();
        }
        let prefix = if self.path == "/" { HOST_PREFIX } else { SECURE_PREFIX };
        format!("{prefix}{}", self.cookie)
    }

    /// Whether the configured name begins with `prefix`, which browsers recognise in
    /// any letter case.
    fn has_prefix(&self, prefix: &str) -> bool {
        self.cookie.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    /// Checks the keys of the table.
    ///
    /// # Errors
    ///
    /// Returns the first invalid key, and what is wrong with it.
    pub(crate) fn check(&self, is_debug: bool) -> Result<(), InvalidKey> {
        let is_secure = self.is_secure(is_debug);
        if self.cookie.is_empty() || !self.cookie.bytes().all(is_name_byte) {
            let reason =
                format!("{:?} is no name of a cookie: use letters, digits, `-`, `_` and `.`", self.cookie);
            return Err(InvalidKey::new("session.cookie", reason));
        }
        if !self.path.starts_with('/') || !self.path.bytes().all(is_path_byte) {
            return Err(InvalidKey::new("session.path", format!("{:?} is no absolute path", self.path)));
        }
        let breaks_host_prefix = self.has_prefix(HOST_PREFIX) && (!is_secure || self.path != "/");
        if breaks_host_prefix || self.has_prefix(SECURE_PREFIX) && !is_secure {
            let reason = format!("browsers refuse `{}` with this `secure` and `path`", self.cookie);
            return Err(InvalidKey::new("session.cookie", reason));
        }
        if self.same_site == SameSite::None && !is_secure {
            return Err(InvalidKey::new("session.same_site", "browsers refuse \"none\" without `secure`"));
        }
        for (key, timeout) in [("session.idle_timeout", self.idle_timeout), ("session.max_age", self.max_age)]
        {
            if !(1..=MAX_TIMEOUT).contains(&timeout) {
                return Err(InvalidKey::new(key, format!("a timeout is 1 to {MAX_TIMEOUT} seconds")));
            }
        }
        if self.max_per_user == 0 {
            return Err(InvalidKey::new("session.max_per_user", "a user has at least 1 session"));
        }
        self.check_begin_on()
    }

    /// Checks that a header can begin a session, if `begin_on` says where.
    fn check_begin_on(&self) -> Result<(), InvalidKey> {
        let Some(paths) = &self.begin_on else { return Ok(()) };
        if paths.is_empty() {
            let reason = "an empty list begins no session: name the paths, or leave the key out";
            return Err(InvalidKey::new("session.begin_on", reason));
        }
        if !self.persistent {
            let reason = "the header begins no session, here or elsewhere, unless `persistent` is true";
            return Err(InvalidKey::new("session.begin_on", reason));
        }
        Ok(())
    }
}

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-_.".contains(&b)
}

fn is_path_byte(b: u8) -> bool {
    b.is_ascii_graphic() && !b";,\"\\%".contains(&b)
}

/// Reads the `SameSite` attribute in any letter case.
fn deserialize_same_site<'de, D: Deserializer<'de>>(de: D) -> Result<SameSite, D::Error> {
    let site = String::deserialize(de)?;
    match &*site.to_ascii_lowercase() {
        "lax" => Ok(SameSite::Lax),
        "strict" => Ok(SameSite::Strict),
        "none" => Ok(SameSite::None),
        _ => Err(D::Error::custom(format!("`{site}` is none of \"lax\", \"strict\", \"none\""))),
    }
}
