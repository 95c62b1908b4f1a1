//! From the names that a proxy sends to the names here.
//!
//! Within this folder it depends on nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Fault, Rejection};
use crate::headers::{Assertion, Groups};
use crate::policy::Policy;
use crate::text;
use crate::user::{Field, Username, UsernameRules};

/// A person for whom a trusted proxy vouches. The user name has passed the hook, and is
/// in canonical form.
#[derive(Debug)]
pub(crate) struct Principal {
    pub(crate) username: Username,
    pub(crate) name: Field<String>,
    pub(crate) email: Field<String>,
    pub(crate) groups: Field<Groups>,
}

/// Maps the names that a proxy sends to the names of this application. The hooks come
/// first; then a user name is made canonical, and a group is renamed by `group_map`.
pub(crate) struct PrincipalMapper {
    pub(crate) policy: Option<Arc<dyn Policy>>,
    /// The header that carries the user name, for a rejection to name.
    pub(crate) user_header: String,
    pub(crate) username_rules: UsernameRules,
    pub(crate) group_map: BTreeMap<String, String>,
}

impl PrincipalMapper {
    /// Accepts the person that an assertion names.
    ///
    /// # Errors
    ///
    /// Returns a [`Rejection`] if the hook declines the name, or if it is not a user
    /// name.
    pub(crate) fn principal(&self, assertion: Assertion) -> Result<Principal, Rejection> {
        let Assertion { user, name, email, groups } = assertion;
        let username = self.username(user).map_err(|fault| Rejection::new(&self.user_header, fault))?;
        Ok(Principal { username, name, email, groups })
    }

    fn username(&self, user: String) -> Result<Username, Fault> {
        let cleaned = match &self.policy {
            Some(policy) => policy.clean_username(&user).ok_or(Fault::Declined)?.into_owned(),
            None => user,
        };
        text::check_username(&cleaned, self.username_rules.max_length)?;
        Username::canonical(cleaned, &self.username_rules)
    }

    /// Makes a name that somebody typed canonical, whatever the `username_form`. Returns
    /// `None` if it cannot be a user name. The hook is not asked: it is for names that the
    /// proxy sends.
    pub(crate) fn typed_username(&self, username: &str) -> Option<Username> {
        let username = text::trim(username);
        text::check_username(username, self.username_rules.max_length).ok()?;
        Username::canonical(username.into(), &self.username_rules.typed()).ok()
    }

    /// Maps a group that the proxy sends to its name in this application. Returns `None`
    /// if the hook drops the group, or leaves nothing of its name.
    pub(crate) fn group<'a>(&'a self, group: &'a str) -> Option<Cow<'a, str>> {
        let cleaned = match &self.policy {
            Some(policy) => trim(policy.clean_group(group)?),
            None => Cow::Borrowed(group),
        };
        if let Some(renamed) = self.group_map.get(&*cleaned) {
            return Some(Cow::Borrowed(renamed));
        }
        if cleaned.is_empty() { None } else { Some(cleaned) }
    }
}

fn trim(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
        Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
    }
}
