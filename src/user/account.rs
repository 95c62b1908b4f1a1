use std::collections::{BTreeMap, BTreeSet};

use rocket::time::OffsetDateTime;
use serde::Deserialize;

/// A user of the application, as the store remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) profile: Profile,
    pub(crate) is_active: bool,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_login_at: Option<OffsetDateTime>,
    pub(crate) memberships: BTreeMap<String, MembershipSource>,
    pub(crate) permissions: BTreeSet<String>,
}

/// What the proxy, the configuration and the hooks decide about a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The full name, if it is known.
    pub name: Option<String>,
    /// The email address, if it is known. It identifies nobody.
    pub email: Option<String>,
    /// Whether the user is staff, or a superuser.
    pub flags: Flags,
}

/// The two flags of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// Whether the user may enter where [`Staff`](crate::Staff) stands guard.
    pub staff: bool,
    /// Whether the user may enter where [`Superuser`](crate::Superuser) does.
    pub superuser: bool,
}

/// Who made somebody a member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MembershipSource {
    /// The proxy.
    Remote,
    /// Somebody here, in the database.
    Local,
}

impl User {
    /// A new, active user without groups, created now: for a
    /// [`UserStore`](crate::UserStore).
    pub fn new(id: i64, username: impl Into<String>) -> Self {
        Self {
            id,
            username: username.into(),
            profile: Profile::default(),
            is_active: true,
            created_at: OffsetDateTime::now_utc(),
            last_login_at: None,
            memberships: BTreeMap::new(),
            permissions: BTreeSet::new(),
        }
    }

    /// The key of the user in the store.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The canonical user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The full name, if it is known.
    pub fn name(&self) -> Option<&str> {
        self.profile.name.as_deref()
    }

    /// The email address, if it is known. It identifies nobody.
    pub fn email(&self) -> Option<&str> {
        self.profile.email.as_deref()
    }

    /// The names of the groups that the user is in, sorted.
    pub fn groups(&self) -> Vec<&str> {
        self.memberships.keys().map(String::as_str).collect()
    }

    /// The groups that the user is in, each with who put the user there.
    pub fn memberships(&self) -> &BTreeMap<String, MembershipSource> {
        &self.memberships
    }

    /// Whether the user is in the group of that name.
    pub fn is_member(&self, group: &str) -> bool {
        self.memberships.contains_key(group)
    }

    /// Whether the user has the permission: it is one of
    /// [`permissions`](User::permissions), or the user is a superuser, who has
    /// all. An inactive user has none. (Django's [`has_perm`].)
    ///
    /// [`has_perm`]: https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#django.contrib.auth.models.User.has_perm
    pub fn has_permission(&self, permission: &str) -> bool {
        self.is_superuser() || (self.is_active && self.permissions.contains(permission))
    }

    /// Grants the user a permission, for a [`UserStore`](crate::UserStore) that
    /// keeps permissions.
    pub fn grant(&mut self, permission: impl Into<String>) {
        self.permissions.insert(permission.into());
    }

    /// The permissions of the user, sorted: the user's own, those of the user's
    /// groups, and those that `group_permissions` gives.
    pub fn permissions(&self) -> Vec<&str> {
        self.permissions.iter().filter(|_| self.is_active).map(String::as_str).collect()
    }

    /// Whether the user may sign in.
    pub fn is_active(&self) -> bool {
        self.is_active
    }

    /// Whether the user is staff. An inactive user is not.
    pub fn is_staff(&self) -> bool {
        self.is_active && self.profile.flags.staff
    }

    /// Whether the user is a superuser. An inactive user is not.
    pub fn is_superuser(&self) -> bool {
        self.is_active && self.profile.flags.superuser
    }

    /// When the user was created.
    pub fn created_at(&self) -> OffsetDateTime {
        self.created_at
    }

    /// When the user last signed in: to the nearest `login_interval`, or when the
    /// last session began.
    pub fn last_login_at(&self) -> Option<OffsetDateTime> {
        self.last_login_at
    }
}
