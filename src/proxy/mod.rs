//! Who may speak: whether the peer of a request is a proxy that is trusted.

#[cfg(feature = "mtls")]
mod certificate;
mod network;
mod secret;

use std::net::IpAddr;

use rocket::Request;

use crate::config::Config;
use crate::error::{Fault, Rejection};
use crate::headers::{HeaderName, Sighting};
#[cfg(feature = "mtls")]
use certificate::Certificates;
use secret::{Secrets, Shown};

pub(crate) use network::Network;

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
    networks: Option<Vec<Network>>,
    secrets: Option<Secrets>,
    #[cfg(feature = "mtls")]
    certificates: Option<Certificates>,
    is_address_alone: bool,
}

impl Proofs {
    /// How many bits of hosts a network may have that is the only proof: 256
    /// addresses.
    const FEW: u8 = 8;

    pub(crate) fn new(config: &Config) -> Self {
        Self {
            networks: config.trusted_proxies.clone(),
            secrets: config.proxy_secret.as_ref().map(Secrets::new),
            #[cfg(feature = "mtls")]
            certificates: config.proxy_certificate.as_ref().map(Certificates::new),
            is_address_alone: !config.has_further_proof(),
        }
    }

    /// The header that carries a secret of the proxy.
    pub(crate) fn secret_header(&self) -> Option<&HeaderName> {
        self.secrets.as_ref().map(Secrets::header)
    }

    /// Judges the peer of `request`. The error is a secret that was not sent
    /// as a proxy sends it, whoever sent it.
    pub(crate) async fn judge(
        &self,
        request: &Request<'_>,
        sighting: &Sighting<'_, '_>,
    ) -> Result<Trust, Rejection> {
        let shown = self.secrets.as_ref().map(|secrets| secrets.look(sighting)).transpose()?;
        if let (Some(Shown::Wrong), Some(header)) = (shown, self.secret_header()) {
            return Ok(Trust::Impostor(Rejection::new(header, Fault::WrongSecret)));
        }
        let holds = self.is_network_of(request.remote().map(|peer| peer.ip()))
            && shown.is_none_or(|shown| shown == Shown::Accepted)
            && self.is_certified(request).await;
        Ok(if holds { Trust::Trusted } else { Trust::Untrusted })
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
        if let Some(certificates) = &self.certificates {
            return certificates.hold(request).await;
        }
        true
    }

    /// One line a proof, for the liftoff summary.
    pub(crate) fn summary(&self) -> Vec<(&'static str, String)> {
        let listed =
            |networks: &Vec<Network>| networks.iter().map(Network::to_string).collect::<Vec<_>>().join(", ");
        let networks = self.networks.as_ref().map(|networks| ("trusted proxies", listed(networks)));
        let secret = self.secrets.as_ref().map(|secrets| ("proxy secret", secrets.summary()));
        #[cfg(feature = "mtls")]
        let certificate =
            self.certificates.as_ref().map(|certificates| ("proxy certificate", certificates.summary()));
        #[cfg(not(feature = "mtls"))]
        let certificate = None;
        [networks, secret, certificate].into_iter().flatten().collect()
    }

    /// The networks of many addresses, if nothing but an address is asked for.
    pub(crate) fn wide_networks(&self) -> impl Iterator<Item = &Network> {
        let networks = self.networks.iter().flatten();
        networks.filter(|network| self.is_address_alone && network.host_bits() > Self::FEW)
    }
}
