//! The keys of the table, and their defaults.
//!
//! Within this folder it depends on `not_compiled`.

use std::collections::{BTreeMap, BTreeSet};

use rocket::http::uri::Reference;
use serde::Deserialize;

#[cfg(not(feature = "jwt"))]
use super::not_compiled::JwtConfig;
#[cfg(not(feature = "mtls"))]
use super::not_compiled::ProxyCertificate;
use crate::auth::{CacheConfig, GroupCase, GroupPattern, MissingUser, UsernameConflicts};
use crate::headers::{
    Affixes, Attributes, BlankedHeaders, DnAttributes, Encoding, Encodings, GroupsEscape, GroupsFormat,
    IdentityHeaders, Limits,
};
#[cfg(feature = "jwt")]
use crate::jwt::JwtConfig;
#[cfg(feature = "mtls")]
use crate::proxy::ProxyCertificate;
use crate::proxy::{ProxySecret, TrustedProxy, UntrustedPeers};
use crate::session::SessionConfig;
use crate::site::{CrossSite, Host, RequireUser, TrustedOrigin};
use crate::sync::{GroupCondition, MissingField, MissingGroups, ProfileSync};
use crate::user::{Realms, UsernameCase, UsernameForm};

/// The configuration: the table `[default.remote_user]` of `Rocket.toml`, or the environment
/// variable `ROCKET_REMOTE_USER`.
///
/// The [front page](crate#configuration) documents every key. The fairing reads and checks
/// them at launch, and manages the result as state, so that a route or a catcher can link to
/// the proxy's own pages.
///
/// # Example
///
/// ```rust
/// # use rocket::{State, get, response::Redirect};
/// use rocket_remote_user::{Config, RemoteUser};
///
/// #[get("/")]
/// fn index(user: RemoteUser, config: &State<Config>) -> String {
///     let logout = config.logout_url().unwrap_or("/");
///     format!("Hello, {}! Sign out at {logout}", user.username())
/// }
///
/// #[get("/", rank = 2)]
/// fn sign_in(config: &State<Config>) -> Option<Redirect> {
///     let login = config.login_url()?;
///     Some(Redirect::to(login.to_owned()))
/// }
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    // Each key names the type that obeys it.
    /// The addresses, CIDR networks and hosts that the proxy connects from, and the sets
    /// `"loopback"` and `"private"`. Required, unless another proof of the proxy is configured.
    /// See [`TrustedProxy`].
    pub(super) trusted_proxies: Option<Vec<TrustedProxy>>,
    /// A table: the header and the secrets by which the proxy proves itself. Off by default.
    /// See [`ProxySecret`].
    pub(super) proxy_secret: Option<ProxySecret>,
    /// A table: what the client certificate of the proxy must say. Off by default. Needs the
    /// feature `mtls`. See [`ProxyCertificate`].
    pub(super) proxy_certificate: Option<ProxyCertificate>,
    /// A table: the signed token that the identity is read from, instead of the headers. Off
    /// by default. Needs the feature `jwt`. See [`JwtConfig`].
    pub(super) jwt: Option<JwtConfig>,
    /// What happens to identity headers of an untrusted peer: `"reject"`, the default,
    /// or `"ignore"`. See [`Authenticator::judge`](crate::auth::Authenticator::judge).
    pub(super) untrusted: UntrustedPeers,
    /// The hosts that this application answers to. Any by default. See
    /// [`Hosts`](crate::site::Hosts).
    pub(super) hosts: Option<Vec<Host>>,
    /// What happens to an unsafe request that the page of another site sent, where somebody is
    /// signed in: `"reject"`, the default, or `"allow"`. See
    /// [`CrossSiteCheck`](crate::site::CrossSiteCheck).
    pub(super) cross_site: CrossSite,
    /// The sites whose pages may send such a request all the same. None by default. See
    /// [`CrossSiteCheck`](crate::site::CrossSiteCheck).
    pub(super) trusted_origins: Vec<TrustedOrigin>,
    /// Whether every path needs a user: `false`, the default, `true`, or a table whose `open`
    /// lists the paths that need none. See [`RequireUser`].
    pub(super) require_user: RequireUser,
    /// The name of a known proxy, whose keys are the defaults of the keys beside it. None by
    /// default. See [`PresetChoice`](super::presets::PresetChoice).
    pub(super) preset: Option<String>,
    /// Whether to believe the plain headers of a preset whose product signs the identity.
    /// `false` by default. See [`PresetChoice`](super::presets::PresetChoice).
    pub(super) unsigned: bool,
    /// A table: the names of the identity headers. `Remote-User`, `Remote-Name`,
    /// `Remote-Email` and `Remote-Groups` by default; `false` turns off any but the first. Of a
    /// list of names, the first that is sent counts, and each is an identity header. See
    /// [`HeaderChoice`](crate::headers::HeaderChoice).
    pub(super) headers: IdentityHeaders,
    /// A table: further headers, or claims beside `jwt`, whose values are kept with a user, by
    /// their names here. Empty by default. See [`Attributes`].
    pub(super) attributes: Attributes,
    /// The encoding of all headers, or a table of one for each: `"utf-8"`, the default,
    /// `"percent"`, `"rfc2047"` or `"quoted-printable"`. See [`Encoding::decode`].
    pub(super) encoding: Encodings,
    /// A table: the prefixes that the values of the headers must have, and that are taken
    /// off. Each is a string, or a table of `value`, `optional` and `ignore_case`. Empty by
    /// default. See [`Affixes`].
    pub(super) strip_prefix: Affixes,
    /// A table: the suffixes that the values of the headers must have, as `strip_prefix` has
    /// the prefixes. Empty by default. See [`Affixes`].
    pub(super) strip_suffix: Affixes,
    /// Further headers that are blanked for the routes, although nothing reads them: names, and
    /// prefixes with a trailing `*`. Those of the preset are blanked beside them. Empty by
    /// default. See [`HeaderScan`](crate::headers::HeaderScan).
    pub(super) blank: Vec<BlankedHeaders>,
    /// All headers in which the product of the preset says who is there. No key sets them. See
    /// [`Preset`](super::presets::Preset).
    #[serde(skip)]
    pub(super) blank_by_preset: Vec<BlankedHeaders>,
    /// How the groups header lists groups: `"separator"`, the default, `"repeated"`, `"json"` or
    /// `"dn"`. See [`GroupsFormat`].
    pub(super) groups_format: GroupsFormat,
    /// The text between two groups in the format `"separator"`, where it is `","` by default. In
    /// the format `"repeated"` it makes a list of each line, and is unset by default. See
    /// [`GroupsFormat`].
    pub(super) groups_separator: Option<String>,
    /// What a backslash directly before a separator of groups means: with
    /// `"none"`, the default, it is refused, and with `"backslash"` the separator is part of
    /// the name. See [`GroupsEscape`].
    pub(super) groups_escape: GroupsEscape,
    /// A table: the greatest lengths of the values, in characters, the greatest number of
    /// groups, and the most bytes of one header as it was sent. 150 for `user`, 300 for
    /// `name`, 254 for `email`, 1000 for `attribute`, 150 for `group`, 1000 for `groups` and 65536 for `bytes` by
    /// default. See [`IdentityReader`](crate::headers::IdentityReader) and
    /// [`text::check`](crate::text::check).
    pub(super) limits: Limits,
    /// Whether to create a user whom the proxy names for the first time. `true` by default.
    /// See [`UserSync`](crate::sync::UserSync).
    pub(super) create_users: bool,
    /// Whether to let in users who are inactive. `false` by default. See [`Rules`](crate::sync::Rules).
    pub(super) allow_inactive: bool,
    /// Whether the case of a user name counts: `"preserve"`, the default, or `"lower"`. See
    /// [`Username`](crate::user::Username).
    pub(super) username_case: UsernameCase,
    /// Whether a user who is stored without a subject gets that of the first sign-in by the
    /// same name. `true` by default. See [`UserSync`](crate::sync::UserSync).
    pub(super) adopt_subjects: bool,
    /// What happens to a user name that RFC 8265 would change, as it is in another width or
    /// normalisation: `"exact"`, the default, refuses it, and `"map"` changes it. With `"dn"` the
    /// user name is one attribute of a distinguished name, and is `"exact"` then. See
    /// [`Username`](crate::user::Username).
    pub(super) username_form: UsernameForm,
    /// The attribute that is taken of the first part of a distinguished name, `"cn"` by default,
    /// or a table of one for `user` and one for `groups`. See [`DnAttributes`].
    pub(super) dn_attribute: Option<DnAttributes>,
    /// The Kerberos realms and Windows domains whose people are known without them. Empty by
    /// default, so that a realm is part of the user name. See [`Realms`].
    pub(super) realms: Realms,
    /// What becomes of a launch if the store has user names that can never be found:
    /// `"stop"`, the default, or `"ignore"`. See
    /// [`UnreachableNames`](crate::auth::UnreachableNames).
    pub(super) username_conflicts: UsernameConflicts,
    /// The groups that count for nothing when the proxy names them, and that nobody joins or
    /// leaves because of the header. Empty by default. See
    /// [`GroupMapper`](crate::auth::GroupMapper) and [`UserSync`](crate::sync::UserSync).
    pub(super) excluded_groups: BTreeSet<String>,
    /// Whether the case of a group's name counts: `"preserve"`, the default, or `"lower"`. See
    /// [`GroupCase`].
    pub(super) group_case: GroupCase,
    /// The names of the groups that count, of those that the proxy names, by the names that
    /// they have here; a `*` stands for any characters. All by default. See [`GroupPattern`].
    pub(super) groups_allowed: Option<BTreeSet<GroupPattern>>,
    /// The application's name for a group, by the proxy's name. A group that has such a name
    /// without the map does not count. Empty by default. See
    /// [`GroupMapper`](crate::auth::GroupMapper).
    pub(super) group_map: BTreeMap<String, String>,
    /// Whether a group that is no key of `group_map` counts for nothing. `false` by default,
    /// so that it keeps its name. See [`GroupMapper`](crate::auth::GroupMapper).
    pub(super) group_map_only: bool,
    /// Whether to create groups that the proxy names. `false` by default. See
    /// [`UserSync`](crate::sync::UserSync).
    pub(super) create_groups: bool,
    /// Whether to keep memberships that were given in the database, when the proxy does not
    /// name them. `false` by default. See [`UserSync`](crate::sync::UserSync).
    pub(super) keep_local_groups: bool,
    /// What an absent user header, or an absent token, of a trusted proxy means: `"anonymous"`,
    /// the default, or `"deny"`. See [`MissingUser`].
    pub(super) missing_user: MissingUser,
    /// The user names that mean that nobody signed in. None by default. See
    /// [`NobodyRules`](crate::auth::NobodyRules).
    pub(super) nobody: BTreeSet<String>,
    /// What an absent name means: `"keep"`, the default, `"clear"` or `"deny"`. See
    /// [`MissingField`].
    pub(super) missing_name: MissingField,
    /// What an absent address means: `"keep"`, the default, `"clear"` or `"deny"`. See
    /// [`MissingField`].
    pub(super) missing_email: MissingField,
    /// What an absent attribute means: `"clear"`, the default, `"keep"` or `"deny"`. See
    /// [`MissingField`].
    pub(super) missing_attributes: MissingField,
    /// What an absent groups header means: `"clear"`, the default, `"keep"` or `"deny"`. See
    /// [`UserSync`](crate::sync::UserSync).
    pub(super) missing_groups: MissingGroups,
    /// The groups whose members are staff. Unset by default, so that the flag does not follow
    /// the groups. `"*"` is everyone. See [`UserSync`](crate::sync::UserSync).
    pub(super) staff_groups: Option<BTreeSet<String>>,
    /// The groups whose members are superusers. Unset by default, so that the flag does not
    /// follow the groups. `"*"` is everyone. See [`UserSync`](crate::sync::UserSync).
    pub(super) superuser_groups: Option<BTreeSet<String>>,
    /// The users who are staff, whatever their groups. Unset by default. See
    /// [`UserSync`](crate::sync::UserSync).
    pub(super) staff_users: Option<BTreeSet<String>>,
    /// The users who are superusers, whatever their groups. Unset by default. See
    /// [`UserSync`](crate::sync::UserSync).
    pub(super) superuser_users: Option<BTreeSet<String>>,
    /// The groups whose members are active users, as others are not. Unset by default, so that
    /// the flag does not follow the groups. `"*"` is everyone. See
    /// [`UserSync`](crate::sync::UserSync).
    pub(super) active_groups: Option<BTreeSet<String>>,
    /// The groups of which a user must be in one. Empty by default, which requires none. See
    /// [`Rules::admit`](crate::sync::Rules::admit).
    pub(super) required_groups: GroupCondition,
    /// The groups whose members are refused. Empty by default. An inner list is all of its groups,
    /// here and in `required_groups`. See [`GroupCondition`].
    pub(super) denied_groups: GroupCondition,
    /// The permissions of the members of a group, by the name of the group. Empty by default.
    /// See [`Rules::grant_permissions`](crate::sync::Rules::grant_permissions).
    pub(super) group_permissions: BTreeMap<String, BTreeSet<String>>,
    /// The groups that each new user joins as a local member. Empty by default. See
    /// [`UserSync`](crate::sync::UserSync).
    pub(super) default_groups: BTreeSet<String>,
    /// The permissions that each new user gets. Empty by default. See
    /// [`UserSync`](crate::sync::UserSync).
    pub(super) default_permissions: BTreeSet<String>,
    /// When name and address follow the proxy: `"always"`, the default, or `"create"`. See
    /// [`ProfileSync`].
    pub(super) profile_sync: ProfileSync,
    /// The least time between two writes of `last_login_at`, in seconds. 300 by default. See
    /// [`UserSync`](crate::sync::UserSync).
    pub(super) login_interval: u64,
    /// A table: how old an answer may be that is kept between two requests, in milliseconds, and
    /// how many people's answers are kept. 0 for `staleness` and 10000 for `users` by default;
    /// `false` turns it off. See [`AnswerCache`](crate::auth::AnswerCache).
    pub(super) cache: CacheConfig,
    /// A table: the sessions by which a login outlives the header. Off by default. See
    /// [`SessionConfig`].
    pub(super) session: Option<SessionConfig>,
    /// The page on which the proxy signs people in. None by default. See
    /// [`Config::login_url`].
    pub(super) login_url: Option<PageUrl>,
    /// The page on which the proxy signs people out. None by default. See
    /// `Authenticator::redirect_after_logout` in `auth/sign_in.rs`.
    pub(super) logout_url: Option<PageUrl>,
    /// Whether to create and update the tables at launch. `true` by default. See
    /// `SqlStore::open` in `store/sql/sql_store.rs`.
    pub(super) migrate: bool,
}

impl Config {
    /// The page on which the proxy signs people in: `login_url`.
    pub fn login_url(&self) -> Option<&str> {
        self.login_url.as_ref().map(PageUrl::as_str)
    }

    /// The page on which the proxy signs people out: `logout_url`.
    pub fn logout_url(&self) -> Option<&str> {
        self.logout_url.as_ref().map(PageUrl::as_str)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trusted_proxies: None,
            proxy_secret: None,
            proxy_certificate: None,
            jwt: None,
            untrusted: UntrustedPeers::Reject,
            hosts: None,
            cross_site: CrossSite::Reject,
            trusted_origins: Vec::new(),
            require_user: RequireUser::ByRoute,
            preset: None,
            unsigned: false,
            headers: IdentityHeaders::default(),
            attributes: Attributes::default(),
            encoding: Encodings::all(Encoding::Utf8),
            strip_prefix: Affixes::default(),
            strip_suffix: Affixes::default(),
            blank: Vec::new(),
            blank_by_preset: Vec::new(),
            groups_format: GroupsFormat::Separator,
            groups_separator: None,
            groups_escape: GroupsEscape::None,
            limits: Limits::default(),
            create_users: true,
            allow_inactive: false,
            username_case: UsernameCase::Preserve,
            adopt_subjects: true,
            username_form: UsernameForm::Exact,
            dn_attribute: None,
            realms: Realms::default(),
            username_conflicts: UsernameConflicts::Stop,
            excluded_groups: BTreeSet::new(),
            group_case: GroupCase::Preserve,
            groups_allowed: None,
            group_map: BTreeMap::new(),
            group_map_only: false,
            create_groups: false,
            keep_local_groups: false,
            missing_user: MissingUser::Anonymous,
            nobody: BTreeSet::new(),
            missing_name: MissingField::Keep,
            missing_email: MissingField::Keep,
            missing_attributes: MissingField::Clear,
            missing_groups: MissingGroups::Clear,
            staff_groups: None,
            superuser_groups: None,
            staff_users: None,
            superuser_users: None,
            active_groups: None,
            required_groups: GroupCondition::default(),
            denied_groups: GroupCondition::default(),
            group_permissions: BTreeMap::new(),
            default_groups: BTreeSet::new(),
            default_permissions: BTreeSet::new(),
            profile_sync: ProfileSync::Always,
            login_interval: 300,
            cache: CacheConfig::default(),
            session: None,
            login_url: None,
            logout_url: None,
            migrate: true,
        }
    }
}

/// A page of the proxy: an absolute path or an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct PageUrl(String);

impl PageUrl {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PageUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        if is_page_url(&url) {
            Ok(Self(url))
        } else {
            Err(format!("`{url}` is not an absolute path or an http(s) URL"))
        }
    }
}

fn is_page_url(url: &str) -> bool {
    let Ok(reference) = Reference::parse(url) else { return false };
    match (reference.scheme(), reference.authority()) {
        (Some(scheme), Some(_)) => scheme == "http" || scheme == "https",
        (None, None) => url.starts_with('/') && !url.starts_with("//"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_a_page_is_an_absolute_path_or_of_the_web() {
        for url in ["/", "/login?rd=x", "http://auth.example.com", "https://auth.example.com/?rd=x"] {
            assert!(is_page_url(url), "{url}");
        }
        for url in ["", "login", "//evil.example", "ftp://evil.example/", "javascript:alert(1)", "?rd=x"] {
            assert!(!is_page_url(url), "{url}");
        }
    }
}
