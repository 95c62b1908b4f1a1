use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};

/// A request that a page of this application, or no page, made.
///
/// Browsers say so in `Sec-Fetch-Site`, and older ones in `Origin`; what sends
/// neither is no browser, and holds no cookies of anybody else
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
        match is_same {
            true => Outcome::Success(SameOrigin),
            false => Outcome::Error((Status::Forbidden, ())),
        }
    }
}
