//! Who may speak: whether the peer of a request is a proxy that is trusted.

mod network;

use std::net::IpAddr;

pub(crate) use network::Network;

/// What the proofs say of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    Trusted,
    Untrusted,
}

/// The configured proofs that a peer is the proxy. All of them must hold.
#[derive(Debug, Clone)]
pub(crate) struct Proofs {
    networks: Vec<Network>,
}

impl Proofs {
    /// Trusts the peers in `networks`.
    pub(crate) fn new(networks: Vec<Network>) -> Self {
        Self { networks }
    }

    /// Judges the socket's peer. No address is no trust.
    pub(crate) fn judge(&self, peer: Option<IpAddr>) -> Trust {
        match peer {
            Some(peer) if self.networks.iter().any(|n| n.contains(peer)) => Trust::Trusted,
            _ => Trust::Untrusted,
        }
    }

    /// One line a proof, for the liftoff summary.
    pub(crate) fn summary(&self) -> impl Iterator<Item = (&'static str, String)> {
        let networks: Vec<_> = self.networks.iter().map(Network::to_string).collect();
        std::iter::once(("trusted proxies", networks.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_peer_address_is_no_trust() {
        let proofs = Proofs::new(vec!["127.0.0.1".parse().expect("a network")]);
        assert_eq!(proofs.judge(None), Trust::Untrusted);
        assert_eq!(proofs.judge(Some([127, 0, 0, 1].into())), Trust::Trusted);
        assert_eq!(proofs.judge(Some([127, 0, 0, 2].into())), Trust::Untrusted);
    }

    #[test]
    fn no_proof_is_no_trust() {
        assert_eq!(Proofs::new(vec![]).judge(Some([127, 0, 0, 1].into())), Trust::Untrusted);
    }
}
