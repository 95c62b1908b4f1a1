//! The lines of the liftoff report that are about keys.
//!
//! Within this folder it depends on `keys`.

use std::collections::BTreeSet;

use super::keys::Config;
use crate::auth::{GroupCase, MissingUser};
use crate::headers::{Encoding, Encodings, GroupsEscape, GroupsFormat};
#[cfg(feature = "jwt")]
use crate::jwt::JwtConfig;
use crate::proxy::{Proofs, UntrustedPeers};
use crate::session::SessionManager;
use crate::site::CrossSite;
use crate::sync::{MissingField, MissingGroups, ProfileSync};
use crate::user::{UsernameCase, UsernameForm};

impl Config {
    /// Describes the configuration in force, one line for each fact, for the block that is
    /// logged at liftoff.
    pub(crate) fn summary(
        &self,
        proofs: &Proofs,
        sessions: Option<&SessionManager>,
        store: String,
        cache: String,
    ) -> Vec<(&'static str, String)> {
        let mut facts = proofs.summary();
        facts.push(("untrusted peers", untrusted_peers(self).into()));
        facts.extend(self.hosts.as_ref().map(|hosts| ("hosts", join(hosts.iter()))));
        facts.extend(cross_site(self).map(|pages| ("pages of other sites", pages)));
        facts.extend(self.require_user.summary().map(|paths| ("a user is required", paths)));
        facts.extend(self.preset.iter().map(|preset| ("preset", preset.clone())));
        #[cfg(feature = "jwt")]
        facts.extend(self.jwt.iter().flat_map(JwtConfig::summary));
        facts.push(("headers", headers(self)));
        let blank = self.blank();
        if !blank.is_empty() {
            facts.push(("blanked too", join(blank.iter())));
        }
        let attributes: Vec<_> = self.attributes.names().map(|name| format!("{name:?}")).collect();
        if !attributes.is_empty() {
            facts.push(("attributes", attributes.join(", ")));
        }
        if self.encoding != Encodings::all(Encoding::Utf8) {
            facts.push(("encoding", self.encoding.to_string()));
        }
        if self.missing_user == MissingUser::Deny {
            facts.push(("a missing user", "is refused".into()));
        }
        if !self.nobody.is_empty() {
            facts.push(("nobody", quoted(&self.nobody)));
        }
        let missing_attributes =
            if attributes.is_empty() { MissingField::Keep } else { self.missing_attributes };
        for (fact, missing) in [
            ("a missing name", self.missing_name),
            ("a missing address", self.missing_email),
            ("a missing attribute", missing_attributes),
        ] {
            match missing {
                MissingField::Keep => {}
                MissingField::Clear => facts.push((fact, "clears".into())),
                MissingField::Deny => facts.push((fact, "is refused".into())),
            }
        }
        facts.push(("users", users(self)));
        if self.has_subjects() {
            let known = if self.adopt_subjects { "adopted by name" } else { "refused" };
            facts.push(("subjects", format!("who somebody is; users without one are {known}")));
        }
        if !self.realms.names().is_empty() {
            facts.push(("realms", join(self.realms.names().iter())));
        }
        facts.push(("groups", groups(self)));
        if self.group_case == GroupCase::Lower {
            facts.push(("group case", "lowered".into()));
        }
        if self.group_map_only {
            facts.push(("group map", "no other groups count".into()));
        }
        facts.extend(self.groups_allowed.as_ref().map(|groups| ("groups allowed", join(groups.iter()))));
        let lists = [
            ("excluded groups", non_empty(&self.excluded_groups)),
            ("staff groups", self.staff_groups.as_ref()),
            ("staff users", self.staff_users.as_ref()),
            ("superuser groups", self.superuser_groups.as_ref()),
            ("superuser users", self.superuser_users.as_ref()),
            ("active groups", self.active_groups.as_ref()),
        ];
        for (fact, groups) in lists {
            facts.extend(groups.map(|groups| (fact, quoted(groups))));
        }
        for (fact, condition) in
            [("required groups", &self.required_groups), ("denied groups", &self.denied_groups)]
        {
            if !condition.is_empty() {
                facts.push((fact, join(condition.items().iter())));
            }
        }
        if !self.group_permissions.is_empty() {
            let groups = self.group_permissions.keys().map(|group| format!("{group:?}"));
            facts.push(("group permissions", join(groups)));
        }
        for (fact, names) in
            [("default groups", &self.default_groups), ("default permissions", &self.default_permissions)]
        {
            facts.extend(non_empty(names).map(|names| (fact, quoted(names))));
        }
        if self.profile_sync == ProfileSync::Create {
            facts.push(("profiles", "set when a user is created".into()));
        }
        facts.extend(sessions.into_iter().flat_map(SessionManager::summary));
        facts.push(("cache", cache));
        facts.push(("store", store));
        facts
    }

    /// The warnings for the liftoff summary about what a client keeps if a header of the proxy gets
    /// lost on the way. Some proxies drop what the client's `Connection` names (RFC 9110, section
    /// 7.6.1), also if it is a header that they have set, and nothing here can see that.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let keeps = match self.missing_groups {
            MissingGroups::Deny => None,
            _ if !self.denied_groups.is_empty() => Some("`denied_groups` does not see them"),
            MissingGroups::Keep => Some("`missing_groups = \"keep\"` takes nothing away"),
            MissingGroups::Clear => None,
        };
        if let (Some(keeps), Some(header), None) = (keeps, self.headers.groups.preferred(), &self.jwt) {
            warnings.push(format!(
                "a client may have some proxies drop `{header}`, and then {keeps}: set `missing_groups = \
                 \"deny\"` if your proxy always sends that header"
            ));
        }
        let choices = [&self.headers.user, &self.headers.groups, &self.headers.subject];
        for choice in
            choices.into_iter().filter(|choice| choice.iter().nth(1).is_some() && self.jwt.is_none())
        {
            let first = choice.preferred().map(ToString::to_string).unwrap_or_default();
            warnings.push(format!(
                "a client may have some proxies drop `{first}`, and then the next of {} counts: let the proxy set \
                 that header after it obeyed the client's `Connection`",
                join(choice.iter())
            ));
        }
        let is_lost = self.missing_user == MissingUser::Anonymous;
        if is_lost && self.session.as_ref().is_some_and(|session| session.persistent) {
            let header = self.identity_header();
            warnings.push(format!(
                "a client may have some proxies drop `{header}`, and a persistent session then goes on as it \
                 was: let the proxy set that header after it obeyed the client's `Connection`"
            ));
        }
        warnings
    }

    /// The header that says who somebody is.
    fn identity_header(&self) -> String {
        #[cfg(feature = "jwt")]
        if let Some(jwt) = &self.jwt {
            return jwt.header.to_string();
        }
        join(self.headers.user.iter())
    }
}

fn non_empty(groups: &BTreeSet<String>) -> Option<&BTreeSet<String>> {
    if groups.is_empty() { None } else { Some(groups) }
}

fn headers(config: &Config) -> String {
    let names = join(config.headers.iter());
    match config.jwt {
        Some(_) => format!("{names}, blanked and not read"),
        None => names,
    }
}

/// Describes what the pages of other sites may send, unless it is nothing that changes
/// anything for anybody.
fn cross_site(config: &Config) -> Option<String> {
    match config.cross_site {
        CrossSite::Allow => Some("may send anything for whoever is signed in".into()),
        CrossSite::Reject if config.trusted_origins.is_empty() => None,
        CrossSite::Reject => Some(format!("trusted: {}", join(config.trusted_origins.iter()))),
    }
}

fn untrusted_peers(config: &Config) -> &'static str {
    match config.untrusted {
        UntrustedPeers::Reject => "refused when they send identity headers",
        UntrustedPeers::Ignore => "anonymous, whatever they send",
    }
}

fn users(config: &Config) -> String {
    let unknown = if config.create_users { "created" } else { "refused" };
    let inactive = if config.allow_inactive { "allowed" } else { "refused" };
    let case = match config.username_case {
        UsernameCase::Preserve => "kept",
        UsernameCase::Lower => "lowered",
    };
    let form = match config.username_form {
        UsernameForm::Exact => "",
        UsernameForm::Map => ", other forms mapped",
        UsernameForm::Dn => ", from distinguished names",
    };
    format!("unknown {unknown}, inactive {inactive}, case {case}{form}")
}

fn groups(config: &Config) -> String {
    if config.disabled_groups_key().is_some() {
        return "not read".into();
    }
    let unknown = if config.create_groups { "created" } else { "ignored" };
    let local = if config.keep_local_groups { "kept" } else { "mirrored away" };
    let missing = match config.missing_groups {
        MissingGroups::Clear => "clears",
        MissingGroups::Keep => "keeps",
        MissingGroups::Deny => "is refused",
    };
    let split = config.groups_separator().map(|separator| {
        let unless = match config.groups_escape {
            GroupsEscape::None => "",
            GroupsEscape::Backslash => " without a backslash before it",
        };
        format!("split at {separator:?}{unless}")
    });
    let format = match (config.groups_format, split) {
        (GroupsFormat::Repeated, Some(split)) => format!("lines, {split}"),
        (_, Some(split)) => split,
        (GroupsFormat::Json, None) => "a JSON array".into(),
        (GroupsFormat::Dn, None) => "distinguished names".into(),
        (_, None) => "one a line".into(),
    };
    format!("{format}, unknown {unknown}, local {local}, a missing header {missing}")
}

fn join(names: impl Iterator<Item = impl ToString>) -> String {
    names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}

fn quoted(groups: &BTreeSet<String>) -> String {
    if groups.is_empty() {
        return "none".into();
    }
    join(groups.iter().map(|group| format!("{group:?}")))
}
