//! The proof `proxy_secret`: its key, and the check of a request.
//!
//! Within this folder it depends on `secret_file` and `secret_value`.

use std::sync::Arc;

use rocket::figment::value::magic::RelativePathBuf;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use subtle::Choice;

use super::secret_file::SecretFile;
use super::secret_value::SecretValue;
use crate::error::{Fault, Rejection};
use crate::headers::{HeaderName, HeaderScan};
use crate::text;

/// `[default.remote_user.proxy_secret]`: a header in which the proxy shows that it knows
/// a secret.
///
/// All secrets of `values` and of `values_file`, which has one a line, are accepted, so
/// that a new one can be added before an old one is removed. The file is read again when it
/// changes (see [`SecretFile`]).
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "SecretTable")]
pub(crate) struct ProxySecret {
    header: HeaderName,
    values: Vec<SecretValue>,
    file: Option<Arc<SecretFile>>,
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
        let of_file = self.secrets_of_file();
        let mut is_accepted = Choice::from(0);
        for accepted in self.values.iter().chain(of_file.iter().flat_map(|secrets| secrets.iter())) {
            is_accepted |= accepted.ct_eq(secret);
        }
        is_accepted.into()
    }

    fn secrets_of_file(&self) -> Option<Arc<[SecretValue]>> {
        self.file.as_ref().map(|file| file.secrets())
    }

    /// Returns the warning that others can read the file of secrets, if they can.
    pub(super) fn warning(&self) -> Option<String> {
        self.file.as_ref()?.warning()
    }

    /// Describes what is configured, without showing a secret.
    pub(super) fn summary(&self) -> String {
        let accepted = match self.values.len() + self.secrets_of_file().map_or(0, |secrets| secrets.len()) {
            1 => "1 secret".into(),
            n => format!("{n} secrets"),
        };
        format!("{accepted} accepted in {}", self.header)
    }
}

impl TryFrom<SecretTable> for ProxySecret {
    type Error = String;

    fn try_from(SecretTable { header, values, values_file }: SecretTable) -> Result<Self, Self::Error> {
        if values.is_empty() && values_file.is_none() {
            return Err("no secret is configured: set `values` or `values_file`".into());
        }
        let values = SecretValue::check_all(values.iter().map(ExposeSecret::expose_secret), "`values`")?;
        let file = values_file.map(|file| SecretFile::open(file.relative())).transpose()?;
        Ok(Self { header, values, file: file.map(Arc::new) })
    }
}

impl Default for SecretTable {
    fn default() -> Self {
        let header = HeaderName::from_static("X-Proxy-Secret");
        Self { header, values: Vec::new(), values_file: None }
    }
}
