use rocket::http::Status;
use thiserror::Error as ThisError;

/// What is wrong with an identity header, or with one that is to prove who
/// speaks. It completes the sentence that
/// [`Rejection`] begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Fault {
    /// The peer is no trusted proxy, so it may not say who somebody is (403).
    #[error("comes from a peer that is no trusted proxy")]
    UntrustedPeer,
    /// The header holds no secret that is accepted (403).
    #[error("holds no secret that is accepted")]
    WrongSecret,
    /// A header was sent that a gateway would take for this one (400).
    #[error("was sent under another spelling of its name")]
    Alias,
    /// The header was sent more than once, be it with equal values (400).
    #[error("was sent more than once")]
    Repeated,
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
    InvalidEncoding,
    /// The value, or one group of it, lacks its prefix of `strip_prefix` (400).
    #[error("does not begin with the prefix that `strip_prefix` says")]
    MissingPrefix,
    /// A control, bidirectional, zero-width or other character that nobody
    /// sees (400).
    #[error("holds a character that nobody can see")]
    InvisibleCharacter,
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
    MisplacedQuote,
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
    InvalidClaim,
    /// The token is signed with an algorithm that is not accepted, or not at
    /// all (403).
    #[error("is signed with an algorithm that is not accepted")]
    WrongAlgorithm,
    /// The token is signed by a key that its issuer is not known to have
    /// (403).
    #[error("is signed by a key that is not known")]
    UnknownKey,
    /// The signature of the token is wrong (403).
    #[error("has a wrong signature")]
    WrongSignature,
    /// Another issuer made the token (403).
    #[error("is of another issuer")]
    WrongIssuer,
    /// The token is for another application (403).
    #[error("is for another audience")]
    WrongAudience,
    /// Another load balancer signed the token (403).
    #[error("is of another signer")]
    WrongSigner,
    /// The token has expired: the proxy is to sign the user in again (403).
    #[error("has expired")]
    Expired,
    /// The token is not valid yet, or was issued in the future (403).
    #[error("is not valid yet")]
    NotYetValid,
    /// The keys of the issuer cannot be fetched, so that no token can be
    /// verified (503).
    #[error("cannot be verified: the keys of its issuer are out of reach")]
    KeysUnavailable,
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
            Fault::UntrustedPeer | Fault::WrongSecret | Fault::Declined => Status::Forbidden,
            Fault::WrongAlgorithm | Fault::UnknownKey | Fault::WrongSignature => Status::Forbidden,
            Fault::WrongIssuer | Fault::WrongAudience | Fault::WrongSigner => Status::Forbidden,
            Fault::Expired | Fault::NotYetValid => Status::Forbidden,
            Fault::KeysUnavailable => Status::ServiceUnavailable,
            _ => Status::BadRequest,
        }
    }
}
