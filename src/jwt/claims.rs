use rocket::time::OffsetDateTime;
use serde_json::{Map, Value};

use super::config::{ClaimNames, JwtConfig};
use crate::error::Fault;
use crate::headers::{GroupsClaim, IdentityClaims};

/// The claims of a token whose signature is good.
#[derive(Debug)]
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    /// How far the clocks of two machines may be apart, in seconds.
    const LEEWAY: f64 = 60.0;

    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(payload).map(Self).map_err(|_| Fault::NotAToken)
    }

    /// Holds the claims to what [RFC 7519, section 4.1] says of them: `iss`,
    /// `aud` and `exp` are asked for, `nbf` and `iat` are heeded.
    ///
    /// [RFC 7519, section 4.1]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1
    pub(super) fn check(&self, config: &JwtConfig, now: OffsetDateTime) -> Result<(), Fault> {
        if self.string("iss")? != Some(&config.issuer) {
            return Err(Fault::WrongIssuer);
        }
        if !config.audience.is_empty() && !self.audience()?.iter().any(|name| config.audience.contains(name))
        {
            return Err(Fault::WrongAudience);
        }
        let now = now.unix_timestamp() as f64;
        if self.time("exp")?.ok_or(Fault::InvalidClaim)? <= now - Self::LEEWAY {
            return Err(Fault::Expired);
        }
        for claim in ["nbf", "iat"] {
            if self.time(claim)?.is_some_and(|time| time > now + Self::LEEWAY) {
                return Err(Fault::NotYetValid);
            }
        }
        Ok(())
    }

    /// What the claims that are called `names` say of a person.
    pub(crate) fn identity(&self, names: &ClaimNames) -> Result<IdentityClaims, Fault> {
        let text = |name: &Option<String>| name.as_ref().map_or(Ok(None), |name| self.string(name));
        Ok(IdentityClaims {
            user: self.string(&names.user)?.ok_or(Fault::InvalidClaim)?.clone(),
            name: text(&names.name)?.cloned(),
            email: text(&names.email)?.cloned(),
            groups: names.groups.as_ref().map_or(Ok(None), |name| self.groups(name))?,
        })
    }

    /// A claim, or what a pointer that begins with a slash points to. What is
    /// null is not there.
    fn get(&self, name: &str) -> Option<&Value> {
        let value = match name.strip_prefix('/') {
            Some(path) => self.point(path),
            None => self.0.get(name),
        };
        value.filter(|value| !value.is_null())
    }

    fn point(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let value = self.0.get(&first.replace("~1", "/").replace("~0", "~"))?;
        rest.map_or(Some(value), |rest| value.pointer(&format!("/{rest}")))
    }

    fn string(&self, name: &str) -> Result<Option<&String>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Fault::InvalidClaim),
        }
    }

    fn time(&self, name: &str) -> Result<Option<f64>, Fault> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_f64().ok_or(Fault::InvalidClaim).map(Some)
    }

    fn audience(&self) -> Result<Vec<String>, Fault> {
        match self.get("aud") {
            None => Err(Fault::WrongAudience),
            Some(Value::String(name)) => Ok(vec![name.clone()]),
            Some(names) => strings(names),
        }
    }

    fn groups(&self, name: &str) -> Result<Option<GroupsClaim>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(list)) => Ok(Some(GroupsClaim::List(list.clone()))),
            Some(names) => Ok(Some(GroupsClaim::Names(strings(names)?))),
        }
    }
}

fn strings(value: &Value) -> Result<Vec<String>, Fault> {
    let values = value.as_array().ok_or(Fault::InvalidClaim)?;
    values.iter().map(|value| value.as_str().map(String::from).ok_or(Fault::InvalidClaim)).collect()
}
