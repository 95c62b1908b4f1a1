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

/// `[default.remote_user.proxy_secret]`: a header in which the proxy shows that
/// it knows one of these secrets.
///
/// The secrets of `values` and those of `values_file`, one a line, are all
/// accepted, so that a new one can be added before an old one is taken away.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "SecretTable")]
pub(crate) struct ProxySecret {
    pub(crate) header: HeaderName,
    secrets: Vec<SecretString>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of secrets")]
struct SecretTable {
    header: HeaderName,
    values: Vec<SecretString>,
    values_file: Option<RelativePathBuf>,
}

/// What a request carries in place of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretCheck {
    Absent,
    Wrong,
    Accepted,
}

impl ProxySecret {
    /// The key of the table.
    pub(crate) const KEY: &str = "proxy_secret";

    /// The header that carries the secret.
    pub(crate) fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Checks the secret that a request carries. One that is blank, or that was
    /// sent as no proxy sends it, is refused whoever sent it.
    pub(super) fn check(&self, scan: &HeaderScan<'_, '_>) -> Result<SecretCheck, Rejection> {
        scan.check(&self.header, false)?;
        match scan.value(&self.header).map(text::trim) {
            None => Ok(SecretCheck::Absent),
            Some("") => Err(Rejection::new(&self.header, Fault::Blank)),
            Some(secret) if self.accepts(secret) => Ok(SecretCheck::Accepted),
            Some(_) => Ok(SecretCheck::Wrong),
        }
    }

    /// Compares `secret` with every one that is accepted, to the end, so that the
    /// time it takes tells no more than their number and their lengths.
    fn accepts(&self, secret: &str) -> bool {
        let mut is_any = Choice::from(0);
        for accepted in &self.secrets {
            is_any |= accepted.expose_secret().as_bytes().ct_eq(secret.as_bytes());
        }
        is_any.into()
    }

    /// What is in force, without a secret.
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
            let read = read_secrets(&file).map_err(|e| format!("{place} cannot be read: {e}"))?;
            check_all(&read, &place, check_line)?;
            secrets.extend(read);
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

/// Applies `check` to each secret. The error says which one of `place` is wrong.
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

/// Checks that a secret is long enough, and that a header can carry it.
fn check_secret(secret: &str) -> Result<(), String> {
    if secret.chars().count() < MIN_CHARACTERS {
        return Err(format!("is shorter than {MIN_CHARACTERS} characters"));
    }
    if secret.trim() != secret {
        return Err("has white space around it, which no header keeps".into());
    }
    text::check(secret, usize::MAX).map_err(|fault| fault.to_string())
}

/// Checks a secret that is a line of a file. One that was meant as a comment
/// would be a secret that others can guess.
fn check_line(secret: &str) -> Result<(), String> {
    check_secret(secret)?;
    if secret.starts_with('#') {
        return Err("begins as a comment, of which there are none".into());
    }
    Ok(())
}

/// Reads the secrets of a file, one a line. Blank lines are passed over.
fn read_secrets(file: &Path) -> std::io::Result<Vec<SecretString>> {
    let text = SecretString::from(std::fs::read_to_string(file)?);
    let lines = text.expose_secret().lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(SecretString::from).collect())
}
