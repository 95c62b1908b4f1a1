use super::RemoteUser;
use super::restricted::restrict;
use crate::error::Error;
use crate::user::User;

/// A user who is staff: a request guard. As [`RemoteUser`], and an error, 403,
/// for a user who is not.
#[derive(Debug, Clone)]
pub struct Staff(RemoteUser);

restrict!(Staff, User::is_staff, Error::NotStaff, Self);

/// A user who is a superuser: a request guard. As [`RemoteUser`], and an
/// error, 403, for a user who is not.
#[derive(Debug, Clone)]
pub struct Superuser(RemoteUser);

restrict!(Superuser, User::is_superuser, Error::NotSuperuser, Self);
