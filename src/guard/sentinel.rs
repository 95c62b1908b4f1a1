//! What stops a launch that has guards and no fairing.
//!
//! Within this folder it depends on nothing.

use rocket::{Ignite, Rocket, error, info_};

use crate::auth::Authenticator;

/// Implements [`Sentinel`](rocket::Sentinel) for a guard: a launch aborts if a route takes
/// the guard and the fairing is not attached.
macro_rules! abort_without_fairing {
    ($guard:ident $(<$parameter:tt $(: $bound:ident)?>)?) => {
        impl $(<$parameter $(: $bound)?>)? rocket::Sentinel for $guard $(<$parameter>)? {
            fn abort(rocket: &rocket::Rocket<rocket::Ignite>) -> bool {
                $crate::guard::sentinel::must_abort(rocket, stringify!($guard))
            }
        }
    };
}

pub(super) use abort_without_fairing;

/// Tells whether the fairing is missing, so that the launch must abort. If it is, logs
/// which guard needs it, and how to attach it.
pub(super) fn must_abort(rocket: &Rocket<Ignite>, guard: &str) -> bool {
    let is_missing = rocket.state::<Authenticator>().is_none();
    if is_missing {
        error!("The guard `{}` is used, but its fairing is not attached.", guard);
        info_!("Attach it: `rocket::build().attach(RemoteUser::fairing())`");
    }
    is_missing
}
