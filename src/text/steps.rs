//! How many bytes were walked over: what tests and fuzz targets measure reading by.
//!
//! Within this folder it depends on nothing.

#[cfg(any(test, fuzzing))]
use std::cell::Cell;

#[cfg(any(test, fuzzing))]
thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Notes that as many `bytes` are walked over.
#[inline]
pub(crate) fn note(bytes: usize) {
    #[cfg(any(test, fuzzing))]
    STEPS.with(|steps| steps.set(steps.get() + bytes + 1));
    let _ = bytes;
}

/// Returns how many steps `work` takes on this thread: one a call of [`note`], and one a
/// byte.
#[cfg(any(test, fuzzing))]
pub(crate) fn count(work: impl FnOnce()) -> usize {
    STEPS.with(|steps| steps.set(0));
    work();
    STEPS.with(Cell::get)
}
