use std::sync::Arc;

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::{Build, Data, Orbit, Request, Rocket, info_, warn};
use rocket_db_pools::Database;

use crate::config::Config;
use crate::gate::Gate;
use crate::launch::Abort;
use crate::policy::Policy;
use crate::service::Service;
use crate::session::Sessions;
use crate::store::{Given, Opened, OwnDatabase, Pooled, Source, StorePool, UserStore};

/// The fairing of [`RemoteUser`](crate::RemoteUser): build it with
/// [`RemoteUser::fairing`](crate::RemoteUser::fairing), and attach it.
///
/// At ignition it reads `[default.remote_user]` and opens the store. For each
/// request it decides whether the peer is a trusted proxy and whether the
/// identity headers are clean, blanks them, and keeps a request that is not
/// clean from every route.
pub struct RemoteUserFairing {
    source: Option<Arc<dyn Source>>,
    policy: Option<Arc<dyn Policy>>,
}

impl RemoteUserFairing {
    pub(crate) fn new() -> Self {
        Self { source: None, policy: None }
    }

    /// Keeps users in the application's own database `D`, in the tables
    /// `remote_*`. Attach `D::init()` too, before or after.
    pub fn database<D: Database<Pool: StorePool>>(self) -> Self {
        Self { source: Some(Arc::new(Pooled::<D>::of_application())), ..self }
    }

    /// Keeps users in `store`.
    pub fn store<S: UserStore>(self, store: S) -> Self {
        Self { source: Some(Arc::new(Given::new(store))), ..self }
    }

    /// Lets `policy` have its say about names, groups, flags and profiles.
    pub fn policy<P: Policy>(self, policy: P) -> Self {
        Self { policy: Some(Arc::new(policy)), ..self }
    }

    /// Attaches the database that this fairing brings, if it is to.
    fn source(&self, rocket: Rocket<Build>) -> (Rocket<Build>, Result<Arc<dyn Source>, Abort>) {
        if let Some(source) = &self.source {
            return (rocket, Ok(source.clone()));
        }
        match OwnDatabase::choose(rocket.figment()) {
            Ok(own) => (rocket.attach(own.pool), Ok(own.source)),
            Err(abort) => (rocket, Err(abort)),
        }
    }
}

#[rocket::async_trait]
impl Fairing for RemoteUserFairing {
    fn info(&self) -> Info {
        let kind = Kind::Ignite | Kind::Liftoff | Kind::Request | Kind::Singleton;
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
                [config.err(), source.err()].into_iter().flatten().for_each(Abort::log);
                Err(rocket)
            }
        }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        if let Some(service) = rocket.state::<Service>() {
            service.log_summary();
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if let Some(service) = request.rocket().state::<Service>()
            && let Err(refusal) = service.judge(request).await
        {
            service.refuse(request, &refusal).await;
        }
    }
}

/// What this fairing does at ignition after every fairing that was attached
/// before the launch, so that the order of `attach` does not matter.
struct Completion {
    config: Config,
    source: Arc<dyn Source>,
    policy: Option<Arc<dyn Policy>>,
}

impl Completion {
    async fn complete(&self, rocket: &Rocket<Build>) -> Result<Service, Abort> {
        let Opened { users, sessions } = self.source.open(rocket, &self.config).await?;
        let debug = rocket.figment().profile() == rocket::Config::DEBUG_PROFILE;
        let sessions = match (&self.config.session, sessions) {
            (None, _) => None,
            (Some(config), Some(store)) => Some(Sessions::new(config, debug, store)),
            (Some(_), None) => {
                return Err(Abort::new(format!("{} keeps no sessions", self.source.name()))
                    .cure("keep users in a database, or leave [default.remote_user.session] out"));
            }
        };
        Service::open(&self.config, self.policy.clone(), users, sessions, self.source.name()).await
    }
}

#[rocket::async_trait]
impl Fairing for Completion {
    fn info(&self) -> Info {
        Info { name: "Remote User Store", kind: Kind::Ignite | Kind::Singleton }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        match self.complete(&rocket).await {
            Ok(service) => {
                let rocket = rocket.manage(service).manage(self.config.clone());
                Ok(rocket.attach(Gate).mount("/", [Gate::route()]))
            }
            Err(abort) => {
                abort.log();
                Err(rocket)
            }
        }
    }
}

/// Rocket reads `ROCKET_REMOTE_USER`, a table, and splits no variable at `__`.
fn warn_of_ignored_variables() {
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in variables.filter(|name| name.to_ascii_uppercase().starts_with("ROCKET_REMOTE_USER__")) {
        warn!("The environment variable `{}` has no effect.", name);
        info_!("Rocket reads one table instead: ROCKET_REMOTE_USER='{{key=value}}'");
    }
}
