//! A user, with profile, flags, memberships and permissions.
//!
//! Within this folder it depends on nothing.

use std::collections::{BTreeMap, BTreeSet};

use rocket::time::OffsetDateTime;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// A user of the application, as the store has it.
///
/// # Examples
///
/// In a route, the guard [`RemoteUser`](crate::RemoteUser) dereferences to it:
///
/// ```rust
/// # use rocket::http::Header;
/// # use rocket::local::blocking::Client;
/// # use rocket::{get, routes};
/// use rocket_remote_user::{RemoteUser, User};
///
/// fn greeting(user: &User) -> String {
///     format!("Hello, {}!", user.name().unwrap_or(user.username()))
/// }
///
/// #[get("/")]
/// fn index(user: RemoteUser) -> String {
///     greeting(&user)
/// }
/// # let figment = rocket::figment::Figment::from(rocket::Config::default())
/// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing()).mount("/", routes![index]);
/// # let client = Client::tracked(rocket).unwrap();
/// # let request = client.get("/").remote("127.0.0.1:1024".parse().unwrap());
/// # let request = request.header(Header::new("Remote-User", "ada"));
/// # let request = request.header(Header::new("Remote-Name", "Ada Lovelace"));
/// # assert_eq!(request.dispatch().into_string().unwrap(), "Hello, Ada Lovelace!");
/// ```
///
/// A [`UserStore`](crate::store::UserStore) of your own can make users:
///
/// ```rust
/// use rocket_remote_user::User;
///
/// let mut user = User::new(1, "ada");
/// user.grant("wiki.edit");
/// assert!(user.has_permission("wiki.edit"));
/// assert!(!user.is_superuser());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) subject: Option<String>,
    pub(crate) profile: Profile,
    pub(crate) is_active: bool,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_login_at: Option<OffsetDateTime>,
    pub(crate) memberships: BTreeMap<String, MembershipSource>,
    pub(crate) permissions: BTreeSet<String>,
}

impl User {
    /// Makes an active user without groups, created now, for a
    /// [`UserStore`](crate::store::UserStore).
    pub fn new(id: i64, username: impl Into<String>) -> Self {
        Self {
            id,
            username: username.into(),
            subject: None,
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

    /// The stable identifier of the person at the sign-on, if `headers.subject` or
    /// `jwt.claims.subject` is configured and the person has signed in since.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// What the proxy says of the user under this name of the key `attributes`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.profile.attributes.get(name).map(String::as_str)
    }

    /// The full name, if it is known.
    pub fn name(&self) -> Option<&str> {
        self.profile.name.as_deref()
    }

    /// The email address, if it is known. Do not identify a user by it.
    pub fn email(&self) -> Option<&str> {
        self.profile.email.as_deref()
    }

    /// The names of the groups that the user is in, sorted.
    pub fn groups(&self) -> Vec<&str> {
        self.memberships.keys().map(String::as_str).collect()
    }

    /// The groups that the user is in, each with who made the user a member.
    pub fn memberships(&self) -> &BTreeMap<String, MembershipSource> {
        &self.memberships
    }

    /// Whether the user is in the group of that name.
    pub fn is_member(&self, group: &str) -> bool {
        self.memberships.contains_key(group)
    }

    /// Whether the user has the permission: it is one of
    /// [`permissions`](User::permissions), or the user is a superuser, who has all.
    /// An inactive user has none. (Django's [`has_perm`].)
    ///
    /// [`has_perm`]: https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#django.contrib.auth.models.User.has_perm
    pub fn has_permission(&self, permission: &str) -> bool {
        self.is_superuser() || (self.is_active && self.permissions.contains(permission))
    }

    /// Grants the user a permission, for a [`UserStore`](crate::store::UserStore)
    /// that keeps permissions.
    pub fn grant(&mut self, permission: impl Into<String>) {
        self.permissions.insert(permission.into());
    }

    /// The permissions of the user, sorted: the user's own, those of the user's
    /// groups, and those that `group_permissions` gives. An inactive user has none.
    pub fn permissions(&self) -> Vec<&str> {
        if !self.is_active {
            return Vec::new();
        }
        self.permissions.iter().map(String::as_str).collect()
    }

    /// Whether the user is active. One who is not may sign in only if
    /// `allow_inactive` is `true`.
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

/// For JSON and templates: what a page shows of a user. The flags and the permissions are those
/// that count, so that an inactive user has none. Times are seconds since 1970; the
/// [subject](User::subject) is nobody's business, and not among the fields.
///
/// # Example
///
/// ```rust
/// use rocket::serde::json::{json, to_value};
/// use rocket_remote_user::{MembershipSource, User};
///
/// let ada = User::builder(7, "ada").name("Ada").member("editors", MembershipSource::Local).build();
/// let shown = to_value(&ada).expect("JSON");
/// assert_eq!((&shown["username"], &shown["groups"]), (&json!("ada"), &json!(["editors"])));
/// ```
impl Serialize for User {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("User", 12)?;
        fields.serialize_field("id", &self.id)?;
        fields.serialize_field("username", &self.username)?;
        fields.serialize_field("name", &self.profile.name)?;
        fields.serialize_field("email", &self.profile.email)?;
        fields.serialize_field("attributes", &self.profile.attributes)?;
        fields.serialize_field("is_active", &self.is_active)?;
        fields.serialize_field("is_staff", &self.is_staff())?;
        fields.serialize_field("is_superuser", &self.is_superuser())?;
        fields.serialize_field("groups", &self.groups())?;
        fields.serialize_field("permissions", &self.permissions())?;
        fields.serialize_field("created_at", &self.created_at.unix_timestamp())?;
        fields.serialize_field("last_login_at", &self.last_login_at.map(|at| at.unix_timestamp()))?;
        fields.end()
    }
}

/// What the proxy, the configuration and the hooks decide about a user.
///
/// # Example
///
/// A hook can change it:
///
/// ```rust
/// use rocket::Request;
/// use rocket_remote_user::Profile;
/// use rocket_remote_user::policy::Policy;
///
/// struct NameByAddress;
///
/// impl Policy for NameByAddress {
///     fn configure(&self, _: &Request<'_>, profile: &mut Profile, _created: bool) {
///         if profile.name.is_none() {
///             profile.name = profile.email.clone();
///         }
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The full name, if it is known.
    pub name: Option<String>,
    /// The email address, if it is known. Do not identify a user by it.
    pub email: Option<String>,
    /// What the proxy says under the names of the key `attributes`, and what the application
    /// keeps beside it.
    pub attributes: BTreeMap<String, String>,
    /// Whether the user is staff, or a superuser.
    pub flags: Flags,
}

/// The two flags of a user.
///
/// # Example
///
/// A hook can decide them:
///
/// ```rust
/// use rocket_remote_user::Flags;
/// use rocket_remote_user::policy::{Identity, Policy};
///
/// struct StaffByAddress;
///
/// impl Policy for StaffByAddress {
///     fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
///         Flags { staff: identity.username().ends_with("@example.com"), ..flags }
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// Whether the guard [`Staff`](crate::Staff) admits the user, if active.
    pub staff: bool,
    /// Whether the guard [`Superuser`](crate::Superuser) admits the user, if active.
    pub superuser: bool,
}

/// Who made a user a member of a group.
///
/// # Example
///
/// ```rust
/// use rocket_remote_user::{MembershipSource, User};
///
/// /// The groups that the proxy gave to a user, and can take away.
/// fn groups_of_proxy(user: &User) -> Vec<&str> {
///     let mut groups = Vec::new();
///     for (group, source) in user.memberships() {
///         if *source == MembershipSource::Remote {
///             groups.push(group.as_str());
///         }
///     }
///     groups
/// }
///
/// assert!(groups_of_proxy(&User::new(1, "ada")).is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MembershipSource {
    /// The proxy, which named the group.
    Remote,
    /// Somebody here, in the database.
    Local,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inactive_user_says_so_and_has_no_permission() {
        let mut user = User::new(1, "ada");
        user.grant("wiki.edit");
        assert_eq!((user.is_active(), user.permissions()), (true, vec!["wiki.edit"]));
        user.is_active = false;
        assert_eq!((user.is_active(), user.permissions()), (false, vec![]));
        assert!(!user.has_permission("wiki.edit"));
    }
}
