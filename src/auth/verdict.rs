//! What was decided about a request, and where it is kept.
//!
//! Within this folder it depends on `principal`.

use std::sync::OnceLock;

use rocket::Request;

use super::principal::Principal;
use crate::error::Error;

/// What the fairing decided about a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The request is clean, and names nobody; or an untrusted peer named somebody, and
    /// the configuration says to ignore that. `is_peer_trusted` tells whether the proofs of
    /// the proxy hold.
    Anonymous { is_peer_trusted: bool },
    /// The request is clean, and a trusted proxy names this person.
    Authenticated(Principal),
    /// The request is answered with this error, whatever it asks for.
    Rejected(Error),
}

impl Verdict {
    /// Returns the verdict on `request`. `None` means that the request was not judged,
    /// and never that it is clean.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> Option<&'r Verdict> {
        Self::cell(request).get()
    }

    /// Whether the proofs of the proxy hold for the peer of a request that was not rejected.
    pub(crate) fn is_peer_trusted(&self) -> bool {
        match self {
            Verdict::Anonymous { is_peer_trusted } => *is_peer_trusted,
            Verdict::Authenticated(_) => true,
            Verdict::Rejected { .. } => false,
        }
    }

    /// Sets the verdict on `request`. The first one stands.
    pub(super) fn set(self, request: &Request<'_>) {
        let _ = Self::cell(request).set(self);
    }

    fn cell<'r>(request: &'r Request<'_>) -> &'r OnceLock<Verdict> {
        request.local_cache(OnceLock::new)
    }
}
