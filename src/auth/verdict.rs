use std::sync::OnceLock;

use rocket::Request;
use rocket::http::Method;

use super::principal::Principal;
use crate::error::{Error, Rejection};

/// What the fairing decided about a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The request is clean. Nobody is signed in by it, or somebody who may not say
    /// so says so and is ignored.
    Anonymous,
    /// The request is clean, and a trusted proxy says who is there.
    Authenticated(Principal),
    /// The request is to be answered with an error, whatever it asks for. `method`
    /// is the one that it was sent with.
    Rejected { rejection: Rejection, method: Method },
}

impl Verdict {
    /// The verdict on `request`. `None` means that there is none, and never that the
    /// request is clean.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> Option<&'r Verdict> {
        Self::cell(request).get()
    }

    /// Passes the verdict on `request`, unless one was passed before.
    pub(crate) fn pass(self, request: &Request<'_>) {
        let rejection = match &self {
            Verdict::Rejected { rejection, .. } => Some(rejection.clone()),
            _ => None,
        };
        if Self::cell(request).set(self).is_ok()
            && let Some(rejection) = rejection
        {
            Error::Rejected(rejection).note(request);
        }
    }

    fn cell<'r>(request: &'r Request<'_>) -> &'r OnceLock<Verdict> {
        request.local_cache(OnceLock::new)
    }
}
