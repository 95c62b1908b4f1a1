use std::sync::OnceLock;

use rocket::Request;
use rocket::http::Method;

use crate::error::Rejection;
use crate::policy::Accepted;

/// What the fairing made of a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Clean: nobody is signed in, or nobody who may say so says so.
    Nobody,
    /// Clean: this person is signed in.
    Somebody(Accepted),
    /// To be answered with an error, whatever was asked for.
    Refused { rejection: Rejection, method: Method },
}

impl Verdict {
    /// The verdict on `request`; `None` if there is none, which is no verdict
    /// of "clean".
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> Option<&'r Verdict> {
        Self::cell(request).get()
    }

    /// Passes the verdict on `request`. The first one stands.
    pub(crate) fn pass(self, request: &Request<'_>) {
        let _ = Self::cell(request).set(self);
    }

    fn cell<'r>(request: &'r Request<'_>) -> &'r OnceLock<Verdict> {
        request.local_cache(OnceLock::new)
    }
}
