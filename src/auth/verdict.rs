//! What was decided about a request.
//!
//! Within this folder it depends on `principal`.

use std::sync::Arc;

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
    Authenticated(Arc<Principal>),
    /// The request is answered with this error, whatever it asks for.
    Rejected(Error),
}

impl Verdict {
    /// Whether the proofs of the proxy hold for the peer of a request that was not rejected.
    pub(crate) fn is_peer_trusted(&self) -> bool {
        match self {
            Verdict::Anonymous { is_peer_trusted } => *is_peer_trusted,
            Verdict::Authenticated(_) => true,
            Verdict::Rejected { .. } => false,
        }
    }
}
