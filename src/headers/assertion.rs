//! What headers or a token say about a person: clean values, and claims that are not
//! checked yet.
//!
//! Within this folder it depends on `groups`.

use super::groups::Groups;
use crate::user::Field;

/// What a trusted proxy says about a person. Each value is clean, but not yet in its
/// canonical form.
#[derive(Debug)]
pub(crate) struct Assertion {
    pub(crate) user: String,
    pub(crate) name: Field<String>,
    pub(crate) email: Field<String>,
    /// The groups, whose names
    /// [`IdentityReader::names`](super::reader::IdentityReader::names) lists.
    pub(crate) groups: Field<Groups>,
}

/// The values of the identity headers, as they were sent: each in one line. Nothing is known
/// of them, but that nothing is wrong with how they were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SentIdentity<'h> {
    pub(crate) user: &'h str,
    pub(crate) name: Option<&'h str>,
    pub(crate) email: Option<&'h str>,
    pub(crate) groups: Option<&'h str>,
}

/// What a signed token states about a person, before any rule is applied to it.
#[cfg(feature = "jwt")]
#[derive(Debug)]
pub(crate) struct IdentityClaims {
    pub(crate) user: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) groups: Option<GroupsClaim>,
}

/// The groups that a signed token states.
#[cfg(feature = "jwt")]
#[derive(Debug)]
pub(crate) enum GroupsClaim {
    /// One string, which is read as a groups header would be.
    List(String),
    /// An array with one string for each group.
    Names(Vec<String>),
}
