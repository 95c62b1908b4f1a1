//! Whether the answer to a request is about a person.
//!
//! Within this folder it depends on nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use rocket::Request;

/// Whether a guard found out who sends a request, or failed at it, so that the answer is
/// for that person only, and no shared cache may keep it for others.
#[derive(Debug, Default)]
pub(crate) struct PersonalAnswer(AtomicBool);

impl PersonalAnswer {
    /// Returns what is noted of `request`.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r PersonalAnswer {
        request.local_cache(PersonalAnswer::default)
    }

    /// Notes that the answer is about a person.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was noted that the answer is about a person.
    pub(crate) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
