use std::net::IpAddr;

use rocket::Request;
use serde::Deserialize;

#[cfg(feature = "mtls")]
use super::certificate::ProxyCertificate;
use super::network::Network;
use super::secret::{ProxySecret, SecretCheck};
use crate::error::{Fault, Rejection};
use crate::headers::{HeaderName, HeaderScan};

/// What becomes of identity headers from an untrusted peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"reject\" or \"ignore\"")]
pub(crate) enum UntrustedPeers {
    Reject,
    Ignore,
}

/// What the proofs say of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// All of them hold.
    Trusted,
    /// One of them does not.
    Untrusted,
    /// The peer tried to make one hold, and failed.
    Impostor(Rejection),
}

/// The configured proofs that a peer is the proxy. All of them must hold.
#[derive(Debug, Clone)]
pub(crate) struct Proofs {
    pub(crate) networks: Option<Vec<Network>>,
    pub(crate) secret: Option<ProxySecret>,
    #[cfg(feature = "mtls")]
    pub(crate) certificate: Option<ProxyCertificate>,
    /// Whether nothing but an address is asked of the proxy.
    pub(crate) is_address_alone: bool,
}

impl Proofs {
    /// The most bits that may tell the hosts of a network apart if an address is
    /// the only proof: 8 bits are 256 addresses.
    const MAX_HOST_BITS: u8 = 8;

    /// The header that carries a secret of the proxy.
    pub(crate) fn secret_header(&self) -> Option<&HeaderName> {
        self.secret.as_ref().map(ProxySecret::header)
    }

    /// Judges the peer of `request`. The error is a secret that was not sent
    /// as a proxy sends it, whoever sent it.
    pub(crate) async fn judge(
        &self,
        request: &Request<'_>,
        scan: &HeaderScan<'_, '_>,
    ) -> Result<Trust, Rejection> {
        let secret = self.secret.as_ref().map(|secret| secret.check(scan)).transpose()?;
        if let (Some(SecretCheck::Wrong), Some(header)) = (secret, self.secret_header()) {
            return Ok(Trust::Impostor(Rejection::new(header, Fault::WrongSecret)));
        }
        let is_trusted = self.is_network_of(request.remote().map(|peer| peer.ip()))
            && secret.is_none_or(|secret| secret == SecretCheck::Accepted)
            && self.is_certified(request).await;
        Ok(if is_trusted { Trust::Trusted } else { Trust::Untrusted })
    }

    /// Whether the socket's peer is in one of the networks. No address is in
    /// none.
    fn is_network_of(&self, peer: Option<IpAddr>) -> bool {
        match &self.networks {
            None => true,
            Some(networks) => peer.is_some_and(|peer| networks.iter().any(|n| n.contains(peer))),
        }
    }

    #[cfg_attr(not(feature = "mtls"), expect(unused_variables))]
    async fn is_certified(&self, request: &Request<'_>) -> bool {
        #[cfg(feature = "mtls")]
        if let Some(certificate) = &self.certificate {
            return certificate.is_shown_by(request).await;
        }
        true
    }

    /// One line for each proof, for the liftoff summary.
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

    /// The networks of more than 256 addresses, if an address is the only proof.
    pub(crate) fn wide_networks(&self) -> impl Iterator<Item = &Network> {
        let networks = self.networks.iter().flatten();
        networks.filter(|network| self.is_address_alone && network.host_bits() > Self::MAX_HOST_BITS)
    }
}
