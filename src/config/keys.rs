use std::collections::{BTreeMap, BTreeSet};

use rocket::http::uri::Reference;
use serde::Deserialize;

#[cfg(not(feature = "jwt"))]
use super::not_compiled::JwtConfig;
#[cfg(not(feature = "mtls"))]
use super::not_compiled::ProxyCertificate;
use crate::headers::{Encoding, GroupsFormat, HeaderName, IdentityHeaders, Limits, Prefixes};
#[cfg(feature = "jwt")]
use crate::jwt::JwtConfig;
#[cfg(feature = "mtls")]
use crate::proxy::ProxyCertificate;
use crate::proxy::{Network, ProxySecret, UntrustedPeers};
use crate::session::SessionConfig;
use crate::sync::MissingGroups;
use crate::user::UsernameCase;

/// What `[default.remote_user]` of `Rocket.toml` says, or its environment
/// variable `ROCKET_REMOTE_USER`.
///
/// The README lists the keys. The fairing reads and checks them at launch,
/// and manages the result, so that a route or a catcher can ask for
/// [`&State<Config>`](rocket::State) to link to the proxy's own pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub(super) trusted_proxies: Option<Vec<Network>>,
    pub(super) proxy_secret: Option<ProxySecret>,
    pub(super) proxy_certificate: Option<ProxyCertificate>,
    pub(super) jwt: Option<JwtConfig>,
    pub(super) untrusted: UntrustedPeers,
    pub(super) preset: Option<String>,
    pub(super) unsigned: bool,
    pub(super) headers: IdentityHeaders,
    pub(super) encoding: Encoding,
    pub(super) strip_prefix: Prefixes,
    pub(super) blank: Vec<HeaderName>,
    pub(super) groups_format: GroupsFormat,
    pub(super) groups_separator: String,
    pub(super) limits: Limits,
    pub(super) create_users: bool,
    pub(super) allow_inactive: bool,
    pub(super) username_case: UsernameCase,
    pub(super) excluded_groups: BTreeSet<String>,
    pub(super) group_map: BTreeMap<String, String>,
    pub(super) create_groups: bool,
    pub(super) keep_local_groups: bool,
    pub(super) missing_groups: MissingGroups,
    pub(super) staff_groups: Option<BTreeSet<String>>,
    pub(super) superuser_groups: Option<BTreeSet<String>>,
    pub(super) required_groups: BTreeSet<String>,
    pub(super) denied_groups: BTreeSet<String>,
    pub(super) group_permissions: BTreeMap<String, BTreeSet<String>>,
    pub(super) login_interval: u64,
    pub(super) session: Option<SessionConfig>,
    pub(super) login_url: Option<PageUrl>,
    pub(super) logout_url: Option<PageUrl>,
    pub(super) migrate: bool,
}

impl Config {
    /// Where the proxy signs people in: `login_url`.
    pub fn login_url(&self) -> Option<&str> {
        self.login_url.as_ref().map(PageUrl::as_str)
    }

    /// Where the proxy signs people out: `logout_url`.
    pub fn logout_url(&self) -> Option<&str> {
        self.logout_url.as_ref().map(PageUrl::as_str)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trusted_proxies: None,
            proxy_secret: None,
            proxy_certificate: None,
            jwt: None,
            untrusted: UntrustedPeers::Reject,
            preset: None,
            unsigned: false,
            headers: IdentityHeaders::default(),
            encoding: Encoding::Utf8,
            strip_prefix: Prefixes::default(),
            blank: Vec::new(),
            groups_format: GroupsFormat::Separator,
            groups_separator: ",".into(),
            limits: Limits::default(),
            create_users: true,
            allow_inactive: false,
            username_case: UsernameCase::Preserve,
            excluded_groups: BTreeSet::new(),
            group_map: BTreeMap::new(),
            create_groups: false,
            keep_local_groups: false,
            missing_groups: MissingGroups::Clear,
            staff_groups: None,
            superuser_groups: None,
            required_groups: BTreeSet::new(),
            denied_groups: BTreeSet::new(),
            group_permissions: BTreeMap::new(),
            login_interval: 300,
            session: None,
            login_url: None,
            logout_url: None,
            migrate: true,
        }
    }
}

/// A page of the proxy: an absolute path or an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct PageUrl(String);

impl PageUrl {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PageUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        let is_page = match Reference::parse(&url) {
            Ok(reference) => match (reference.scheme(), reference.authority()) {
                (Some(scheme), Some(_)) => scheme == "http" || scheme == "https",
                (None, None) => url.starts_with('/') && !url.starts_with("//"),
                _ => false,
            },
            Err(_) => false,
        };
        if is_page {
            Ok(Self(url))
        } else {
            Err(format!("`{url}` is not an absolute path or an http(s) URL"))
        }
    }
}
