//! How long a response says that it may be used.
//!
//! Within this folder it depends on nothing.

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap};

/// Returns how long a response may be used, by its `Cache-Control` and `Age` ([RFC 9111],
/// sections 4.2.1 and 5). `None` means that it does not say, or not in a way that can be
/// read. A response that must not be kept may be used for no time.
///
/// [RFC 9111]: https://www.rfc-editor.org/rfc/rfc9111
pub(super) fn lifetime(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all(CACHE_CONTROL).into_iter().filter_map(|line| line.to_str().ok());
    let directives = lines.flat_map(|line| line.split(','));
    let seconds = directives.filter_map(seconds_of_directive).min()?;
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok()).unwrap_or(0);
    Some(Duration::from_secs(seconds.saturating_sub(age)))
}

/// Returns for how many seconds a directive lets a response be used, if it is about that.
fn seconds_of_directive(directive: &str) -> Option<u64> {
    let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
    match name.trim().to_ascii_lowercase().as_str() {
        "no-store" | "no-cache" => Some(0),
        "max-age" => value.trim().trim_matches('"').parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn the_shortest_time_counts_less_the_age() {
        let cases: [(&[&str], &str, Option<u64>); 12] = [
            (&[], "", None),
            (&["public"], "", None),
            (&["max-age=300"], "", Some(300)),
            (&["public, MAX-AGE = \"60\" , must-revalidate"], "", Some(60)),
            (&["public", "max-age=60"], "", Some(60)),
            (&["max-age=600, max-age=60"], "", Some(60)),
            (&["s-maxage=5, max-age=60"], "", Some(60)),
            (&["max-age=60"], "45", Some(15)),
            (&["max-age=60"], "90", Some(0)),
            (&["no-store"], "", Some(0)),
            (&["no-cache=\"set-cookie\", max-age=60"], "", Some(0)),
            (&["max-age=-1, max-age=soon"], "x", None),
        ];
        for (lines, age, seconds) in cases {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(CACHE_CONTROL, HeaderValue::from_str(line).expect("a value"));
            }
            headers.insert(AGE, HeaderValue::from_str(age).expect("a value"));
            assert_eq!(lifetime(&headers), seconds.map(Duration::from_secs), "{lines:?} {age}");
        }
    }
}
