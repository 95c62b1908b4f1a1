//! The hooks of an application, and what they are asked.
//!
//! This module depends on [`user`](crate::user) and on the errors.

use std::borrow::Cow;
use std::net::SocketAddr;

use rocket::Request;

use crate::error::Error;
use crate::user::{Flags, Plan, Profile, User};

pub use crate::user::Identity;

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
