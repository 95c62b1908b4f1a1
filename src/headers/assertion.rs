use super::groups::Groups;
use crate::user::Field;

/// What a trusted proxy said of a person: each value clean, none canonical
/// yet.
#[derive(Debug)]
pub(crate) struct Assertion {
    pub(crate) user: String,
    pub(crate) name: Field<String>,
    pub(crate) email: Field<String>,
    /// The groups, which [`GroupsReader::names`] tells apart.
    pub(crate) groups: Field<Groups>,
}

/// What a signed token states of a person, before it is held to any rule.
#[derive(Debug)]
pub(crate) struct IdentityClaims {
    pub(crate) user: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) groups: Option<GroupsClaim>,
}

/// The groups of a token.
#[derive(Debug)]
pub(crate) enum GroupsClaim {
    /// One string, as a groups header would be.
    List(String),
    /// A string a group.
    Names(Vec<String>),
}
