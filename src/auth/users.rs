//! The users of the store, for code of the application that answers no request of theirs.
//!
//! Within this folder it depends on `group_mapper`, `nobody`, `person` and `principal`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rocket::time::OffsetDateTime;

use super::group_mapper::GroupMapper;
use super::nobody::NobodyRules;
use super::person::Person;
use super::principal::{Principal, PrincipalMapper};
use crate::error::{Error, Fault};
use crate::headers::{Assertion, IdentityReader};
use crate::policy::{Event, Policy};
use crate::session::SessionStore;
use crate::store::UserStore;
use crate::sync::{LoginTracking, MissingField, MissingGroups, PolicyHooks, Rules, UserSync};
use crate::user::{Change, Plan, Profile, StaleUser, Stored, User, UserKey, Username};

/// The users of the store, which the fairing manages as state: take `&State<Users>` in a route,
/// or `rocket.state::<Users>()` in a fairing or a task of the application.
///
/// # Example
///
/// A nightly job reads an export of the directory, and deactivates whom the proxy has not named
/// for half a year:
///
/// ```rust
/// use rocket_remote_user::{Error, Person, Users};
///
/// async fn every_night(users: &Users, export: &[(&str, Vec<&str>)]) -> Result<(), Error> {
///     for (username, groups) in export {
///         let person = Person::new(*username).groups(groups.iter().copied());
///         match users.sync(&person).await {
///             Err(error @ Error::Store(_)) => return Err(error),
///             Err(refusal) => rocket::warn!("{username} may not sign in: {refusal}."),
///             Ok(_) => {}
///         }
///     }
///     for stale in users.stale(180).await? {
///         users.deactivate(&stale).await?;
///     }
///     Ok(())
/// }
/// # use rocket::local::asynchronous::Client;
/// # use rocket_remote_user::RemoteUser;
/// # rocket::async_test(async {
/// #     let figment = rocket::figment::Figment::from(rocket::Config::default())
/// #         .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #         .merge(("remote_user.create_groups", true))
/// #         .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// #     let rocket = rocket::custom(figment).attach(RemoteUser::fairing());
/// #     let client = Client::untracked(rocket).await.unwrap();
/// #     let users = client.rocket().state::<Users>().unwrap();
/// #     every_night(users, &[("ada", vec!["editors"]), ("a,b", vec![])]).await.unwrap();
/// #     let ada = users.sync(&Person::new("ada")).await.unwrap();
/// #     assert_eq!(ada.groups(), ["editors"]);
/// # });
/// ```
pub struct Users {
    reader: IdentityReader,
    nobody: NobodyRules,
    principal_mapper: PrincipalMapper,
    group_mapper: GroupMapper,
    rules: Rules,
    policy: Option<Arc<dyn Policy>>,
    store: Arc<dyn UserStore>,
    sessions: Option<Arc<dyn SessionStore>>,
}

/// The parts of [`Users`].
pub(crate) struct UsersParts {
    /// A reader of values that are not encoded.
    pub(crate) reader: IdentityReader,
    pub(crate) nobody: NobodyRules,
    pub(crate) principal_mapper: PrincipalMapper,
    pub(crate) group_mapper: GroupMapper,
    pub(crate) rules: Rules,
    pub(crate) policy: Option<Arc<dyn Policy>>,
    pub(crate) store: Arc<dyn UserStore>,
    /// Where sessions are kept, if there are any.
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
}

impl Users {
    /// Puts the parts together. Of the rules, those about what is missing, and about
    /// memberships that were given here, are not those of a request.
    pub(crate) fn new(parts: UsersParts) -> Self {
        let UsersParts { reader, nobody, principal_mapper, group_mapper, rules, .. } = parts;
        let (policy, store, sessions) = (parts.policy, parts.store, parts.sessions);
        let rules = Rules {
            keep_local_groups: true,
            missing_groups: MissingGroups::Keep,
            missing_name: MissingField::Keep,
            missing_email: MissingField::Keep,
            missing_attributes: MissingField::Keep,
            ..rules
        };
        Self { reader, nobody, principal_mapper, group_mapper, rules, policy, store, sessions }
    }

    /// Brings the user in step with what is known of a person, as a request does by which the
    /// proxy names that person: the same names are accepted, the same groups joined and left, and
    /// whoever is new is created. Returns the user.
    ///
    /// It is no login, and begins no session. Memberships and permissions that were given here
    /// stay, whatever `keep_local_groups` says, and so do those in `excluded_groups`. What
    /// the person does not say stays as well, whatever the keys `missing_…` say.
    /// [`Policy::configure`] is not asked, as there is no request.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidPerson`] if a value is none that the proxy might send, the reason
    /// why the user may not sign in, or [`Error::Store`]. A user who may not sign in loses
    /// what a request would take, and every session.
    pub async fn sync(&self, person: &Person) -> Result<User, Error> {
        let principal = self.principal(person).map_err(Error::InvalidPerson)?;
        let (identity, no_groups) = (principal.identity(), BTreeSet::new());
        let configure = |_: &mut Profile, _: bool| {};
        let sync = UserSync {
            identity: &identity,
            rules: &self.rules,
            hooks: self.policy.as_deref().map(|policy| PolicyHooks { policy, configure: &configure }),
            tracking: LoginTracking::BySession,
            remembered: &no_groups,
            now: OffsetDateTime::now_utc(),
        };
        let (key, groups) = (identity.key(), sync.groups());
        let mut plan = sync.plan(self.store.find(&key, &groups).await?)?;
        if !plan.is_empty() {
            plan = self.store.update(&key, &groups, &|stored| sync.plan(stored)).await?;
        }
        self.report(&plan).await;
        if plan.refusal().is_some() {
            self.end_sessions(plan.user().id()).await?;
        }
        let mut user = Arc::new(plan.into_admitted()?);
        self.rules.grant_permissions(&mut user, |group| sync.is_asserted(group));
        Ok(Arc::unwrap_or_clone(user))
    }

    /// Lists the active users whom the proxy has not named for as many `days`, in the order of
    /// their ids: nobody signed in under the name, and no session that the proxy began was used.
    /// Whoever never signed in counts from the day of the creation.
    ///
    /// A login by a form of the application counts as one by the proxy.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Store`] if the store is out of reach, or lists nobody.
    pub async fn stale(&self, days: u32) -> Result<Vec<StaleUser>, Error> {
        let before = OffsetDateTime::now_utc() - Duration::from_secs(86_400 * u64::from(days));
        let mut stale = Vec::new();
        let mut after = i64::MIN;
        loop {
            let page = self.store.stale(before, after).await?;
            let Some(last) = page.last() else { return Ok(stale) };
            after = last.id();
            stale.extend(page);
        }
    }

    /// Makes a user inactive, whom a rule then refuses until the user is active again, and ends
    /// the user's sessions.
    ///
    /// With `active_groups`, the proxy decides who is active: it makes the user active again.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UnknownUser`] if there is no such user any more, or if the name is another
    /// user's now, and [`Error::Store`] if the store is out of reach.
    pub async fn deactivate(&self, user: &StaleUser) -> Result<(), Error> {
        let username = Username::of_store(user.username());
        let deactivation = |stored: Stored| {
            let is_same = |found: &User| found.id() == user.id();
            let mut user = stored.user.filter(is_same).ok_or(Error::UnknownUser)?;
            let changes = if user.is_active { vec![Change::SetActive(false)] } else { Vec::new() };
            user.is_active = false;
            Ok(Plan { changes, user, refusal: None })
        };
        let plan = self.store.update(&UserKey::new(&username, None), &[], &deactivation).await?;
        self.report(&plan).await;
        self.end_sessions(user.id()).await
    }

    async fn end_sessions(&self, user_id: i64) -> Result<(), Error> {
        match &self.sessions {
            Some(sessions) => sessions.end_all(user_id).await,
            None => Ok(()),
        }
    }

    /// Reads a person by the rules of the identity headers.
    fn principal(&self, person: &Person) -> Result<Principal, Fault> {
        let Assertion { user, subject, name, email, attributes, groups } =
            self.reader.read_claims(person.0.clone())?;
        let username = self.principal_mapper.username(user.clone())?;
        if self.nobody.include(&user) || self.nobody.include(username.as_str()) {
            return Err(Fault::Declined);
        }
        let groups = self.group_mapper.groups(&groups, &self.reader)?;
        Ok(Principal { username, subject, name, email, attributes, groups })
    }

    /// Reports a plan to the policy, if it changed anything.
    async fn report(&self, plan: &Plan) {
        if let Some(policy) = &self.policy
            && !plan.is_empty()
        {
            policy.event(Event::of(plan)).await;
        }
    }
}
