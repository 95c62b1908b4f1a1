use std::path::Path;

use jsonwebtoken::{Algorithm, AlgorithmFamily};
use rocket::figment::value::magic::RelativePathBuf;
use serde::{Deserialize, Deserializer, de};

use super::algorithm::algorithm_of;
use super::key::Key;
use super::key_url::KeyUrl;
use crate::headers::HeaderName;

/// `[default.remote_user.jwt]`: the header with the signed token of the proxy,
/// who signs it and for whom, and what its claims are.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "JwtTable")]
pub(crate) struct JwtConfig {
    pub(crate) header: HeaderName,
    pub(crate) issuer: String,
    pub(crate) audience: Vec<String>,
    pub(crate) signer: Option<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) keys: KeySource,
    pub(crate) claims: ClaimNames,
    pub(crate) jwks_max_age: u64,
    pub(crate) jwks_refresh_interval: u64,
}

/// Where the keys of the issuer are from.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    /// A server, which is asked.
    Server(KeyUrl),
    /// A file that was read at launch.
    File(Vec<Key>),
}

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

/// Every algorithm of RFC 7518 and RFC 8037 whose verifier cannot sign, as far
/// as it is implemented.
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

fn a_day() -> u64 {
    86_400
}

fn half_a_minute() -> u64 {
    30
}

impl TryFrom<JwtTable> for JwtConfig {
    type Error = String;

    fn try_from(table: JwtTable) -> Result<Self, Self::Error> {
        let keys = table.key_source()?;
        let OneOrMore(audience) = table.audience;
        let named = [Some(&table.issuer), table.signer.as_ref()];
        if named.into_iter().flatten().chain(&audience).any(|name| name.trim().is_empty()) {
            return Err("`issuer`, `audience` and `signer` cannot be blank".into());
        }
        if audience.is_empty() && table.signer.is_none() {
            return Err("`audience` is missing: a token for another application would do".into());
        }
        if table.jwks_max_age == 0 || table.jwks_refresh_interval == 0 {
            return Err("`jwks_max_age` and `jwks_refresh_interval` are 1 second or more".into());
        }
        if table.jwks_max_age < table.jwks_refresh_interval {
            return Err("`jwks_max_age` is over before `jwks_refresh_interval` is".into());
        }
        table.claims.check()?;
        Ok(Self {
            keys,
            algorithms: parse_algorithms(table.algorithms)?,
            header: table.header,
            issuer: table.issuer,
            audience,
            signer: table.signer,
            claims: table.claims,
            jwks_max_age: table.jwks_max_age,
            jwks_refresh_interval: table.jwks_refresh_interval,
        })
    }
}

impl JwtConfig {
    /// What is in force, a line a fact.
    pub(crate) fn summary(&self) -> [(&'static str, String); 4] {
        let ClaimNames { user, name, email, groups } = &self.claims;
        let optional = [("name", name), ("email", email), ("groups", groups)];
        let optional = optional.into_iter().filter_map(|(of, claim)| Some((of, claim.as_ref()?)));
        let claims =
            [("user", user)].into_iter().chain(optional).map(|(of, claim)| format!("{of} {claim:?}"));
        let audience = self.audience.iter().map(|name| format!(", for {name}"));
        let signer = self.signer.iter().map(|name| format!(", signed by {name}"));
        let algorithms = self.algorithms.iter().map(|algorithm| format!("{algorithm:?}"));
        let keys = match &self.keys {
            KeySource::Server(url) => url.to_string(),
            KeySource::File(keys) => format!("{} of a file", keys.len()),
        };
        let of = format!("{} of {}", self.header, self.issuer);
        [
            ("signed identity", of + &audience.chain(signer).collect::<String>()),
            ("algorithms", algorithms.collect::<Vec<_>>().join(", ")),
            ("keys", keys),
            ("claims", claims.collect::<Vec<_>>().join(", ")),
        ]
    }
}

/// Reads the names of algorithms, of which none may be symmetric: whoever can
/// verify a symmetric signature can also make one, with a public key too if it is
/// taken for a secret ([RFC 8725, section 2.1]).
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
    match algorithm_of(name) {
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

impl JwtTable {
    fn key_source(&self) -> Result<KeySource, String> {
        let Self { jwks_url, jwks_file, public_key_file, public_key_url, .. } = self;
        match (jwks_url, jwks_file, public_key_file, public_key_url) {
            (Some(url), None, None, None) => KeyUrl::set(url).map(KeySource::Server),
            (None, Some(file), None, None) => read(&file.relative(), Key::from_jwks).map(KeySource::File),
            (None, None, Some(file), None) => read(&file.relative(), Key::from_pem).map(KeySource::File),
            (None, None, None, Some(url)) => KeyUrl::each(url).map(KeySource::Server),
            _ => Err("set one of `jwks_url`, `jwks_file`, `public_key_file` and `public_key_url`".into()),
        }
    }
}

fn read(file: &Path, keys: fn(&str) -> Result<Vec<Key>, String>) -> Result<Vec<Key>, String> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|e| format!("`{name}` cannot be read: {e}"))?;
    keys(&text).map_err(|fault| format!("`{name}` {fault}"))
}

/// Which claims of a token say who is there: a name each, or, if it begins
/// with a slash, a pointer into the token ([RFC 6901]), such as
/// `/realm_access/roles`.
///
/// [RFC 6901]: https://www.rfc-editor.org/rfc/rfc6901
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of claims")]
pub(crate) struct ClaimNames {
    pub(crate) user: String,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) email: Option<String>,
    #[serde(deserialize_with = "name_or_false")]
    pub(crate) groups: Option<String>,
}

impl ClaimNames {
    fn check(&self) -> Result<(), String> {
        let names = [Some(&self.user), self.name.as_ref(), self.email.as_ref(), self.groups.as_ref()];
        if names.into_iter().flatten().any(|name| name.is_empty()) {
            return Err("the name of a claim in `claims` cannot be empty".into());
        }
        Ok(())
    }
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self { user: "sub".into(), name: None, email: None, groups: None }
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "the name of a claim or `false`")]
enum NameOrFalse {
    Name(String),
    Off(bool),
}

fn name_or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match NameOrFalse::deserialize(deserializer)? {
        NameOrFalse::Name(name) => Ok(Some(name)),
        NameOrFalse::Off(false) => Ok(None),
        NameOrFalse::Off(true) => Err(de::Error::custom("`true` is not the name of a claim")),
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
