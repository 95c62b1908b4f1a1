mod login;

use std::collections::BTreeSet;
use std::sync::Arc;

use rocket::http::{Header, Status};
use rocket::log::PaintExt;
use rocket::time::OffsetDateTime;
use rocket::yansi::Paint;
use rocket::{Request, error, info, info_, warn, warn_};

use crate::config::{Config, Untrusted};
use crate::error::{Error, Fault, Rejection};
use crate::headers::{Assertion, HeaderName, Reader, Said, Sighting, WATCHED};
#[cfg(feature = "jwt")]
use crate::jwt::TokenReader;
use crate::launch::Abort;
use crate::policy::{Acceptance, Accepted, Event, Identity, Policy};
use crate::proxy::{Proofs, Trust};
use crate::session::Sessions;
use crate::store::UserStore;
use crate::summary::summary;
use crate::sync::{Hooks, Login, Rules, Sync};
use crate::user::{Profile, User};
use crate::verdict::Verdict;

/// The steps of a request, wired together: the fairing judges by it, and the
/// guards resolve by it.
pub(crate) struct Service {
    proofs: Proofs,
    untrusted: Untrusted,
    reader: Reader,
    blank: Vec<HeaderName>,
    #[cfg(feature = "jwt")]
    tokens: Option<TokenReader>,
    acceptance: Acceptance,
    rules: Rules,
    store: Arc<dyn UserStore>,
    sessions: Option<Sessions>,
    policy: Option<Arc<dyn Policy>>,
    logout_url: String,
    summary: Vec<(&'static str, String)>,
}

impl Service {
    pub(crate) async fn open(
        config: &Config,
        policy: Option<Arc<dyn Policy>>,
        store: Arc<dyn UserStore>,
        sessions: Option<Sessions>,
        store_name: String,
    ) -> Result<Self, Abort> {
        let proofs = Proofs::new(config);
        Ok(Self {
            #[cfg(feature = "jwt")]
            tokens: match &config.jwt {
                Some(jwt) => Some(TokenReader::open(jwt.clone()).await?),
                None => None,
            },
            summary: summary(config, &proofs, sessions.as_ref(), store_name),
            proofs,
            untrusted: config.untrusted,
            reader: Reader::new(config),
            blank: config.blank.clone(),
            acceptance: Acceptance::new(config, policy.clone()),
            rules: Rules::new(config),
            store,
            sessions,
            policy,
            logout_url: config.logout_url().unwrap_or("/").into(),
        })
    }

    /// Passes the verdict on `request`, and blanks what it was read from. The
    /// error is a refusal to tell of.
    pub(crate) async fn judge<'r>(&'r self, request: &mut Request<'r>) -> Result<(), Error> {
        let sighting = Sighting::of(self.watched(), &self.blank, request.headers());
        let verdict = self.verdict(request, &sighting).await;
        for name in sighting.into_names() {
            request.replace_header(Header::new(name, ""));
        }
        let refusal = verdict.as_ref().map(|_| ()).map_err(|rejection| rejection.clone().into());
        let method = request.method();
        verdict.unwrap_or_else(|rejection| Verdict::Refused { rejection, method }).pass(request);
        refusal
    }

    /// Every header that is read, and then blanked.
    fn watched(&self) -> [Option<&HeaderName>; WATCHED] {
        let [user, name, email, groups] = self.reader.headers().all();
        [user, name, email, groups, self.proofs.secret_header(), self.token_header()]
    }

    async fn verdict(
        &self,
        request: &Request<'_>,
        sighting: &Sighting<'_, '_>,
    ) -> Result<Verdict, Rejection> {
        let identity = self.token_header().into_iter().chain(self.reader.headers().iter());
        let offence = match self.proofs.judge(request, sighting).await? {
            Trust::Trusted => return self.believe(sighting).await,
            Trust::Untrusted => sighting.first(identity).map(|name| Rejection::new(name, Fault::Untrusted)),
            Trust::Impostor(rejection) => Some(rejection),
        };
        match (offence, self.untrusted) {
            (Some(rejection), Untrusted::Reject) => Err(rejection),
            _ => Ok(Verdict::Nobody),
        }
    }

    /// The verdict on what a trusted proxy says.
    async fn believe(&self, sighting: &Sighting<'_, '_>) -> Result<Verdict, Rejection> {
        match self.assertion(sighting).await? {
            None => Ok(Verdict::Nobody),
            Some(assertion) => self.acceptance.accept(assertion).map(Verdict::Somebody),
        }
    }

    /// What the token says, and nothing else, if there is to be one; or else
    /// the identity headers.
    #[cfg(feature = "jwt")]
    async fn assertion(&self, sighting: &Sighting<'_, '_>) -> Result<Option<Assertion>, Rejection> {
        match &self.tokens {
            None => self.reader.read(sighting),
            Some(tokens) => tokens.read(sighting, &self.reader).await,
        }
    }

    #[cfg(not(feature = "jwt"))]
    async fn assertion(&self, sighting: &Sighting<'_, '_>) -> Result<Option<Assertion>, Rejection> {
        self.reader.read(sighting)
    }

    /// The header that carries a token.
    #[cfg(feature = "jwt")]
    fn token_header(&self) -> Option<&HeaderName> {
        self.tokens.as_ref().map(TokenReader::header)
    }

    #[cfg(not(feature = "jwt"))]
    fn token_header(&self) -> Option<&HeaderName> {
        None
    }

    /// The user of `request`: whom the proxy vouches for, brought in step, or
    /// else whose session it holds. `None` if nobody is signed in.
    pub(crate) async fn user(&self, request: &Request<'_>, verdict: &Verdict) -> Result<Option<User>, Error> {
        let user = match verdict {
            Verdict::Refused { rejection, .. } => return Err(rejection.clone().into()),
            Verdict::Somebody(accepted) => self.sign_in(request, accepted).await.map(Some),
            Verdict::Nobody => self.resume(request).await,
        };
        if let Err(error) = &user {
            self.refuse(request, error).await;
        }
        user
    }

    fn identity<'a>(&'a self, accepted: &'a Accepted) -> Identity<'a> {
        let here = |group| self.acceptance.group(group);
        Identity {
            username: &accepted.username,
            name: &accepted.name,
            email: &accepted.email,
            groups: match &accepted.groups {
                Said::Nothing => None,
                Said::Blank => Some(BTreeSet::new()),
                Said::Value(groups) => Some(self.reader.names(groups).filter_map(here).collect()),
            },
        }
    }

    /// Tells of a request that gets no user: the log, and then the policy.
    pub(crate) async fn refuse(&self, request: &Request<'_>, error: &Error) {
        let peer = request.remote();
        let from = peer.map_or("an unknown peer".into(), |peer| peer.ip().to_string());
        let (method, path) = (request.method(), request.uri().path());
        match error {
            _ if error.status() == Status::ServiceUnavailable => {
                error!("Failed {method} {path} from {from}: {error}.")
            }
            _ => warn!("Refused {method} {path} from {from}: {error}."),
        }
        self.tell(Event::Refused { peer, error }).await;
    }

    pub(crate) async fn synchronise(
        &self,
        request: &Request<'_>,
        identity: &Identity<'_>,
        remembered: &BTreeSet<String>,
        login: Login,
    ) -> Result<User, Error> {
        let policy = self.policy.as_deref();
        let configure = |profile: &mut Profile, created| {
            policy.into_iter().for_each(|policy| policy.configure(request, profile, created));
        };
        let sync = Sync {
            identity,
            rules: &self.rules,
            hooks: policy.map(|policy| Hooks { policy, configure: &configure }),
            login,
            remembered,
            now: OffsetDateTime::now_utc(),
        };
        let groups = sync.groups();
        let mut plan = sync.plan(self.store.find(identity.username, &groups).await?)?;
        if !plan.is_empty() {
            plan = self.store.update(identity.username, &groups, &|stored| sync.plan(stored)).await?;
        }
        if !plan.is_empty() {
            self.tell(Event::of(&plan)).await;
        }
        let mut user = plan.into_user();
        self.rules.permit(&mut user, |group| sync.is_asserted(group));
        Ok(user)
    }

    async fn tell(&self, event: Event<'_>) {
        if let Some(policy) = &self.policy {
            policy.event(event).await;
        }
    }

    /// Sums up at liftoff what is in force.
    pub(crate) fn log_summary(&self) {
        info!("{}{}:", "👤 ".emoji(), "Remote User".magenta());
        for (fact, value) in &self.summary {
            info_!("{}: {}", fact, value.primary());
        }
        for network in self.proofs.wide_networks() {
            warn_!(
                "{} holds more than 256 addresses, and whoever has one of them can say who anybody is: \
                 configure another proof of the proxy, such as `proxy_secret`",
                network
            );
        }
    }
}
