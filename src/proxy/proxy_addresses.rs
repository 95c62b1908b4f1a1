//! The proof `trusted_proxies`: the addresses that a trusted proxy connects from.
//!
//! Within this folder it depends on `network`, `proxy_host` and `trusted_proxy`.

use std::net::IpAddr;
use std::sync::Arc;

use super::network::Network;
use super::proxy_host::ProxyHost;
use super::trusted_proxy::TrustedProxy;
use crate::launch::LaunchError;

/// The most bits that may tell the hosts of a network apart if an address is the only proof:
/// 8 bits are 256 addresses.
const MAX_HOST_BITS: u8 = 8;

/// The addresses that a trusted proxy connects from.
#[derive(Clone)]
pub(crate) struct ProxyAddresses {
    items: Vec<TrustedProxy>,
    networks: Vec<Network>,
    hosts: Vec<Arc<ProxyHost>>,
}

impl ProxyAddresses {
    /// Looks up the hosts among `items`, and goes on doing so while the addresses are in use.
    ///
    /// # Errors
    ///
    /// Returns an error if a host has no address.
    pub(crate) async fn open(items: &[TrustedProxy]) -> Result<Self, LaunchError> {
        let mut hosts = Vec::new();
        for name in items.iter().filter_map(TrustedProxy::host) {
            hosts.push(ProxyHost::open(name).await?);
        }
        let networks = items.iter().flat_map(TrustedProxy::networks).collect();
        Ok(Self { items: items.into(), networks, hosts })
    }

    /// Whether `peer` is one of the addresses.
    pub(super) fn contain(&self, peer: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(peer))
            || self.hosts.iter().any(|host| host.contains(peer))
    }

    /// Lists the addresses for the summary at liftoff.
    pub(super) fn summary(&self) -> String {
        let items = self.items.iter().filter(|item| item.host().is_none()).map(TrustedProxy::to_string);
        items.chain(self.hosts.iter().map(|host| host.to_string())).collect::<Vec<_>>().join(", ")
    }

    /// Returns what is weak about the addresses, for the warnings at liftoff.
    /// `is_only_proof` tells whether nothing else proves that a peer is the proxy.
    pub(super) fn warnings(&self, is_only_proof: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        for item in &self.items {
            let networks = item.networks();
            let is_large = networks.iter().any(|network| network.host_bits() > MAX_HOST_BITS);
            if is_only_proof && is_large && *item != TrustedProxy::Loopback {
                warnings.push(format!(
                    "{item} holds more than 256 addresses, and whoever has one of them can say who anybody \
                     is: configure another proof of the proxy, such as `proxy_secret`"
                ));
            }
            if networks.iter().any(Network::holds_link_local_addresses) {
                warnings.push(format!(
                    "{item} holds link-local addresses, and their links (scopes) are not compared: whoever \
                     has the address on any link of this machine is trusted"
                ));
            }
        }
        warnings.extend(self.hosts.iter().map(|host| host.warning()));
        warnings
    }
}
