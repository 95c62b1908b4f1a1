//! All proofs together, and the key `untrusted`.
//!
//! Within this folder it depends on `certificate`, `network` and `secret`.

use rocket::Request;
use serde::Deserialize;

#[cfg(feature = "mtls")]
use super::certificate::ProxyCertificate;
use super::network::Network;
use super::secret::{ProxySecret, SecretCheck};
use crate::error::{Fault, Rejection};
use crate::headers::{HeaderName, HeaderScan};

/// What happens to identity headers from an untrusted peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"reject\" or \"ignore\"")]
pub(crate) enum UntrustedPeers {
    /// A request that has any is refused.
    Reject,
    /// They are not read, and the request goes on without an identity.
    Ignore,
}

/// What the proofs say about a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// All proofs hold.
    Trusted,
    /// One of the proofs does not hold.
    Untrusted,
    /// The peer sent a wrong secret.
    WrongSecret(Rejection),
}

/// The configured proofs that a peer is a trusted proxy. All of them must hold.
#[derive(Debug, Clone)]
pub(crate) struct Proofs {
    pub(crate) networks: Option<Vec<Network>>,
    pub(crate) secret: Option<ProxySecret>,
    #[cfg(feature = "mtls")]
    pub(crate) certificate: Option<ProxyCertificate>,
    /// Whether an address is the only proof that is configured: there is no secret, no
    /// certificate and no signed token.
    pub(crate) is_address_only_proof: bool,
}

impl Proofs {
    /// The most bits that may tell the hosts of a network apart if an address is
    /// the only proof: 8 bits are 256 addresses.
    const MAX_HOST_BITS: u8 = 8;

    /// Returns the header that carries the secret, if one is configured.
    pub(crate) fn secret_header(&self) -> Option<&HeaderName> {
        self.secret.as_ref().map(ProxySecret::header)
    }

    /// Judges the peer of `request`. A wrong secret counts before the other proofs do.
    ///
    /// # Errors
    ///
    /// Returns a rejection if the header of the secret is blank, or was not sent as a
    /// proxy sends it, whatever the other proofs say.
    pub(crate) async fn judge(
        &self,
        request: &Request<'_>,
        scan: &HeaderScan<'_, '_>,
    ) -> Result<Trust, Rejection> {
        if let Some(secret) = &self.secret {
            match secret.check(scan)? {
                SecretCheck::Accepted => {}
                SecretCheck::Absent => return Ok(Trust::Untrusted),
                SecretCheck::Wrong => {
                    return Ok(Trust::WrongSecret(Rejection::new(secret.header(), Fault::WrongSecret)));
                }
            }
        }
        if self.is_from_network(request) && self.has_certificate(request).await {
            Ok(Trust::Trusted)
        } else {
            Ok(Trust::Untrusted)
        }
    }

    /// Whether the socket's peer is in one of the networks, if any are configured. A peer
    /// without an address is in none.
    fn is_from_network(&self, request: &Request<'_>) -> bool {
        let Some(networks) = &self.networks else { return true };
        let Some(peer) = request.remote() else { return false };
        networks.iter().any(|network| network.contains(peer.ip()))
    }

    /// Whether the peer showed a certificate of the proxy, if one is configured.
    #[cfg_attr(not(feature = "mtls"), expect(unused_variables))]
    async fn has_certificate(&self, request: &Request<'_>) -> bool {
        #[cfg(feature = "mtls")]
        if let Some(certificate) = &self.certificate {
            return certificate.is_presented_by(request).await;
        }
        true
    }

    /// Returns the name of each configured proof and what it asks for, for the summary
    /// at liftoff.
    pub(crate) fn summary(&self) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        if let Some(networks) = &self.networks {
            let networks: Vec<_> = networks.iter().map(Network::to_string).collect();
            facts.push(("trusted proxies", networks.join(", ")));
        }
        facts.extend(self.secret.iter().map(|secret| ("proxy secret", secret.summary())));
        #[cfg(feature = "mtls")]
        facts.extend(self.certificate.iter().map(|certificate| ("proxy certificate", certificate.summary())));
        facts
    }

    /// Lists the networks of more than 256 addresses, if an address is the only proof.
    pub(crate) fn wide_networks(&self) -> impl Iterator<Item = &Network> {
        let networks = self.networks.iter().flatten();
        networks.filter(|network| self.is_address_only_proof && network.host_bits() > Self::MAX_HOST_BITS)
    }
}
