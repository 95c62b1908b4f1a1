//! The person for whom a proxy vouches, and the name of the user here.
//!
//! Within this folder it depends on nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::Fault;
use crate::policy::Policy;
use crate::text;
use crate::user::{Field, Identity, Username, UsernameRules};

/// A person for whom a trusted proxy vouches, in the names of this application: the user
/// name is canonical, and the groups are those of
/// [`GroupMapper`](super::group_mapper::GroupMapper).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) username: Username,
    /// The stable identifier of the person, if the configuration has one.
    pub(crate) subject: Option<String>,
    pub(crate) name: Field<String>,
    pub(crate) email: Field<String>,
    /// The attributes that the proxy sent, blank ones too.
    pub(crate) attributes: BTreeMap<String, Field<String>>,
    /// The groups, if the proxy says anything about them.
    pub(crate) groups: Option<BTreeSet<String>>,
}

impl Principal {
    /// Describes the person for the rules and the hooks.
    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity {
            username: &self.username,
            subject: self.subject.as_deref(),
            attributes: &self.attributes,
            name: &self.name,
            email: &self.email,
            groups: self.groups.as_ref(),
        }
    }
}

/// Maps the user names that a proxy sends to those of this application. The hook comes
/// first; then the name is made canonical.
pub(crate) struct PrincipalMapper {
    pub(crate) policy: Option<Arc<dyn Policy>>,
    pub(crate) username_rules: UsernameRules,
}

impl PrincipalMapper {
    /// Accepts the user name of an assertion.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::Declined`] if the hook declines the name, and another fault if it is not
    /// a user name.
    pub(crate) fn username(&self, user: String) -> Result<Username, Fault> {
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
}
