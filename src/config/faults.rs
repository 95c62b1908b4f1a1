use super::{Config, Fault, Limits, MissingGroups, headers};

/// What no single key can tell of itself.
impl Config {
    /// The first key, with what is wrong with it, that says what cannot be.
    pub(super) fn fault(&self, debug: bool) -> Option<Fault> {
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

impl Limits {
    fn smallest(&self) -> usize {
        self.user.min(self.name).min(self.email).min(self.group).min(self.groups)
    }
}
