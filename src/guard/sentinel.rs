use rocket::{Ignite, Rocket, Sentinel, error, info_};

use super::{Group, Member, Permission, Permitted, RemoteUser, Staff, Superuser, Visitor};
use crate::service::Service;
use crate::session::Session;

/// Whether the fairing is missing; says so, and what to attach.
fn is_missing(rocket: &Rocket<Ignite>, guard: &str) -> bool {
    let missing = rocket.state::<Service>().is_none();
    if missing {
        error!("The guard `{}` is used, but its fairing is not attached.", guard);
        info_!("Attach it: `rocket::build().attach(RemoteUser::fairing())`");
    }
    missing
}

impl Sentinel for RemoteUser {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket, "RemoteUser")
    }
}

impl Sentinel for Visitor {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket, "Visitor")
    }
}

impl<G: Group> Sentinel for Member<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket, "Member")
    }
}

impl Sentinel for Staff {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket, "Staff")
    }
}

impl Sentinel for Superuser {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket, "Superuser")
    }
}

impl<P: Permission> Sentinel for Permitted<P> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket, "Permitted")
    }
}

impl Sentinel for Session<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket, "Session")
    }
}
