//! What headers or a token say about a person: clean values, and claims that are not
//! checked yet.
//!
//! Within this folder it depends on `groups` and `scan`.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::groups::Groups;
use super::scan::USUAL_HEADERS;
use crate::user::Field;

/// What a trusted proxy says about a person. Each value is clean, but not yet in its
/// canonical form.
#[derive(Debug)]
pub(crate) struct Assertion {
    pub(crate) user: String,
    /// The stable identifier of the person.
    pub(crate) subject: Option<String>,
    pub(crate) name: Field<String>,
    pub(crate) email: Field<String>,
    /// The attributes that were sent, by their names here.
    pub(crate) attributes: BTreeMap<String, Field<String>>,
    /// The groups, whose names
    /// [`IdentityReader::names`](super::reader::IdentityReader::names) lists.
    pub(crate) groups: Field<Groups>,
}

/// The values of the identity headers, as they were sent: each in one line. Nothing is known
/// of them, but that nothing is wrong with how they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentIdentity<'h> {
    /// The value that names the user.
    pub(crate) user: &'h str,
    /// The value of each header that says something of a person, in the order of the
    /// configuration.
    pub(crate) values: SmallVec<[Option<&'h str>; USUAL_HEADERS]>,
}

/// What a signed token, or a job of the application, states about a person, before any rule is
/// applied to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdentityClaims {
    pub(crate) user: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) groups: Option<GroupsClaim>,
}

/// The groups that a signed token, or a job, states.
#[derive(Debug, Clone)]
pub(crate) enum GroupsClaim {
    /// One string, which is read as a groups header would be.
    #[cfg(feature = "jwt")]
    List(String),
    /// An array with one string for each group.
    Names(Vec<String>),
}
