//! A path of the key `session.begin_on`.
//!
//! Within this folder it depends on nothing.

use std::fmt;

use rocket::http::uri::Origin;
use serde::Deserialize;

/// A path where the proxy's header begins a session, written decoded.
///
/// It is compared as Rocket routes a request: segment by segment, percent-decoded, and
/// without empty segments, so that a slash at the end makes no difference. Letter case
/// counts, and the query does not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct BeginPath(String);

impl BeginPath {
    /// Whether `uri` has this path.
    pub(super) fn matches(&self, uri: &Origin<'_>) -> bool {
        let segments = self.0.split('/').filter(|segment| !segment.is_empty());
        segments.eq(uri.path().segments())
    }
}

impl fmt::Display for BeginPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for BeginPath {
    type Error = String;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        if path.starts_with('/') && !path.contains(['%', '?', '#', '*']) {
            Ok(Self(path))
        } else {
            Err(format!(
                "`{path}` is no path: begin with a slash, and write it decoded, without a query or `*`"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_compared_as_rocket_routes() {
        let path = |path: &str| BeginPath::try_from(path.to_owned()).expect("a path");
        let uri = |uri: &'static str| Origin::parse(uri).expect("a URI");
        for (configured, requested, is_match) in [
            ("/login", "/login", true),
            ("/login", "/login/", true),
            ("/login/", "//login", true),
            ("/login", "/l%6fgin?next=/", true),
            ("/a b/\u{f6}", "/a%20b//%C3%B6", true),
            ("/", "/", true),
            ("/login", "/", false),
            ("/", "/login", false),
            ("/login", "/Login", false),
            ("/login", "/login/x", false),
            ("/login/x", "/login%2Fx", false),
            ("/login", "/login%2F", false),
            ("/login", "/x/login", false),
        ] {
            assert_eq!(path(configured).matches(&uri(requested)), is_match, "{configured} {requested}");
        }
    }

    #[test]
    fn what_is_no_path_is_none() {
        for text in ["", "login", "/login?x", "https://example.com/login", "/l%6fgin", "*", "/a/**", "/a#b"] {
            let error = BeginPath::try_from(text.to_owned()).expect_err(text);
            let reason = "begin with a slash, and write it decoded, without a query or `*`";
            assert_eq!(error, format!("`{text}` is no path: {reason}"));
        }
    }
}
