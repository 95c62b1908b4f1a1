use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};

/// A request guard for requests that come from a page of this application, or from no page:
/// for the sign-in form, where `cross_site` does not apply, as nobody is signed in yet.
///
/// Browsers say so in `Sec-Fetch-Site`, and older ones in `Origin`. A client that sends
/// neither is not a browser, and has nobody else's cookies
/// (<https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site>).
pub(crate) struct SameOrigin;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SameOrigin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let header = |name| request.headers().get_one(name);
        let is_same = match (header("Sec-Fetch-Site"), header("Origin")) {
            (Some(site), _) => site == "same-origin" || site == "none",
            (None, Some(origin)) => {
                let host = origin.split_once("://").map(|(_, host)| host);
                host.is_some() && host == header("Host")
            }
            (None, None) => true,
        };
        if is_same { Outcome::Success(SameOrigin) } else { Outcome::Error((Status::Forbidden, ())) }
    }
}
