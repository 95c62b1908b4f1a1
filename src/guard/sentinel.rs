use rocket::{Ignite, Rocket, error, info_};

use crate::auth::Authenticator;

/// Makes a launch abort where a guard is used and its fairing is not attached.
macro_rules! abort_without_fairing {
    ($guard:ident $(<$parameter:tt $(: $bound:ident)?>)?) => {
        impl $(<$parameter $(: $bound)?>)? rocket::Sentinel for $guard $(<$parameter>)? {
            fn abort(rocket: &rocket::Rocket<rocket::Ignite>) -> bool {
                $crate::guard::sentinel::is_fairing_missing(rocket, stringify!($guard))
            }
        }
    };
}

pub(super) use abort_without_fairing;

/// Whether the fairing is missing. If it is, the log says which guard needs it, and
/// how to attach it.
pub(super) fn is_fairing_missing(rocket: &Rocket<Ignite>, guard: &str) -> bool {
    let is_missing = rocket.state::<Authenticator>().is_none();
    if is_missing {
        error!("The guard `{}` is used, but its fairing is not attached.", guard);
        info_!("Attach it: `rocket::build().attach(RemoteUser::fairing())`");
    }
    is_missing
}
