//! The identity headers: what a proxy says about a person, read into one clean
//! [`Assertion`] or refused.
//!
//! A [`HeaderScan`] walks through the headers of a request once, and finds the
//! configured ones and their aliases. An [`IdentityReader`] then decodes and checks
//! their values. Nothing is repaired: a value that is not clean is refused with a
//! [`Fault`](crate::error::Fault) that says what is wrong with it.
//!
//! This module depends on [`user`](crate::user), on [`text`](crate::text), and on the
//! errors of [`error`](crate::error) and [`launch`](crate::launch).

mod affix;
mod assertion;
mod attributes;
mod blank;
mod choice;
mod config;
mod distinguished_name;
mod encoded_word;
mod encoding;
mod escape;
mod groups;
mod name;
mod quoted_list;
mod reader;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use affix::Affixes;
pub(crate) use assertion::{Assertion, SentIdentity};
pub(crate) use assertion::{GroupsClaim, IdentityClaims};
pub(crate) use attributes::Attributes;
pub(crate) use blank::BlankedHeaders;
pub(crate) use choice::HeaderChoice;
pub(crate) use config::{IdentityHeaders, Limits, check_names, check_prefixes};
pub(crate) use distinguished_name::DnAttributes;
pub(crate) use encoding::{Encoding, Encodings};
pub(crate) use escape::GroupsEscape;
pub(crate) use groups::{Groups, GroupsFormat};
pub(crate) use name::HeaderName;
pub(crate) use reader::{IdentityReader, ReaderOptions};
pub(crate) use scan::HeaderScan;
