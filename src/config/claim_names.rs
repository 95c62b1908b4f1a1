use serde::{Deserialize, Deserializer, de};

/// Which claims of a token say who is there: a name each, or, if it begins
/// with a slash, a pointer into the token ([RFC 6901]), such as
/// `/realm_access/roles`.
///
/// [RFC 6901]: https://www.rfc-editor.org/rfc/rfc6901
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of claims")]
pub(crate) struct ClaimNames {
    pub(crate) user: String,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) email: Option<String>,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) groups: Option<String>,
}

impl ClaimNames {
    pub(super) fn check(&self) -> Result<(), String> {
        let names = [Some(&self.user), self.name.as_ref(), self.email.as_ref(), self.groups.as_ref()];
        match names.into_iter().flatten().any(|name| name.is_empty()) {
            true => Err("the name of a claim in `claims` cannot be empty".into()),
            false => Ok(()),
        }
    }
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self { user: "sub".into(), name: None, email: None, groups: None }
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "the name of a claim or `false`")]
enum NameOrFalse {
    Name(String),
    Off(bool),
}

fn name_or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match NameOrFalse::deserialize(deserializer)? {
        NameOrFalse::Name(name) => Ok(Some(name)),
        NameOrFalse::Off(false) => Ok(None),
        NameOrFalse::Off(true) => Err(de::Error::custom("`true` is not the name of a claim")),
    }
}
