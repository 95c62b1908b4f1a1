//! What only several keys together can get wrong. `group_rules.rs` has what is about groups.
//!
//! Within this folder it depends on `keys`.

use rocket::figment::Figment;

use super::keys::Config;
use crate::headers::{BlankedHeaders, GroupsEscape, GroupsFormat, HeaderName, check_names, check_prefixes};
use crate::launch::InvalidKey;
use crate::proxy::TrustedProxy;
use crate::session::SessionConfig;
use crate::site::CrossSite;
use crate::sync::MissingField;
use crate::user::{Username, UsernameForm};

/// The checks that no single key can make of itself. Each returns the first key that is
/// wrong.
impl Config {
    /// Checks all keys. `is_debug` tells whether Rocket runs in its debug profile.
    pub(super) fn check(&self, is_debug: bool) -> Result<(), InvalidKey> {
        self.check_trusted_proxies()?;
        #[cfg(feature = "mtls")]
        if let Some(certificate) = &self.proxy_certificate {
            certificate.check()?;
        }
        self.check_site()?;
        self.attributes.check(self.jwt.is_some())?;
        check_names(self.header_names())?;
        check_prefixes(&self.blank)?;
        self.check_separator()?;
        self.check_escape()?;
        self.check_dn_attribute()?;
        self.check_realms()?;
        self.check_subjects()?;
        self.limits.check()?;
        self.check_missing_fields()?;
        self.check_nobody()?;
        self.check_groups()?;
        self.cache.check()?;
        if let Some(session) = &self.session {
            session.check(is_debug)?;
            self.check_session_proof(session)?;
        }
        Ok(())
    }

    /// Checks that there is a proof of the proxy, and that it can fail.
    fn check_trusted_proxies(&self) -> Result<(), InvalidKey> {
        let proxies = self.trusted_proxies.as_deref().unwrap_or_default();
        let is_only_proof = !self.has_further_proof();
        if proxies.is_empty() && is_only_proof {
            return Err(InvalidKey::new(
                "trusted_proxies",
                "no proof of the proxy is configured: set `trusted_proxies` to the addresses that your proxy \
                 connects from, or another proof",
            ));
        }
        if proxies.is_empty() && self.trusted_proxies.is_some() {
            return Err(InvalidKey::new(
                "trusted_proxies",
                "an empty list trusts nobody: name the addresses that your proxy connects from, or leave the \
                 key out",
            ));
        }
        if is_only_proof && TrustedProxy::hold_every_address(proxies) {
            let holds_all =
                |item: &&TrustedProxy| TrustedProxy::hold_every_address(std::slice::from_ref(item));
            let everything = match proxies.iter().find(holds_all) {
                Some(network) => format!("`{network}` holds every address"),
                None => "the networks hold every address together".into(),
            };
            let reason = format!(
                "{everything}, which is no proof of the proxy: name the addresses that your proxy connects from"
            );
            return Err(InvalidKey::new("trusted_proxies", reason));
        }
        Ok(())
    }

    /// Checks that something proves the peer of a request that brings a session and no
    /// token. A token is a proof of itself, and a session comes without one.
    fn check_session_proof(&self, session: &SessionConfig) -> Result<(), InvalidKey> {
        let proxies = self.trusted_proxies.as_deref().unwrap_or_default();
        let is_address_proof = !proxies.is_empty() && !TrustedProxy::hold_every_address(proxies);
        let is_proved = is_address_proof || self.proxy_secret.is_some() || self.proxy_certificate.is_some();
        if is_proved || !session.proof {
            return Ok(());
        }
        let reason = "a session comes without a token, so that nothing proves who sends it: set \
                      `trusted_proxies` or another proof beside `jwt`, or `proof = false`";
        Err(InvalidKey::new("session.proof", reason))
    }

    /// Checks that the keys about the site can hold.
    fn check_site(&self) -> Result<(), InvalidKey> {
        if self.hosts.as_ref().is_some_and(Vec::is_empty) {
            let reason =
                "an empty list answers nobody: name the hosts of this application, or leave the key out";
            return Err(InvalidKey::new("hosts", reason));
        }
        if self.cross_site == CrossSite::Allow && !self.trusted_origins.is_empty() {
            let reason = "`cross_site` is \"allow\", so there is nothing to except an origin from";
            return Err(InvalidKey::new("trusted_origins", reason));
        }
        Ok(())
    }

    /// Checks that Rocket asks for a client certificate, if one must prove the proxy.
    pub(super) fn check_tls(&self, figment: &Figment) -> Result<(), InvalidKey> {
        if self.proxy_certificate.is_none() || figment.contains("tls.mutual") {
            return Ok(());
        }
        let reason = "Rocket asks for no client certificate: set `ca_certs` in [default.tls.mutual]";
        Err(InvalidKey::new("proxy_certificate", reason))
    }

    /// The names of all headers that are read or blanked, each with its key. A header of
    /// `blank` that is also read is left out, and so are its prefixes.
    fn header_names(&self) -> impl Iterator<Item = (&'static str, &HeaderName)> {
        let names = self.blank.iter().filter_map(BlankedHeaders::name);
        let blank = names.filter(move |name| !self.is_read_header(name));
        self.read_headers().chain(blank.map(|name| ("blank", name)))
    }

    /// The names of all headers that are read, each with its key.
    fn read_headers(&self) -> impl Iterator<Item = (&'static str, &HeaderName)> {
        let identity = self.headers.iter().map(|name| ("headers", name));
        let attributes = self.attributes.headers().map(|(_, name)| ("attributes", name));
        let identity = identity.chain(attributes.filter(|_| self.jwt.is_none()));
        let secret = self.proxy_secret.iter().map(|secret| ("proxy_secret.header", secret.header()));
        identity.chain(secret).chain(self.token_header().map(|name| ("jwt.header", name)))
    }

    fn is_read_header(&self, name: &HeaderName) -> bool {
        self.read_headers().any(|(_, read)| read.is_same_or_alias(name.as_str()))
    }

    /// Checks that the separator of groups can stand between two.
    fn check_separator(&self) -> Result<(), InvalidKey> {
        let Some(separator) = &self.groups_separator else { return Ok(()) };
        let reason = match self.groups_format {
            _ if separator.is_empty() => "the separator of groups cannot be empty",
            GroupsFormat::Json => return Ok(()),
            GroupsFormat::Dn if separator != ";" => {
                "only \";\" is between two distinguished names, as it is escaped in each of them"
            }
            _ if separator.contains('"') => {
                "the separator of groups cannot be a quote, which keeps one in a name"
            }
            _ => return Ok(()),
        };
        Err(InvalidKey::new("groups_separator", reason))
    }

    /// Checks that the attribute of distinguished names is one, and that there are such names.
    fn check_dn_attribute(&self) -> Result<(), InvalidKey> {
        let Some(attributes) = &self.dn_attribute else { return Ok(()) };
        if let Some(invalid) = attributes.invalid() {
            let reason = format!("`{invalid}` is no attribute of a distinguished name");
            return Err(InvalidKey::new("dn_attribute", reason));
        }
        if self.username_form != UsernameForm::Dn && self.groups_format != GroupsFormat::Dn {
            let reason =
                "neither `username_form` nor `groups_format` is \"dn\", so that nothing has attributes";
            return Err(InvalidKey::new("dn_attribute", reason));
        }
        Ok(())
    }

    /// Checks that keys about subjects and attributes have any to be about.
    fn check_subjects(&self) -> Result<(), InvalidKey> {
        if self.jwt.is_some() && !self.headers.subject.is_off() {
            let reason = "`jwt` is configured, so that no header is read: set `jwt.claims.subject`";
            return Err(InvalidKey::new("headers.subject", reason));
        }
        if !self.adopt_subjects && !self.has_subjects() {
            let reason = "there are no subjects: set `headers.subject`, or `jwt.claims.subject`";
            return Err(InvalidKey::new("adopt_subjects", reason));
        }
        if self.missing_attributes != MissingField::Clear && self.attributes.names().next().is_none() {
            return Err(InvalidKey::new("missing_attributes", "there are no `attributes` to be missing"));
        }
        Ok(())
    }

    /// Checks that a user name can be of each realm.
    fn check_realms(&self) -> Result<(), InvalidKey> {
        if let Some(invalid) = self.realms.invalid() {
            let reason = format!("{invalid:?} is no realm: it is blank, or holds `@`, `\\` or `/`");
            return Err(InvalidKey::new("realms", reason));
        }
        Ok(())
    }

    /// Checks that nothing follows from the absence of what is always absent.
    fn check_missing_fields(&self) -> Result<(), InvalidKey> {
        for (key, missing, disabled) in self.missing_fields() {
            let (Some(disabled), consequence) = (disabled, missing.consequence()) else { continue };
            if missing != MissingField::Keep {
                let reason = format!("`{disabled}` is off, so {consequence}");
                return Err(InvalidKey::new(key, reason));
            }
        }
        Ok(())
    }

    /// Checks that each name of nobody is one that somebody could have.
    fn check_nobody(&self) -> Result<(), InvalidKey> {
        let rules = self.username_rules();
        if let Some(name) = self.nobody.iter().find(|name| !Username::is_canonical(name, &rules)) {
            let reason =
                format!("{name:?} is no user name in canonical form, so that no request is nobody's by it");
            return Err(InvalidKey::new("nobody", reason));
        }
        Ok(())
    }

    /// Checks that a backslash can escape the separator of groups, if it should.
    fn check_escape(&self) -> Result<(), InvalidKey> {
        if self.groups_escape == GroupsEscape::None {
            return Ok(());
        }
        let Some(separator) = self.groups_separator() else {
            let reason = "`groups_format` is not \"separator\", so there is no separator to escape";
            return Err(InvalidKey::new("groups_escape", reason));
        };
        if separator.contains('\\') {
            let reason = "`groups_separator` holds a backslash, which cannot escape itself";
            return Err(InvalidKey::new("groups_escape", reason));
        }
        Ok(())
    }

    /// Checks that the limits permit no name of more than `max_length` characters.
    pub(super) fn check_limits_within(&self, max_length: usize) -> Result<(), InvalidKey> {
        for (key, limit) in [("limits.user", self.limits.user), ("limits.group", self.limits.group)] {
            if limit > max_length {
                let reason =
                    format!("{limit} is more than the {max_length} characters of a name in this database");
                return Err(InvalidKey::new(key, reason));
            }
        }
        let too_long = self.default_permissions.iter().find(|name| name.chars().count() > max_length);
        if let Some(name) = too_long {
            let reason =
                format!("{name:?} is longer than the {max_length} characters of a name in this database");
            return Err(InvalidKey::new("default_permissions", reason));
        }
        Ok(())
    }
}
