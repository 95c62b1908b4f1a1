//! The cookie that carries a token.
//!
//! Within this folder it depends on `config` and `token`.

use rocket::Request;
use rocket::http::{Cookie, CookieJar, HeaderMap, SameSite};
use rocket::time::Duration;

use super::config::SessionConfig;
use super::token::SessionToken;
use crate::text::trim;

/// The cookie that carries the token of a session.
///
/// It is always `HttpOnly`. It ends with the browser's own session, unless `remember`
/// gives it a `Max-Age`. The row in the store decides whether the login has ended earlier.
#[derive(Debug)]
pub(crate) struct SessionCookie {
    name: String,
    path: String,
    same_site: SameSite,
    is_secure: bool,
    max_age: Option<Duration>,
}

impl SessionCookie {
    pub(super) fn new(config: &SessionConfig, is_debug: bool) -> Self {
        Self {
            name: config.cookie_name(is_debug),
            path: config.path.clone(),
            same_site: config.same_site,
            is_secure: config.is_secure(is_debug),
            max_age: config.remember.then(|| config.max_age()),
        }
    }

    /// The values of all cookies with this name that `request` sent.
    ///
    /// Names are compared as the browser sent them. Rocket's jar percent-decodes them
    /// and trims all white space, so a cookie called `%5f%5fHost-…`, which browsers
    /// let any subdomain set, would pass for one that has the prefix.
    pub(super) fn values<'r>(&self, request: &'r Request<'_>) -> Vec<&'r str> {
        let headers = request.headers();
        if !headers.contains("Cookie") {
            // Rocket's local client puts cookies in the jar and sends no header.
            return request.cookies().get(&self.name).map(Cookie::value).into_iter().collect();
        }
        let pairs = headers.get("Cookie").flat_map(|line| line.split(';'));
        pairs
            .filter_map(|pair| pair.split_once('='))
            .filter(|(name, _)| trim(name) == self.name)
            .map(|(_, value)| trim(value))
            .collect()
    }

    /// Gives the browser a token.
    pub(super) fn add(&self, jar: &CookieJar<'_>, token: &SessionToken) {
        let mut cookie = self.build(token.as_str().to_owned());
        cookie.set_max_age(self.max_age);
        jar.add(cookie);
    }

    /// Removes the cookie from the browser.
    pub(super) fn remove(&self, jar: &CookieJar<'_>) {
        let mut cookie = self.build(String::new());
        cookie.make_removal();
        jar.add(cookie);
    }

    /// Whether the headers of a response set or remove the cookie.
    pub(super) fn is_set_by(&self, headers: &HeaderMap<'_>) -> bool {
        let mut names = headers.get("Set-Cookie").filter_map(|line| line.split_once('='));
        names.any(|(name, _)| name == self.name)
    }

    fn build(&self, value: String) -> Cookie<'static> {
        Cookie::build((self.name.clone(), value))
            .path(self.path.clone())
            .same_site(self.same_site)
            .secure(self.is_secure)
            .http_only(true)
            .into()
    }

    /// One line for the liftoff summary.
    pub(super) fn summary(&self) -> String {
        let Self { name, path, same_site, is_secure, max_age } = self;
        let secure = if *is_secure { "Secure" } else { "not Secure" };
        let max_age = max_age.map_or(String::new(), |age| format!(", Max-Age={}", age.whole_seconds()));
        format!("`{name}`, {secure}, HttpOnly, SameSite={same_site}, Path={path}{max_age}")
    }
}
