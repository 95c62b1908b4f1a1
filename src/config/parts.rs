//! The parts of an authenticator, made from the keys.
//!
//! Within this folder it depends on `keys`.

use std::sync::Arc;

use rocket::time::Duration;

use super::keys::Config;
use crate::auth::{
    AllowedGroups, CacheConfig, GroupMapper, KnownHeaders, NobodyRules, PrincipalMapper, UsernameConflicts,
};
use crate::headers::{BlankedHeaders, Encoding, HeaderName, IdentityReader, Prefixes, ReaderOptions};
#[cfg(feature = "jwt")]
use crate::jwt::JwtConfig;
use crate::policy::Policy;
use crate::proxy::{Proofs, UntrustedPeers};
use crate::session::SessionConfig;
use crate::site::{CrossSiteCheck, Hosts, RequireUser};
use crate::sync::{MissingField, MissingGroups, Rules};
use crate::user::UsernameRules;

/// The parts of an `Authenticator`, built from the keys.
impl Config {
    /// Builds the proofs that a peer is the proxy.
    pub(crate) fn proofs(&self) -> Proofs {
        Proofs {
            networks: self.trusted_proxies.clone(),
            secret: self.proxy_secret.clone(),
            #[cfg(feature = "mtls")]
            certificate: self.proxy_certificate.clone(),
            is_address_only_proof: !self.has_further_proof(),
        }
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
    /// are never encoded, and never have a prefix.
    pub(crate) fn identity_reader(&self) -> IdentityReader {
        let (encoding, prefixes) = match self.jwt {
            Some(_) => (Encoding::Utf8, Prefixes::default()),
            None => (self.encoding, self.strip_prefix.clone()),
        };
        IdentityReader::new(ReaderOptions {
            headers: self.headers.clone(),
            encoding,
            prefixes,
            limits: self.limits,
            groups_format: self.groups_format,
            groups_separator: self.groups_separator.clone(),
            groups_escape: self.groups_escape,
        })
    }

    /// Returns the headers that are blanked although nothing reads them: those of the key
    /// `blank`, and those of the preset.
    pub(crate) fn blank(&self) -> Vec<BlankedHeaders> {
        [self.blank.as_slice(), &self.blank_by_preset].concat()
    }

    /// Returns the keys about signed tokens, if tokens are configured.
    #[cfg(feature = "jwt")]
    pub(crate) fn jwt(&self) -> Option<&JwtConfig> {
        self.jwt.as_ref()
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
        PrincipalMapper {
            policy,
            user_header: self.token_header().unwrap_or(&self.headers.user).to_string(),
            username_rules: self.username_rules(),
        }
    }

    /// Builds the rules by which a proxy says that nobody signed in.
    pub(crate) fn nobody(&self) -> NobodyRules {
        NobodyRules { missing_user: self.missing_user, names: self.nobody.clone() }
    }

    /// Builds the rules of user names.
    pub(crate) fn username_rules(&self) -> UsernameRules {
        UsernameRules { case: self.username_case, form: self.username_form, max_length: self.limits.user }
    }

    /// Returns what becomes of a launch if stored user names can never be found.
    pub(crate) fn username_conflicts(&self) -> UsernameConflicts {
        self.username_conflicts
    }

    /// Builds the mapper from the groups that the proxy names to those of the application.
    pub(crate) fn group_mapper(&self, policy: Option<Arc<dyn Policy>>) -> GroupMapper {
        let header = self.token_header().or(self.headers.groups.as_ref());
        GroupMapper {
            policy,
            groups_header: header.map(HeaderName::to_string).unwrap_or_default(),
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
            login_interval: Duration::seconds(self.login_interval.try_into().unwrap_or(i64::MAX)),
        }
    }

    /// Returns the key that is off if nothing says which groups a person is in.
    pub(super) fn disabled_groups_key(&self) -> Option<&'static str> {
        #[cfg(feature = "jwt")]
        if let Some(jwt) = &self.jwt {
            return if jwt.claims.groups.is_none() { Some("jwt.claims.groups") } else { None };
        }
        if self.headers.groups.is_none() { Some("headers.groups") } else { None }
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
        let off = |header: &Option<_>, key| if header.is_none() { Some(key) } else { None };
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
