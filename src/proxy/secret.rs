//! The proof `proxy_secret`: its key, and the check of a request.
//!
//! Within this folder it depends on nothing.

use std::path::Path;

use rocket::figment::value::magic::RelativePathBuf;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use subtle::{Choice, ConstantTimeEq};

use crate::error::{Fault, Rejection};
use crate::headers::{HeaderName, HeaderScan};
use crate::text;

/// The fewest characters that a secret may have.
const MIN_CHARACTERS: usize = 32;

/// `[default.remote_user.proxy_secret]`: a header in which the proxy shows that it knows
/// a secret.
///
/// All secrets of `values` and of `values_file`, which has one a line, are accepted, so
/// that a new one can be added before an old one is removed.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "SecretTable")]
pub(crate) struct ProxySecret {
    header: HeaderName,
    secrets: Vec<SecretString>,
}

/// The keys of the table, before they are checked and the file is read.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of secrets")]
struct SecretTable {
    header: HeaderName,
    values: Vec<SecretString>,
    values_file: Option<RelativePathBuf>,
}

/// What the check of a request's secret found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretCheck {
    /// The request has no secret.
    Absent,
    /// The request has a secret that is not accepted.
    Wrong,
    /// The request has a secret that is accepted.
    Accepted,
}

impl ProxySecret {
    /// The configuration key of this table.
    pub(crate) const KEY: &str = "proxy_secret";

    /// Returns the header that carries the secret.
    pub(crate) fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Checks the secret of a request.
    ///
    /// # Errors
    ///
    /// Returns a rejection if the header is blank, or was not sent as a proxy sends it
    /// (see [`HeaderScan::check`]).
    pub(super) fn check(&self, scan: &HeaderScan<'_, '_>) -> Result<SecretCheck, Rejection> {
        scan.check(&self.header, false)?;
        match scan.value(&self.header).map(text::trim) {
            None => Ok(SecretCheck::Absent),
            Some("") => Err(Rejection::new(&self.header, Fault::Blank)),
            Some(secret) if self.accepts(secret) => Ok(SecretCheck::Accepted),
            Some(_) => Ok(SecretCheck::Wrong),
        }
    }

    /// Whether `secret` is one of the accepted secrets. It is compared with all of them,
    /// to the end, so that the time this takes reveals only how many there are, and how
    /// long they are.
    fn accepts(&self, secret: &str) -> bool {
        let mut is_accepted = Choice::from(0);
        for accepted in &self.secrets {
            is_accepted |= accepted.expose_secret().as_bytes().ct_eq(secret.as_bytes());
        }
        is_accepted.into()
    }

    /// Describes what is configured, without showing a secret.
    pub(super) fn summary(&self) -> String {
        let accepted = match self.secrets.len() {
            1 => "1 secret".into(),
            n => format!("{n} secrets"),
        };
        format!("{accepted} accepted in {}", self.header)
    }
}

impl TryFrom<SecretTable> for ProxySecret {
    type Error = String;

    fn try_from(SecretTable { header, values, values_file }: SecretTable) -> Result<Self, Self::Error> {
        let mut secrets = values;
        check_all(&secrets, "`values`", check_secret)?;
        if let Some(file) = values_file.map(|file| file.relative()) {
            let place = format!("`{}`", file.display());
            let lines = read_lines(&file).map_err(|e| format!("{place} cannot be read: {e}"))?;
            check_all(&lines, &place, check_line)?;
            secrets.extend(lines);
        }
        if secrets.is_empty() {
            return Err("no secret is configured: set `values` or `values_file`".into());
        }
        Ok(Self { header, secrets })
    }
}

impl Default for SecretTable {
    fn default() -> Self {
        let header = HeaderName::from_static("X-Proxy-Secret");
        Self { header, values: Vec::new(), values_file: None }
    }
}

/// Applies `check` to each secret. The error says which secret of `place` is wrong, by
/// its number.
fn check_all(
    secrets: &[SecretString],
    place: &str,
    check: fn(&str) -> Result<(), String>,
) -> Result<(), String> {
    for (number, secret) in (1..).zip(secrets) {
        check(secret.expose_secret()).map_err(|reason| format!("secret {number} of {place} {reason}"))?;
    }
    Ok(())
}

/// Checks that a secret is long enough, and that a header can carry it unchanged.
fn check_secret(secret: &str) -> Result<(), String> {
    if secret.chars().count() < MIN_CHARACTERS {
        return Err(format!("is shorter than {MIN_CHARACTERS} characters"));
    }
    if secret.trim() != secret {
        return Err("has white space around it, which no header keeps".into());
    }
    text::check(secret, usize::MAX).map_err(|fault| fault.to_string())
}

/// Checks a secret that is a line of a file. It may not begin as a comment would: a line
/// that was meant as a comment would be a secret that others can guess.
fn check_line(secret: &str) -> Result<(), String> {
    check_secret(secret)?;
    if secret.starts_with('#') {
        return Err("begins as a comment, of which there are none".into());
    }
    Ok(())
}

/// Reads the secrets of a file, one a line. Blank lines are skipped.
fn read_lines(file: &Path) -> std::io::Result<Vec<SecretString>> {
    let text = SecretString::from(std::fs::read_to_string(file)?);
    let lines = text.expose_secret().lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(SecretString::from).collect())
}
