use std::collections::BTreeSet;

use rocket::time::Duration;

use crate::config::{Config, MissingGroups};

/// The rules of the configuration about users and groups.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(super) create_users: bool,
    pub(super) allow_inactive: bool,
    pub(super) excluded_groups: BTreeSet<String>,
    pub(super) create_groups: bool,
    pub(super) keep_local_groups: bool,
    pub(super) missing_groups: MissingGroups,
    pub(super) staff_groups: Option<BTreeSet<String>>,
    pub(super) superuser_groups: Option<BTreeSet<String>>,
    pub(super) required_groups: BTreeSet<String>,
    pub(super) denied_groups: BTreeSet<String>,
    pub(super) login_interval: Duration,
}

impl Rules {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            create_users: config.create_users,
            allow_inactive: config.allow_inactive,
            excluded_groups: config.excluded_groups.clone(),
            create_groups: config.create_groups,
            keep_local_groups: config.keep_local_groups,
            // A header that is turned off never comes, and says nothing by that.
            missing_groups: match config.headers.groups {
                Some(_) => config.missing_groups,
                None => MissingGroups::Keep,
            },
            staff_groups: config.staff_groups.clone(),
            superuser_groups: config.superuser_groups.clone(),
            required_groups: config.required_groups.clone(),
            denied_groups: config.denied_groups.clone(),
            login_interval: Duration::seconds(config.login_interval.try_into().unwrap_or(i64::MAX)),
        }
    }
}
