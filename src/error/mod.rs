//! The errors, the statuses that answer them, and where a catcher finds them.
//!
//! This module depends on `lock` only, so that each of the others may use it.

mod refusal;
mod rejection;
mod store;

use std::borrow::Cow;
use std::sync::Arc;

use rocket::Request;
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request;
use rocket::response::{self, Responder};
use thiserror::Error as ThisError;

pub use refusal::Refusal;
pub(crate) use refusal::Refusals;
pub use rejection::{Fault, Rejection};
pub use store::StoreError;

/// Why a request has no user, or a user who may not enter.
///
/// The guards fail with it, and a catcher reads it with [`Error::of`]. If nobody is
/// signed in there is no error: the guards forward, with 401. Only where `require_user`
/// asks for a user is it [`UserRequired`](Error::UserRequired), and no guard is asked.
///
/// # Example
///
/// A handler can return it, too. The catcher of its [`status`](Error::status) then
/// answers the request.
///
/// ```rust
/// # use rocket::http::{Header, Status};
/// # use rocket::local::blocking::Client;
/// # use rocket::routes;
/// use rocket::get;
/// use rocket_remote_user::{Error, RemoteUser};
///
/// #[get("/drafts/<author>")]
/// fn drafts(user: RemoteUser, author: &str) -> Result<String, Error> {
///     if user.username() != author && !user.is_staff() {
///         return Err(Error::NotStaff);
///     }
///     Ok(format!("The drafts of {author}"))
/// }
/// # let figment = rocket::figment::Figment::from(rocket::Config::default())
/// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing()).mount("/", routes![drafts]);
/// # let client = Client::tracked(rocket).unwrap();
/// # let get = |path: &'static str| {
/// #     let request = client.get(path).remote("127.0.0.1:1024".parse().unwrap());
/// #     request.header(Header::new("Remote-User", "ada")).dispatch().status()
/// # };
/// # assert_eq!(get("/drafts/ada"), Status::Ok);
/// # assert_eq!(get("/drafts/bob"), Status::Forbidden);
/// ```
#[derive(Debug, Clone, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The fairing refused the request (400, 403, 421 or 503).
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The proxy vouches for a user who is not in the store, and `create_users` is
    /// `false` (403).
    #[error("the user is unknown and `create_users` is false")]
    UnknownUser,
    /// The user is inactive, and `allow_inactive` is `false` (403).
    #[error("the user is inactive")]
    Inactive,
    /// The user is in none of the `required_groups` (403).
    #[error("the user is in none of `required_groups`")]
    GroupRequired,
    /// The user is in one of the `denied_groups` (403).
    #[error("the user is in one of `denied_groups`")]
    GroupDenied,
    /// The groups header is missing, and `missing_groups` is `"deny"` (403).
    #[error("the groups header is missing and `missing_groups` is \"deny\"")]
    GroupsMissing,
    /// The name header is missing, and `missing_name` is `"deny"` (403).
    #[error("the name header is missing and `missing_name` is \"deny\"")]
    NameMissing,
    /// The email header is missing, and `missing_email` is `"deny"` (403).
    #[error("the email header is missing and `missing_email` is \"deny\"")]
    EmailMissing,
    /// An attribute of `attributes` is missing, and `missing_attributes` is `"deny"` (403).
    #[error("an attribute is missing and `missing_attributes` is \"deny\"")]
    AttributeMissing,
    /// The proxy names nobody's subject, although `headers.subject` or `jwt.claims.subject` is
    /// configured (403).
    #[error("the subject is missing")]
    SubjectMissing,
    /// The user name is that of a user with another subject: it was given to somebody else, and
    /// an administrator must decide (403).
    #[error("the user name belongs to another subject")]
    SubjectMismatch,
    /// The user is stored without a subject, and `adopt_subjects` is `false` (403).
    #[error("the user is stored without a subject and `adopt_subjects` is false")]
    SubjectUnset,
    /// The subject is known under another user name, and the new one is another user's (403).
    #[error("the new user name of the subject belongs to another user")]
    UsernameTaken,
    /// What a job says of a person is nothing that the proxy might send:
    /// [`Users::sync`](crate::Users::sync) (400).
    #[error("what is said of the person {0}")]
    InvalidPerson(Fault),
    /// The guard [`Member`](crate::Member) asks for a group that the user is not in
    /// (403).
    #[error("the user is not in group `{0}`")]
    NotAMember(&'static str),
    /// The guard [`Member`](crate::Member) asks for one of several groups, and the user is in
    /// none of them (403).
    #[error("the user is in none of the groups {}", quoted(.0))]
    NotAMemberOfAny(&'static [&'static str]),
    /// The guard [`Staff`](crate::Staff) asks for staff, and the user is not (403).
    #[error("the user is not staff")]
    NotStaff,
    /// The guard [`Superuser`](crate::Superuser) asks for a superuser, and the user
    /// is not one (403).
    #[error("the user is not a superuser")]
    NotSuperuser,
    /// The guard [`Permitted`](crate::Permitted) asks for a permission that the user
    /// does not have (403).
    #[error("the user has no permission `{0}`")]
    NotPermitted(&'static str),
    /// The guard [`Permitted`](crate::Permitted) asks for one of several permissions, and the
    /// user has none of them (403).
    #[error("the user has none of the permissions {}", quoted(.0))]
    NotPermittedAny(&'static [&'static str]),
    /// A guard of the application does not admit the user, for this reason (403): see
    /// [`RemoteUser::admit`](crate::RemoteUser::admit).
    #[error("the user is not admitted: {0}")]
    Denied(Cow<'static, str>),
    /// [`AuthSession::login`](crate::AuthSession::login) was called, and
    /// `[default.remote_user.session]` is not configured (500).
    #[error("there are no sessions: `session` is not configured")]
    NoSessions,
    /// [`AuthSession::login`](crate::AuthSession::login) was given a source that is
    /// blank, too long or the proxy's own (500).
    #[error("the source of a login is blank, over 64 characters or `remote`, which is the proxy's")]
    InvalidLoginSource,
    /// Nobody is signed in, and `require_user` asks for a user on this path (401).
    #[error("nobody is signed in and `require_user` asks for a user")]
    UserRequired,
    /// The store of users is out of reach, or failed (503).
    #[error("the user store is out of reach: {0}")]
    Store(#[source] Arc<StoreError>),
    /// [`AuthSession::login`](crate::AuthSession::login) was called for a peer that is no
    /// trusted proxy, where no session counts (403).
    #[error("the peer is no trusted proxy, so that a session which begins here would not count")]
    UntrustedLogin,
    /// The fairing has not seen the request, so nothing in it can be trusted (500).
    /// That is so in the 400 catcher that Rocket runs for an unknown method.
    #[error("the request was not judged by `RemoteUser::fairing()`")]
    Unjudged,
}

impl Error {
    /// The status that answers the request.
    pub fn status(&self) -> Status {
        match self {
            Error::Rejected(rejection) => rejection.status(),
            Error::UserRequired => Status::Unauthorized,
            Error::InvalidPerson(_) => Status::BadRequest,
            Error::Store(_) => Status::ServiceUnavailable,
            Error::Unjudged | Error::NoSessions | Error::InvalidLoginSource => Status::InternalServerError,
            _ => Status::Forbidden,
        }
    }

    /// A word for the reason, which stays the same in every version: for metrics, for
    /// audits, and for clients that may know the reason. It is the name of the variant in
    /// snake case, and for [`Error::Rejected`] the [code of the fault](Fault::code).
    ///
    /// # Example
    ///
    /// ```rust
    /// use rocket_remote_user::Error;
    ///
    /// assert_eq!(Error::Inactive.code(), "inactive");
    /// assert_eq!(Error::GroupDenied.code(), "group_denied");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Error::Rejected(rejection) => rejection.fault().code(),
            Error::UnknownUser => "unknown_user",
            Error::Inactive => "inactive",
            Error::GroupRequired => "group_required",
            Error::GroupDenied => "group_denied",
            Error::GroupsMissing => "groups_missing",
            Error::InvalidPerson(_) => "invalid_person",
            Error::AttributeMissing => "attribute_missing",
            Error::SubjectMissing => "subject_missing",
            Error::SubjectMismatch => "subject_mismatch",
            Error::SubjectUnset => "subject_unset",
            Error::UsernameTaken => "username_taken",
            Error::NameMissing => "name_missing",
            Error::EmailMissing => "email_missing",
            Error::NotAMember(_) => "not_a_member",
            Error::NotAMemberOfAny(_) => "not_a_member_of_any",
            Error::NotPermittedAny(_) => "not_permitted_any",
            Error::Denied(_) => "denied",
            Error::NotStaff => "not_staff",
            Error::NotSuperuser => "not_superuser",
            Error::NotPermitted(_) => "not_permitted",
            Error::UserRequired => "user_required",
            Error::NoSessions => "no_sessions",
            Error::UntrustedLogin => "untrusted_login",
            Error::InvalidLoginSource => "invalid_login_source",
            Error::Store(_) => "store",
            Error::Unjudged => "unjudged",
        }
    }

    /// Returns why `request` failed with `status`, for a catcher. [`Refusal::of`] also says
    /// who was refused.
    ///
    /// It is what a guard or the handler of the last route failed with, or why the fairing
    /// refused the request. `None` if the failure is not one of this crate: nobody signed
    /// in, there is no such page, or the handler made the status itself.
    ///
    /// A guard that fails is noted also if an `Option` or a `Result` around it passes over
    /// the failure. It is passed over here, too, if the request then fails with another
    /// status or at another route. What cannot be told apart is a handler of that route, or
    /// a later guard of it that is not this crate's, that answers with the very status that
    /// the guard would have: it should return an [`Error`] instead, or the route ask
    /// [`User::is_staff`](crate::User::is_staff) rather than take `Option<Staff>`. Read the error before you ask for guards in a catcher.
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::http::Header;
    /// # use rocket::local::blocking::Client;
    /// # use rocket::{catchers, get, routes};
    /// # use rocket_remote_user::{Group, Member, RemoteUser};
    /// use rocket::http::Status;
    /// use rocket::{Request, catch};
    /// use rocket_remote_user::Error;
    ///
    /// #[catch(403)]
    /// fn forbidden(status: Status, request: &Request<'_>) -> String {
    ///     match Error::of(status, request) {
    ///         Some(Error::Inactive) => "Your account is not active.".into(),
    ///         Some(Error::NotAMember(group)) => format!("This page is for the group `{group}`."),
    ///         _ => "You may not enter.".into(),
    ///     }
    /// }
    /// # struct Editors;
    /// # impl Group for Editors {
    /// #     const NAME: &'static str = "editors";
    /// # }
    /// # #[get("/")]
    /// # fn index(_editor: Member<Editors>) {}
    /// # let figment = rocket::figment::Figment::from(rocket::Config::default())
    /// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
    /// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
    /// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing());
    /// # let rocket = rocket.mount("/", routes![index]).register("/", catchers![forbidden]);
    /// # let client = Client::tracked(rocket).unwrap();
    /// # let request = client.get("/").remote("127.0.0.1:1024".parse().unwrap());
    /// # let response = request.header(Header::new("Remote-User", "ada")).dispatch();
    /// # assert_eq!(response.into_string().unwrap(), "This page is for the group `editors`.");
    /// ```
    pub fn of(status: Status, request: &Request<'_>) -> Option<Error> {
        Refusal::of(status, request).map(|refusal| refusal.error().clone())
    }

    /// Fails a guard of your own with this error and its [`status`](Error::status).
    ///
    /// The refusal is noted for the catchers of `request`, logged, and heard by
    /// [`Policy::event`](crate::policy::Policy::event), as those of this crate's guards
    /// are. That happens once, however often the same error is noted in a request. An
    /// error that comes from one of this crate's guards can be passed on as it is.
    ///
    /// # Example
    ///
    /// ```rust
    /// # use rocket::http::{Header, Status};
    /// # use rocket::local::blocking::Client;
    /// # use rocket::{catch, catchers, get, routes};
    /// use rocket::Request;
    /// use rocket::outcome::try_outcome;
    /// use rocket::request::{FromRequest, Outcome};
    /// use rocket_remote_user::{Error, RemoteUser};
    ///
    /// /// Staff who are editors, too.
    /// struct EditorInChief(RemoteUser);
    ///
    /// #[rocket::async_trait]
    /// impl<'r> FromRequest<'r> for EditorInChief {
    ///     type Error = Error;
    ///
    ///     async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
    ///         let user = try_outcome!(request.guard::<RemoteUser>().await);
    ///         if !user.is_staff() {
    ///             return Error::NotStaff.refuse(request);
    ///         }
    ///         if !user.is_member("editors") {
    ///             return Error::NotAMember("editors").refuse(request);
    ///         }
    ///         Outcome::Success(EditorInChief(user))
    ///     }
    /// }
    /// # #[get("/")]
    /// # fn index(editor: EditorInChief) -> String { editor.0.username().into() }
    /// # #[catch(default)]
    /// # fn explain(status: Status, request: &Request<'_>) -> String {
    /// #     Error::of(status, request).unwrap().to_string()
    /// # }
    /// # let figment = rocket::figment::Figment::from(rocket::Config::default())
    /// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
    /// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
    /// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing());
    /// # let rocket = rocket.mount("/", routes![index]).register("/", catchers![explain]);
    /// # let client = Client::tracked(rocket).unwrap();
    /// # let request = client.get("/").remote("127.0.0.1:1024".parse().unwrap());
    /// # let response = request.header(Header::new("Remote-User", "ada")).dispatch();
    /// # assert_eq!(response.status(), Status::Forbidden);
    /// # assert_eq!(response.into_string().unwrap(), "the user is not staff");
    /// ```
    pub fn refuse<T>(self, request: &Request<'_>) -> request::Outcome<T, Error> {
        self.note(request);
        Outcome::Error((self.status(), self))
    }

    /// Notes that the fairing rejects `request` with this error, for its catchers and to be
    /// reported. Whatever fails after that is not the reason.
    pub(crate) fn note_rejection(&self, request: &Request<'_>) {
        Refusals::reject(request, self);
    }

    /// Notes that `request` fails with this error, for its catchers and to be reported.
    pub(crate) fn note(&self, request: &Request<'_>) {
        Refusals::fail(request, self);
    }
}

/// A handler that returns the error goes to the catcher of its status, where
/// [`Error::of`] returns it. It is logged, and heard by
/// [`Policy::event`](crate::policy::Policy::event).
impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        self.note(request);
        Err(self.status())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Error::Store(error.into())
    }
}

/// Lists names, each in backticks.
fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
