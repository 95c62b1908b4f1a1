//! A user, made of its parts.
//!
//! Within this folder it depends on `account`.

use rocket::time::OffsetDateTime;

use super::account::{Flags, MembershipSource, User};

/// Makes a [`User`] of what a store keeps: see [`User::builder`].
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::{Flags, MembershipSource, User};
///
/// let ada = User::builder(7, "ada")
///     .name("Ada Lovelace")
///     .email("ada@example.com")
///     .flags(Flags { staff: true, superuser: false })
///     .member("editors", MembershipSource::Remote)
///     .permission("wiki.edit")
///     .build();
/// assert!(ada.is_staff() && ada.is_member("editors") && ada.has_permission("wiki.edit"));
/// ```
#[derive(Debug, Clone)]
pub struct UserBuilder(User);

impl User {
    /// Begins a user, for a [`UserStore`](crate::store::UserStore) that keeps users in parts.
    pub fn builder(id: i64, username: impl Into<String>) -> UserBuilder {
        UserBuilder(User::new(id, username))
    }
}

impl UserBuilder {
    /// Sets the stable identifier of the person.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// Sets the full name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.0.profile.name = Some(name.into());
        self
    }

    /// Sets the email address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.0.profile.email = Some(email.into());
        self
    }

    /// Sets an attribute.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.profile.attributes.insert(name.into(), value.into());
        self
    }

    /// Sets whether the user is active, as one is by default.
    pub fn active(mut self, is_active: bool) -> Self {
        self.0.is_active = is_active;
        self
    }

    /// Sets the flags, both of which are off by default.
    pub fn flags(mut self, flags: Flags) -> Self {
        self.0.profile.flags = flags;
        self
    }

    /// Makes the user a member of a group.
    pub fn member(mut self, group: impl Into<String>, source: MembershipSource) -> Self {
        self.0.memberships.insert(group.into(), source);
        self
    }

    /// Grants a permission, the user's own or one of a group.
    pub fn permission(mut self, permission: impl Into<String>) -> Self {
        self.0.permissions.insert(permission.into());
        self
    }

    /// Sets when the user was created, which is now by default.
    pub fn created_at(mut self, created_at: OffsetDateTime) -> Self {
        self.0.created_at = created_at;
        self
    }

    /// Sets when the user last signed in, which is never by default.
    pub fn last_login_at(mut self, last_login_at: OffsetDateTime) -> Self {
        self.0.last_login_at = Some(last_login_at);
        self
    }

    /// Makes the user.
    pub fn build(self) -> User {
        self.0
    }
}
