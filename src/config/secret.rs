use std::path::Path;

use rocket::figment::value::magic::RelativePathBuf;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::headers::{HeaderName, value};

/// `[default.remote_user.proxy_secret]`: a header in which the proxy shows that
/// it knows one of these secrets.
///
/// The secrets of `values` and those of `values_file`, one a line, are all
/// accepted, so that a new one can be added before an old one is taken away.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Table")]
pub(crate) struct ProxySecret {
    pub(crate) header: HeaderName,
    pub(crate) secrets: Vec<SecretString>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of secrets")]
struct Table {
    header: HeaderName,
    values: Vec<SecretString>,
    values_file: Option<RelativePathBuf>,
}

impl ProxySecret {
    /// The key of the table.
    pub(super) const KEY: &str = "proxy_secret";

    /// How short a secret may be, in characters.
    const SHORTEST: usize = 32;

    fn check(secret: &SecretString, number: usize, place: &str) -> Result<(), String> {
        let secret = secret.expose_secret();
        let said = |fault: String| Err(format!("secret {number} of {place} {fault}"));
        if secret.chars().count() < Self::SHORTEST {
            return said(format!("is shorter than {} characters", Self::SHORTEST));
        }
        if secret.trim() != secret {
            return said("has white space around it, which no header keeps".into());
        }
        value::check(secret, usize::MAX).or_else(|fault| said(fault.to_string()))
    }
}

impl TryFrom<Table> for ProxySecret {
    type Error = String;

    fn try_from(Table { header, values, values_file }: Table) -> Result<Self, Self::Error> {
        let mut secrets = values;
        for (secret, number) in secrets.iter().zip(1..) {
            Self::check(secret, number, "`values`")?;
        }
        if let Some(file) = values_file.map(|file| file.relative()) {
            let read = read(&file).map_err(|e| format!("`{}` cannot be read: {e}", file.display()))?;
            for (secret, number) in read.iter().zip(1..) {
                let place = format!("`{}`", file.display());
                Self::check(secret, number, &place)?;
                if secret.expose_secret().starts_with('#') {
                    return Err(format!(
                        "secret {number} of {place} begins as a comment, of which there are none"
                    ));
                }
            }
            secrets.extend(read);
        }
        match secrets.is_empty() {
            true => Err("no secret is configured: set `values` or `values_file`".into()),
            false => Ok(Self { header, secrets }),
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        let header = HeaderName::from_static("X-Proxy-Secret");
        Self { header, values: Vec::new(), values_file: None }
    }
}

/// Reads the secrets of a file, one a line; blank lines are nothing.
fn read(file: &Path) -> std::io::Result<Vec<SecretString>> {
    let text = SecretString::from(std::fs::read_to_string(file)?);
    let lines = text.expose_secret().lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(SecretString::from).collect())
}
