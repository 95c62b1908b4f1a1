//! What was said: the identity headers of a request, read into one clean
//! [`Assertion`] or refused.
//!
//! A request is walked through once, by a [`HeaderScan`], which finds the
//! configured headers and their aliases. An [`IdentityReader`] then decodes and
//! checks their values. Nothing is repaired: a value that is not clean is
//! refused with the [`Fault`](crate::error::Fault) that it has.
//!
//! This module depends on [`user`](crate::user), [`text`](crate::text) and the
//! errors.

mod assertion;
mod config;
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

pub(crate) use assertion::Assertion;
#[cfg(feature = "jwt")]
pub(crate) use assertion::{GroupsClaim, IdentityClaims};
pub(crate) use config::{IdentityHeaders, Limits, Prefixes, check_names};
pub(crate) use encoding::Encoding;
pub(crate) use groups::{Groups, GroupsFormat};
pub(crate) use name::HeaderName;
pub(crate) use reader::{IdentityReader, ReaderOptions};
pub(crate) use scan::{HeaderScan, MAX_SCANNED};
