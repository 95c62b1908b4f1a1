//! Whether the answer to a request is about a person.
//!
//! Within this folder it depends on nothing.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a guard found out who sends a request, or failed at it, so that the answer is
/// for that person only, and no shared cache may keep it for others.
#[derive(Debug, Default)]
pub(crate) struct PersonalAnswer(AtomicBool);

impl PersonalAnswer {
    /// Notes that the answer is about a person.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was noted that the answer is about a person.
    pub(crate) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
