use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Fault, Rejection};
use crate::headers::{Assertion, Groups};
use crate::policy::Policy;
use crate::text;
use crate::user::{Field, Username, UsernameCase};

/// Somebody for whom a trusted proxy vouches, and whose user name is accepted: it
/// went through the hook, and is in canonical form.
#[derive(Debug)]
pub(crate) struct Principal {
    pub(crate) username: Username,
    pub(crate) name: Field<String>,
    pub(crate) email: Field<String>,
    pub(crate) groups: Field<Groups>,
}

/// Maps the names that a proxy sends to the names here: first by the hooks, then to
/// the canonical form of a user name, or by `group_map`.
pub(crate) struct PrincipalMapper {
    pub(crate) policy: Option<Arc<dyn Policy>>,
    /// The header that a rejection of a user name is about.
    pub(crate) user_header: String,
    pub(crate) username_case: UsernameCase,
    /// The most characters that a user name may have.
    pub(crate) max_length: usize,
    pub(crate) group_map: BTreeMap<String, String>,
}

impl PrincipalMapper {
    /// Accepts the person whom an assertion names.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] if the hook declines the name, or if it is no user name.
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
        Username::canonical(cleaned, self.username_case, self.max_length)
    }

    /// The canonical form of a name that somebody typed, if it can be a user name.
    /// The hook is not asked: it is for names that the proxy sends.
    pub(crate) fn typed_username(&self, username: &str) -> Option<Username> {
        let username = text::trim(username);
        text::check(username, self.max_length).ok()?;
        Username::canonical(username.into(), self.username_case, self.max_length).ok()
    }

    /// The name here of a group that the proxy sends. `None` if the group is
    /// dropped.
    pub(crate) fn group<'a>(&'a self, group: &'a str) -> Option<Cow<'a, str>> {
        let cleaned = match &self.policy {
            Some(policy) => trim(policy.clean_group(group)?),
            None => Cow::Borrowed(group.trim()),
        };
        match self.group_map.get(&*cleaned) {
            Some(renamed) => Some(Cow::Borrowed(renamed)),
            None => (!cleaned.is_empty()).then_some(cleaned),
        }
    }
}

fn trim(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
        Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
    }
}
