use serde::{Deserialize, Deserializer, de};

/// A table that needs the feature `mtls`, which is not compiled in: there is
/// no such table, and to set it is an error.
#[cfg(not(feature = "mtls"))]
#[derive(Debug, Clone)]
pub(super) enum ProxyCertificate {}

#[cfg(not(feature = "mtls"))]
impl<'de> Deserialize<'de> for ProxyCertificate {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(needs("mtls"))
    }
}

/// A table that needs the feature `jwt`, likewise.
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
