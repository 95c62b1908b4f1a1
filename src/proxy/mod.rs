//! The proofs that the peer of a request is a trusted proxy, which may say who a user
//! is.
//!
//! Each proof has one type, which is also the type of its configuration key: a list of
//! [`TrustedProxy`], a [`ProxySecret`], a `ProxyCertificate`. [`Proofs`] checks those that
//! are configured. All of them must hold.
//!
//! This module depends on [`headers`](crate::headers), on [`text`](crate::text) and
//! [`lock`](crate::lock), and on the errors of [`error`](crate::error) and
//! [`launch`](crate::launch).

#[cfg(feature = "mtls")]
mod certificate;
mod network;
mod proofs;
mod proxy_addresses;
mod proxy_host;
mod regularity;
mod secret;
mod secret_file;
mod secret_value;
mod trusted_proxy;

#[cfg(feature = "mtls")]
pub(crate) use certificate::ProxyCertificate;
#[cfg(any(test, fuzzing))]
pub(crate) use network::Network;
pub(crate) use proofs::{Proofs, Trust, UntrustedPeers};
pub(crate) use proxy_addresses::ProxyAddresses;
pub(crate) use secret::ProxySecret;
pub(crate) use trusted_proxy::TrustedProxy;
