use std::io::Cursor;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request, Response};

use crate::auth::Verdict;
use crate::error::Error;

/// Keeps what is not clean from every route.
///
/// After every fairing attached before launch it turns such a request into one by a
/// method that no server routes, `CONNECT`, where its own route is all there
/// is. The URI stays, for the catchers to match; a clean request pays nothing.
#[derive(Clone)]
pub(crate) struct Gate;

impl Gate {
    const METHOD: Method = Method::Connect;

    /// The route that answers what is refused.
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

    /// Takes the body from the answer to a refused `HEAD`, which Rocket no
    /// longer sees to be one, and leaves the length (RFC 9110, section 9.3.2).
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
