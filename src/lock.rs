//! Locks that go on after a panic.
//!
//! This module depends on no other one of this crate.

use std::sync::{LockResult, PoisonError};

/// Returns the guard of a lock even if a thread panicked while it held one. Every value
/// that this crate locks is whole at each moment, so later requests can go on.
pub(crate) fn ignore_poison<Guard>(locked: LockResult<Guard>) -> Guard {
    locked.unwrap_or_else(PoisonError::into_inner)
}
