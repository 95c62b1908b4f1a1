//! What keeps a refused request away from every route, and sees every response last.
//!
//! Within this folder it depends on `caching`.

use std::io::Cursor;
use std::sync::OnceLock;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request, Response};

use super::caching;
use crate::auth::Authenticator;
use crate::error::{Error, Refusals};
use crate::site::is_form;

/// A fairing and a route that keep refused requests away from every other route.
///
/// The fairing runs after every other one that was attached before the launch. It asks
/// whether the request may be routed, and changes the method of one that may not to
/// `CONNECT`, which no server routes, so that the gate's own route is the only one that
/// matches. The URI stays as it is, for the catchers to match.
///
/// It is one fairing for all that is done after the others, because each costs every request
/// something.
#[derive(Clone)]
pub(crate) struct Gate;

/// Why a request may not be routed.
struct Refusal {
    error: Error,
    /// Whether it was sent as a `HEAD`. A form was not: Rocket gives it the method of its
    /// field `_method`.
    is_head: bool,
}

impl Gate {
    /// The method that a refused request is given.
    const METHOD: Method = Method::Connect;

    /// The route that answers a refused request.
    pub(crate) fn route() -> Route {
        let mut route = Route::ranked(isize::MIN, Self::METHOD, "/<_..>", Gate);
        route.name = Some("remote user gate".into());
        route
    }
}

impl Refusal {
    /// Returns where the refusal of `request` is kept, if it is refused.
    fn of<'r>(request: &'r Request<'_>) -> &'r OnceLock<Refusal> {
        request.local_cache(OnceLock::new)
    }
}

#[rocket::async_trait]
impl Fairing for Gate {
    fn info(&self) -> Info {
        Info { name: "Remote User Gate", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let admission = match request.rocket().state::<Authenticator>() {
            Some(authenticator) => authenticator.admit(request).await,
            None => Err(Error::Unjudged),
        };
        if let Err(error) = admission {
            let is_head = request.method() == Method::Head && !is_form(request);
            let _ = Refusal::of(request).set(Refusal { error, is_head });
            request.set_method(Self::METHOD);
        }
    }

    /// Reports what a handler, or a guard of the application, refused, and restricts caches.
    ///
    /// Then it removes the body of the answer to a refused `HEAD`, which Rocket no longer
    /// recognises as one, and keeps its length (RFC 9110, section 9.3.2).
    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if let Some(authenticator) = request.rocket().state::<Authenticator>() {
            if Refusals::may_be_unreported() {
                Box::pin(authenticator.report_refusals(request)).await;
            }
            caching::restrict(authenticator, request, response);
        }
        if request.method() == Self::METHOD
            && let Some(Refusal { is_head: true, .. }) = Refusal::of(request).get()
        {
            let size = response.body_mut().size().await;
            response.set_sized_body(size, Cursor::new([]));
        }
    }
}

#[rocket::async_trait]
impl Handler for Gate {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        match Refusal::of(request).get() {
            Some(refusal) => Outcome::Error(refusal.error.status()),
            None => Outcome::Forward((data, Status::NotFound)),
        }
    }
}
