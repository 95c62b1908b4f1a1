//! Hooks: rules about users and groups that an application writes in Rust.
//!
//! Most applications need none. The configuration already takes prefixes off
//! (`strip_prefix`), renames groups (`group_map`), sets flags (`staff_groups`,
//! `superuser_groups`) and refuses users (`required_groups`, `denied_groups`). Write
//! a hook for a rule that needs code: to accept the users of one realm only, to
//! decide a flag by two groups, to fill in a profile, or to keep a log of sign-ins.
//!
//! Implement [`Policy`], which has an example, and attach it:
//!
//! ```rust,no_run
//! # use rocket::launch;
//! use rocket_remote_user::RemoteUser;
//! use rocket_remote_user::policy::Policy;
//!
//! struct Company;
//!
//! impl Policy for Company {}
//!
//! #[launch]
//! fn rocket() -> _ {
//!     rocket::build().attach(RemoteUser::fairing().policy(Company))
//! }
//! ```
//!
//! # The hooks, in the order in which they run
//!
//! | hook | what it does | when it runs |
//! |---|---|---|
//! | [`clean_username`](Policy::clean_username) | cleans or declines a user name | in the fairing, before the request is routed |
//! | [`clean_group`](Policy::clean_group) | cleans or drops a group | in the fairing, after the user name, before `group_map` |
//! | [`flags`](Policy::flags) | decides the flags | after it was decided whether the user is let in |
//! | [`configure`](Policy::configure) | changes the profile | after the flags |
//! | [`event`](Policy::event) | hears what happened | after the store has made the changes, or after a refusal |
//!
//! # They run on every request
//!
//! A user is kept in step with the proxy, so the first four hooks run on every
//! request on which the proxy names somebody, not only on the first one of a person. The
//! two that clean names run even if no guard asks for the user.
//! The other two do not run where a policy is [pure](Policy::is_pure) and a request says the
//! same as the last one. `flags` and `configure` run a second time on a request that changes the user, in
//! the transaction of the store, and again if that is repeated. Keep them quick, give
//! the same answer for the same input, and leave side effects to `event`, which runs
//! only if there is something to hear.
//!
//! `flags` and `configure` also run for a stored user who is refused. Only the flags that
//! they take away are written then, and nothing that they give or set.
//!
//! A request on which the proxy names nobody, and which a session answers for, runs
//! none of the first four. Nor does [`AuthSession::login`](crate::AuthSession::login).
//!
//! (Within this crate, the module depends on `user` and on the errors.)

use std::borrow::Cow;
use std::net::SocketAddr;

use rocket::Request;

use crate::error::Error;
use crate::user::{Flags, Plan, Profile, User};

pub use crate::user::Identity;

/// The hooks of an application. Each has a default that changes nothing.
///
/// The [module](self) says in which order they run, and how often.
///
/// # Example
///
/// ```rust
/// # use rocket::http::{Header, Status};
/// # use rocket::local::blocking::Client;
/// # use rocket::{get, routes};
/// # use rocket_remote_user::RemoteUser;
/// use std::borrow::Cow;
///
/// use rocket::{Request, info};
/// use rocket_remote_user::policy::{Event, Identity, Policy};
/// use rocket_remote_user::{Flags, Profile};
///
/// struct Company;
///
/// #[rocket::async_trait]
/// impl Policy for Company {
///     /// Kerberos sends `ada@EXAMPLE.COM`. Users of other realms are refused.
///     fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
///         username.strip_suffix("@EXAMPLE.COM").map(Cow::Borrowed)
///     }
///
///     /// The directory sends `role:editors`. Groups that are no roles are dropped.
///     fn clean_group<'a>(&self, group: &'a str) -> Option<Cow<'a, str>> {
///         group.strip_prefix("role:").map(Cow::Borrowed)
///     }
///
///     /// Editors are staff, unless they are contractors.
///     fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
///         let staff = identity.is_member("editors") && !identity.is_member("contractors");
///         Flags { staff, ..flags }
///     }
///
///     /// A new user has an address from the beginning.
///     fn configure(&self, _: &Request<'_>, profile: &mut Profile, created: bool) {
///         if created && profile.email.is_none() {
///             profile.email = Some("unconfirmed@example.com".into());
///         }
///     }
///
///     async fn event(&self, event: Event<'_>) {
///         if let Event::Created { user } = event {
///             info!("{} is here for the first time.", user.username());
///         }
///     }
/// }
/// # #[get("/")]
/// # fn index(user: RemoteUser) -> String {
/// #     format!("{} {:?} {} {:?}", user.username(), user.groups(), user.is_staff(), user.email())
/// # }
/// # let figment = rocket::figment::Figment::from(rocket::Config::default())
/// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #     .merge(("remote_user.create_groups", true))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// # let fairing = RemoteUser::fairing().policy(Company);
/// # let client = Client::tracked(rocket::custom(figment).attach(fairing).mount("/", routes![index]));
/// # let client = client.unwrap();
/// # let get = |user: &'static str| {
/// #     let request = client.get("/").remote("127.0.0.1:1024".parse().unwrap());
/// #     let request = request.header(Header::new("Remote-User", user));
/// #     request.header(Header::new("Remote-Groups", "role:editors, printers")).dispatch()
/// # };
/// # let ada = r#"ada ["editors"] true Some("unconfirmed@example.com")"#;
/// # assert_eq!(get("ada@EXAMPLE.COM").into_string().unwrap(), ada);
/// # assert_eq!(get("ada@EXAMPLE.ORG").status(), Status::Forbidden);
/// ```
#[rocket::async_trait]
pub trait Policy: Send + Sync + 'static {
    /// Removes what does not belong to the user name that the proxy sent, such as a
    /// realm, before the name is made canonical. `None` refuses the request with 403. (Django's
    /// [`clean_username`].)
    ///
    /// The name that was sent may be a distinguished name, with commas, that is within
    /// `limits.user`. What this returns is held to the rules of a user name: a comma, a placeholder, or with
    /// `username_form = "exact"` a form that RFC 8265 would change, is refused with 400.
    ///
    /// [`clean_username`]: https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#django.contrib.auth.backends.RemoteUserBackend.clean_username
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(username))
    }

    /// Cleans the name of a group, before `group_map` renames it. `None`, or a blank
    /// name, drops the group.
    ///
    /// What this returns is held to the rules of a group that the proxy sends, and to
    /// `limits.group`. A control character, a placeholder, a name that is not in NFC, or a
    /// blank at an edge, for example, is refused with 400. A name that is a value of
    /// `group_map`, and no key of it, does not count.
    fn clean_group<'a>(&self, group: &'a str) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(group))
    }

    /// Decides the flags of a user. `flags` are those that the database has, or that
    /// `staff_groups` and `superuser_groups` say.
    fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
        let _ = identity;
        flags
    }

    /// Configures the profile of a user: `created` is true for a new one, and false
    /// on each later request. (Django's [`configure_user`].)
    ///
    /// The identity headers of `request` are blank by now. Its other headers have not
    /// been checked: one may be there twice, for example.
    ///
    /// [`configure_user`]: https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#django.contrib.auth.backends.RemoteUserBackend.configure_user
    fn configure(&self, request: &Request<'_>, profile: &mut Profile, created: bool) {
        let _ = (request, profile, created);
    }

    /// Whether [`flags`](Self::flags) and [`configure`](Self::configure) answer by their
    /// arguments alone, and by nothing of the request, the time, or anything else that changes
    /// while the application runs. `false` by default.
    ///
    /// If it is `true`, a request that says the same as the last one of the same user is
    /// answered without asking them again, as long as nothing has changed in the database. See
    /// the key `cache` on the [front page](crate#configuration).
    ///
    /// # Example
    ///
    /// ```rust
    /// use rocket_remote_user::Flags;
    /// use rocket_remote_user::policy::{Identity, Policy};
    ///
    /// struct StaffByName;
    ///
    /// impl Policy for StaffByName {
    ///     fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
    ///         Flags { staff: identity.username().ends_with("@example.com"), ..flags }
    ///     }
    ///
    ///     fn is_pure(&self) -> bool {
    ///         true
    ///     }
    /// }
    /// ```
    fn is_pure(&self) -> bool {
        false
    }

    /// Is called after something happened, for example to log it. The response waits for
    /// it.
    async fn event(&self, event: Event<'_>) {
        let _ = event;
    }
}

/// What happened, as [`Policy::event`] hears it.
///
/// # Example
///
/// ```rust
/// use rocket::{info, warn};
/// use rocket_remote_user::policy::{Event, Policy};
/// use rocket_remote_user::store::Change;
///
/// struct AuditLog;
///
/// #[rocket::async_trait]
/// impl Policy for AuditLog {
///     async fn event(&self, event: Event<'_>) {
///         match event {
///             Event::Created { user } => info!("{} was created.", user.username()),
///             Event::Changed { user, plan } => {
///                 for change in plan.changes() {
///                     if let Change::Join(groups) = change {
///                         info!("{} joined {groups:?}.", user.username());
///                     }
///                 }
///             }
///             Event::Refused { username, error, .. } => warn!("{username:?} was refused: {error}."),
///             _ => {}
///         }
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A user was created.
    Created {
        /// The new user.
        user: &'a User,
    },
    /// A user was changed to follow the proxy. A login whose time was noted is a
    /// change too. If the plan has a [refusal](Plan::refusal), the user was changed and is
    /// refused all the same, which is an event of its own.
    Changed {
        /// The user after the changes.
        user: &'a User,
        /// What changed.
        plan: &'a Plan,
    },
    /// Something was refused: a request by the fairing, or a user by a guard, by
    /// [`AuthSession`](crate::AuthSession), by a handler that returned an [`Error`] or by a
    /// guard of your own that called [`Error::refuse`]; or the store failed.
    ///
    /// The same reason is one event in a request, however many guards ask. A guard that
    /// fails is a refusal even if there is an `Option` around it: ask
    /// [`User::is_staff`] and its like where the answer may well be no. That nobody is
    /// signed in is no refusal.
    #[non_exhaustive]
    Refused {
        /// The peer at the other end of the socket, which need not be the proxy.
        peer: Option<SocketAddr>,
        /// Who was refused, if somebody who can be believed named anybody: see
        /// [`Refusal::username`](crate::Refusal::username).
        username: Option<&'a str>,
        /// The reason.
        error: &'a Error,
    },
}

impl<'a> Event<'a> {
    pub(crate) fn of(plan: &'a Plan) -> Self {
        let user = plan.user();
        if plan.is_creation() { Event::Created { user } } else { Event::Changed { user, plan } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Silent;

    impl Policy for Silent {}

    #[test]
    fn a_policy_is_not_pure_unless_it_says_so() {
        assert!(!Silent.is_pure());
    }
}
