use std::sync::{Arc, Mutex, PoisonError};

use rocket::http::Status;
use rocket::response::{self, Responder};
use rocket::{Request, error};
use thiserror::Error as ThisError;

use crate::store::StoreError;
use crate::verdict::Verdict;

/// What is wrong with an identity header, or with one that is to prove who
/// speaks. It completes the sentence that
/// [`Rejection`] begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Fault {
    /// The peer is no trusted proxy, so it may not say who somebody is (403).
    #[error("comes from a peer that is no trusted proxy")]
    Untrusted,
    /// The header holds no secret that is accepted (403).
    #[error("holds no secret that is accepted")]
    WrongSecret,
    /// A header was sent that a gateway would take for this one (400).
    #[error("was sent under another spelling of its name")]
    Alias,
    /// The header was sent more than once, be it with equal values (400).
    #[error("was sent more than once")]
    Doubled,
    /// The header was sent, and says nothing: a secret of the proxy cannot be
    /// blank (400).
    #[error("is blank")]
    Blank,
    /// A `Connection` header names it, so that the next proxy would drop it
    /// (RFC 9110, section 7.6.1) (400).
    #[error("is named by a `Connection` header")]
    HopByHop,
    /// The value is not in the configured `encoding`: an escape that is not
    /// whole, a byte that is to be escaped, or no UTF-8 (400).
    #[error("is not encoded as `encoding` says")]
    Misencoded,
    /// The value, or one group of it, lacks its prefix of `strip_prefix` (400).
    #[error("does not begin with the prefix that `strip_prefix` says")]
    Unprefixed,
    /// A control, bidirectional, zero-width or other character that nobody
    /// sees (400).
    #[error("holds a character that nobody can see")]
    Unseen,
    /// A variable that the proxy was to expand, and did not (400).
    #[error("holds a placeholder that the proxy did not expand")]
    Placeholder,
    /// The value, or one group of it, is over its limit (400).
    #[error("is longer than {limit} characters")]
    TooLong {
        /// The configured limit, in characters.
        limit: usize,
    },
    /// There are more groups than the limit (400).
    #[error("names more than {limit} groups")]
    TooManyGroups {
        /// The configured limit.
        limit: usize,
    },
    /// A quoted group is not closed, or is closed before its end (RFC 9110,
    /// section 5.6.4) (400).
    #[error("holds a quoted group that does not end where it should")]
    Quoted,
    /// The groups are no JSON array of strings, and `groups_format` is
    /// `"json"` (400).
    #[error("is not a JSON array of strings")]
    NotAnArray,
    /// A comma in a user name: two headers that a proxy joined (RFC 9110,
    /// section 5.3) (400).
    #[error("holds a comma")]
    Comma,
    /// The value is no user name of RFC 8265 (400).
    #[error("is not a user name as RFC 8265 has it")]
    NotAUsername,
    /// The value is no signed token (RFC 7519) that can be read (400).
    #[error("is not a signed token that can be read")]
    NotAToken,
    /// The token lacks a claim that is asked for, or has one of another type
    /// (400).
    #[error("lacks a claim that is asked for, or has one of another type")]
    Claim,
    /// The token is signed with an algorithm that is not accepted, or not at
    /// all (403).
    #[error("is signed with an algorithm that is not accepted")]
    Algorithm,
    /// The token is signed by a key that its issuer is not known to have
    /// (403).
    #[error("is signed by a key that is not known")]
    UnknownKey,
    /// The signature of the token is wrong (403).
    #[error("has a wrong signature")]
    Signature,
    /// Another issuer made the token (403).
    #[error("is of another issuer")]
    Issuer,
    /// The token is for another application (403).
    #[error("is for another audience")]
    Audience,
    /// Another load balancer signed the token (403).
    #[error("is of another signer")]
    Signer,
    /// The token has expired: the proxy is to sign the user in again (403).
    #[error("has expired")]
    Expired,
    /// The token is not valid yet, or was issued in the future (403).
    #[error("is not valid yet")]
    NotYetValid,
    /// The keys of the issuer cannot be fetched, so that no token can be
    /// verified (503).
    #[error("cannot be verified: the keys of its issuer are out of reach")]
    NoKeys,
    /// [`Policy::clean_username`](crate::Policy::clean_username) accepts no
    /// such user (403).
    #[error("names a user whom the application does not accept")]
    Declined,
}

/// Why the fairing refused a request: a header, and what is wrong with it.
/// Never a value.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("header `{header}` {fault}")]
pub struct Rejection {
    header: String,
    fault: Fault,
}

impl Rejection {
    pub(crate) fn new(header: impl ToString, fault: Fault) -> Self {
        Self { header: header.to_string(), fault }
    }

    /// The configured name of the header that is at fault.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// What is wrong with it.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// The status that answers the request: 403 when it is about who speaks,
    /// 400 when it is about what was said, and 503 when it cannot be told.
    pub fn status(&self) -> Status {
        match self.fault {
            Fault::Untrusted | Fault::WrongSecret | Fault::Declined => Status::Forbidden,
            Fault::Algorithm | Fault::UnknownKey | Fault::Signature => Status::Forbidden,
            Fault::Issuer | Fault::Audience | Fault::Signer => Status::Forbidden,
            Fault::Expired | Fault::NotYetValid => Status::Forbidden,
            Fault::NoKeys => Status::ServiceUnavailable,
            _ => Status::BadRequest,
        }
    }
}

/// Why there is no user. A catcher reads it with [`Error::of`].
///
/// That nobody signed in is no error: the guards forward then, with 401.
#[derive(Debug, Clone, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The fairing refused the request (400, 403 or 503).
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The proxy vouches for somebody who is not known here, and
    /// `create_users` is `false` (403).
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
    /// The guard [`Member`](crate::Member) asks for a group that the user is
    /// not in (403).
    #[error("the user is not in group `{0}`")]
    NotAMember(&'static str),
    /// The guard [`Staff`](crate::Staff) asks for staff (403).
    #[error("the user is not staff")]
    NotStaff,
    /// The guard [`Superuser`](crate::Superuser) asks for a superuser (403).
    #[error("the user is not a superuser")]
    NotSuperuser,
    /// The guard [`Permitted`](crate::Permitted) asks for a permission that the
    /// user has not (403).
    #[error("the user has no permission `{0}`")]
    NotPermitted(&'static str),
    /// [`Session::login`](crate::Session::login) was called without
    /// `[default.remote_user.session]` (500).
    #[error("there are no sessions: `session` is not configured")]
    NoSessions,
    /// [`Session::login`](crate::Session::login) was given a source that is
    /// blank, too long or the proxy's own (500).
    #[error("the source of a login is blank, over 64 characters or `remote`, which is the proxy's")]
    Source,
    /// The store of users is out of reach, or does not do as it is told (503).
    #[error("the user store is out of reach: {0}")]
    Store(#[source] Arc<StoreError>),
    /// The request was never judged, so nothing in it can be trusted (500).
    /// Rocket runs its 400 catcher so for an unknown method.
    #[error("the request was not judged by `RemoteUser::fairing()`")]
    Unjudged,
}

impl Error {
    /// The status that answers the request.
    pub fn status(&self) -> Status {
        match self {
            Error::Rejected(rejection) => rejection.status(),
            Error::Store(_) => Status::ServiceUnavailable,
            Error::Unjudged | Error::NoSessions | Error::Source => Status::InternalServerError,
            _ => Status::Forbidden,
        }
    }

    /// Why `request` has no user, or not one who may enter: for a catcher.
    ///
    /// It is what the last guard answered, or what the fairing did when it
    /// refused the request. `None` if neither did, as when nobody signed in.
    pub fn of(request: &Request<'_>) -> Option<Error> {
        let noted = Self::noted(request).lock().unwrap_or_else(PoisonError::into_inner).clone();
        noted.or_else(|| match Verdict::of(request) {
            Some(Verdict::Refused { rejection, .. }) => Some(Error::Rejected(rejection.clone())),
            _ => None,
        })
    }

    /// Whether it is noted that the store failed `request`, and so is told.
    fn is_told(&self, request: &Request<'_>) -> bool {
        !matches!(self, Error::Store(_)) || matches!(Error::of(request), Some(Error::Store(_)))
    }

    /// Notes the error of a guard for the catchers of `request`.
    pub(crate) fn note(&self, request: &Request<'_>) {
        *Self::noted(request).lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clone());
    }

    fn noted<'r>(request: &'r Request<'_>) -> &'r Mutex<Option<Error>> {
        request.local_cache(Mutex::default)
    }
}

/// A handler may end with the error: it goes to the catcher of its status,
/// where [`Error::of`] has it.
impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        if !self.is_told(request) {
            error!("Failed {} {}: {self}.", request.method(), request.uri().path());
        }
        self.note(request);
        Err(self.status())
    }
}
