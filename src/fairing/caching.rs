//! What keeps the answer to one person out of the caches of others.
//!
//! Within this folder it depends on nothing.

use rocket::http::Header;
use rocket::{Request, Response};

use crate::auth::{Authenticator, PersonalAnswer};

const HEADER: &str = "Cache-Control";

/// Tells caches what they may keep of a response (RFC 9111, section 5.2.2).
///
/// A response that sets or removes the cookie of a session is `no-store`, whatever the
/// application says: a cache would hand one person's session to another. One for which a
/// guard found a user is `private`, unless the application has a `Cache-Control` of its own.
pub(super) fn restrict(authenticator: &Authenticator, request: &Request<'_>, response: &mut Response<'_>) {
    let sets_cookie =
        authenticator.sessions().is_some_and(|sessions| sessions.sets_cookie(response.headers()));
    if sets_cookie {
        response.set_header(Header::new(HEADER, "no-store"));
    } else if PersonalAnswer::of(request).is_noted() && !is_restricted(response) {
        response.set_header(Header::new(HEADER, "private"));
    }
}

/// Whether the application says itself what caches may keep.
fn is_restricted(response: &Response<'_>) -> bool {
    // A header map hashes the names that it is asked for, which takes longer than a walk.
    response.headers().iter().any(|header| header.name == HEADER)
}
