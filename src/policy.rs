use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use rocket::Request;

use crate::config::{Config, UsernameCase};
use crate::error::{Error, Fault, Rejection};
use crate::headers::{Assertion, Groups, Said, value};
use crate::sync::Plan;
use crate::user::{Flags, Profile, User};
use crate::username::Username;

/// The hooks of an application. Each has a default that changes nothing.
///
/// Every hook but [`event`](Policy::event) runs on each request that signs
/// somebody in, so that a user is kept in step; keep it quick, and let it give
/// the same answer for the same input.
#[rocket::async_trait]
pub trait Policy: Send + Sync + 'static {
    /// Cleans the user name of the proxy, for example of a realm, before it is
    /// made canonical. `None` refuses the request with 403. (Django's
    /// [`clean_username`].)
    ///
    /// [`clean_username`]: https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#django.contrib.auth.backends.RemoteUserBackend.clean_username
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(username))
    }

    /// Cleans the name of a group, before `group_map` renames it. `None`, or
    /// a blank name, drops the group.
    fn clean_group<'a>(&self, group: &'a str) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(group))
    }

    /// Decides the flags of a user, given those that the database and
    /// `staff_groups` and `superuser_groups` came to.
    fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
        let _ = identity;
        flags
    }

    /// Configures the profile of a user: `created` is true for a new one, and
    /// false on each sync after. (Django's [`configure_user`].)
    ///
    /// What a header of `request` says here, other than the identity headers,
    /// which are blank by now, has not been checked for doubles.
    ///
    /// [`configure_user`]: https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#django.contrib.auth.backends.RemoteUserBackend.configure_user
    fn configure(&self, request: &Request<'_>, profile: &mut Profile, created: bool) {
        let _ = (request, profile, created);
    }

    /// Hears what happened, after it did. The response waits for it.
    async fn event(&self, event: Event<'_>) {
        let _ = event;
    }
}

/// What a [`Policy`] hears.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A user was created.
    Created {
        /// The new user.
        user: &'a User,
    },
    /// A user was changed to follow the proxy.
    Changed {
        /// The user as it is now.
        user: &'a User,
        /// What changed.
        plan: &'a Plan,
    },
    /// A request was refused, or a user was.
    Refused {
        /// The socket's peer.
        peer: Option<SocketAddr>,
        /// Why.
        error: &'a Error,
    },
}

impl<'a> Event<'a> {
    pub(crate) fn of(plan: &'a Plan) -> Self {
        match plan.is_creation() {
            true => Event::Created { user: plan.user() },
            false => Event::Changed { user: plan.user(), plan },
        }
    }
}

/// Somebody whose name is accepted: canonical, after the hook.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) username: Username,
    pub(crate) name: Said<String>,
    pub(crate) email: Said<String>,
    pub(crate) groups: Said<Groups>,
}

/// Who the proxy says is there, after the hooks and in canonical form.
#[derive(Debug)]
pub struct Identity<'a> {
    pub(crate) username: &'a Username,
    pub(crate) name: &'a Said<String>,
    pub(crate) email: &'a Said<String>,
    pub(crate) groups: Option<BTreeSet<Cow<'a, str>>>,
}

impl Identity<'_> {
    /// The canonical user name.
    pub fn username(&self) -> &Username {
        self.username
    }

    /// The groups that the proxy named, cleaned and renamed, whether they
    /// exist here or not, sorted.
    pub fn groups(&self) -> Vec<&str> {
        self.groups.iter().flatten().map(|group| &**group).collect()
    }

    /// Whether the proxy named the group, whether it exists here or not.
    pub fn is_member(&self, group: &str) -> bool {
        self.groups.as_ref().is_some_and(|groups| groups.contains(group))
    }
}

/// Turns an assertion into an identity: the hooks, then the canonical form.
pub(crate) struct Acceptance {
    policy: Option<Arc<dyn Policy>>,
    user_header: String,
    case: UsernameCase,
    limit: usize,
    group_map: BTreeMap<String, String>,
}

impl Acceptance {
    pub(crate) fn new(config: &Config, policy: Option<Arc<dyn Policy>>) -> Self {
        Self {
            policy,
            user_header: config.identity_header().to_string(),
            case: config.username_case,
            limit: config.limits.user,
            group_map: config.group_map.clone(),
        }
    }

    /// Accepts who an assertion names, or refuses the request for it.
    pub(crate) fn accept(&self, assertion: Assertion) -> Result<Accepted, Rejection> {
        let Assertion { user, name, email, groups } = assertion;
        let username = self.username(user).map_err(|fault| Rejection::new(&self.user_header, fault))?;
        Ok(Accepted { username, name, email, groups })
    }

    fn username(&self, user: String) -> Result<Username, Fault> {
        let cleaned = match &self.policy {
            Some(policy) => policy.clean_username(&user).ok_or(Fault::Declined)?.into_owned(),
            None => user,
        };
        Username::canonical(cleaned, self.case, self.limit)
    }

    /// The name that somebody typed, if it can be one. The hook is for names
    /// of the proxy.
    pub(crate) fn typed(&self, username: &str) -> Option<Username> {
        let username = value::trim(username);
        value::check(username, self.limit).ok()?;
        Username::canonical(username.into(), self.case, self.limit).ok()
    }

    /// The name that a group of the proxy has here, if it has one.
    pub(crate) fn group<'a>(&'a self, group: &'a str) -> Option<Cow<'a, str>> {
        let cleaned = match &self.policy {
            Some(policy) => trim(policy.clean_group(group)?),
            None => Cow::Borrowed(group.trim()),
        };
        match self.group_map.get(&*cleaned) {
            Some(renamed) => Some(Cow::Borrowed(renamed)),
            None => (!cleaned.is_empty()).then_some(cleaned),
        }
    }
}

fn trim(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
        Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
    }
}
