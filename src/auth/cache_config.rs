//! The key `cache`.
//!
//! Within this folder it depends on nothing.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::launch::InvalidKey;

/// The longest `staleness`, in milliseconds. An answer that is older than a minute would
/// surprise whoever locked somebody out.
const MAX_STALENESS: u64 = 60_000;

/// The most people whose answers can be kept.
const MAX_USERS: usize = 10_000_000;

/// The key `cache`: a table, or `false`, with which nothing is kept between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheConfig {
    Off,
    On(CacheTable),
}

/// The table `cache`, which says what is kept between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CacheTable {
    /// How old an answer may be, in milliseconds. Zero is no age at all.
    staleness: u64,
    /// How many people's answers are kept, and how many sessions.
    pub(super) users: usize,
}

impl Default for CacheTable {
    fn default() -> Self {
        Self { staleness: 0, users: 10_000 }
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self::On(CacheTable::default())
    }
}

impl CacheTable {
    pub(super) fn staleness(&self) -> Duration {
        Duration::from_millis(self.staleness)
    }
}

impl CacheConfig {
    /// Checks the values.
    ///
    /// # Errors
    ///
    /// Returns the first key that is wrong.
    pub(crate) fn check(&self) -> Result<(), InvalidKey> {
        let Self::On(table) = self else { return Ok(()) };
        if table.staleness > MAX_STALENESS {
            let reason = format!("an answer may be {MAX_STALENESS} milliseconds old at most");
            return Err(InvalidKey::new("cache.staleness", reason));
        }
        if table.users == 0 || table.users > MAX_USERS {
            let reason = format!(
                "the answers of 1 to {MAX_USERS} people can be kept: set `cache = false` to keep none"
            );
            return Err(InvalidKey::new("cache.users", reason));
        }
        Ok(())
    }

    /// Describes what is kept, for the liftoff summary.
    pub(crate) fn summary(&self) -> String {
        match self {
            Self::Off => "off".into(),
            Self::On(CacheTable { staleness: 0, users }) => format!("{users} users, never stale"),
            Self::On(CacheTable { staleness, users }) => format!("{users} users, up to {staleness} ms stale"),
        }
    }
}

impl<'de> Deserialize<'de> for CacheConfig {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        de.deserialize_any(FalseOrTable)
    }
}

/// Visits `false` or the table. An untagged enum would be shorter, but its error would not
/// say which key is wrong.
struct FalseOrTable;

impl<'de> Visitor<'de> for FalseOrTable {
    type Value = CacheConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`false`, or a table such as { staleness = 250 }")
    }

    fn visit_bool<E: de::Error>(self, is_on: bool) -> Result<Self::Value, E> {
        if is_on { Err(E::invalid_value(de::Unexpected::Bool(true), &self)) } else { Ok(CacheConfig::Off) }
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        CacheTable::deserialize(MapAccessDeserializer::new(table)).map(CacheConfig::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_and_the_least_values_are_allowed_and_those_beyond_are_not() {
        let check = |staleness, users| CacheConfig::On(CacheTable { staleness, users }).check().is_ok();
        assert_eq!(
            [(0, 1), (60_000, 10_000_000)].map(|(staleness, users)| check(staleness, users)),
            [true; 2]
        );
        let beyond = [(60_001, 1), (0, 0), (0, 10_000_001)];
        assert_eq!(beyond.map(|(staleness, users)| check(staleness, users)), [false; 3]);
    }
}
