use rocket::{Ignite, Rocket, error, info_};

use crate::auth::Authenticator;

/// Tells a guard's [`Sentinel`](rocket::Sentinel) whether the fairing is missing, so that
/// the launch must abort. If it is, logs which guard needs it, and how to attach it.
pub(super) fn is_fairing_missing(rocket: &Rocket<Ignite>, guard: &str) -> bool {
    let is_missing = rocket.state::<Authenticator>().is_none();
    if is_missing {
        error!("The guard `{}` is used, but its fairing is not attached.", guard);
        info_!("Attach it: `rocket::build().attach(RemoteUser::fairing())`");
    }
    is_missing
}
