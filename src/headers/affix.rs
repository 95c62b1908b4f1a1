//! The keys `strip_prefix` and `strip_suffix`: what a proxy puts before or after values.
//!
//! Within this folder it depends on nothing.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::error::Fault;

/// The texts that the values of the headers must begin with, or end with. They are not part
/// of the values.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of texts")]
pub(crate) struct Affixes {
    pub(crate) user: Affix,
    pub(crate) name: Affix,
    pub(crate) email: Affix,
    pub(crate) groups: Affix,
}

/// A text that a value must begin with, or end with, such as the `accounts.google.com:` of
/// Google's proxy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Affix {
    text: String,
    is_optional: bool,
    ignores_case: bool,
}

impl Affix {
    /// No text.
    pub(crate) const NONE: Self = Self { text: String::new(), is_optional: false, ignores_case: false };

    /// Whether there is no text to remove.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Removes the text from the beginning of `value`.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::MissingPrefix`] if `value` does not begin with it, unless it is
    /// optional.
    pub(super) fn strip_from_start<'v>(&self, value: &'v str) -> Result<&'v str, Fault> {
        match value.split_at_checked(self.text.len()) {
            Some((start, rest)) if self.is_text(start) => Ok(rest),
            _ if self.is_optional => Ok(value),
            _ => Err(Fault::MissingPrefix),
        }
    }

    /// Removes the text from the end of `value`.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::MissingSuffix`] if `value` does not end with it, unless it is
    /// optional.
    pub(super) fn strip_from_end<'v>(&self, value: &'v str) -> Result<&'v str, Fault> {
        let middle = value.len().checked_sub(self.text.len());
        match middle.and_then(|middle| value.split_at_checked(middle)) {
            Some((rest, end)) if self.is_text(end) => Ok(rest),
            _ if self.is_optional => Ok(value),
            _ => Err(Fault::MissingSuffix),
        }
    }

    fn is_text(&self, text: &str) -> bool {
        if self.ignores_case { self.text.eq_ignore_ascii_case(text) } else { self.text == text }
    }
}

impl From<&str> for Affix {
    fn from(text: &str) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

impl fmt::Display for Affix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Affix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AffixVisitor)
    }
}

/// The table that says more of an affix than its text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AffixTable {
    value: String,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    ignore_case: bool,
}

/// Visits a text, or a table. An untagged enum would be shorter, but its error would not say
/// what is wrong with the table.
struct AffixVisitor;

impl<'de> Visitor<'de> for AffixVisitor {
    type Value = Affix;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a table of `value`, `optional` and `ignore_case`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Affix, E> {
        Ok(Affix::from(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Affix, A::Error> {
        let AffixTable { value, optional, ignore_case } =
            AffixTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Affix { text: value, is_optional: optional, ignores_case: ignore_case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affix(text: &str, is_optional: bool, ignores_case: bool) -> Affix {
        Affix { text: text.into(), is_optional, ignores_case }
    }

    #[test]
    fn a_text_is_removed_from_its_edge_once() {
        let plain = affix("ab", false, false);
        for (value, rest) in [("abc", "c"), ("abab", "ab"), ("ab", "")] {
            assert_eq!(plain.strip_from_start(value), Ok(rest));
        }
        for (value, rest) in [("cab", "c"), ("abab", "ab"), ("ab", "")] {
            assert_eq!(plain.strip_from_end(value), Ok(rest));
        }
        for value in ["", "a", "b", "Abc", "cAb", "aëb"] {
            assert_eq!(plain.strip_from_start(value), Err(Fault::MissingPrefix), "{value}");
            assert_eq!(plain.strip_from_end(value), Err(Fault::MissingSuffix), "{value}");
        }
        assert_eq!(affix("", false, false).strip_from_start("ë"), Ok("ë"));
        assert_eq!(affix("", false, false).strip_from_end("ë"), Ok("ë"));
    }

    #[test]
    fn an_optional_text_may_be_missing_and_its_case_may_be_ignored() {
        let optional = affix("@ab", true, false);
        assert_eq!(optional.strip_from_end("c@ab"), Ok("c"));
        assert_eq!(optional.strip_from_end("c@AB"), Ok("c@AB"));
        assert_eq!(optional.strip_from_start("c"), Ok("c"));
        let blind = affix("aë", false, true);
        assert_eq!(blind.strip_from_start("Aëc"), Ok("c"));
        assert_eq!(blind.strip_from_end("cAë"), Ok("c"));
        assert_eq!(
            blind.strip_from_start("aËc"),
            Err(Fault::MissingPrefix),
            "other letters than ASCII count"
        );
        assert_eq!(affix("aë", true, true).strip_from_start("éa"), Ok("éa"));
    }
}
