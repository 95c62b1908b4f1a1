//! What the guards that admit only some users have in common.
//!
//! Within this folder it depends on `remote_user` and `sentinel`.

/// Implements a guard that wraps a [`RemoteUser`](super::RemoteUser) as its first field,
/// and admits only some users.
///
/// It admits a user whom `$check` accepts, and fails with its error for anybody else. `$new`
/// makes the guard of the `RemoteUser`. The guard is `Clone`, `Debug` and the like whether its
/// `$marker` is or not.
macro_rules! restrict {
    ($guard:ident $(<$marker:ident: $bound:ident>)?, $check:expr, $new:expr) => {
        #[rocket::async_trait]
        impl<'r $(, $marker: $bound)?> rocket::request::FromRequest<'r> for $guard $(<$marker>)? {
            type Error = $crate::error::Error;

            async fn from_request(
                request: &'r rocket::Request<'_>,
            ) -> rocket::request::Outcome<Self, Self::Error> {
                $crate::guard::remote_user::RemoteUser::admit(request, $check).await.map($new)
            }
        }

        impl $(<$marker: $bound>)? Clone for $guard $(<$marker>)? {
            fn clone(&self) -> Self {
                ($new)(self.0.clone())
            }
        }

        impl $(<$marker: $bound>)? std::fmt::Debug for $guard $(<$marker>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($guard)).field(&self.0).finish()
            }
        }

        impl $(<$marker: $bound>)? PartialEq for $guard $(<$marker>)? {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }

        impl $(<$marker: $bound>)? Eq for $guard $(<$marker>)? {}

        impl $(<$marker: $bound>)? AsRef<$crate::user::User> for $guard $(<$marker>)? {
            fn as_ref(&self) -> &$crate::user::User {
                &self.0
            }
        }

        impl $(<$marker: $bound>)? serde::Serialize for $guard $(<$marker>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl $(<$marker: $bound>)? std::ops::Deref for $guard $(<$marker>)? {
            type Target = $crate::guard::RemoteUser;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        $crate::guard::sentinel::abort_without_fairing!($guard $(<$marker: $bound>)?);
    };
}

pub(super) use restrict;
