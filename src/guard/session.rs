//! The guard that signs people in and out.
//!
//! Within this folder it depends on `remote_user` and `sentinel`.

use rocket::Request;
use rocket::http::CookieJar;
use rocket::request::{FromRequest, Outcome};
use rocket::response::Redirect;

use super::remote_user::fail;
use super::sentinel::abort_without_fairing;
use crate::auth::{Authenticator, PersonalAnswer, SignedIn, Verdict};
use crate::error::{Error, Refusals};
use crate::session::{ActiveSession, PROXY_SOURCE, RequestSession, SessionManager};
use crate::user::{User, Username};

/// The greatest length of the source of a login, in characters.
const MAX_SOURCE_LENGTH: usize = 64;

/// A request guard with which a route signs people in and out. It succeeds even if nobody
/// is signed in.
///
/// Sign people in and out by `POST`, `PUT` or `DELETE` only, because any page can make a
/// browser send a `GET`. The fairing refuses the others if the page of another site sent
/// them and somebody is signed in, by the proxy or by a session: see `cross_site`. Nobody
/// is signed in yet where a sign-in form is sent, so its route needs a check of its own
/// ([login CSRF]).
///
/// A request whose peer lacks a proof of the proxy has no session, whatever cookie it
/// sends, unless `session.proof` is off: nothing is listed or ended, and nobody is signed
/// in.
///
/// The proxy's header begins or ends a session when a guard resolves the user. A login or a logout is in
/// the store when its method returns. Rocket sends the cookie only if the request then
/// succeeds. If another guard or the handler fails after a session began, nobody has its
/// token, and it ends by its `idle_timeout`. If one fails after
/// [`logout`](AuthSession::logout), the browser keeps a token that opens nothing.
///
/// An error of a method is logged, and heard by
/// [`Policy::event`](crate::policy::Policy::event), whether the route returns it or not.
///
/// # Example
///
/// A password form of the application itself: `verify` is its own check of a password.
///
/// ```rust
/// # use rocket::{FromForm, form::Form, post, response::Redirect};
/// use rocket_remote_user::{AuthSession, Error, User};
///
/// # fn verify(_: Option<&User>, _: &str) -> bool { false }
/// #[derive(FromForm)]
/// struct Credentials<'r> {
///     username: &'r str,
///     password: &'r str,
/// }
///
/// #[post("/login", data = "<form>")]
/// async fn login(form: Form<Credentials<'_>>, session: AuthSession<'_>) -> Result<Redirect, Error> {
///     let user = session.find_user(form.username).await?;
///     let is_right = verify(user.as_ref(), form.password);
///     match user {
///         Some(user) if is_right => {
///             session.login(&user, "password").await?;
///             Ok(Redirect::to("/"))
///         }
///         _ => Ok(Redirect::to("/login?failed")),
///     }
/// }
///
/// #[post("/logout")]
/// async fn logout(session: AuthSession<'_>) -> Result<Redirect, Error> {
///     session.logout().await
/// }
/// ```
///
/// `examples/fallback_login` is an application with such a form. It adds what is left out
/// here: a check of the origin of the form, and a limit on failed attempts.
///
/// [login CSRF]: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#possible-csrf-vulnerabilities-in-login-forms
pub struct AuthSession<'r> {
    authenticator: &'r Authenticator,
    verdict: &'r Verdict,
    jar: &'r CookieJar<'r>,
    session: Option<&'r RequestSession>,
    answer: &'r PersonalAnswer,
    refusals: &'r Refusals,
}

impl AuthSession<'_> {
    /// Makes a name that somebody typed canonical. Returns `None` if it cannot be a user
    /// name, for example because it is too long.
    ///
    /// The name is held to the rules of a name that the proxy sends, with two differences.
    /// [`Policy::clean_username`] is not asked, and wide or decomposed letters are always
    /// mapped, as with `username_form = "map"`: a keyboard may produce them, and nobody's
    /// name is stored with them.
    ///
    /// # Example
    ///
    /// The canonical name is the one to count failed attempts by: every spelling of a
    /// name counts as that name.
    ///
    /// ```rust
    /// # use std::collections::HashMap;
    /// # use std::sync::Mutex;
    /// # use rocket::{State, http::Status, post};
    /// use rocket_remote_user::{AuthSession, Username};
    ///
    /// # type Attempts = Mutex<HashMap<Username, u32>>;
    /// #[post("/login", data = "<name>")]
    /// fn login(name: &str, session: AuthSession<'_>, attempts: &State<Attempts>) -> Status {
    ///     let Some(name) = session.canonical(name) else { return Status::Unauthorized };
    ///     *attempts.lock().unwrap().entry(name).or_default() += 1;
    ///     // …
    /// #   Status::Unauthorized
    /// }
    /// ```
    ///
    /// [`Policy::clean_username`]: crate::policy::Policy::clean_username
    pub fn canonical(&self, username: &str) -> Option<Username> {
        self.authenticator.canonical(username)
    }

    /// Finds the user of a name that somebody typed, which is made
    /// [`canonical`](AuthSession::canonical) first.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Store`] if the store is out of reach.
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::get;
    /// use rocket_remote_user::{AuthSession, Error, Staff};
    ///
    /// #[get("/users/<name>")]
    /// async fn show(name: &str, _staff: Staff, session: AuthSession<'_>) -> Result<Option<String>, Error> {
    ///     let user = session.find_user(name).await?;
    ///     Ok(user.map(|user| format!("{} is in {:?}", user.username(), user.groups())))
    /// }
    /// ```
    pub async fn find_user(&self, username: &str) -> Result<Option<User>, Error> {
        self.tell(self.authenticator.find_user(username).await)
    }

    /// Signs in a user whom the application has authenticated itself, for example by a
    /// password form: see the [example](AuthSession#example).
    ///
    /// `source` says how the user was authenticated, for example `"password"`. It has at
    /// most 64 characters, is not blank, and is not `remote`, which is the proxy's.
    ///
    /// Every session that the request came with ends, and a new token goes to the browser. If
    /// the user had `session.max_per_user` sessions, the oldest ends. If the proxy signs in
    /// somebody else at the next request, the new session ends then. If the user may not sign
    /// in, every session of that user ends.
    ///
    /// # Errors
    ///
    /// - [`Error::NoSessions`] without `[default.remote_user.session]`;
    /// - [`Error::UntrustedLogin`] if the peer does not have the proofs of the proxy, unless
    ///   `session.proof` is off: the session would never count there;
    /// - [`Error::InvalidLoginSource`] if the source cannot be one;
    /// - [`Error::UnknownUser`] if the store no longer has the user, or has somebody else
    ///   of the same name by now;
    /// - [`Error::Inactive`], [`Error::GroupDenied`] and [`Error::GroupRequired`] as at a
    ///   sign-in by the proxy, by the stored groups;
    /// - these, and [`Error::GroupsMissing`], if the proxy names this user in the request, and
    ///   a sign-in by what it says would be refused;
    /// - [`Error::Store`] if the store is out of reach.
    pub async fn login(&self, user: &User, source: &str) -> Result<(), Error> {
        self.try_login(user, source).await.inspect_err(|error| {
            self.refusals.add(error, Some(user.username()));
        })
    }

    async fn try_login(&self, user: &User, source: &str) -> Result<(), Error> {
        let (sessions, session) = self.sessions().ok_or(Error::NoSessions)?;
        if !session.counts() {
            return Err(Error::UntrustedLogin);
        }
        if !is_login_source(source) {
            return Err(Error::InvalidLoginSource);
        }
        self.check_header(sessions, session, user).await?;
        let user_id = self.admitted(sessions, session, self.authenticator.check_login(user).await?).await?;
        sessions.begin(session, self.jar, user_id, source, Default::default()).await?;
        Ok(())
    }

    /// Checks that the rules let `user` in by what the proxy says, if it names that user.
    async fn check_header(
        &self,
        sessions: &SessionManager,
        session: &RequestSession,
        user: &User,
    ) -> Result<(), Error> {
        let Verdict::Authenticated(_) = self.verdict else { return Ok(()) };
        match self.authenticator.signed_in(self.verdict, session, self.refusals).await? {
            Some(named) if named.user_id == user.id() => {
                self.admitted_here(sessions, session, named).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Signs the browser out: ends every session whose cookie it sent, removes the cookie, and
    /// redirects (303) to `logout_url`, which is the proxy's own logout, or else to `/`.
    ///
    /// Without sessions it only redirects. From a peer without the proofs of the proxy no
    /// session ends, unless `session.proof` is off, and the cookie is removed all the same. The
    /// proxy goes on to say who is there until it signs the person out, too.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Store`] if the store is out of reach.
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::{post, response::Redirect};
    /// use rocket_remote_user::{AuthSession, Error};
    ///
    /// #[post("/logout")]
    /// async fn logout(session: AuthSession<'_>) -> Result<Redirect, Error> {
    ///     session.logout().await
    /// }
    /// ```
    pub async fn logout(&self) -> Result<Redirect, Error> {
        if let Some((sessions, session)) = self.sessions() {
            self.tell(sessions.end(session, self.jar).await)?;
        }
        Ok(self.authenticator.redirect_after_logout())
    }

    /// Signs out as [`logout`](AuthSession::logout) does, and ends every other session of
    /// the user too.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`RemoteUser`](crate::RemoteUser) for a user who may not sign
    /// in, and [`Error::Store`] if the store is out of reach.
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::{post, response::Redirect};
    /// use rocket_remote_user::{AuthSession, Error};
    ///
    /// #[post("/logout-everywhere")]
    /// async fn logout_everywhere(session: AuthSession<'_>) -> Result<Redirect, Error> {
    ///     session.logout_everywhere().await
    /// }
    /// ```
    pub async fn logout_everywhere(&self) -> Result<Redirect, Error> {
        if let Some((sessions, session)) = self.sessions()
            && let Some(id) = self.user_id(sessions, session).await?
        {
            self.tell(sessions.end_all(id).await)?;
        }
        self.logout().await
    }

    /// Lists the sessions of the user, the oldest first. The list is empty without
    /// `[default.remote_user.session]`, or if nobody is signed in.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`RemoteUser`](crate::RemoteUser) for a user who may not sign
    /// in, and [`Error::Store`] if the store is out of reach.
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::get;
    /// use rocket_remote_user::{AuthSession, Error};
    ///
    /// #[get("/sessions")]
    /// async fn sessions(session: AuthSession<'_>) -> Result<String, Error> {
    ///     let sessions = session.list().await?;
    ///     let lines = sessions.iter().map(|session| {
    ///         let mark = if session.is_current() { "*" } else { " " };
    ///         format!("{mark} {} since {}\n", session.source(), session.created_at())
    ///     });
    ///     Ok(lines.collect())
    /// }
    /// ```
    pub async fn list(&self) -> Result<Vec<ActiveSession>, Error> {
        let Some((sessions, session)) = self.sessions() else { return Ok(Vec::new()) };
        match self.user_id(sessions, session).await? {
            Some(id) => self.tell(sessions.list(session, id).await),
            None => Ok(Vec::new()),
        }
    }

    /// Ends the session of the user that has this [`id`](ActiveSession::id). Returns
    /// whether the user had such a session.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`RemoteUser`](crate::RemoteUser) for a user who may not sign
    /// in, and [`Error::Store`] if the store is out of reach.
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::{delete, http::Status};
    /// use rocket_remote_user::{AuthSession, Error};
    ///
    /// #[delete("/sessions/<id>")]
    /// async fn revoke(id: &str, session: AuthSession<'_>) -> Result<Status, Error> {
    ///     let was_revoked = session.revoke(id).await?;
    ///     Ok(if was_revoked { Status::NoContent } else { Status::NotFound })
    /// }
    /// ```
    pub async fn revoke(&self, id: &str) -> Result<bool, Error> {
        let Some((sessions, _)) = self.sessions() else { return Ok(false) };
        let listed = self.list().await?;
        let Some(session) = listed.iter().find(|session| session.id() == id) else { return Ok(false) };
        self.tell(sessions.revoke(session).await)?;
        Ok(true)
    }

    /// Finds the `id` of the user.
    async fn user_id(
        &self,
        sessions: &SessionManager,
        session: &RequestSession,
    ) -> Result<Option<i64>, Error> {
        let signed_in = self.authenticator.signed_in(self.verdict, session, self.refusals).await;
        if !matches!(signed_in, Ok(None)) {
            self.answer.note();
        }
        match self.tell(signed_in)? {
            Some(signed_in) => self.tell(self.admitted_here(sessions, session, signed_in).await).map(Some),
            None => Ok(None),
        }
    }

    /// Returns the `id` of a user of this request whom the rules let in. One whom they refuse
    /// loses what the proxy no longer gives, and every session.
    async fn admitted_here(
        &self,
        sessions: &SessionManager,
        session: &RequestSession,
        signed_in: SignedIn,
    ) -> Result<i64, Error> {
        if let (Verdict::Authenticated(principal), Err(_)) = (self.verdict, &signed_in.admission) {
            self.authenticator.take_from_refused(principal).await?;
        }
        self.admitted(sessions, session, signed_in).await
    }

    /// Returns the `id` of a user whom the rules let in. Every session of one whom they refuse
    /// ends.
    async fn admitted(
        &self,
        sessions: &SessionManager,
        session: &RequestSession,
        SignedIn { user_id, admission }: SignedIn,
    ) -> Result<i64, Error> {
        if let Err(refusal) = admission {
            sessions.end_refused(session, self.jar, user_id).await?;
            return Err(refusal);
        }
        Ok(user_id)
    }

    /// Notes an error, to be reported with the response.
    fn tell<T, E: Into<Error>>(&self, result: Result<T, E>) -> Result<T, Error> {
        result.map_err(Into::into).inspect_err(|error| self.refusals.add(error, None))
    }

    /// The manager of the sessions with the session of this request, if sessions are
    /// configured.
    fn sessions(&self) -> Option<(&SessionManager, &RequestSession)> {
        self.authenticator.sessions().zip(self.session)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AuthSession<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let judged = request.rocket().state::<Authenticator>().zip(Verdict::of(request));
        let Some((authenticator, verdict)) = judged else { return fail(request, Error::Unjudged).await };
        if let Verdict::Rejected(error) = verdict {
            return fail(request, error.clone()).await;
        }
        let is_peer_trusted = verdict.is_peer_trusted();
        let session = authenticator.sessions().map(|sessions| sessions.of_request(request, is_peer_trusted));
        let (jar, answer, refusals) = (request.cookies(), PersonalAnswer::of(request), Refusals::of(request));
        Outcome::Success(AuthSession { authenticator, verdict, jar, session, answer, refusals })
    }
}

abort_without_fairing!(AuthSession<'r>);

/// Whether an application may give `source` as the source of a login.
fn is_login_source(source: &str) -> bool {
    let is_short = source.chars().count() <= MAX_SOURCE_LENGTH;
    is_short && !source.trim().is_empty() && !source.chars().any(char::is_control) && source != PROXY_SOURCE
}
