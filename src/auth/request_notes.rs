//! Where it is kept what was found out about a request while it is answered.
//!
//! Within this folder it depends on `personal` and `verdict`.

use std::sync::{Arc, OnceLock};

use rocket::Request;
use tokio::sync::OnceCell;

use super::personal::PersonalAnswer;
use super::verdict::Verdict;
use crate::error::Error;
use crate::user::User;

/// What was found out about one request. It is in one place, because each type that Rocket
/// keeps with a request is looked up by its own.
///
/// No application can name the type, and so keep notes of its own there.
#[derive(Default)]
pub(super) struct RequestNotes {
    verdict: OnceLock<Verdict>,
    answer: PersonalAnswer,
    /// Who signed in, once a guard has asked.
    pub(super) user: OnceCell<Result<Option<Arc<User>>, Error>>,
}

impl RequestNotes {
    pub(super) fn of<'r>(request: &'r Request<'_>) -> &'r RequestNotes {
        request.local_cache(RequestNotes::default)
    }
}

impl Verdict {
    /// Returns the verdict on `request`. `None` means that the request was not judged,
    /// and never that it is clean.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> Option<&'r Verdict> {
        RequestNotes::of(request).verdict.get()
    }

    /// Sets the verdict on `request`. The first one stands.
    pub(super) fn set(self, request: &Request<'_>) {
        let _ = RequestNotes::of(request).verdict.set(self);
    }
}

impl PersonalAnswer {
    /// Returns what is noted of `request`.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r PersonalAnswer {
        &RequestNotes::of(request).answer
    }
}
