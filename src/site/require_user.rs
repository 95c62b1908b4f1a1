//! The key `require_user`: which paths need a user.
//!
//! Within this folder it depends on nothing.

use std::fmt;

use rocket::http::uri::Path;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

/// Whether requests need a user before they are routed, and where they do not.
///
/// It is written as a boolean, or as a table whose `open` lists the paths that need none.
#[derive(Debug, Clone)]
pub(crate) enum RequireUser {
    /// Each route says for itself, by its guards.
    ByRoute,
    /// Every path needs a user but these.
    Except(Vec<PathPattern>),
}

impl RequireUser {
    /// Whether a request for `path` needs a user.
    pub(crate) fn includes(&self, path: Path<'_>) -> bool {
        match self {
            Self::ByRoute => false,
            Self::Except(open) => !open.iter().any(|pattern| pattern.matches(path)),
        }
    }

    /// Describes the paths that need a user, if there are any.
    pub(crate) fn summary(&self) -> Option<String> {
        let Self::Except(open) = self else { return None };
        let open: Vec<_> = open.iter().map(ToString::to_string).collect();
        Some(if open.is_empty() {
            "on every path".into()
        } else {
            format!("on every path but {}", open.join(", "))
        })
    }
}

/// The table, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequireUserTable {
    open: Vec<PathPattern>,
}

impl<'de> Deserialize<'de> for RequireUser {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        de.deserialize_any(BoolOrTable)
    }
}

/// Visits a boolean or the table. An untagged enum would be shorter, but its error would
/// not say which path is wrong.
struct BoolOrTable;

impl<'de> Visitor<'de> for BoolOrTable {
    type Value = RequireUser;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean, or a table such as { open = [\"/healthz\"] }")
    }

    fn visit_bool<E: de::Error>(self, is_required: bool) -> Result<Self::Value, E> {
        Ok(if is_required { RequireUser::Except(Vec::new()) } else { RequireUser::ByRoute })
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        let table = RequireUserTable::deserialize(MapAccessDeserializer::new(table))?;
        Ok(RequireUser::Except(table.open))
    }
}

/// A path that is open: `/healthz`, `/docs/*`, where the star is one segment, or
/// `/static/**`, where the stars are any number of them, none too.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PathPattern {
    /// The segments, without the two stars at the end. `None` is any segment.
    segments: Vec<Option<String>>,
    is_prefix: bool,
}

impl PathPattern {
    /// Whether `path` is open by this pattern. Segments are compared as Rocket routes them:
    /// decoded, in their case, and without empty ones. A path with a segment that is not
    /// plain is never open, because a file server may take it for another path.
    fn matches(&self, path: Path<'_>) -> bool {
        let mut sent = path.segments();
        if !sent.clone().all(is_plain) {
            return false;
        }
        for expected in &self.segments {
            let is_same =
                sent.next().is_some_and(|segment| expected.as_deref().is_none_or(|name| name == segment));
            if !is_same {
                return false;
            }
        }
        self.is_prefix || sent.is_empty()
    }
}

/// Whether a decoded segment is the name of one thing and leads to no other place.
fn is_plain(segment: &str) -> bool {
    segment != "."
        && !segment.starts_with("..")
        && !segment.contains(['/', '\\'])
        && !segment.contains(char::is_control)
}

impl TryFrom<String> for PathPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let invalid = |reason: &str| Err(format!("`{text}` is not a path that can be open: {reason}"));
        let Some(path) = text.strip_prefix('/') else { return invalid("it begins with no slash") };
        if path.contains(['?', '#', '%']) {
            return invalid("write it decoded, and without a query");
        }
        let (path, is_prefix) = match path.strip_suffix("**") {
            Some("" | "/") => return invalid("it is every path, so leave `require_user` out"),
            Some(parent) => match parent.strip_suffix('/') {
                Some(parent) => (parent, true),
                None => (path, false),
            },
            None => (path, false),
        };
        let mut segments = Vec::new();
        for segment in path.split('/').filter(|_| !path.is_empty()) {
            if segment.is_empty() || !is_plain(segment) {
                return invalid("a segment of it is empty, or no plain name");
            }
            if segment != "*" && segment.contains('*') {
                return invalid("a star is a whole segment, and two stars are the last one");
            }
            segments.push((segment != "*").then(|| segment.to_owned()));
        }
        Ok(Self { segments, is_prefix })
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            write!(f, "/{}", segment.as_deref().unwrap_or("*"))?;
        }
        f.write_str(match (self.is_prefix, self.segments.is_empty()) {
            (true, _) => "/**",
            (false, true) => "/",
            (false, false) => "",
        })
    }
}
