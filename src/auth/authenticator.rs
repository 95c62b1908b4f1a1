//! What an authenticator consists of, and how it reports a refusal.
//!
//! Within this folder it depends on `answer_cache`, `group_mapper`, `known_headers`, `nobody`
//! and `principal`.

use std::sync::Arc;

use rocket::http::Status;
use rocket::{Request, error, warn};

use super::answer_cache::AnswerCache;
use super::group_mapper::GroupMapper;
use super::known_headers::KnownHeaders;
use super::nobody::NobodyRules;
use super::principal::PrincipalMapper;
use crate::error::{Refusal, Refusals};
use crate::headers::{BlankedHeaders, IdentityReader};
#[cfg(feature = "jwt")]
use crate::jwt::TokenReader;
use crate::policy::{Event, Policy};
use crate::proxy::{Proofs, UntrustedPeers};
use crate::session::SessionManager;
use crate::site::{CrossSiteCheck, Hosts, RequireUser};
use crate::store::UserStore;
use crate::sync::Rules;
use crate::text::Escaped;

/// Everything it takes to tell who sends a request: the parts that the configuration
/// made, the store, and the hooks of the application.
///
/// `judge.rs` has its methods for the fairing, and `sign_in.rs` those for the guards.
pub(crate) struct Authenticator {
    pub(crate) hosts: Hosts,
    pub(crate) cross_site: CrossSiteCheck,
    pub(crate) require_user: RequireUser,
    pub(crate) proofs: Proofs,
    pub(crate) untrusted: UntrustedPeers,
    pub(crate) identity_reader: IdentityReader,
    /// Whom earlier requests named, if anything is kept, and no hook has a say in it.
    pub(crate) known_headers: Option<KnownHeaders>,
    /// The headers of the key `blank` and of the preset, which are blanked although nothing
    /// reads them.
    pub(crate) blank: Vec<BlankedHeaders>,
    #[cfg(feature = "jwt")]
    pub(crate) token_reader: Option<TokenReader>,
    pub(crate) nobody: NobodyRules,
    pub(crate) principal_mapper: PrincipalMapper,
    pub(crate) group_mapper: GroupMapper,
    pub(crate) rules: Rules,
    pub(crate) store: Arc<dyn UserStore>,
    /// What is kept between two requests, if anything is.
    pub(crate) cache: Option<AnswerCache>,
    pub(crate) sessions: Option<SessionManager>,
    pub(crate) policy: Option<Arc<dyn Policy>>,
    /// The page that a logout redirects to.
    pub(crate) logout_url: String,
}

impl Authenticator {
    /// Reports what was refused in `request`, and was not reported yet: to the log, and
    /// then to the policy. A request of nobody where a user is required (401) is no refusal.
    pub(crate) async fn report_refusals(&self, request: &Request<'_>) {
        for refusal in Refusals::of(request).take_unreported() {
            if refusal.error().status() == Status::Unauthorized {
                continue;
            }
            log_refusal(request, &refusal);
            let (username, error) = (refusal.username(), refusal.error());
            self.report(Event::Refused { peer: request.remote(), username, error }).await;
        }
    }

    /// Reports an event to the policy.
    pub(super) async fn report(&self, event: Event<'_>) {
        if let Some(policy) = &self.policy {
            policy.event(event).await;
        }
    }
}

/// Logs a refusal with who sent the request, what it asks for and whom it names, all of
/// which somebody else may have chosen.
fn log_refusal(request: &Request<'_>, refusal: &Refusal) {
    let from = request.remote().map_or("an unknown peer".into(), |peer| peer.ip().to_string());
    let user = refusal.username().map_or(String::new(), |name| format!(" for \"{}\"", Escaped::quoted(name)));
    let (method, path) = (request.method(), Escaped::line(request.uri().path().as_str()));
    let reason = refusal.error().to_string();
    let reason = Escaped::line(&reason);
    if refusal.error().status().class().is_server_error() {
        error!("Failed {method} {path} from {from}{user}: {reason}.");
    } else {
        warn!("Refused {method} {path} from {from}{user}: {reason}.");
    }
}
