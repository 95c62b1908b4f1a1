//! The key `jwt`.
//!
//! Within this folder it depends on `algorithm`, `key` and `key_url`.

use std::collections::BTreeMap;
use std::path::Path;

use jsonwebtoken::{Algorithm, AlgorithmFamily};
use rocket::figment::value::magic::RelativePathBuf;
use serde::{Deserialize, Deserializer, de};

use super::algorithm::algorithm_named;
use super::key::{Key, NO_KEYS};
use super::key_url::KeyUrl;
use crate::headers::HeaderName;

/// The algorithms that are accepted by default: every asymmetric one of RFC 7518 and
/// RFC 8037 that is implemented. A key that verifies their signatures cannot make
/// one.
const ASYMMETRIC: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The table `[default.remote_user.jwt]`: which header carries the token of the
/// proxy, who signs it and for whom, and which claims say who somebody is.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "JwtTable")]
pub(crate) struct JwtConfig {
    pub(crate) header: HeaderName,
    pub(crate) issuer: String,
    /// The audiences of which a token must name one. The list is empty only if `signer`
    /// is set, since AWS sends no `aud`.
    pub(crate) audience: Vec<String>,
    /// The ARN of the AWS load balancer that must have signed the token.
    pub(crate) signer: Option<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) keys: KeySource,
    pub(crate) claims: ClaimNames,
    /// How long fetched keys may be used while their server is down, in seconds.
    pub(crate) jwks_max_age: u64,
    /// The least time between two fetches of the same keys, in seconds.
    pub(crate) jwks_refresh_interval: u64,
}

/// Where the keys of the issuer come from.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    /// They are fetched from a server.
    Server(KeyUrl),
    /// They were read from a file at launch.
    File(Vec<Key>),
}

/// The table as it is written, before its keys are checked together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct JwtTable {
    header: HeaderName,
    issuer: String,
    #[serde(default)]
    audience: OneOrMore,
    signer: Option<String>,
    algorithms: Option<Vec<String>>,
    jwks_url: Option<String>,
    jwks_file: Option<RelativePathBuf>,
    public_key_file: Option<RelativePathBuf>,
    public_key_url: Option<String>,
    #[serde(default)]
    claims: ClaimNames,
    #[serde(default = "a_day")]
    jwks_max_age: u64,
    #[serde(default = "half_a_minute")]
    jwks_refresh_interval: u64,
}

fn a_day() -> u64 {
    86_400
}

fn half_a_minute() -> u64 {
    30
}

impl JwtConfig {
    /// Returns the lines of the liftoff summary, each with its title.
    pub(crate) fn summary(&self) -> [(&'static str, String); 4] {
        let keys = match &self.keys {
            KeySource::Server(url) => url.to_string(),
            KeySource::File(keys) => format!("{} of a file", keys.len()),
        };
        let algorithms: Vec<_> = self.algorithms.iter().map(|algorithm| format!("{algorithm:?}")).collect();
        let claims: Vec<_> = self.claims.iter().map(|(field, claim)| format!("{field} {claim:?}")).collect();
        [
            ("signed identity", self.describe_tokens()),
            ("algorithms", algorithms.join(", ")),
            ("keys", keys),
            ("claims", claims.join(", ")),
        ]
    }

    fn describe_tokens(&self) -> String {
        let mut description = format!("{} of {}", self.header, self.issuer);
        for audience in &self.audience {
            description += &format!(", for {audience}");
        }
        if let Some(signer) = &self.signer {
            description += &format!(", signed by {signer}");
        }
        description
    }
}

impl TryFrom<JwtTable> for JwtConfig {
    type Error = String;

    fn try_from(table: JwtTable) -> Result<Self, Self::Error> {
        let keys = table.key_source()?;
        table.check_names()?;
        table.check_intervals()?;
        table.claims.check()?;
        Ok(Self {
            keys,
            algorithms: parse_algorithms(table.algorithms)?,
            header: table.header,
            issuer: table.issuer,
            audience: table.audience.0,
            signer: table.signer,
            claims: table.claims,
            jwks_max_age: table.jwks_max_age,
            jwks_refresh_interval: table.jwks_refresh_interval,
        })
    }
}

impl JwtTable {
    fn key_source(&self) -> Result<KeySource, String> {
        let Self { jwks_url, jwks_file, public_key_file, public_key_url, .. } = self;
        match (jwks_url, jwks_file, public_key_file, public_key_url) {
            (Some(url), None, None, None) => KeyUrl::jwk_set(url).map(KeySource::Server),
            (None, Some(file), None, None) => read_keys(&file.relative(), keys_of_file).map(KeySource::File),
            (None, None, Some(file), None) => read_keys(&file.relative(), Key::from_pem).map(KeySource::File),
            (None, None, None, Some(url)) => KeyUrl::per_key(url).map(KeySource::Server),
            _ => Err("set one of `jwks_url`, `jwks_file`, `public_key_file` and `public_key_url`".into()),
        }
    }

    fn check_names(&self) -> Result<(), String> {
        let OneOrMore(audience) = &self.audience;
        let mut names = [&self.issuer].into_iter().chain(&self.signer).chain(audience);
        if names.any(|name| name.trim().is_empty()) {
            return Err("`issuer`, `audience` and `signer` cannot be blank".into());
        }
        if audience.is_empty() && self.signer.is_none() {
            return Err("`audience` is missing: a token for another application would do".into());
        }
        Ok(())
    }

    fn check_intervals(&self) -> Result<(), String> {
        if self.jwks_max_age == 0 || self.jwks_refresh_interval == 0 {
            return Err("`jwks_max_age` and `jwks_refresh_interval` are 1 second or more".into());
        }
        if self.jwks_max_age < self.jwks_refresh_interval {
            return Err("`jwks_max_age` is over before `jwks_refresh_interval` is".into());
        }
        Ok(())
    }
}

/// Reads a JWK set that does not change, and so must hold a key.
fn keys_of_file(text: &str) -> Result<Vec<Key>, String> {
    let keys = Key::from_jwks(text)?;
    if keys.is_empty() { Err(NO_KEYS.into()) } else { Ok(keys) }
}

/// Reads the keys in a file at launch. The message of an error begins with the name
/// of the file.
fn read_keys(file: &Path, parse: fn(&str) -> Result<Vec<Key>, String>) -> Result<Vec<Key>, String> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|e| format!("`{name}` cannot be read: {e}"))?;
    parse(&text).map_err(|fault| format!("`{name}` {fault}"))
}

/// Parses the names of algorithms. None may be symmetric: everybody who can verify a
/// symmetric signature can also make one, and an attacker could sign with a public
/// key that is mistaken for the secret ([RFC 8725, section 2.1]).
///
/// [RFC 8725, section 2.1]: https://www.rfc-editor.org/rfc/rfc8725#section-2.1
fn parse_algorithms(names: Option<Vec<String>>) -> Result<Vec<Algorithm>, String> {
    let Some(names) = names else { return Ok(ASYMMETRIC.into()) };
    if names.is_empty() {
        return Err("`algorithms` is empty, so no token would do".into());
    }
    names.iter().map(|name| parse_algorithm(name)).collect()
}

fn parse_algorithm(name: &str) -> Result<Algorithm, String> {
    match algorithm_named(name) {
        Some(algorithm) if algorithm.family() == AlgorithmFamily::Hmac => {
            Err(format!("`{name}` is symmetric: whoever can verify a token could also make one"))
        }
        Some(algorithm) => Ok(algorithm),
        None => {
            let known: Vec<_> = ASYMMETRIC.iter().map(|known| format!("`{known:?}`")).collect();
            Err(format!("`{name}` is no algorithm of `algorithms`: there are {}", known.join(", ")))
        }
    }
}

/// The claims of a token that say who somebody is. Each is a name or, if it begins
/// with a slash, a pointer into the token ([RFC 6901]), such as
/// `/realm_access/roles`.
///
/// [RFC 6901]: https://www.rfc-editor.org/rfc/rfc6901
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of claims")]
pub(crate) struct ClaimNames {
    /// The claims that may name the user, of which the first that is there does. People
    /// and machines may be named by different ones.
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) user: Vec<String>,
    #[serde(deserialize_with = "claim_or_false")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "claim_or_false")]
    pub(crate) email: Option<String>,
    #[serde(deserialize_with = "claim_or_false")]
    pub(crate) groups: Option<String>,
    /// The claim with the stable identifier of a person.
    #[serde(deserialize_with = "claim_or_false")]
    pub(crate) subject: Option<String>,
    /// The claims of the attributes, by the names of these: the key `attributes` beside `jwt`.
    #[serde(skip)]
    pub(crate) attributes: BTreeMap<String, String>,
}

impl ClaimNames {
    /// Returns the claims that are set, each after the field that it fills.
    fn iter(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let claims = [
            ("name", self.name.as_ref()),
            ("email", self.email.as_ref()),
            ("groups", self.groups.as_ref()),
            ("subject", self.subject.as_ref()),
        ];
        let claims = claims.into_iter().filter_map(|(field, claim)| Some((field, claim?)));
        self.user.iter().map(|claim| ("user", claim)).chain(claims)
    }

    fn check(&self) -> Result<(), String> {
        if self.user.is_empty() {
            return Err("`claims.user` is empty, so no token would name anybody".into());
        }
        if self.iter().any(|(_, claim)| claim.is_empty()) {
            return Err("the name of a claim in `claims` cannot be empty".into());
        }
        Ok(())
    }
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            user: vec!["sub".into()],
            name: None,
            email: None,
            groups: None,
            subject: None,
            attributes: BTreeMap::new(),
        }
    }
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    OneOrMore::deserialize(deserializer).map(|OneOrMore(names)| names)
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "the name of a claim or `false`")]
enum ClaimOrFalse {
    Name(String),
    Off(bool),
}

fn claim_or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match ClaimOrFalse::deserialize(deserializer)? {
        ClaimOrFalse::Name(name) => Ok(Some(name)),
        ClaimOrFalse::Off(false) => Ok(None),
        ClaimOrFalse::Off(true) => Err(de::Error::custom("`true` is not the name of a claim")),
    }
}

/// A string, or a list of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "StringOrList")]
struct OneOrMore(Vec<String>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a string or a list of strings")]
enum StringOrList {
    String(String),
    List(Vec<String>),
}

impl From<StringOrList> for OneOrMore {
    fn from(value: StringOrList) -> Self {
        match value {
            StringOrList::String(string) => Self(vec![string]),
            StringOrList::List(strings) => Self(strings),
        }
    }
}
