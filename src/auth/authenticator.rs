//! What an authenticator consists of, and how it reports a refusal.
//!
//! Within this folder it depends on `principal`.

use std::sync::Arc;

use rocket::http::Status;
use rocket::{Request, error, warn};

use super::principal::PrincipalMapper;
use crate::error::Error;
use crate::headers::{HeaderName, IdentityReader};
#[cfg(feature = "jwt")]
use crate::jwt::TokenReader;
use crate::policy::{Event, Policy};
use crate::proxy::{Proofs, UntrustedPeers};
use crate::session::SessionManager;
use crate::site::{CrossSiteCheck, Hosts, RequireUser};
use crate::store::UserStore;
use crate::sync::Rules;

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
    /// The headers of the key `blank`, which are blanked although nothing reads them.
    pub(crate) blank: Vec<HeaderName>,
    #[cfg(feature = "jwt")]
    pub(crate) token_reader: Option<TokenReader>,
    pub(crate) principal_mapper: PrincipalMapper,
    pub(crate) rules: Rules,
    pub(crate) store: Arc<dyn UserStore>,
    pub(crate) sessions: Option<SessionManager>,
    pub(crate) policy: Option<Arc<dyn Policy>>,
    /// The page that a logout redirects to.
    pub(crate) logout_url: String,
}

impl Authenticator {
    /// Reports to the log, and then to the policy, that `request` was refused.
    pub(crate) async fn report_refusal(&self, request: &Request<'_>, error: &Error) {
        let peer = request.remote();
        let from = peer.map_or("an unknown peer".into(), |peer| peer.ip().to_string());
        let (method, path) = (request.method(), request.uri().path());
        if error.status() == Status::ServiceUnavailable {
            error!("Failed {method} {path} from {from}: {error}.");
        } else {
            warn!("Refused {method} {path} from {from}: {error}.");
        }
        self.report(Event::Refused { peer, error }).await;
    }

    /// Reports an event to the policy.
    pub(super) async fn report(&self, event: Event<'_>) {
        if let Some(policy) = &self.policy {
            policy.event(event).await;
        }
    }
}
