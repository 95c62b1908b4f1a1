/// What a signed token states of a person, before it is held to any rule.
#[derive(Debug)]
pub(crate) struct Stated {
    pub(crate) user: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) groups: Option<StatedGroups>,
}

/// The groups of a token.
#[derive(Debug)]
pub(crate) enum StatedGroups {
    /// One string, as a groups header would be.
    List(String),
    /// A string a group.
    Names(Vec<String>),
}
