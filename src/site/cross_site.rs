//! The key `cross_site`: what the page of another site may send.
//!
//! Within this folder it depends on `host` and `origin`.

use rocket::Request;
use rocket::http::Method;
use serde::Deserialize;

use super::host::Host;
use super::origin::TrustedOrigin;
use crate::error::{Fault, Rejection};

/// The header in which a browser says how the page that sends a request relates to the
/// site that receives it (W3C Fetch Metadata).
const SEC_FETCH_SITE: &str = "Sec-Fetch-Site";

/// The header in which a browser names the page that sends a request (RFC 6454, section 7).
const ORIGIN: &str = "Origin";

/// What happens to an unsafe request of another site, where somebody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"reject\" or \"allow\"")]
pub(crate) enum CrossSite {
    /// It is refused.
    Reject,
    /// It goes on: the application has a defence of its own.
    Allow,
}

/// The check that a page of another site did not send a request, as Go 1.25 makes it in
/// [`CrossOriginProtection`](https://pkg.go.dev/net/http#CrossOriginProtection).
#[derive(Debug, Clone)]
pub(crate) struct CrossSiteCheck {
    pub(crate) cross_site: CrossSite,
    pub(crate) trusted_origins: Vec<TrustedOrigin>,
}

impl CrossSiteCheck {
    /// Checks that `request` changes nothing, or that no page of another site sent it.
    ///
    /// The browser's `Sec-Fetch-Site` decides. Without it, `Origin` must have the host that
    /// the request is for. A request that has neither is not from a browser, or is from one
    /// of before 2020. A value that is doubled or unknown is another site's.
    ///
    /// # Errors
    ///
    /// Returns a rejection that names the header by which this was found.
    pub(crate) fn check(&self, request: &Request<'_>) -> Result<(), Rejection> {
        if self.cross_site == CrossSite::Allow || !is_unsafe(request) {
            return Ok(());
        }
        let site = single(request, SEC_FETCH_SITE)?;
        if let Some("same-origin" | "none") = site {
            return Ok(());
        }
        let header = if site.is_some() { SEC_FETCH_SITE } else { ORIGIN };
        let Some(origin) = single(request, ORIGIN)? else {
            return if site.is_some() { Err(reject(header)) } else { Ok(()) };
        };
        let origin = TrustedOrigin::parse(origin).ok_or_else(|| reject(header))?;
        let is_own = site.is_none() && Host::of(request).is_ok_and(|host| host == origin.host);
        if is_own || self.trusted_origins.contains(&origin) { Ok(()) } else { Err(reject(header)) }
    }
}

/// Whether a request is a form, so that its method may be that of its field `_method`.
pub(crate) fn is_form(request: &Request<'_>) -> bool {
    request.content_type().is_some_and(|content| content.is_form())
}

/// Whether a request may change something. `GET`, `HEAD` and `OPTIONS` do not, except for a
/// form, which Rocket gives the method of its field `_method`, and for an upgrade, as of a
/// WebSocket, whose messages are never checked.
fn is_unsafe(request: &Request<'_>) -> bool {
    let is_safe_method = matches!(request.method(), Method::Get | Method::Head | Method::Options);
    // A header map hashes the names that it is asked for, which takes longer than a walk.
    let is_upgrade = || request.headers().iter().any(|header| header.name == "Upgrade");
    !is_safe_method || is_form(request) || is_upgrade()
}

/// The value of a header. A blank one says nothing.
///
/// # Errors
///
/// Returns a rejection if the header was sent more than once.
fn single<'r>(request: &'r Request<'_>, header: &str) -> Result<Option<&'r str>, Rejection> {
    let mut values = request.headers().get(header);
    let (first, second) = (values.next(), values.next());
    if second.is_some() { Err(reject(header)) } else { Ok(first.filter(|value| !value.is_empty())) }
}

fn reject(header: &str) -> Rejection {
    Rejection::new(header, Fault::CrossSite)
}
