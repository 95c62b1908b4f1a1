//! The key `attributes`: what else a proxy says of a person, and where.
//!
//! Within this folder it depends on `name`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::name::HeaderName;
use crate::launch::InvalidKey;
use crate::text;

/// The most attributes of a person, and the most characters of the name of one.
const MAX_ATTRIBUTES: usize = 32;
const MAX_NAME_LENGTH: usize = 64;

/// The attributes that are kept with a user: by the name of each, the header or the claim that
/// says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Attributes(BTreeMap<String, AttributeSource>);

/// A header or a claim that says an attribute.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
struct AttributeSource {
    text: String,
    /// The header, if it can be the name of one.
    header: Option<HeaderName>,
}

impl From<String> for AttributeSource {
    fn from(text: String) -> Self {
        Self { header: HeaderName::try_from(text.clone()).ok(), text }
    }
}

impl Attributes {
    /// Returns the names of the attributes.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Returns the name of each attribute with the header that says it.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&String, &HeaderName)> {
        self.0.iter().filter_map(|(name, source)| Some((name, source.header.as_ref()?)))
    }

    /// Returns the name of each attribute with the claim that says it.
    #[cfg(feature = "jwt")]
    pub(crate) fn claims(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter().map(|(name, source)| (name, &source.text))
    }

    /// Checks the names of the attributes, and those of their headers, or of their claims if
    /// `are_claims` is true.
    pub(crate) fn check(&self, are_claims: bool) -> Result<(), InvalidKey> {
        let invalid = |reason: String| Err(InvalidKey::new("attributes", reason));
        if self.0.len() > MAX_ATTRIBUTES {
            return invalid(format!("there are more than {MAX_ATTRIBUTES} attributes"));
        }
        for (name, AttributeSource { text, header }) in &self.0 {
            if let Err(fault) = text::check_whole_group(name, MAX_NAME_LENGTH) {
                return invalid(format!("{name:?} is no name of an attribute: it {fault}"));
            }
            if are_claims && text.is_empty() {
                return invalid("the name of a claim cannot be empty".into());
            }
            if !are_claims && header.is_none() {
                return invalid(format!("`{text}` is not a header name"));
            }
        }
        Ok(())
    }
}
