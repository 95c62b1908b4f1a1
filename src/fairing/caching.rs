//! What keeps the answer to one person out of the caches of others.
//!
//! Within this folder it depends on nothing.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::{Request, Response};

use crate::auth::{Authenticator, PersonalAnswer};

/// A fairing that tells caches what they may keep (RFC 9111, section 5.2.2).
///
/// A response that sets or removes the cookie of a session is `no-store`, whatever the
/// application says: a cache would hand one person's session to another. One for which a
/// guard found a user is `private`, unless the application has a `Cache-Control` of its own.
///
/// It runs after every response fairing that was attached before the launch, so that it
/// sees what they say.
pub(crate) struct Caching;

impl Caching {
    const HEADER: &'static str = "Cache-Control";
}

#[rocket::async_trait]
impl Fairing for Caching {
    fn info(&self) -> Info {
        Info { name: "Remote User Caching", kind: Kind::Response | Kind::Singleton }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let sessions = request.rocket().state::<Authenticator>().and_then(Authenticator::sessions);
        if sessions.is_some_and(|sessions| sessions.sets_cookie(response.headers())) {
            response.set_header(Header::new(Self::HEADER, "no-store"));
        } else if PersonalAnswer::of(request).is_noted() && !response.headers().contains(Self::HEADER) {
            response.set_header(Header::new(Self::HEADER, "private"));
        }
    }
}
