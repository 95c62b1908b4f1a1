use rocket::figment::Figment;

use super::keys::Config;
use crate::headers::{HeaderName, check_names};
use crate::launch::InvalidKey;
use crate::proxy::Network;
use crate::sync::MissingGroups;

/// What no single key can tell about itself. Each check returns the first key that
/// is wrong.
impl Config {
    /// Checks all keys. `is_debug` tells whether Rocket runs in its debug profile.
    pub(super) fn check(&self, is_debug: bool) -> Result<(), InvalidKey> {
        self.check_trusted_proxies()?;
        #[cfg(feature = "mtls")]
        if let Some(certificate) = &self.proxy_certificate {
            certificate.check()?;
        }
        check_names(self.header_names())?;
        self.check_separator()?;
        self.limits.check()?;
        self.check_group_names()?;
        self.check_missing_groups()?;
        self.check_permission_names()?;
        if let Some(session) = &self.session {
            session.check(is_debug)?;
        }
        Ok(())
    }

    /// Checks that there is a proof of the proxy, and that it can fail.
    fn check_trusted_proxies(&self) -> Result<(), InvalidKey> {
        let networks = self.trusted_proxies.as_deref().unwrap_or_default();
        let invalid = |reason: &str| Err(InvalidKey::new("trusted_proxies", reason));
        if networks.is_empty() && !self.has_further_proof() {
            return invalid(
                "no proof of the proxy is configured: set `trusted_proxies` to the addresses that your proxy \
                 connects from, or another proof",
            );
        }
        if self.trusted_proxies.is_some() && networks.is_empty() {
            return invalid(
                "an empty list trusts nobody: name the addresses that your proxy connects from, or leave the \
                 key out",
            );
        }
        if Network::hold_every_address(networks) && !self.has_further_proof() {
            let everything = match networks.iter().find(|network| Network::hold_every_address(&[**network])) {
                Some(network) => format!("`{network}` holds every address"),
                None => "the networks hold every address together".into(),
            };
            return invalid(&format!(
                "{everything}, which is no proof of the proxy: name the addresses that your proxy connects from"
            ));
        }
        Ok(())
    }

    /// Checks that Rocket asks for the client certificate that is to be a proof.
    pub(super) fn check_tls(&self, figment: &Figment) -> Result<(), InvalidKey> {
        if self.proxy_certificate.is_none() || figment.contains("tls.mutual") {
            return Ok(());
        }
        let reason = "Rocket asks for no client certificate: set `ca_certs` in [default.tls.mutual]";
        Err(InvalidKey::new("proxy_certificate", reason))
    }

    /// The name of every header that is read or blanked, with its key. A header in
    /// `blank` that is read anyhow is left out.
    fn header_names(&self) -> impl Iterator<Item = (&'static str, &HeaderName)> {
        let is_read =
            |name: &HeaderName| self.names_read().any(|(_, read)| read.is_same_or_alias(name.as_str()));
        let blank = self.blank.iter().filter(move |name| !is_read(name));
        self.names_read().chain(blank.map(|name| ("blank", name)))
    }

    fn names_read(&self) -> impl Iterator<Item = (&'static str, &HeaderName)> {
        let identity = self.headers.iter().map(|name| ("headers", name));
        let secret = self.proxy_secret.iter().map(|secret| ("proxy_secret.header", secret.header()));
        identity.chain(secret).chain(self.token_header().map(|name| ("jwt.header", name)))
    }

    fn check_separator(&self) -> Result<(), InvalidKey> {
        if self.groups_separator.is_empty() {
            return Err(InvalidKey::new("groups_separator", "the separator of groups cannot be empty"));
        }
        if self.groups_separator.contains('"') {
            let reason = "the separator of groups cannot be a quote, which keeps one in a name";
            return Err(InvalidKey::new("groups_separator", reason));
        }
        Ok(())
    }

    fn check_group_names(&self) -> Result<(), InvalidKey> {
        if let Some((key, group)) = self.named_groups().find(|(_, group)| is_blank_or_padded(group)) {
            let reason =
                format!("{group:?} is no name of a group: it is blank, or has white space around it");
            return Err(InvalidKey::new(key, reason));
        }
        let may_be_everyone = ["staff_groups", "superuser_groups", "group_map"];
        let mut starred = self.named_groups().filter(|(_, group)| *group == "*");
        if let Some((key, _)) = starred.find(|(key, _)| !may_be_everyone.contains(key)) {
            let reason = "\"*\" is everyone in `staff_groups` and `superuser_groups` only";
            return Err(InvalidKey::new(key, reason));
        }
        Ok(())
    }

    /// Every group that is named as one that people are in here, with its key.
    fn named_groups(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let lists = [
            ("excluded_groups", Some(&self.excluded_groups)),
            ("staff_groups", self.staff_groups.as_ref()),
            ("superuser_groups", self.superuser_groups.as_ref()),
            ("required_groups", Some(&self.required_groups)),
            ("denied_groups", Some(&self.denied_groups)),
        ];
        let listed =
            lists.into_iter().flat_map(|(key, groups)| groups.into_iter().flatten().map(move |g| (key, g)));
        let mapped = self.group_map.values().map(|group| ("group_map", group));
        let permitted = self.group_permissions.keys().map(|group| ("group_permissions", group));
        listed.chain(mapped).chain(permitted)
    }

    fn check_missing_groups(&self) -> Result<(), InvalidKey> {
        if let (Some(key), MissingGroups::Deny) = (self.groups_off(), self.missing_groups) {
            let reason = format!("`{key}` is off, so \"deny\" refuses everyone");
            return Err(InvalidKey::new("missing_groups", reason));
        }
        Ok(())
    }

    fn check_permission_names(&self) -> Result<(), InvalidKey> {
        match self.group_permissions.values().flatten().find(|name| is_blank_or_padded(name)) {
            Some(name) => Err(InvalidKey::new(
                "group_permissions",
                format!("{name:?} is no permission: it is blank, or has white space around it"),
            )),
            None => Ok(()),
        }
    }

    /// Checks that names of every permitted length have at most `max_length`
    /// characters.
    pub(super) fn check_limits_within(&self, max_length: usize) -> Result<(), InvalidKey> {
        for (key, limit) in [("limits.user", self.limits.user), ("limits.group", self.limits.group)] {
            if limit > max_length {
                let reason =
                    format!("{limit} is more than the {max_length} characters of a name in this database");
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }
}

fn is_blank_or_padded(name: &str) -> bool {
    name.is_empty() || name.trim() != name
}
