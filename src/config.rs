#[cfg(feature = "mtls")]
mod certificate;
#[cfg(feature = "jwt")]
mod claim_names;
mod encoding;
mod groups_format;
mod headers;
mod identity;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "jwt")]
mod key_url;
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

use rocket::figment::error::{Actual, Kind};
use rocket::figment::{self, Figment};
use serde::Deserialize;

use crate::launch::Abort;
use crate::proxy::Network;
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

    /// The first key, with what is wrong with it, that says what cannot be.
    fn fault(&self, debug: bool) -> Option<Fault> {
        let of_names = || headers::fault(self.header_names());
        if let Some(fault) = self.fault_of_proofs().or_else(of_names) {
            return Some(fault);
        }
        if self.groups_separator.is_empty() {
            return Some(("groups_separator", "the separator of groups cannot be empty".into()));
        }
        if self.groups_separator.contains('"') {
            let fault = "the separator of groups cannot be a quote, which keeps one in a name";
            return Some(("groups_separator", fault.into()));
        }
        if self.limits.smallest() == 0 {
            return Some(("limits", "a limit of 0 refuses every request".into()));
        }
        let is_misnamed = |group: &str| group.is_empty() || group.trim() != group;
        if let Some((key, group)) = self.groups().find(|(_, group)| is_misnamed(group)) {
            return Some((
                key,
                format!("{group:?} is no name of a group: it is blank, or has white space around it"),
            ));
        }
        let with_star = ["staff_groups", "superuser_groups", "group_map"];
        let starred = self.groups().find(|(key, group)| *group == "*" && !with_star.contains(key));
        if let Some((key, _)) = starred {
            return Some((key, "\"*\" is everyone in `staff_groups` and `superuser_groups` only".into()));
        }
        if let (Some(key), MissingGroups::Deny) = (self.groups_off(), self.missing_groups) {
            return Some(("missing_groups", format!("`{key}` is off, so \"deny\" refuses everyone")));
        }
        if let Some(permission) =
            self.group_permissions.values().flatten().find(|p| p.trim() != **p || p.is_empty())
        {
            return Some((
                "group_permissions",
                format!("{permission:?} is no permission: it is blank, or has white space around it"),
            ));
        }
        self.session.as_ref().and_then(|session| session.fault(debug))
    }

    /// Every group that is named here as one that people are in, with its key.
    fn groups(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let lists = [
            ("excluded_groups", Some(&self.excluded_groups)),
            ("staff_groups", self.staff_groups.as_ref()),
            ("superuser_groups", self.superuser_groups.as_ref()),
            ("required_groups", Some(&self.required_groups)),
            ("denied_groups", Some(&self.denied_groups)),
        ];
        let listed = lists.into_iter().filter_map(|(key, groups)| Some((key, groups?)));
        let listed = listed.flat_map(|(key, groups)| groups.iter().map(move |group| (key, group)));
        let mapped = self.group_map.values().map(|group| ("group_map", group));
        let permitted = self.group_permissions.keys().map(|group| ("group_permissions", group));
        listed.chain(mapped).chain(permitted)
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

impl Limits {
    fn smallest(&self) -> usize {
        self.user.min(self.name).min(self.email).min(self.group).min(self.groups)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { user: 150, name: 300, email: 254, group: 150, groups: 1000 }
    }
}

/// Refuses what is no table in any profile: figment would pass over it, and
/// over every restriction that was meant to be in it.
fn check_tables(figment: &Figment) -> Result<(), Abort> {
    let profiles = figment.profiles().cloned().chain([figment.profile().clone()]);
    for profile in profiles {
        let figment = figment.clone().select(profile.clone());
        match figment.find_value(Config::TABLE) {
            Ok(value) if value.as_dict().is_none() => {
                let kind = Kind::InvalidType(withheld(value.to_actual()), "a table".into());
                let mut error = figment::Error::from(kind).with_path(Config::TABLE);
                error.metadata = figment.find_metadata(Config::TABLE).cloned();
                error.profile = value.tag().profile().or(Some(profile));
                return Err(error.into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts the table in front of the key that each error is about, and takes the
/// value out of what is said of a secret.
fn beneath_table(errors: figment::Error) -> figment::Error {
    let beneath = |mut error: figment::Error| {
        if error.path.first().is_some_and(|key| key == ProxySecret::KEY) {
            error.kind = match error.kind {
                Kind::InvalidType(actual, expected) => Kind::InvalidType(withheld(actual), expected),
                Kind::InvalidValue(actual, expected) => Kind::InvalidValue(withheld(actual), expected),
                other => other,
            };
        }
        error.path.insert(0, Config::TABLE.into());
        error
    };
    let chain = |earlier: figment::Error, later| earlier.chain(later);
    errors.clone().into_iter().map(beneath).reduce(chain).unwrap_or(errors)
}

/// The kind of a value that may be a secret, or hold one, and nothing more.
fn withheld(actual: Actual) -> Actual {
    match actual {
        Actual::Bool(_) => Actual::Other("a boolean".into()),
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => Actual::Other("a number".into()),
        Actual::Str(_) | Actual::Char(_) | Actual::Bytes(_) => Actual::Other("a string".into()),
        other => other,
    }
}

/// An error about `key` that says where it, or else its table, was set.
fn misconfigured(figment: &Figment, key: &str, fault: String) -> figment::Error {
    let mut error = figment::Error::from(fault).with_path(Config::TABLE).with_path(key);
    let paths = [error.path.join("."), Config::TABLE.into()];
    if let Some((path, value)) = paths.iter().find_map(|path| Some((path, figment.find_value(path).ok()?))) {
        error.metadata = figment.find_metadata(path).cloned();
        error.profile = value.tag().profile();
    }
    error
}
