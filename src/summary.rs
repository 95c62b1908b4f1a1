use std::collections::BTreeSet;

use crate::config::{Config, Encoding, GroupsFormat, MissingGroups, Untrusted, UsernameCase};
use crate::proxy::Proofs;
use crate::session::Sessions;

/// What is in force, a line a fact, for the block that is logged at liftoff.
pub(crate) fn summary(
    config: &Config,
    proofs: &Proofs,
    sessions: Option<&Sessions>,
    store: String,
) -> Vec<(&'static str, String)> {
    let mut facts = proofs.summary();
    facts.push(("untrusted peers", untrusted(config).into()));
    facts.extend(config.preset.iter().map(|preset| ("preset", preset.clone())));
    facts.extend(signed(config));
    facts.push(("headers", headers(config)));
    if config.encoding != Encoding::Utf8 {
        facts.push(("encoding", config.encoding.as_str().into()));
    }
    facts.push(("users", users(config)));
    facts.push(("groups", groups(config)));
    let lists = [
        ("excluded groups", Some(&config.excluded_groups).filter(|groups| !groups.is_empty())),
        ("staff groups", config.staff_groups.as_ref()),
        ("superuser groups", config.superuser_groups.as_ref()),
        ("required groups", Some(&config.required_groups).filter(|groups| !groups.is_empty())),
        ("denied groups", Some(&config.denied_groups).filter(|groups| !groups.is_empty())),
    ];
    facts.extend(lists.into_iter().filter_map(|(fact, groups)| Some((fact, quoted(groups?)))));
    if !config.group_permissions.is_empty() {
        facts.push((
            "group permissions",
            names(config.group_permissions.keys().map(|group| format!("{group:?}"))),
        ));
    }
    facts.extend(sessions.into_iter().flat_map(Sessions::summary));
    facts.push(("store", store));
    facts
}

#[cfg(feature = "jwt")]
fn signed(config: &Config) -> impl Iterator<Item = (&'static str, String)> {
    config.jwt.iter().flat_map(|jwt| jwt.summary())
}

#[cfg(not(feature = "jwt"))]
fn signed(_: &Config) -> [(&'static str, String); 0] {
    []
}

fn headers(config: &Config) -> String {
    let names = names(config.headers.iter());
    match config.jwt {
        Some(_) => format!("{names}, blanked and not read"),
        None => names,
    }
}

fn untrusted(config: &Config) -> &'static str {
    match config.untrusted {
        Untrusted::Reject => "refused when they send identity headers",
        Untrusted::Ignore => "anonymous, whatever they send",
    }
}

fn users(config: &Config) -> String {
    let unknown = if config.create_users { "created" } else { "refused" };
    let inactive = if config.allow_inactive { "allowed" } else { "refused" };
    let case = match config.username_case {
        UsernameCase::Preserve => "kept",
        UsernameCase::Lower => "lowered",
    };
    format!("unknown {unknown}, inactive {inactive}, case {case}")
}

fn groups(config: &Config) -> String {
    if config.groups_off().is_some() {
        return "not read".into();
    }
    let unknown = if config.create_groups { "created" } else { "ignored" };
    let local = if config.keep_local_groups { "kept" } else { "mirrored away" };
    let missing = match config.missing_groups {
        MissingGroups::Clear => "clears",
        MissingGroups::Keep => "keeps",
        MissingGroups::Deny => "is refused",
    };
    let format = match config.groups_format {
        GroupsFormat::Separator => format!("split at {:?}", config.groups_separator),
        GroupsFormat::Repeated => "one a line".into(),
        GroupsFormat::Json => "a JSON array".into(),
    };
    format!("{format}, unknown {unknown}, local {local}, a missing header {missing}")
}

fn names(names: impl Iterator<Item = impl ToString>) -> String {
    names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}

fn quoted(groups: &BTreeSet<String>) -> String {
    match groups.is_empty() {
        true => "none".into(),
        false => names(groups.iter().map(|group| format!("{group:?}"))),
    }
}
