use rocket::Request;
use rocket::http::CookieJar;
use rocket::request::{FromRequest, Outcome};
use rocket::response::Redirect;

use super::remote_user::refuse;
use super::sentinel::abort_without_fairing;
use crate::auth::{Authenticator, Verdict};
use crate::error::Error;
use crate::session::{ActiveSession, PROXY_SOURCE, RequestSession, SessionManager};
use crate::user::{User, Username};

/// The longest source of a login, in characters.
const MAX_SOURCE_LENGTH: usize = 64;

/// The login of a request: a request guard with which a route signs people in
/// and out. It succeeds also where nobody is signed in.
///
/// ```rust
/// # use rocket::{post, response::Redirect};
/// use rocket_remote_user::{Error, AuthSession};
///
/// #[post("/logout")]
/// async fn logout(session: AuthSession<'_>) -> Result<Redirect, Error> {
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
/// `idle_timeout`; where one fails after [`logout`](AuthSession::logout), the browser
/// keeps a token that opens nothing.
///
/// [login CSRF]: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#possible-csrf-vulnerabilities-in-login-forms
pub struct AuthSession<'r> {
    authenticator: &'r Authenticator,
    verdict: &'r Verdict,
    jar: &'r CookieJar<'r>,
    session: Option<&'r RequestSession>,
}

impl AuthSession<'_> {
    /// The canonical form of a name that somebody typed, as that of the proxy is,
    /// but for [`Policy::clean_username`](crate::Policy::clean_username). `None`
    /// if it can be nobody's: it is too long, for example.
    pub fn canonical(&self, username: &str) -> Option<Username> {
        self.authenticator.canonical(username)
    }

    /// Finds the user of a name that somebody typed, which is made
    /// [`canonical`](AuthSession::canonical) first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store is out of reach.
    pub async fn find_user(&self, username: &str) -> Result<Option<User>, Error> {
        self.authenticator.find_user(username).await
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
    /// - [`Error::InvalidLoginSource`] if the source cannot be one;
    /// - [`Error::UnknownUser`], [`Error::Inactive`], [`Error::GroupDenied`] and
    ///   [`Error::GroupRequired`] as at a sign-in by the proxy, by the stored
    ///   groups;
    /// - [`Error::Store`] if the store is out of reach.
    ///
    /// That `user` is somebody else by now who has the same name is
    /// [`Error::UnknownUser`], too.
    pub async fn login(&self, user: &User, source: &str) -> Result<(), Error> {
        let (sessions, session) = self.sessions().ok_or(Error::NoSessions)?;
        if !is_login_source(source) {
            return Err(Error::InvalidLoginSource);
        }
        let id = self.authenticator.check_login(user).await?;
        sessions.begin(session, self.jar, id, source, Default::default()).await?;
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
        if let Some((sessions, session)) = self.sessions() {
            sessions.end(session, self.jar).await?;
        }
        Ok(self.authenticator.redirect_after_logout())
    }

    /// Signs out everywhere: as [`logout`](AuthSession::logout), and ends every other
    /// session of the user too.
    ///
    /// # Errors
    ///
    /// As [`RemoteUser`](crate::RemoteUser), for a user who may not be here.
    pub async fn logout_everywhere(&self) -> Result<Redirect, Error> {
        if let Some((sessions, session)) = self.sessions()
            && let Some(id) = self.user_id(sessions, session).await?
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
        let Some((sessions, session)) = self.sessions() else { return Ok(Vec::new()) };
        match self.user_id(sessions, session).await? {
            Some(id) => Ok(sessions.list(session, id).await?),
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
    async fn user_id(
        &self,
        sessions: &SessionManager,
        session: &RequestSession,
    ) -> Result<Option<i64>, Error> {
        let id = self.authenticator.user_id(self.verdict, session).await;
        if let Err(Error::Inactive | Error::GroupDenied | Error::GroupRequired) = id {
            sessions.end(session, self.jar).await?;
        }
        id
    }

    fn sessions(&self) -> Option<(&SessionManager, &RequestSession)> {
        self.authenticator.sessions().zip(self.session)
    }
}

/// Whether `source` can be the source of a login by the application.
fn is_login_source(source: &str) -> bool {
    let is_short = source.chars().count() <= MAX_SOURCE_LENGTH;
    is_short && !source.trim().is_empty() && !source.chars().any(char::is_control) && source != PROXY_SOURCE
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AuthSession<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let judged = request.rocket().state::<Authenticator>().zip(Verdict::of(request));
        let Some((authenticator, verdict)) = judged else { return refuse(request, Error::Unjudged) };
        if let Verdict::Rejected { rejection, .. } = verdict {
            return refuse(request, rejection.clone().into());
        }
        let session = authenticator.sessions().map(|sessions| sessions.of_request(request));
        Outcome::Success(AuthSession { authenticator, verdict, jar: request.cookies(), session })
    }
}

abort_without_fairing!(AuthSession<'r>);
