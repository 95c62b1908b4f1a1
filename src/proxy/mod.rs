//! Who may speak: whether the peer of a request is a proxy that is trusted.
//!
//! Each proof is a type that is also its key of the configuration: a [`Network`],
//! a [`ProxySecret`], a `ProxyCertificate`. [`Proofs`] asks all that are
//! configured, and all must hold.
//!
//! This module depends on [`headers`](crate::headers), [`text`](crate::text)
//! and the errors.

#[cfg(feature = "mtls")]
mod certificate;
mod network;
mod proofs;
mod secret;

#[cfg(feature = "mtls")]
pub(crate) use certificate::ProxyCertificate;
pub(crate) use network::Network;
pub(crate) use proofs::{Proofs, Trust, UntrustedPeers};
pub(crate) use secret::ProxySecret;
