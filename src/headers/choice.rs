//! The headers that may say one thing of a person, of which the first that is sent does.
//!
//! Within this folder it depends on `name`.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Unexpected, Visitor};

use super::name::HeaderName;

/// A list of headers, in the order in which they are preferred. Every one of them is an
/// identity header, whichever is read. An empty list is a header that is turned off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderChoice(Vec<HeaderName>);

impl HeaderChoice {
    /// The choice of one header, whose name is a literal and not checked.
    pub(crate) fn from_static(name: &'static str) -> Self {
        Self(vec![HeaderName::from_static(name)])
    }

    /// The choice of no header.
    pub(crate) fn off() -> Self {
        Self(Vec::new())
    }

    /// Whether there is no header to choose from.
    pub(crate) fn is_off(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the headers, the preferred one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter()
    }

    /// Returns the preferred header, unless the choice is off.
    pub(crate) fn preferred(&self) -> Option<&HeaderName> {
        self.0.first()
    }
}

impl<'de> Deserialize<'de> for HeaderChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChoiceVisitor { may_be_off: false })
    }
}

/// Deserializes a choice that can be turned off by `false`.
pub(super) fn choice_or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderChoice, D::Error> {
    deserializer.deserialize_any(ChoiceVisitor { may_be_off: true })
}

/// Visits the name of a header, a list of names, or `false`. An untagged enum would be
/// shorter, but its error would not say what is wrong with a name.
struct ChoiceVisitor {
    may_be_off: bool,
}

impl<'de> Visitor<'de> for ChoiceVisitor {
    type Value = HeaderChoice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.may_be_off {
            "a header name, a list of them, or `false`"
        } else {
            "a header name, or a list of them"
        })
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let name = HeaderName::try_from(name.to_owned()).map_err(E::custom)?;
        Ok(HeaderChoice(vec![name]))
    }

    fn visit_bool<E: de::Error>(self, is_on: bool) -> Result<Self::Value, E> {
        if is_on || !self.may_be_off {
            return Err(E::invalid_type(Unexpected::Bool(is_on), &self));
        }
        Ok(HeaderChoice::off())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element()? {
            names.push(name);
        }
        if names.is_empty() {
            return Err(de::Error::invalid_length(0, &self));
        }
        Ok(HeaderChoice(names))
    }
}
