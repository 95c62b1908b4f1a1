use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use rocket::Request;

use crate::config::{Config, UsernameCase};
use crate::error::{Error, Fault, Rejection};
use crate::headers::Said;
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
    fn flags(&self, identity: &Identity, flags: Flags) -> Flags {
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

/// The policy that changes nothing.
pub(crate) struct DefaultPolicy;

impl Policy for DefaultPolicy {}

/// Who the proxy says is there, after the hooks and in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub(crate) username: Username,
    pub(crate) name: Said<String>,
    pub(crate) email: Said<String>,
    pub(crate) groups: Option<BTreeSet<String>>,
}

impl Identity {
    /// The canonical user name.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// The groups that the proxy named, cleaned and renamed, whether they
    /// exist here or not; `None` when it named none and sent no blank list.
    pub fn groups(&self) -> Option<&BTreeSet<String>> {
        self.groups.as_ref()
    }
}

/// Turns an assertion into an identity: the hooks, then the canonical form.
pub(crate) struct Acceptance {
    user_header: String,
    case: UsernameCase,
    limit: usize,
    group_map: BTreeMap<String, String>,
}

impl Acceptance {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            user_header: config.headers.user.to_string(),
            case: config.username_case,
            limit: config.limits.user,
            group_map: config.group_map.clone(),
        }
    }

    /// Accepts a user name, or refuses the request for it.
    pub(crate) fn username(&self, policy: &dyn Policy, username: &str) -> Result<Username, Rejection> {
        let cleaned = policy.clean_username(username).ok_or(Fault::Declined);
        let canonical = cleaned.and_then(|name| Username::canonical(&name, self.case, self.limit));
        canonical.map_err(|fault| Rejection::new(&self.user_header, fault))
    }

    /// Accepts the name of a group, under the name that it has here.
    pub(crate) fn group(&self, policy: &dyn Policy, group: &str) -> Option<String> {
        let group = policy.clean_group(group)?;
        let group = group.trim();
        match self.group_map.get(group) {
            Some(renamed) => Some(renamed.clone()),
            None => (!group.is_empty()).then(|| group.to_owned()),
        }
    }
}
