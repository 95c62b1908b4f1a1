//! The keys that say who may speak.

use rocket::figment::Figment;

use super::{Config, Fault, misconfigured};
use crate::launch::Abort;
use crate::proxy::Network;

impl Config {
    /// The first key that says who may speak, with what is wrong with it.
    pub(super) fn fault_of_proofs(&self) -> Option<Fault> {
        let networks = self.trusted_proxies.as_deref().unwrap_or_default();
        if networks.is_empty() && !self.has_further_proof() {
            let fault = "no proof of the proxy is configured: set `trusted_proxies` to the addresses that \
                         your proxy connects from, or another proof";
            return Some(("trusted_proxies", fault.into()));
        }
        if self.trusted_proxies.is_some() && networks.is_empty() {
            let fault = "an empty list trusts nobody: name the addresses that your proxy connects from, or \
                         leave the key out";
            return Some(("trusted_proxies", fault.into()));
        }
        if Network::hold_every_address(networks) && !self.has_further_proof() {
            let everything = match networks.iter().find(|network| Network::hold_every_address(&[**network])) {
                Some(network) => format!("`{network}` holds every address"),
                None => "the networks hold every address together".into(),
            };
            let fault = format!(
                "{everything}, which is no proof of the proxy: name the addresses that your proxy connects from"
            );
            return Some(("trusted_proxies", fault));
        }
        self.fault_of_certificate()
    }

    #[cfg(feature = "mtls")]
    fn fault_of_certificate(&self) -> Option<Fault> {
        let fault = self.proxy_certificate.as_ref()?.fault()?;
        Some(("proxy_certificate", fault))
    }

    #[cfg(not(feature = "mtls"))]
    fn fault_of_certificate(&self) -> Option<Fault> {
        None
    }

    /// Whether another proof than an address is asked of the proxy.
    pub(crate) fn has_further_proof(&self) -> bool {
        self.proxy_secret.is_some() || self.proxy_certificate.is_some() || self.jwt.is_some()
    }

    /// Refuses to wait for a certificate that Rocket never asks for.
    pub(super) fn check_tls(self, figment: &Figment) -> Result<Self, Abort> {
        if self.proxy_certificate.is_none() || figment.contains("tls.mutual") {
            return Ok(self);
        }
        let fault = "Rocket asks for no client certificate: set `ca_certs` in [default.tls.mutual]";
        Err(misconfigured(figment, "proxy_certificate", fault.into()).into())
    }
}
