use std::path::Path;

use jsonwebtoken::{Algorithm, AlgorithmFamily};
use rocket::figment::value::magic::RelativePathBuf;
use serde::Deserialize;

use super::claim_names::ClaimNames;
use super::key_url::KeyUrl;
use super::one_or_more::OneOrMore;
use crate::headers::HeaderName;
use crate::jwt::{Key, algorithm};

/// `[default.remote_user.jwt]`: the header with the signed token of the proxy,
/// who signs it and for whom, and what its claims are.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Table")]
pub(crate) struct Jwt {
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
struct Table {
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

impl TryFrom<Table> for Jwt {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
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
            algorithms: algorithms(table.algorithms)?,
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

impl Jwt {
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

/// The algorithms of those names. Whoever can verify a symmetric signature can
/// also make one, with a public key too if it is taken for a secret ([RFC 8725,
/// section 2.1]).
///
/// [RFC 8725, section 2.1]: https://www.rfc-editor.org/rfc/rfc8725#section-2.1
fn algorithms(names: Option<Vec<String>>) -> Result<Vec<Algorithm>, String> {
    let Some(names) = names else { return Ok(ASYMMETRIC.into()) };
    if names.is_empty() {
        return Err("`algorithms` is empty, so no token would do".into());
    }
    let algorithm = |name: &String| match algorithm(name) {
        Some(algorithm) if algorithm.family() == AlgorithmFamily::Hmac => {
            Err(format!("`{name}` is symmetric: whoever can verify a token could also make one"))
        }
        Some(algorithm) => Ok(algorithm),
        None => {
            let known: Vec<_> = ASYMMETRIC.iter().map(|known| format!("`{known:?}`")).collect();
            Err(format!("`{name}` is no algorithm of `algorithms`: there are {}", known.join(", ")))
        }
    };
    names.iter().map(algorithm).collect()
}

impl Table {
    fn key_source(&self) -> Result<KeySource, String> {
        let Self { jwks_url, jwks_file, public_key_file, public_key_url, .. } = self;
        match (jwks_url, jwks_file, public_key_file, public_key_url) {
            (Some(url), None, None, None) => KeyUrl::set(url).map(KeySource::Server),
            (None, Some(file), None, None) => read(&file.relative(), Key::of_jwks).map(KeySource::File),
            (None, None, Some(file), None) => read(&file.relative(), Key::of_pem).map(KeySource::File),
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
