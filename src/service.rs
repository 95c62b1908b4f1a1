use std::sync::Arc;

use rocket::http::Header;
use rocket::log::PaintExt;
use rocket::time::OffsetDateTime;
use rocket::yansi::Paint;
use rocket::{Request, error, info, info_, warn};

use crate::config::{Config, Untrusted};
use crate::error::{Error, Fault, Rejection};
use crate::headers::{Reader, Sighting};
use crate::policy::{Acceptance, Event, Identity, Policy};
use crate::proxy::{Proofs, Trust};
use crate::store::UserStore;
use crate::summary::summary;
use crate::sync::{Rules, Sync};
use crate::user::{Profile, User};
use crate::verdict::Verdict;

/// The steps of a request, wired together: the fairing judges by it, and the
/// guards resolve by it.
pub(crate) struct Service {
    proofs: Proofs,
    untrusted: Untrusted,
    reader: Reader,
    acceptance: Acceptance,
    rules: Rules,
    store: Arc<dyn UserStore>,
    policy: Arc<dyn Policy>,
    summary: Vec<(&'static str, String)>,
}

impl Service {
    pub(crate) fn new(
        config: &Config,
        policy: Arc<dyn Policy>,
        store: Arc<dyn UserStore>,
        store_name: String,
    ) -> Self {
        let proofs = Proofs::new(config.trusted_proxies.clone());
        Self {
            summary: summary(config, &proofs, store_name),
            proofs,
            untrusted: config.untrusted,
            reader: Reader::new(config),
            acceptance: Acceptance::new(config),
            rules: Rules::new(config),
            store,
            policy,
        }
    }

    /// Passes the verdict on `request`, blanks what it was read from, and
    /// tells of a refusal.
    pub(crate) async fn judge(&self, request: &mut Request<'_>) {
        let sighting = Sighting::of(self.reader.headers(), request.headers());
        let verdict = self.verdict(request, &sighting);
        for name in sighting.into_names() {
            request.replace_header(Header::new(name.into_owned(), ""));
        }
        if let Err(rejection) = &verdict {
            self.refuse(request, &rejection.clone().into()).await;
        }
        match verdict {
            Ok(None) => Verdict::Nobody,
            Ok(Some(identity)) => Verdict::Somebody(identity),
            Err(rejection) => Verdict::Refused { rejection, method: request.method() },
        }
        .pass(request);
    }

    fn verdict(
        &self,
        request: &Request<'_>,
        sighting: &Sighting<'_, '_>,
    ) -> Result<Option<Identity>, Rejection> {
        let trust = self.proofs.judge(request.remote().map(|peer| peer.ip()));
        match (trust, sighting.first(), self.untrusted) {
            (Trust::Trusted, _, _) => {
                let assertion = self.reader.read(sighting)?;
                assertion.map(|assertion| self.acceptance.accept(&*self.policy, assertion)).transpose()
            }
            (Trust::Untrusted, Some(header), Untrusted::Reject) => {
                Err(Rejection::new(header, Fault::Untrusted))
            }
            (Trust::Untrusted, _, _) => Ok(None),
        }
    }

    /// Brings the person whom the proxy vouches for in step, and returns the
    /// user.
    pub(crate) async fn resolve(&self, request: &Request<'_>, identity: &Identity) -> Result<User, Error> {
        let resolved = self.synchronise(request, identity).await;
        if let Err(error) = &resolved {
            self.refuse(request, error).await;
        }
        resolved
    }

    /// Tells of a request that gets no user: the log, and then the policy.
    async fn refuse(&self, request: &Request<'_>, error: &Error) {
        let peer = request.remote();
        let from = peer.map_or("an unknown peer".into(), |peer| peer.ip().to_string());
        let (method, path) = (request.method(), request.uri().path());
        match error {
            Error::Store(_) => error!("Failed {method} {path} from {from}: {error}."),
            _ => warn!("Refused {method} {path} from {from}: {error}."),
        }
        self.policy.event(Event::Refused { peer, error }).await;
    }

    async fn synchronise(&self, request: &Request<'_>, identity: &Identity) -> Result<User, Error> {
        let configure = |profile: &mut Profile, created| self.policy.configure(request, profile, created);
        let sync = Sync {
            identity,
            rules: &self.rules,
            policy: &*self.policy,
            configure: &configure,
            now: OffsetDateTime::now_utc(),
        };
        let groups = sync.groups();
        let plan = sync.plan(self.store.find(&identity.username, &groups).await?)?;
        if plan.is_empty() {
            return Ok(plan.into_user());
        }
        let plan = self.store.update(&identity.username, &groups, &|stored| sync.plan(stored)).await?;
        self.policy.event(Event::of(&plan)).await;
        Ok(plan.into_user())
    }

    /// Sums up at liftoff what is in force.
    pub(crate) fn log_summary(&self) {
        info!("{}{}:", "👤 ".emoji(), "Remote User".magenta());
        for (fact, value) in &self.summary {
            info_!("{}: {}", fact, value.primary());
        }
    }
}
