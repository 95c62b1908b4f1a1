//! The keys that say where an identity is from.

use super::Config;
use crate::headers::HeaderName;

impl Config {
    /// The name of every header that is read or blanked, with its key. One that
    /// is read is blanked anyhow.
    pub(super) fn header_names(&self) -> impl Iterator<Item = (&'static str, &HeaderName)> {
        let is_read = |name: &HeaderName| self.names_read().any(|(_, read)| read.is_kin(name.as_str()));
        let blank = self.blank.iter().filter(move |name| !is_read(name));
        self.names_read().chain(blank.map(|name| ("blank", name)))
    }

    fn names_read(&self) -> impl Iterator<Item = (&'static str, &HeaderName)> {
        let identity = self.headers.iter().map(|name| ("headers", name));
        let secret = self.proxy_secret.iter().map(|secret| ("proxy_secret.header", &secret.header));
        identity.chain(secret).chain(self.token_header().map(|name| ("jwt.header", name)))
    }

    /// The header that says who is there: the user header, unless a token does.
    pub(crate) fn identity_header(&self) -> &HeaderName {
        self.token_header().unwrap_or(&self.headers.user)
    }

    #[cfg(feature = "jwt")]
    fn token_header(&self) -> Option<&HeaderName> {
        self.jwt.as_ref().map(|jwt| &jwt.header)
    }

    #[cfg(not(feature = "jwt"))]
    fn token_header(&self) -> Option<&HeaderName> {
        None
    }

    /// The key that is off, if nothing is to say which groups somebody is in.
    pub(crate) fn groups_off(&self) -> Option<&'static str> {
        #[cfg(feature = "jwt")]
        if let Some(jwt) = &self.jwt {
            return jwt.claims.groups.is_none().then_some("jwt.claims.groups");
        }
        self.headers.groups.is_none().then_some("headers.groups")
    }
}
