//! One secret that the proxy and the application share.
//!
//! Within this folder it depends on `regularity`.

use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};

use super::regularity::is_too_regular;
use crate::text;

/// The fewest characters that a secret may have.
const MIN_CHARACTERS: usize = 32;

/// The secrets in the documentation of this crate, in its letters and digits only.
const DOCUMENTED: [&str; 1] = ["asecretof32charactersormore"];

/// How to make a secret.
const REMEDY: &str = "make one with `openssl rand -base64 32`";

/// A secret that a header can carry unchanged, and that may well be random.
#[derive(Debug, Clone)]
pub(super) struct SecretValue(SecretString);

impl SecretValue {
    /// Checks all of `secrets`, which are listed in `place`.
    ///
    /// # Errors
    ///
    /// Returns which secret of `place` is wrong, by its number, and why.
    pub(super) fn check_all<'s>(
        secrets: impl IntoIterator<Item = &'s str>,
        place: &str,
    ) -> Result<Vec<Self>, String> {
        let numbered = (1..).zip(secrets);
        let checked = numbered.map(|(number, secret)| {
            Self::check(secret).map_err(|reason| format!("secret {number} of {place} {reason}"))
        });
        checked.collect()
    }

    fn check(secret: &str) -> Result<Self, String> {
        if secret.chars().count() < MIN_CHARACTERS {
            return Err(format!("is shorter than {MIN_CHARACTERS} characters"));
        }
        if secret.trim() != secret {
            return Err("has white space around it, which no header keeps".into());
        }
        text::check(secret, usize::MAX).map_err(|fault| fault.to_string())?;
        if is_documented(secret) {
            return Err(format!("is in the documentation of `rocket_remote_user`: {REMEDY}"));
        }
        if is_too_regular(secret) {
            return Err(format!("is too regular to be random: {REMEDY}"));
        }
        Ok(Self(secret.into()))
    }

    /// Whether this is `secret`, compared in constant time.
    pub(super) fn ct_eq(&self, secret: &str) -> Choice {
        self.0.expose_secret().as_bytes().ct_eq(secret.as_bytes())
    }
}

/// Whether `secret` has one in it that is in the documentation, in any case and with any
/// punctuation.
fn is_documented(secret: &str) -> bool {
    let letters = secret.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let letters: String = letters.collect();
    DOCUMENTED.iter().any(|documented| letters.contains(documented))
}
