//! The parts of an authenticator, made from the keys.
//!
//! Within this folder it depends on `keys`.

use std::sync::Arc;

use rocket::time::Duration;

use super::keys::Config;
use crate::auth::{
    AllowedGroups, CacheConfig, GroupMapper, KnownHeaders, NobodyRules, PrincipalMapper, UsernameConflicts,
};
use crate::headers::{
    Affixes, Attributes, BlankedHeaders, Encoding, Encodings, GroupsFormat, HeaderChoice, HeaderName,
    IdentityReader, ReaderOptions,
};
#[cfg(feature = "jwt")]
use crate::jwt::JwtConfig;
use crate::launch::LaunchError;
use crate::policy::Policy;
use crate::proxy::{Proofs, ProxyAddresses, UntrustedPeers};
use crate::session::SessionConfig;
use crate::site::{CrossSiteCheck, Hosts, RequireUser};
use crate::sync::{MissingField, MissingGroups, Rules};
use crate::user::{UsernameForm, UsernameRules};

/// The parts of an `Authenticator`, built from the keys.
impl Config {
    /// Builds the proofs that a peer is the proxy. Hosts among the trusted proxies are looked
    /// up.
    ///
    /// # Errors
    ///
    /// Returns an error if such a host has no address.
    pub(crate) async fn proofs(&self) -> Result<Proofs, LaunchError> {
        Ok(Proofs {
            addresses: match &self.trusted_proxies {
                Some(items) => Some(ProxyAddresses::open(items).await?),
                None => None,
            },
            secret: self.proxy_secret.clone(),
            #[cfg(feature = "mtls")]
            certificate: self.proxy_certificate.clone(),
            is_address_only_proof: !self.has_further_proof(),
        })
    }

    /// Whether the proxy must give a proof other than its address.
    pub(super) fn has_further_proof(&self) -> bool {
        self.proxy_secret.is_some() || self.proxy_certificate.is_some() || self.jwt.is_some()
    }

    /// Returns what happens to the identity headers of an untrusted peer.
    pub(crate) fn untrusted(&self) -> UntrustedPeers {
        self.untrusted
    }

    /// Builds the check of the host that a request is for.
    pub(crate) fn hosts(&self) -> Hosts {
        Hosts(self.hosts.clone())
    }

    /// Builds the check of the page that sent a request.
    pub(crate) fn cross_site(&self) -> CrossSiteCheck {
        CrossSiteCheck { cross_site: self.cross_site, trusted_origins: self.trusted_origins.clone() }
    }

    /// Returns which paths need a user.
    pub(crate) fn require_user(&self) -> RequireUser {
        self.require_user.clone()
    }

    /// Builds the reader of the identity headers. It also reads the claims of a token, which
    /// are never encoded, and have nothing around them.
    pub(crate) fn identity_reader(&self) -> IdentityReader {
        if self.jwt.is_some() {
            return self.plain_reader();
        }
        IdentityReader::new(ReaderOptions {
            attributes: self.attributes.clone(),
            encodings: self.encoding,
            prefixes: self.strip_prefix.clone(),
            suffixes: self.strip_suffix.clone(),
            ..self.plain_reader_options()
        })
    }

    /// Builds a reader of values that are not encoded, and have nothing around them.
    pub(crate) fn plain_reader(&self) -> IdentityReader {
        IdentityReader::new(self.plain_reader_options())
    }

    fn plain_reader_options(&self) -> ReaderOptions {
        ReaderOptions {
            headers: self.headers.clone(),
            attributes: Attributes::default(),
            encodings: Encodings::all(Encoding::Utf8),
            prefixes: Affixes::default(),
            suffixes: Affixes::default(),
            limits: self.limits,
            has_distinguished_users: self.username_form == UsernameForm::Dn,
            dn_attributes: self.dn_attribute.clone().unwrap_or_default(),
            groups_format: self.groups_format,
            groups_separator: self.groups_separator().map(str::to_owned),
            groups_escape: self.groups_escape,
        }
    }

    /// Returns what is between two groups of a line, if a line is a list of names.
    pub(super) fn groups_separator(&self) -> Option<&str> {
        match self.groups_format {
            GroupsFormat::Separator => Some(self.groups_separator.as_deref().unwrap_or(",")),
            GroupsFormat::Repeated => self.groups_separator.as_deref(),
            GroupsFormat::Json | GroupsFormat::Dn => None,
        }
    }

    /// Returns the headers that are blanked although nothing reads them: those of the key
    /// `blank`, and those of the preset.
    pub(crate) fn blank(&self) -> Vec<BlankedHeaders> {
        [self.blank.as_slice(), &self.blank_by_preset].concat()
    }

    /// Returns the keys about signed tokens, if tokens are configured.
    #[cfg(feature = "jwt")]
    pub(crate) fn jwt(&self) -> Option<JwtConfig> {
        let mut jwt = self.jwt.clone()?;
        let claims = self.attributes.claims().map(|(name, claim)| (name.clone(), claim.clone()));
        jwt.claims.attributes = claims.collect();
        Some(jwt)
    }

    /// Whether the proxy gives everyone a subject, by which users are known.
    pub(crate) fn has_subjects(&self) -> bool {
        #[cfg(feature = "jwt")]
        if let Some(jwt) = &self.jwt {
            return jwt.claims.subject.is_some();
        }
        !self.headers.subject.is_off()
    }

    /// Returns the header that carries a token, if tokens are configured.
    pub(super) fn token_header(&self) -> Option<&HeaderName> {
        #[cfg(feature = "jwt")]
        if let Some(jwt) = &self.jwt {
            return Some(&jwt.header);
        }
        None
    }

    /// Builds the mapper from the user names that the proxy sends to those of the application.
    pub(crate) fn principal_mapper(&self, policy: Option<Arc<dyn Policy>>) -> PrincipalMapper {
        PrincipalMapper { policy, username_rules: self.username_rules() }
    }

    /// Builds the rules by which a proxy says that nobody signed in.
    pub(crate) fn nobody(&self) -> NobodyRules {
        NobodyRules { missing_user: self.missing_user, names: self.nobody.clone() }
    }

    /// Builds the rules of user names.
    pub(crate) fn username_rules(&self) -> UsernameRules {
        UsernameRules {
            case: self.username_case,
            form: self.username_form,
            realms: self.realms.clone(),
            max_length: self.limits.user,
        }
    }

    /// Returns what becomes of a launch if stored user names can never be found.
    pub(crate) fn username_conflicts(&self) -> UsernameConflicts {
        self.username_conflicts
    }

    /// Builds the mapper from the groups that the proxy names to those of the application.
    pub(crate) fn group_mapper(&self, policy: Option<Arc<dyn Policy>>) -> GroupMapper {
        GroupMapper {
            policy,
            max_length: self.limits.group,
            group_case: self.group_case,
            group_map: self.group_map.clone(),
            mapped_names: self.group_map.values().cloned().collect(),
            group_map_only: self.group_map_only,
            allowed_groups: self.groups_allowed.as_ref().map(AllowedGroups::new),
            excluded_groups: self.excluded_groups.clone(),
        }
    }

    /// Builds the rules about users and groups.
    pub(crate) fn rules(&self) -> Rules {
        // A header that is turned off is always missing, which says nothing about groups.
        let missing_groups =
            if self.disabled_groups_key().is_some() { MissingGroups::Keep } else { self.missing_groups };
        Rules {
            create_users: self.create_users,
            allow_inactive: self.allow_inactive,
            excluded_groups: self.excluded_groups.clone(),
            create_groups: self.create_groups,
            keep_local_groups: self.keep_local_groups,
            missing_groups,
            missing_name: self.missing_name,
            missing_email: self.missing_email,
            staff_groups: self.staff_groups.clone(),
            staff_users: self.staff_users.clone(),
            superuser_groups: self.superuser_groups.clone(),
            superuser_users: self.superuser_users.clone(),
            active_groups: self.active_groups.clone(),
            required_groups: self.required_groups.clone(),
            denied_groups: self.denied_groups.clone(),
            group_permissions: self.group_permissions.clone(),
            default_groups: self.default_groups.clone(),
            default_permissions: self.default_permissions.clone(),
            profile_sync: self.profile_sync,
            attributes: self.attributes.names().cloned().collect(),
            missing_attributes: self.missing_attributes,
            has_subjects: self.has_subjects(),
            adopt_subjects: self.adopt_subjects,
            login_interval: Duration::seconds(self.login_interval.try_into().unwrap_or(i64::MAX)),
        }
    }

    /// Returns the key that is off if nothing says which groups a person is in.
    pub(super) fn disabled_groups_key(&self) -> Option<&'static str> {
        #[cfg(feature = "jwt")]
        if let Some(jwt) = &self.jwt {
            return if jwt.claims.groups.is_none() { Some("jwt.claims.groups") } else { None };
        }
        if self.headers.groups.is_off() { Some("headers.groups") } else { None }
    }

    /// Returns what is kept between two requests.
    pub(crate) fn cache(&self) -> CacheConfig {
        self.cache
    }

    /// Creates the cache of headers that were read, unless a hook of `policy` must be asked for
    /// each request, or it is a token that names people, whose time passes.
    pub(crate) fn known_headers(&self, policy: Option<&dyn Policy>) -> Option<KnownHeaders> {
        match self.cache {
            CacheConfig::On(table) if policy.is_none() && self.token_header().is_none() => {
                Some(KnownHeaders::new(&table))
            }
            _ => None,
        }
    }

    /// Returns what an absent name and an absent address mean, each with its key, and with the
    /// key that is off if nothing says them.
    pub(super) fn missing_fields(&self) -> [(&'static str, MissingField, Option<&'static str>); 2] {
        #[cfg(feature = "jwt")]
        if let Some(jwt) = &self.jwt {
            let off = |claim: &Option<_>, key| if claim.is_none() { Some(key) } else { None };
            return [
                ("missing_name", self.missing_name, off(&jwt.claims.name, "jwt.claims.name")),
                ("missing_email", self.missing_email, off(&jwt.claims.email, "jwt.claims.email")),
            ];
        }
        let off = |header: &HeaderChoice, key| if header.is_off() { Some(key) } else { None };
        [
            ("missing_name", self.missing_name, off(&self.headers.name, "headers.name")),
            ("missing_email", self.missing_email, off(&self.headers.email, "headers.email")),
        ]
    }

    /// Returns the keys about sessions, if sessions are configured.
    pub(crate) fn session(&self) -> Option<&SessionConfig> {
        self.session.as_ref()
    }

    /// Whether the tables are brought up to date at launch.
    pub(crate) fn migrate(&self) -> bool {
        self.migrate
    }
}
