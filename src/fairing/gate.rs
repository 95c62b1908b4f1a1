//! What keeps a rejected request away from every route.
//!
//! Within this folder it depends on nothing.

use std::io::Cursor;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request, Response};

use crate::auth::Verdict;
use crate::error::Error;

/// A fairing and a route that keep rejected requests away from every other route.
///
/// The fairing runs after every other one that was attached before the launch. It changes
/// the method of a request that was rejected, or not judged, to `CONNECT`, which no
/// server routes, so that the gate's own route is the only one that matches. The URI
/// stays as it is, for the catchers to match. A clean request costs nothing.
#[derive(Clone)]
pub(crate) struct Gate;

impl Gate {
    /// The method that a rejected request is given.
    const METHOD: Method = Method::Connect;

    /// The route that answers a rejected request.
    pub(crate) fn route() -> Route {
        let mut route = Route::ranked(isize::MIN, Self::METHOD, "/<_..>", Gate);
        route.name = Some("remote user gate".into());
        route
    }
}

#[rocket::async_trait]
impl Fairing for Gate {
    fn info(&self) -> Info {
        Info { name: "Remote User Gate", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if let None | Some(Verdict::Rejected { .. }) = Verdict::of(request) {
            request.set_method(Self::METHOD);
        }
    }

    /// Removes the body of the answer to a rejected `HEAD`, which Rocket no longer
    /// recognises as one, and keeps its length (RFC 9110, section 9.3.2).
    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if request.method() == Self::METHOD
            && let Some(Verdict::Rejected { method: Method::Head, .. }) = Verdict::of(request)
        {
            let size = response.body_mut().size().await;
            response.set_sized_body(size, Cursor::new([]));
        }
    }
}

#[rocket::async_trait]
impl Handler for Gate {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        match Verdict::of(request) {
            Some(Verdict::Rejected { rejection, .. }) => Outcome::Error(rejection.status()),
            None => Outcome::Error(Error::Unjudged.status()),
            Some(_) => Outcome::Forward((data, Status::NotFound)),
        }
    }
}
