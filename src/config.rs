#[cfg(feature = "mtls")]
mod certificate;
#[cfg(feature = "jwt")]
mod claim_names;
mod encoding;
mod faults;
mod groups_format;
mod headers;
mod identity;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "jwt")]
mod key_url;
mod location;
#[cfg(feature = "jwt")]
mod one_or_more;
mod prefixes;
mod preset;
mod proofs;
mod secret;
mod session;
#[cfg(not(all(feature = "mtls", feature = "jwt")))]
mod uncompiled;
mod url;

use std::collections::{BTreeMap, BTreeSet};

use rocket::figment::Figment;
use serde::Deserialize;

use crate::headers::HeaderName;
use crate::launch::Abort;
use crate::proxy::Network;
use location::{beneath_table, check_tables, misconfigured};
use preset::Choice;
use url::Url;

#[cfg(feature = "mtls")]
pub(crate) use certificate::{Fingerprint, ProxyCertificate};
#[cfg(feature = "jwt")]
pub(crate) use claim_names::ClaimNames;
pub(crate) use encoding::Encoding;
pub(crate) use groups_format::GroupsFormat;
pub(crate) use headers::Headers;
#[cfg(feature = "jwt")]
pub(crate) use jwt::{Jwt, KeySource};
#[cfg(feature = "jwt")]
pub(crate) use key_url::KeyUrl;
pub(crate) use prefixes::Prefixes;
pub(crate) use secret::ProxySecret;
pub(crate) use session::Sessions;
#[cfg(not(feature = "jwt"))]
pub(crate) use uncompiled::Jwt;
#[cfg(not(feature = "mtls"))]
pub(crate) use uncompiled::ProxyCertificate;

/// A key, and what is wrong with it.
type Fault = (&'static str, String);

/// What `[default.remote_user]` of `Rocket.toml` says, or its environment
/// variable `ROCKET_REMOTE_USER`.
///
/// The README lists the keys. The fairing reads and checks them at launch,
/// and manages the result, so that a route or a catcher can ask for
/// [`&State<Config>`](rocket::State) to link to the proxy's own pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub(crate) trusted_proxies: Option<Vec<Network>>,
    pub(crate) proxy_secret: Option<ProxySecret>,
    pub(crate) proxy_certificate: Option<ProxyCertificate>,
    pub(crate) jwt: Option<Jwt>,
    pub(crate) untrusted: Untrusted,
    pub(crate) preset: Option<String>,
    unsigned: bool,
    pub(crate) headers: Headers,
    pub(crate) encoding: Encoding,
    pub(crate) strip_prefix: Prefixes,
    pub(crate) blank: Vec<HeaderName>,
    pub(crate) groups_format: GroupsFormat,
    pub(crate) groups_separator: String,
    pub(crate) limits: Limits,
    pub(crate) create_users: bool,
    pub(crate) allow_inactive: bool,
    pub(crate) username_case: UsernameCase,
    pub(crate) excluded_groups: BTreeSet<String>,
    pub(crate) group_map: BTreeMap<String, String>,
    pub(crate) create_groups: bool,
    pub(crate) keep_local_groups: bool,
    pub(crate) missing_groups: MissingGroups,
    pub(crate) staff_groups: Option<BTreeSet<String>>,
    pub(crate) superuser_groups: Option<BTreeSet<String>>,
    pub(crate) required_groups: BTreeSet<String>,
    pub(crate) denied_groups: BTreeSet<String>,
    pub(crate) group_permissions: BTreeMap<String, BTreeSet<String>>,
    pub(crate) login_interval: u64,
    pub(crate) session: Option<Sessions>,
    login_url: Option<Url>,
    logout_url: Option<Url>,
    pub(crate) migrate: bool,
}

/// What becomes of identity headers from an untrusted peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"reject\" or \"ignore\"")]
pub(crate) enum Untrusted {
    Reject,
    Ignore,
}

/// Whether `Ada` and `ada` are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"preserve\" or \"lower\"")]
pub(crate) enum UsernameCase {
    Preserve,
    Lower,
}

/// What an absent groups header means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"clear\", \"keep\" or \"deny\"")]
pub(crate) enum MissingGroups {
    Clear,
    Keep,
    Deny,
}

/// How long values may be, in characters, and how many groups there may be.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of numbers")]
pub(crate) struct Limits {
    pub(crate) user: usize,
    pub(crate) name: usize,
    pub(crate) email: usize,
    pub(crate) group: usize,
    pub(crate) groups: usize,
}

impl Config {
    /// The table that this configuration is read from.
    pub(crate) const TABLE: &str = "remote_user";

    /// Reads and checks the table under the active profile.
    pub(crate) fn extract(figment: &Figment) -> Result<Self, Abort> {
        check_tables(figment)?;
        let table = figment.focus(Self::TABLE);
        let choice: Choice = table.extract().map_err(beneath_table)?;
        let fault = |(key, fault)| misconfigured(figment, key, fault);
        let table = Choice::complete(table, choice.keys().map_err(fault)?);
        let config: Self = table.extract().map_err(beneath_table)?;
        match config.fault(figment.profile() == rocket::Config::DEBUG_PROFILE) {
            Some(wrong) => Err(fault(wrong).into()),
            None => config.check_tls(figment),
        }
    }

    /// Checks that names of any permitted length fit a store where they have at
    /// most `longest` characters.
    pub(crate) fn check_names(&self, figment: &Figment, longest: usize) -> Result<(), Abort> {
        let limits = [("limits.user", self.limits.user), ("limits.group", self.limits.group)];
        match limits.into_iter().find(|(_, limit)| *limit > longest) {
            Some((key, limit)) => {
                let fault =
                    format!("{limit} is more than the {longest} characters of a name in this database");
                Err(misconfigured(figment, key, fault).into())
            }
            None => Ok(()),
        }
    }

    /// Where the proxy signs people in: `login_url`.
    pub fn login_url(&self) -> Option<&str> {
        self.login_url.as_ref().map(|url| url.as_str())
    }

    /// Where the proxy signs people out: `logout_url`.
    pub fn logout_url(&self) -> Option<&str> {
        self.logout_url.as_ref().map(|url| url.as_str())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trusted_proxies: None,
            proxy_secret: None,
            proxy_certificate: None,
            jwt: None,
            untrusted: Untrusted::Reject,
            preset: None,
            unsigned: false,
            headers: Headers::default(),
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

impl Default for Limits {
    fn default() -> Self {
        Self { user: 150, name: 300, email: 254, group: 150, groups: 1000 }
    }
}
