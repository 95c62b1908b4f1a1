/// Implements a guard that wraps a [`RemoteUser`](super::RemoteUser), its first
/// field, and that admits only those of whom `$admits` is true. Everybody else is
/// refused with `$error`.
macro_rules! restrict {
    ($guard:ident $(<$marker:ident: $bound:ident>)?, $admits:expr, $error:expr, $new:expr) => {
        #[rocket::async_trait]
        impl<'r $(, $marker: $bound)?> rocket::request::FromRequest<'r> for $guard $(<$marker>)? {
            type Error = $crate::error::Error;

            async fn from_request(
                request: &'r rocket::Request<'_>,
            ) -> rocket::request::Outcome<Self, Self::Error> {
                $crate::guard::RemoteUser::admit_if(request, $admits, $error).await.map($new)
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
