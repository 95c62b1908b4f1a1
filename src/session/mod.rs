//! The login that outlives the header.

mod cookie;
mod lifetime;
mod record;
mod sessions;
mod token;

use rocket::Request;
use rocket::http::CookieJar;
use rocket::request::{FromRequest, Outcome};
use rocket::response::Redirect;

use crate::error::Error;
use crate::service::Service;
use crate::user::User;
use crate::username::Username;
use crate::verdict::Verdict;

pub use record::ActiveSession;
pub(crate) use record::{Held, PROXY, Record as SessionRecord};
pub(crate) use sessions::{Presented, Sessions};
pub(crate) use token::Digest;

/// The login of a request: a request guard with which a route signs people in
/// and out. It succeeds also where nobody is signed in.
///
/// ```rust
/// # use rocket::{post, response::Redirect};
/// use rocket_remote_user::{Error, Session};
///
/// #[post("/logout")]
/// async fn logout(session: Session<'_>) -> Result<Redirect, Error> {
///     session.logout().await
/// }
/// ```
///
/// Let only `POST` and its like change a login: any page can make a browser
/// `GET`. `SameSite=Lax`, the default, keeps the cookie from the `POST` of
/// another site, though not the header of a proxy that knows the browser; and a
/// sign-in form needs a check of its own ([login CSRF]).
///
/// A session begins and ends where a guard asks who is there, and a login and a
/// logout are in the store when these methods return. Rocket sends the cookie
/// only if the request then succeeds: where another guard or the handler fails
/// after a session began, nobody has its token, and it ends by its
/// `idle_timeout`; where one fails after [`logout`](Session::logout), the browser
/// keeps a token that opens nothing.
///
/// [login CSRF]: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#possible-csrf-vulnerabilities-in-login-forms
pub struct Session<'r> {
    service: &'r Service,
    verdict: &'r Verdict,
    jar: &'r CookieJar<'r>,
    presented: Option<&'r Presented>,
}

/// The longest source of a login, in characters.
const LONGEST_SOURCE: usize = 64;

impl Session<'_> {
    /// The canonical form of a name that somebody typed, as that of the proxy is,
    /// but for [`Policy::clean_username`](crate::Policy::clean_username). `None`
    /// if it can be nobody's: it is too long, for example.
    pub fn canonical(&self, username: &str) -> Option<Username> {
        self.service.canonical(username)
    }

    /// Finds the user of a name that somebody typed, which is made
    /// [`canonical`](Session::canonical) first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store is out of reach.
    pub async fn find_user(&self, username: &str) -> Result<Option<User>, Error> {
        self.service.find_user(username).await
    }

    /// Signs `user` in, whom the application has authenticated itself, for
    /// example by `"password"`: `source` says how, in at most 64 characters,
    /// and is neither blank nor `remote`, which is the proxy's.
    ///
    /// The session that the request came with ends, and a new token goes to the
    /// browser. A proxy that signs in somebody else ends the new session at
    /// the next request.
    ///
    /// # Errors
    ///
    /// - [`Error::NoSessions`] without `[default.remote_user.session]`;
    /// - [`Error::Source`] if the source cannot be one;
    /// - [`Error::UnknownUser`], [`Error::Inactive`], [`Error::GroupDenied`] and
    ///   [`Error::GroupRequired`] as at a sign-in by the proxy, by the stored
    ///   groups;
    /// - [`Error::Store`] if the store is out of reach.
    ///
    /// That `user` is somebody else by now who has the same name is
    /// [`Error::UnknownUser`], too.
    pub async fn login(&self, user: &User, source: &str) -> Result<(), Error> {
        let (sessions, presented) = self.sessions().ok_or(Error::NoSessions)?;
        let is_source = !source.trim().is_empty() && source != PROXY;
        if !is_source || source.chars().count() > LONGEST_SOURCE || source.chars().any(char::is_control) {
            return Err(Error::Source);
        }
        let id = self.service.check_login(user).await?;
        sessions.begin(presented, self.jar, id, source, Default::default()).await?;
        Ok(())
    }

    /// Signs out: ends the session of the request, takes the cookie from the
    /// browser, and redirects (303) to `logout_url`, which is the proxy's own
    /// logout, or else to `/`.
    ///
    /// Without sessions it is the redirect alone. The proxy goes on to say who
    /// is there until it, too, signs out.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store is out of reach.
    pub async fn logout(&self) -> Result<Redirect, Error> {
        if let Some((sessions, presented)) = self.sessions() {
            sessions.end(presented, self.jar).await?;
        }
        Ok(self.service.after_logout())
    }

    /// Signs out everywhere: as [`logout`](Session::logout), and ends every other
    /// session of the user too.
    ///
    /// # Errors
    ///
    /// As [`RemoteUser`](crate::RemoteUser), for a user who may not be here.
    pub async fn logout_everywhere(&self) -> Result<Redirect, Error> {
        if let Some((sessions, presented)) = self.sessions()
            && let Some(id) = self.user_id(sessions, presented).await?
        {
            sessions.end_all(id).await?;
        }
        self.logout().await
    }

    /// The sessions of the user, the oldest first; none without sessions, or
    /// where nobody is signed in.
    ///
    /// # Errors
    ///
    /// As [`RemoteUser`](crate::RemoteUser), for a user who may not be here.
    pub async fn list(&self) -> Result<Vec<ActiveSession>, Error> {
        let Some((sessions, presented)) = self.sessions() else { return Ok(Vec::new()) };
        match self.user_id(sessions, presented).await? {
            Some(id) => Ok(sessions.of_user(presented, id).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Ends the session of that [`id`](ActiveSession::id), and tells whether the
    /// user had it.
    ///
    /// # Errors
    ///
    /// As [`RemoteUser`](crate::RemoteUser), for a user who may not be here.
    pub async fn revoke(&self, id: &str) -> Result<bool, Error> {
        let listed = self.list().await?;
        let (Some((sessions, _)), Some(session)) = (self.sessions(), listed.iter().find(|s| s.id() == id))
        else {
            return Ok(false);
        };
        sessions.revoke(session).await?;
        Ok(true)
    }

    /// The user, whose session ends if they may not be here any more.
    async fn user_id(&self, sessions: &Sessions, presented: &Presented) -> Result<Option<i64>, Error> {
        let id = self.service.user_id(self.verdict, presented).await;
        if let Err(Error::Inactive | Error::GroupDenied | Error::GroupRequired) = id {
            sessions.end(presented, self.jar).await?;
        }
        id
    }

    fn sessions(&self) -> Option<(&Sessions, &Presented)> {
        self.service.sessions().zip(self.presented)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Session<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let judged = request.rocket().state::<Service>().zip(Verdict::of(request));
        let failed = match judged {
            Some((_, Verdict::Refused { rejection, .. })) => rejection.clone().into(),
            Some((service, verdict)) => {
                let presented = service.sessions().map(|sessions| sessions.presented(request));
                return Outcome::Success(Session { service, verdict, jar: request.cookies(), presented });
            }
            None => Error::Unjudged,
        };
        failed.note(request);
        Outcome::Error((failed.status(), failed))
    }
}
