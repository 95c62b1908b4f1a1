//! A person whom a job of the application describes, as a proxy would.
//!
//! Within this folder it depends on nothing.

use crate::headers::{GroupsClaim, IdentityClaims};

/// What is known of a person, for [`Users::sync`](crate::Users::sync): a line of a directory's
/// export, for example. The values are what the proxy would send, without any encoding,
/// and without what `strip_prefix` and `strip_suffix` take off.
///
/// What is not set is not known, and stays as it is stored; a blank value removes it.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::Person;
///
/// let person = Person::new("ada")
///     .name("Ada Lovelace")
///     .email("ada@example.com")
///     .groups(["editors", "pilots"])
///     .attribute("department", "R&D");
/// # assert!(format!("{person:?}").contains("editors"));
/// ```
#[derive(Debug, Clone)]
pub struct Person(pub(super) IdentityClaims);

impl Person {
    /// A person of whom the user name is known.
    pub fn new(username: impl Into<String>) -> Self {
        Self(IdentityClaims { user: username.into(), ..IdentityClaims::default() })
    }

    /// Sets the stable identifier, which is needed where `headers.subject` or
    /// `jwt.claims.subject` is configured.
    pub fn subject(self, subject: impl Into<String>) -> Self {
        Self(IdentityClaims { subject: Some(subject.into()), ..self.0 })
    }

    /// Sets the full name.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self(IdentityClaims { name: Some(name.into()), ..self.0 })
    }

    /// Sets the email address.
    pub fn email(self, email: impl Into<String>) -> Self {
        Self(IdentityClaims { email: Some(email.into()), ..self.0 })
    }

    /// Sets all groups of the person, by the names that the proxy has for them.
    pub fn groups<S: Into<String>>(self, groups: impl IntoIterator<Item = S>) -> Self {
        let names = groups.into_iter().map(Into::into).collect();
        Self(IdentityClaims { groups: Some(GroupsClaim::Names(names)), ..self.0 })
    }

    /// Sets one of the attributes that the key `attributes` names. Others are not kept.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.attributes.insert(name.into(), value.into());
        self
    }
}
