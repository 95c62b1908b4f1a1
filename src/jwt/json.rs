//! JSON objects that can be read in one way only.
//!
//! Within this folder it depends on nothing.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::IgnoredAny};

/// Parses a JSON object, of which no member is there twice, at any depth: of two, one
/// reader takes the first and another the last ([RFC 7519, section 4], and
/// [RFC 7515, section 4]). Serde also reads a struct from an array of its values, which is
/// refused here.
///
/// [RFC 7515, section 4]: https://www.rfc-editor.org/rfc/rfc7515#section-4
/// [RFC 7519, section 4]: https://www.rfc-editor.org/rfc/rfc7519#section-4
pub(super) fn parse_object<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Option<T> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice::<Unique>(json).ok()?;
    serde_json::from_slice(json).ok()
}

/// A JSON value in which each object has each member once. Nothing of it is kept.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without a member that is there twice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<Unique>()?;
            if !names.insert(name) {
                return Err(de::Error::custom("a member is there twice"));
            }
        }
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Unique, E> {
        Ok(Unique)
    }
}

/// Whether a JSON object has a member, even if its value is null.
#[derive(Default)]
pub(super) struct Presence(pub(super) bool);

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_object_with_a_member_twice_is_none() {
        let cases = [
            (r#"{"a":1,"b":[1,-1,1.5,"x",true,null,{"a":{}}]}"#, true),
            (r#" {"a":1,"A":1}"#, true),
            (r#"[{"a":1},{"a":1}]"#, false),
            (r#"{"a":[{"a":1},{"a":1}]}"#, true),
            (r#"{"a":1,"a":1}"#, false),
            (r#"{"a":1,"\u0061":2}"#, false),
            (r#"{"a":{"b":{"c":1,"c":2}}}"#, false),
            (r#"{"a":[1,{"b":null,"b":null}]}"#, false),
            (r#"{"":1,"":1}"#, false),
            (r#"{"a":1}{"a":1}"#, false),
        ];
        for (json, is_read) in cases {
            assert_eq!(parse_object::<Value>(json.as_bytes()).is_some(), is_read, "{json}");
        }
    }
}
