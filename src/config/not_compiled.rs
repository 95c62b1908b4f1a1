//! The tables of features that are not compiled in, and the error that setting one is.
//!
//! Within this folder it depends on nothing.

use serde::{Deserialize, Deserializer, de};

/// The table that needs the feature `mtls`, where that feature is not compiled in. No
/// value of this type exists, because setting the table is an error.
#[cfg(not(feature = "mtls"))]
#[derive(Debug, Clone)]
pub(super) enum ProxyCertificate {}

#[cfg(not(feature = "mtls"))]
impl<'de> Deserialize<'de> for ProxyCertificate {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(needs("mtls"))
    }
}

/// The table that needs the feature `jwt`, where that feature is not compiled in.
#[cfg(not(feature = "jwt"))]
#[derive(Debug, Clone)]
pub(super) enum JwtConfig {}

#[cfg(not(feature = "jwt"))]
impl<'de> Deserialize<'de> for JwtConfig {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(needs("jwt"))
    }
}

fn needs<E: de::Error>(feature: &str) -> E {
    E::custom(format!(
        "the feature `{feature}` is not compiled in: enable the feature `{feature}` of `rocket_remote_user`"
    ))
}
