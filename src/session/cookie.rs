use rocket::Request;
use rocket::http::{Cookie, CookieJar, SameSite};

use super::config::SessionConfig;
use super::token::SessionToken;
use crate::text::trim;

/// The cookie that carries the token.
///
/// It is `HttpOnly` always, and has no `Max-Age`: it ends with the browser's
/// session, and the row in the store decides before that.
#[derive(Debug)]
pub(crate) struct SessionCookie {
    name: String,
    path: String,
    same_site: SameSite,
    secure: bool,
}

impl SessionCookie {
    pub(super) fn new(config: &SessionConfig, is_debug: bool) -> Self {
        Self {
            name: config.cookie_name(is_debug),
            path: config.path.clone(),
            same_site: config.same_site(),
            secure: config.is_secure(is_debug),
        }
    }

    /// The values of every cookie of the name that `request` sent.
    ///
    /// The names are compared as they were sent. Rocket's own jar decodes them
    /// and trims them of all white space, so that a cookie called
    /// `%5f%5fHost-…`, which anybody's subdomain may set, would pass for one
    /// with the prefix.
    pub(super) fn values<'r>(&self, request: &'r Request<'_>) -> Vec<&'r str> {
        let mut lines = request.headers().get("Cookie").peekable();
        if lines.peek().is_none() {
            return request.cookies().get(&self.name).map(Cookie::value).into_iter().collect();
        }
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| trim(name) == self.name).map(|(_, value)| trim(value)).collect()
    }

    pub(super) fn add(&self, jar: &CookieJar<'_>, token: &SessionToken) {
        jar.add(self.build(token.as_str().to_owned()));
    }

    pub(super) fn remove(&self, jar: &CookieJar<'_>) {
        let mut cookie = self.build(String::new());
        cookie.make_removal();
        jar.add(cookie);
    }

    fn build(&self, value: String) -> Cookie<'static> {
        Cookie::build((self.name.clone(), value))
            .path(self.path.clone())
            .same_site(self.same_site)
            .secure(self.secure)
            .http_only(true)
            .into()
    }

    /// One line for the liftoff summary.
    pub(super) fn summary(&self) -> String {
        let Self { name, path, same_site, secure } = self;
        let secure = if *secure { "Secure" } else { "not Secure" };
        format!("`{name}`, {secure}, HttpOnly, SameSite={same_site}, Path={path}")
    }
}
