//! All proofs together, and the key `untrusted`.
//!
//! Within this folder it depends on `certificate`, `proxy_addresses` and `secret`.

use rocket::Request;
use serde::Deserialize;

#[cfg(feature = "mtls")]
use super::certificate::ProxyCertificate;
use super::proxy_addresses::ProxyAddresses;
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
    /// One of the proofs does not hold. The fault says which, if the peer names somebody.
    Untrusted(Fault),
    /// The peer sent a wrong secret.
    WrongSecret(Rejection),
}

/// The configured proofs that a peer is a trusted proxy. All of them must hold.
#[derive(Clone)]
pub(crate) struct Proofs {
    pub(crate) addresses: Option<ProxyAddresses>,
    pub(crate) secret: Option<ProxySecret>,
    #[cfg(feature = "mtls")]
    pub(crate) certificate: Option<ProxyCertificate>,
    /// Whether an address is the only proof that is configured: there is no secret, no
    /// certificate and no signed token.
    pub(crate) is_address_only_proof: bool,
}

impl Proofs {
    /// Returns the header that carries the secret, if one is configured.
    pub(crate) fn secret_header(&self) -> Option<&HeaderName> {
        self.secret.as_ref().map(ProxySecret::header)
    }

    /// Judges the peer of `request`. A wrong secret counts before the other proofs do, and
    /// then the address: of a stranger nothing else is told.
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
        let mut is_secret_missing = false;
        if let Some(secret) = &self.secret {
            match secret.check(scan)? {
                SecretCheck::Accepted => {}
                SecretCheck::Absent => is_secret_missing = true,
                SecretCheck::Wrong => {
                    return Ok(Trust::WrongSecret(Rejection::new(secret.header(), Fault::WrongSecret)));
                }
            }
        }
        if !self.has_proxy_address(request) {
            return Ok(Trust::Untrusted(Fault::UntrustedPeer));
        }
        if is_secret_missing {
            return Ok(Trust::Untrusted(Fault::MissingSecret));
        }
        Ok(match self.check_certificate(request).await {
            Ok(()) => Trust::Trusted,
            Err(fault) => Trust::Untrusted(fault),
        })
    }

    /// Whether the socket's peer has an address of the proxy, if any are configured. A peer
    /// without an address has none of them.
    fn has_proxy_address(&self, request: &Request<'_>) -> bool {
        let Some(addresses) = &self.addresses else { return true };
        request.remote().is_some_and(|peer| addresses.contain(peer.ip()))
    }

    /// Checks that the peer showed a certificate of the proxy, if one is configured.
    #[cfg_attr(not(feature = "mtls"), expect(unused_variables))]
    async fn check_certificate(&self, request: &Request<'_>) -> Result<(), Fault> {
        #[cfg(feature = "mtls")]
        if let Some(certificate) = &self.certificate {
            return certificate.check_peer(request).await;
        }
        Ok(())
    }

    /// Returns the name of each configured proof and what it asks for, for the summary
    /// at liftoff.
    pub(crate) fn summary(&self) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        facts.extend(self.addresses.iter().map(|addresses| ("trusted proxies", addresses.summary())));
        facts.extend(self.secret.iter().map(|secret| ("proxy secret", secret.summary())));
        #[cfg(feature = "mtls")]
        facts.extend(self.certificate.iter().map(|certificate| ("proxy certificate", certificate.summary())));
        facts
    }

    /// Returns what is weak about the proofs, although it may be meant so, for the warnings
    /// at liftoff.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.is_address_only_proof {
            warnings.push(
                "an address is the only proof of the proxy, and it is the one that Rocket says: a fairing that \
                 calls `set_remote` says who is trusted"
                    .into(),
            );
        }
        let addresses = self.addresses.iter();
        warnings.extend(addresses.flat_map(|addresses| addresses.warnings(self.is_address_only_proof)));
        warnings.extend(self.secret.as_ref().and_then(ProxySecret::warning));
        #[cfg(feature = "mtls")]
        warnings.extend(self.certificate.as_ref().and_then(ProxyCertificate::warning));
        warnings
    }
}
