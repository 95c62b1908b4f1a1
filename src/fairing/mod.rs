//! The fairing: it wires the parts together at ignition, has each request judged, and
//! keeps rejected requests away from every route.
//!
//! This module depends on [`config`](crate::config) and on [`auth`](crate::auth), on the
//! modules whose parts it hands from one to the other, [`store`](crate::store), `jwt`,
//! [`policy`](crate::policy), [`session`](crate::session) and
//! [`site`](crate::site), on [`text`](crate::text), and on the errors.

mod caching;
mod gate;

use std::sync::Arc;

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::log::PaintExt;
use rocket::yansi::Paint;
use rocket::{Build, Data, Orbit, Request, Response, Rocket, info, info_, warn, warn_};
use rocket_db_pools::Database;

use self::caching::Caching;
use self::gate::Gate;
use crate::auth::{Authenticator, UnreachableNames, UsernameConflicts};
use crate::config::Config;
#[cfg(feature = "jwt")]
use crate::jwt::TokenReader;
use crate::launch::LaunchError;
use crate::policy::Policy;
use crate::session::{SessionManager, SessionStore};
use crate::store::{
    CustomStore, DatabaseStore, DefaultDatabase, OpenStore, StorePool, StoreSource, UserStore,
};
use crate::text::Escaped;

/// The fairing that the guards of this crate need. Create it with
/// [`RemoteUser::fairing`](crate::RemoteUser::fairing), and attach it.
///
/// At ignition it reads `[default.remote_user]` and opens the store. For each request it
/// decides whether the peer is a trusted proxy and whether the identity headers are clean.
/// Then it blanks the headers, and keeps a request that is not clean away from every route.
///
/// Users are kept in a database of the fairing's own, `[default.databases.remote_user]`,
/// unless [`database`](Self::database) or [`store`](Self::store) says otherwise.
///
/// # Example
///
/// ```rust,no_run
/// # use rocket::launch;
/// # use rocket_remote_user::policy::Policy;
/// use rocket_db_pools::Database;
/// use rocket_remote_user::{RemoteUser, SqlitePool};
///
/// #[derive(Database)]
/// #[database("app")]
/// struct App(SqlitePool);
///
/// # struct Company;
/// # impl Policy for Company {}
/// // `Company` implements `Policy`.
/// #[launch]
/// fn rocket() -> _ {
///     rocket::build()
///         .attach(RemoteUser::fairing().database::<App>().policy(Company))
///         .attach(App::init())
/// }
/// ```
pub struct RemoteUserFairing {
    source: Option<Arc<dyn StoreSource>>,
    policy: Option<Arc<dyn Policy>>,
}

impl RemoteUserFairing {
    pub(crate) fn new() -> Self {
        Self { source: None, policy: None }
    }

    /// Keeps users in the application's own database `D`, in the tables `remote_*`. Attach
    /// `D::init()` too, before or after this fairing.
    ///
    /// # Example
    ///
    /// ```rust,no_run
    /// # use rocket::launch;
    /// use rocket_db_pools::Database;
    /// use rocket_remote_user::{RemoteUser, SqlitePool};
    ///
    /// #[derive(Database)]
    /// #[database("app")]
    /// struct App(SqlitePool);
    ///
    /// #[launch]
    /// fn rocket() -> _ {
    ///     rocket::build().attach(RemoteUser::fairing().database::<App>()).attach(App::init())
    /// }
    /// ```
    pub fn database<D: Database<Pool: StorePool>>(self) -> Self {
        Self { source: Some(Arc::new(DatabaseStore::<D>::of_application())), ..self }
    }

    /// Keeps users in `store`, an implementation of [`UserStore`] of your own. It keeps no
    /// sessions: with `[default.remote_user.session]` the launch fails.
    ///
    /// # Example
    ///
    /// ```rust,no_run
    /// # use rocket::launch;
    /// # use rocket_remote_user::store::{Plan, Planner, StoreError, Stored, UserStore};
    /// # use rocket_remote_user::{Error, Username};
    /// use rocket_remote_user::RemoteUser;
    ///
    /// # struct Directory;
    /// # #[rocket::async_trait]
    /// # impl UserStore for Directory {
    /// #     async fn find(&self, _: &Username, _: &[&str]) -> Result<Stored, StoreError> {
    /// #         unimplemented!()
    /// #     }
    /// #     async fn update(&self, _: &Username, _: &[&str], _: &Planner<'_>) -> Result<Plan, Error> {
    /// #         unimplemented!()
    /// #     }
    /// #     async fn usernames(&self, _: &str) -> Result<Vec<String>, StoreError> {
    /// #         unimplemented!()
    /// #     }
    /// # }
    /// // `Directory` implements `UserStore`.
    /// #[launch]
    /// fn rocket() -> _ {
    ///     rocket::build().attach(RemoteUser::fairing().store(Directory))
    /// }
    /// ```
    pub fn store<S: UserStore>(self, store: S) -> Self {
        Self { source: Some(Arc::new(CustomStore::new(store))), ..self }
    }

    /// Lets `policy` decide about names, groups, flags and profiles, and hear what
    /// happened.
    ///
    /// # Example
    ///
    /// ```rust,no_run
    /// # use rocket::launch;
    /// use rocket_remote_user::policy::{Identity, Policy};
    /// use rocket_remote_user::{Flags, RemoteUser};
    ///
    /// struct Company;
    ///
    /// impl Policy for Company {
    ///     fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
    ///         let is_staff = identity.is_member("crew") && !identity.is_member("guests");
    ///         Flags { staff: is_staff, ..flags }
    ///     }
    /// }
    ///
    /// #[launch]
    /// fn rocket() -> _ {
    ///     rocket::build().attach(RemoteUser::fairing().policy(Company))
    /// }
    /// ```
    pub fn policy<P: Policy>(self, policy: P) -> Self {
        Self { policy: Some(Arc::new(policy)), ..self }
    }

    /// Returns where the store comes from. Attaches the default database unless the
    /// application gave another store.
    ///
    /// # Errors
    ///
    /// Returns an error if the default database is not configured, or its driver is not
    /// compiled in.
    fn source(&self, rocket: Rocket<Build>) -> (Rocket<Build>, Result<Arc<dyn StoreSource>, LaunchError>) {
        if let Some(source) = &self.source {
            return (rocket, Ok(source.clone()));
        }
        match DefaultDatabase::choose(rocket.figment()) {
            Ok(database) => (rocket.attach(database.pool), Ok(database.source)),
            Err(error) => (rocket, Err(error)),
        }
    }
}

#[rocket::async_trait]
impl Fairing for RemoteUserFairing {
    fn info(&self) -> Info {
        let kind = Kind::Ignite | Kind::Liftoff | Kind::Request | Kind::Response | Kind::Singleton;
        Info { name: "Remote User", kind }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        warn_of_ignored_variables();
        let config = Config::extract(rocket.figment());
        let (rocket, source) = self.source(rocket);
        match (config, source) {
            (Ok(config), Ok(source)) => {
                let policy = self.policy.clone();
                Ok(rocket.attach(Completion { config, source, policy }))
            }
            (config, source) => {
                for error in [config.err(), source.err()].into_iter().flatten() {
                    error.log();
                }
                Err(rocket)
            }
        }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        if let Some(report) = rocket.state::<LiftoffReport>() {
            report.log();
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if let Some(authenticator) = request.rocket().state::<Authenticator>() {
            authenticator.judge(request).await;
        }
    }

    /// Reports what a handler, or a guard of the application, refused.
    async fn on_response<'r>(&self, request: &'r Request<'_>, _: &mut Response<'r>) {
        if let Some(authenticator) = request.rocket().state::<Authenticator>() {
            authenticator.report_refusals(request).await;
        }
    }
}

/// The second half of the ignition. It runs after every fairing that was attached before
/// the launch, so that the order of `attach` does not matter.
struct Completion {
    config: Config,
    source: Arc<dyn StoreSource>,
    policy: Option<Arc<dyn Policy>>,
}

impl Completion {
    /// Opens the store, and builds the authenticator from the configuration.
    /// Returns it with the warning of [`check_usernames`](Self::check_usernames).
    async fn authenticator(
        &self,
        rocket: &Rocket<Build>,
    ) -> Result<(Authenticator, Option<String>), LaunchError> {
        let Self { config, source, policy } = self;
        if let Some(max_length) = source.max_name_length(rocket)? {
            config.check_name_length(rocket.figment(), max_length)?;
        }
        let OpenStore { users, sessions } = source.open(rocket, config.migrate()).await?;
        let warning = self.check_usernames(&*users).await?;
        let authenticator = Authenticator {
            hosts: config.hosts(),
            cross_site: config.cross_site(),
            require_user: config.require_user(),
            sessions: self.sessions(rocket, sessions)?,
            #[cfg(feature = "jwt")]
            token_reader: match config.jwt() {
                Some(jwt) => Some(TokenReader::open(jwt.clone()).await?),
                None => None,
            },
            proofs: config.proofs(),
            untrusted: config.untrusted(),
            identity_reader: config.identity_reader(),
            blank: config.blank(),
            nobody: config.nobody(),
            principal_mapper: config.principal_mapper(policy.clone()),
            group_mapper: config.group_mapper(policy.clone()),
            rules: config.rules(),
            store: users,
            policy: policy.clone(),
            logout_url: config.logout_url().unwrap_or("/").into(),
        };
        Ok((authenticator, warning))
    }

    /// Checks that every stored user name can be found. Returns the warning for the liftoff
    /// summary, if some cannot and the launch goes on.
    ///
    /// # Errors
    ///
    /// Returns an error if the names cannot be read, or if some can never be found and
    /// `username_conflicts` does not say to ignore that.
    async fn check_usernames(&self, users: &dyn UserStore) -> Result<Option<String>, LaunchError> {
        let found = UnreachableNames::find(users, &self.config.username_rules()).await;
        let found = found.map_err(|error| {
            LaunchError::new(format!("the user names of {} cannot be read: {error}", self.source.name()))
        })?;
        let Some(names) = found else { return Ok(None) };
        match self.config.username_conflicts() {
            UsernameConflicts::Ignore => Ok(Some(format!("{}; each gets a second account", names.summary()))),
            UsernameConflicts::Stop => Err(LaunchError::new(names.summary()).help(
                "rename these users or change the keys, or launch all the same with \
                 `username_conflicts = \"ignore\"`, and each gets a second account at the next sign-in",
            )),
        }
    }

    /// Creates the manager of the sessions, if sessions are configured.
    ///
    /// # Errors
    ///
    /// Returns an error if the application's own store keeps no sessions.
    fn sessions(
        &self,
        rocket: &Rocket<Build>,
        store: Option<Arc<dyn SessionStore>>,
    ) -> Result<Option<SessionManager>, LaunchError> {
        let Some(config) = self.config.session() else { return Ok(None) };
        let store = store.ok_or_else(|| {
            LaunchError::new(format!("{} keeps no sessions", self.source.name()))
                .help("keep users in a database, or leave [default.remote_user.session] out")
        })?;
        let is_debug = rocket.figment().profile() == rocket::Config::DEBUG_PROFILE;
        Ok(Some(SessionManager::new(config, is_debug, store)))
    }
}

#[rocket::async_trait]
impl Fairing for Completion {
    fn info(&self) -> Info {
        Info { name: "Remote User Store", kind: Kind::Ignite | Kind::Singleton }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        match self.authenticator(&rocket).await {
            Ok((authenticator, warning)) => {
                let mut report = LiftoffReport::new(&self.config, &authenticator, self.source.name());
                report.warnings.extend(warning);
                let rocket = rocket.manage(authenticator).manage(report).manage(self.config.clone());
                Ok(rocket.attach(Caching).attach(Gate).mount("/", [Gate::route()]))
            }
            Err(error) => {
                error.log();
                Err(rocket)
            }
        }
    }
}

/// The block that is logged at liftoff.
struct LiftoffReport {
    facts: Vec<(&'static str, String)>,
    warnings: Vec<String>,
}

impl LiftoffReport {
    fn new(config: &Config, authenticator: &Authenticator, store: String) -> Self {
        let Authenticator { proofs, sessions, .. } = authenticator;
        Self {
            facts: config.summary(proofs, sessions.as_ref(), store),
            warnings: proofs
                .warnings()
                .into_iter()
                .chain(sessions.as_ref().and_then(SessionManager::warning))
                .chain(config.warnings())
                .collect(),
        }
    }

    fn log(&self) {
        info!("{}{}:", "👤 ".emoji(), "Remote User".magenta());
        for (fact, value) in &self.facts {
            info_!("{}: {}", fact, value.primary());
        }
        for warning in &self.warnings {
            warn_!("{}", warning);
        }
    }
}

/// Warns about environment variables that look as if they set a key of a table. They
/// have no effect: Rocket reads a table from one variable, and splits no name.
fn warn_of_ignored_variables() {
    const TABLES: [(&str, &str); 2] = [
        ("ROCKET_REMOTE_USER_", "ROCKET_REMOTE_USER='{key=value}'"),
        ("ROCKET_DATABASES_", "ROCKET_DATABASES='{name={key=value}}'"),
    ];

    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let upper_case = name.to_ascii_uppercase();
        if let Some((_, table)) = TABLES.iter().find(|(prefix, _)| upper_case.starts_with(prefix)) {
            warn!("The environment variable `{}` has no effect.", Escaped::quoted(&name));
            info_!("Rocket reads one table instead: {}", table);
        }
    }
}
