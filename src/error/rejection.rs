//! Why the fairing refuses a request: the message of each fault, and its status.
//!
//! Within this folder it depends on nothing.

use rocket::http::Status;
use thiserror::Error as ThisError;

/// What is wrong with an identity header, a signed token, a proof of the proxy, the host
/// that a request is for, or the page that sent it.
///
/// As text it completes the sentence that a [`Rejection`] begins with the name of the
/// header.
///
/// # Example
///
/// A catcher sends somebody whose token has expired to the proxy's `login_url`:
///
/// ```rust
/// use rocket::http::Status;
/// use rocket::response::Redirect;
/// use rocket::{Request, catch};
/// use rocket_remote_user::{Config, Error, Fault};
///
/// #[catch(403)]
/// fn forbidden(status: Status, request: &Request<'_>) -> Result<Redirect, (Status, &'static str)> {
///     let login_url = request.rocket().state::<Config>().and_then(Config::login_url);
///     match (Error::of(status, request), login_url) {
///         (Some(Error::Rejected(rejection)), Some(url)) if rejection.fault() == Fault::Expired => {
///             Ok(Redirect::to(url.to_owned()))
///         }
///         _ => Err((Status::Forbidden, "You may not enter.")),
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Fault {
    /// The peer has no trusted address, so it may not say who somebody is (403).
    #[error("comes from a peer that is no trusted proxy")]
    UntrustedPeer,
    /// The header that says who is there is missing, and `missing_user` is `"deny"` (403).
    #[error("is missing and `missing_user` is \"deny\"")]
    Missing,
    /// The header of `proxy_secret` does not hold an accepted secret (403).
    #[error("holds no secret that is accepted")]
    WrongSecret,
    /// The request names somebody and comes from a trusted address, or no address is asked
    /// for, but it lacks the header of `proxy_secret` (403).
    #[error("is missing, and a trusted address is not enough without it")]
    MissingSecret,
    /// The request names somebody and comes from a trusted address, or no address is asked
    /// for, but the peer showed no client certificate, and `proxy_certificate` asks for one
    /// (403).
    #[error("comes without a client certificate, and a trusted address is not enough without one")]
    MissingCertificate,
    /// The request names somebody and comes from a trusted address, or no address is asked
    /// for, but the client certificate of the peer is not one of `proxy_certificate`, or is
    /// not valid any more (403).
    #[error("comes with a client certificate that is not accepted")]
    WrongCertificate,
    /// The request is for a host that is none of `hosts`, or for no host (421; RFC 9110,
    /// section 15.5.20).
    #[error("names none of `hosts`")]
    WrongHost,
    /// The page of another site sent a request that may change something, where somebody is
    /// signed in, and `cross_site` is `"reject"` (403).
    #[error("does not say that a page of this site sent the request")]
    CrossSite,
    /// A header was sent whose name a gateway would take for the name of this one
    /// (400).
    #[error("was sent under another spelling of its name")]
    Alias,
    /// The header was sent more than once, even if the values are equal (400).
    #[error("was sent more than once")]
    Repeated,
    /// The header was sent and is blank, which a secret of the proxy cannot be (400).
    #[error("is blank")]
    Blank,
    /// A `Connection` header names this header, which tells a proxy to drop it (400;
    /// RFC 9110, section 7.6.1).
    #[error("is named by a `Connection` header")]
    HopByHop,
    /// The value is not in the configured `encoding`: an escape is incomplete, a
    /// byte is not escaped that must be, or the result is not UTF-8 (400).
    #[error("is not encoded as `encoding` says")]
    InvalidEncoding,
    /// The value, or one of its groups, lacks its prefix of `strip_prefix` (400).
    #[error("does not begin with the prefix that `strip_prefix` says")]
    MissingPrefix,
    /// The value, or one of its groups, lacks its suffix of `strip_suffix` (400).
    #[error("does not end with the suffix that `strip_suffix` says")]
    MissingSuffix,
    /// The value, or one of its groups, is no distinguished name, or its first part lacks a
    /// value of the attribute of `dn_attribute` that is text (400; RFC 4514).
    #[error("is not a distinguished name that `dn_attribute` names somebody in")]
    NotADistinguishedName,
    /// The user name is of a realm, or of a domain, that is none of `realms` (403).
    #[error("is of a realm that is not one of `realms`")]
    WrongRealm,
    /// The user name is the principal of a service, such as `host/x@EXAMPLE.ORG`, or has two
    /// realms, although `realms` says that names are those of people (403).
    #[error("is a principal of a service, or has two realms")]
    NotAPerson,
    /// The value holds a control, bidirectional, zero-width or other character that
    /// nobody can see, or a blank at an edge that is no space (400). In the name of a group
    /// that a hook returns, a space at an edge is such a blank, too.
    #[error("holds a character that nobody can see")]
    InvisibleCharacter,
    /// The value is a variable that the proxy did not expand, or a user name holds one
    /// (400).
    #[error("holds a placeholder that the proxy did not expand")]
    Placeholder,
    /// The value, or one of its groups, is longer than its limit (400).
    #[error("is longer than {limit} characters")]
    TooLong {
        /// The limit, in characters.
        limit: usize,
    },
    /// The header has more bytes than the limit, and was not read (400).
    #[error("has more than {limit} bytes")]
    TooManyBytes {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The value names more groups than the limit (400).
    #[error("names more than {limit} groups")]
    TooManyGroups {
        /// The configured limit.
        limit: usize,
    },
    /// A backslash is directly before a separator of groups, although `groups_escape` is
    /// `"none"`: it may or may not be meant to keep the separator in a name (400).
    #[error("holds a separator after a backslash, which `groups_escape` does not say how to read")]
    EscapedSeparator,
    /// A group is not in Unicode's normalization form C, in which each name has one
    /// spelling (400; UAX #15).
    #[error("names a group that is not in Unicode's form NFC")]
    NotNormalized,
    /// A quoted group has no closing quote, or text after it (400; RFC 9110, section
    /// 5.6.4).
    #[error("holds a quoted group that does not end where it should")]
    MisplacedQuote,
    /// The groups are not a JSON array of strings, although `groups_format` is
    /// `"json"` (400).
    #[error("is not a JSON array of strings")]
    NotAnArray,
    /// The user name holds a comma, as it does where a proxy joined two headers
    /// (400; RFC 9110, section 5.3).
    #[error("holds a comma")]
    Comma,
    /// The value is not a user name (400; RFC 8265, section 3.1).
    #[error("is not a user name as RFC 8265 has it")]
    NotAUsername,
    /// The value is a user name in another form than the canonical one, such as full
    /// width, although `username_form` is `"exact"` (400; RFC 8265, section 3.1).
    #[error("is a user name that RFC 8265 would change")]
    NotCanonical,
    /// The value is not a signed token that can be read (400; RFC 7519).
    #[error("is not a signed token that can be read")]
    NotAToken,
    /// The token is for another use, as its type (`logout+jwt`, for example) or the claim
    /// `events` says (403; RFC 8725, sections 3.11 and 3.12).
    #[error("is a token for another use")]
    WrongType,
    /// The token lacks a claim that it must have, or a claim has the wrong type (400).
    #[error("lacks a claim that is asked for, or has one of another type")]
    InvalidClaim,
    /// The token is signed with an algorithm that is not accepted, or is not signed
    /// (403).
    #[error("is signed with an algorithm that is not accepted")]
    WrongAlgorithm,
    /// The token is signed by a key that is not a known one of its issuer (403).
    #[error("is signed by a key that is not known")]
    UnknownKey,
    /// The signature of the token is wrong (403).
    #[error("has a wrong signature")]
    WrongSignature,
    /// The token is from another issuer (403; RFC 7519, section 4.1.1).
    #[error("is of another issuer")]
    WrongIssuer,
    /// The token is for another application (403; RFC 7519, section 4.1.3).
    #[error("is for another audience")]
    WrongAudience,
    /// The token is signed by another load balancer (403).
    #[error("is of another signer")]
    WrongSigner,
    /// The token has expired, so the proxy must sign the user in again (403; RFC 7519,
    /// section 4.1.4).
    #[error("has expired")]
    Expired,
    /// The token is not valid yet, or was issued in the future (403; RFC 7519,
    /// sections 4.1.5 and 4.1.6).
    #[error("is not valid yet")]
    NotYetValid,
    /// The keys of the issuer cannot be fetched, so the token cannot be verified
    /// (503).
    #[error("cannot be verified: the keys of its issuer are out of reach")]
    KeysUnavailable,
    /// [`Policy::clean_username`](crate::policy::Policy::clean_username) declined the
    /// user name (403).
    #[error("names a user whom the application does not accept")]
    Declined,
}

impl Fault {
    /// A word for the fault, which stays the same in every version: the name of the
    /// variant in snake case. No [`Error`](crate::Error) has the same
    /// [code](crate::Error::code).
    ///
    /// # Example
    ///
    /// ```rust
    /// use rocket_remote_user::Fault;
    ///
    /// assert_eq!(Fault::Expired.code(), "expired");
    /// assert_eq!(Fault::TooLong { limit: 150 }.code(), "too_long");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Fault::UntrustedPeer => "untrusted_peer",
            Fault::WrongSecret => "wrong_secret",
            Fault::Missing => "missing",
            Fault::MissingSecret => "missing_secret",
            Fault::MissingCertificate => "missing_certificate",
            Fault::WrongCertificate => "wrong_certificate",
            Fault::WrongHost => "wrong_host",
            Fault::CrossSite => "cross_site",
            Fault::Alias => "alias",
            Fault::Repeated => "repeated",
            Fault::Blank => "blank",
            Fault::HopByHop => "hop_by_hop",
            Fault::InvalidEncoding => "invalid_encoding",
            Fault::MissingPrefix => "missing_prefix",
            Fault::MissingSuffix => "missing_suffix",
            Fault::NotADistinguishedName => "not_a_distinguished_name",
            Fault::WrongRealm => "wrong_realm",
            Fault::NotAPerson => "not_a_person",
            Fault::InvisibleCharacter => "invisible_character",
            Fault::Placeholder => "placeholder",
            Fault::TooLong { .. } => "too_long",
            Fault::TooManyBytes { .. } => "too_many_bytes",
            Fault::TooManyGroups { .. } => "too_many_groups",
            Fault::EscapedSeparator => "escaped_separator",
            Fault::NotNormalized => "not_normalized",
            Fault::MisplacedQuote => "misplaced_quote",
            Fault::NotAnArray => "not_an_array",
            Fault::Comma => "comma",
            Fault::NotAUsername => "not_a_username",
            Fault::NotCanonical => "not_canonical",
            Fault::NotAToken => "not_a_token",
            Fault::WrongType => "wrong_type",
            Fault::InvalidClaim => "invalid_claim",
            Fault::WrongAlgorithm => "wrong_algorithm",
            Fault::UnknownKey => "unknown_key",
            Fault::WrongSignature => "wrong_signature",
            Fault::WrongIssuer => "wrong_issuer",
            Fault::WrongAudience => "wrong_audience",
            Fault::WrongSigner => "wrong_signer",
            Fault::Expired => "expired",
            Fault::NotYetValid => "not_yet_valid",
            Fault::KeysUnavailable => "keys_unavailable",
            Fault::Declined => "declined",
        }
    }
}

/// Why the fairing refused a request: the name of a header, and what is wrong with
/// it. The value of the header is not in it, so it can be logged.
///
/// # Example
///
/// ```rust
/// # use rocket::http::Header;
/// # use rocket::local::blocking::Client;
/// # use rocket::catchers;
/// # use rocket_remote_user::RemoteUser;
/// use rocket::http::Status;
/// use rocket::{Request, catch};
/// use rocket_remote_user::Error;
///
/// #[catch(400)]
/// fn bad_request(status: Status, request: &Request<'_>) -> String {
///     match Error::of(status, request) {
///         Some(Error::Rejected(rejection)) => format!("Please check `{}`.", rejection.header()),
///         _ => "The request is invalid.".into(),
///     }
/// }
/// # let figment = rocket::figment::Figment::from(rocket::Config::default())
/// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing());
/// # let client = Client::tracked(rocket.register("/", catchers![bad_request])).unwrap();
/// # let request = client.get("/").remote("127.0.0.1:1024".parse().unwrap());
/// # let response = request.header(Header::new("Remote-User", "ada,bob")).dispatch();
/// # assert_eq!(response.into_string().unwrap(), "Please check `Remote-User`.");
/// ```
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

    /// What is wrong with the header.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// The status that answers the request: 403 if the peer, the token, the user or the
    /// site of the page is not accepted, 421 if the host is not, 400 if a value is
    /// malformed, and 503 if a token cannot be verified.
    pub fn status(&self) -> Status {
        match self.fault {
            Fault::WrongHost => Status::MisdirectedRequest,
            Fault::CrossSite => Status::Forbidden,
            Fault::UntrustedPeer | Fault::MissingSecret | Fault::WrongSecret => Status::Forbidden,
            Fault::MissingCertificate | Fault::WrongCertificate | Fault::Declined | Fault::Missing => {
                Status::Forbidden
            }
            Fault::WrongRealm | Fault::NotAPerson => Status::Forbidden,
            Fault::WrongAlgorithm | Fault::UnknownKey | Fault::WrongSignature => Status::Forbidden,
            Fault::WrongIssuer | Fault::WrongAudience | Fault::WrongSigner => Status::Forbidden,
            Fault::WrongType | Fault::Expired | Fault::NotYetValid => Status::Forbidden,
            Fault::KeysUnavailable => Status::ServiceUnavailable,
            _ => Status::BadRequest,
        }
    }
}
