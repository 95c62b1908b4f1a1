//! The guards for staff and superusers.
//!
//! Within this folder it depends on `remote_user` and `restricted`.

use super::remote_user::RemoteUser;
use super::restricted::restrict;
use crate::error::Error;
use crate::user::User;

/// A request guard for a user who [is staff](User::is_staff).
///
/// Its outcomes are those of [`RemoteUser`], and an error, 403, for a user who is not
/// staff. `Option<Staff>` is `None` for such a user, but the refusal is reported all the
/// same: a page that only shows staff more than others takes [`RemoteUser`] or
/// [`Visitor`](crate::Visitor), and asks [`User::is_staff`].
///
/// # Example
///
/// ```rust
/// # use rocket::get;
/// use rocket_remote_user::Staff;
///
/// #[get("/reports")]
/// fn reports(staff: Staff) -> String {
///     format!("Reports for {}", staff.username())
/// }
/// ```
pub struct Staff(RemoteUser);

restrict!(Staff, |user: &User| if user.is_staff() { Ok(()) } else { Err(Error::NotStaff) }, Self);

/// A request guard for a user who [is a superuser](User::is_superuser).
///
/// Its outcomes are those of [`RemoteUser`], and an error, 403, for a user who is not a
/// superuser.
///
/// # Example
///
/// ```rust
/// # use rocket::{delete, http::Status};
/// use rocket_remote_user::Superuser;
///
/// #[delete("/wiki/<page>")]
/// fn delete(page: &str, superuser: Superuser) -> Status {
///     rocket::info!("{} deletes {page}.", superuser.username());
///     Status::NoContent
/// }
/// ```
pub struct Superuser(RemoteUser);

restrict!(Superuser, |user: &User| if user.is_superuser() { Ok(()) } else { Err(Error::NotSuperuser) }, Self);
