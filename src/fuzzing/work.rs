//! The target `work`.
//!
//! Within this folder it depends on `headers`.

use std::sync::LazyLock;

use rocket::http::HeaderMap;

use super::headers::{name, read, readers};
use crate::headers::{IdentityReader, Limits, ReaderOptions};
use crate::text::steps;

/// Readers with high limits, so that no value is refused for its size before it is read.
static READERS: LazyLock<Vec<(ReaderOptions, IdentityReader)>> = LazyLock::new(|| {
    let high = 1_000_000;
    readers(Limits {
        user: high,
        name: high,
        email: high,
        attribute: high,
        group: high,
        groups: high,
        bytes: high,
    })
});

/// How long a value is made, in bytes, before it is doubled.
const LENGTH: usize = 2_000;

/// How many steps any value may take, whatever its length.
const CONSTANT: usize = 200;

/// Twice as long a value takes twice the work, whether it is accepted or refused.
///
/// The first byte chooses a reader, and the first character after it a header. Three lines
/// follow: what the value begins with, what is repeated in it, and what it ends with.
pub fn work(data: &[u8]) -> bool {
    let Some((choice, data)) = data.split_first() else { return false };
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Some(first) = text.chars().next() else { return false };
    let mut lines = text[first.len_utf8()..].split('\n');
    let (Some(begin), Some(filling), Some(end)) = (lines.next(), lines.next(), lines.next()) else {
        return false;
    };
    if filling.is_empty() {
        return false;
    }
    let (options, reader) = &READERS[usize::from(*choice) % READERS.len()];
    let times = LENGTH.div_ceil(filling.len());
    let value = |times: usize| format!("{begin}{}{end}", filling.repeat(times));
    let steps = |times: usize| {
        let mut map = HeaderMap::new();
        map.add_raw("Remote-User", format!("{}ada", options.prefixes.user));
        map.replace_raw(name(first), value(times));
        let mut is_accepted = false;
        let steps = steps::count(|| is_accepted = read(reader, &map).is_some());
        (steps, is_accepted)
    };
    let ((once, _), (twice, is_accepted)) = (steps(times), steps(2 * times));
    let bound = bound(once, begin, end);
    assert!(twice <= bound, "{twice} steps, and {once} for half of it: {options:?} {text:?}");
    assert!(!is_accepted || is_ignored(first) || twice >= value(2 * times).len(), "{twice} steps: {text:?}");
    is_accepted
}

/// Returns how many steps a value may take whose half takes `once`, if it begins and ends with
/// what is not repeated.
pub(super) fn bound(once: usize, begin: &str, end: &str) -> usize {
    2 * once + 20 * (begin.len() + end.len()) + CONSTANT
}

/// Whether the header that `first` chooses is not read.
pub(super) fn is_ignored(first: char) -> bool {
    name(first) == "X-Other"
}
