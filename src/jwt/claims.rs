//! The claims of a verified token: when and for whom they count, and what they say.
//!
//! Within this folder it depends on `config` and `json`.

use std::collections::BTreeMap;

use rocket::time::OffsetDateTime;
use serde_json::{Map, Value};

use super::config::{ClaimNames, JwtConfig};
use super::json::parse_object;
use crate::error::Fault;
use crate::headers::{GroupsClaim, IdentityClaims};

/// How far the clocks of the issuer and of this machine may be apart, in seconds.
const LEEWAY: f64 = 60.0;

/// The claims of a token whose signature was verified.
#[derive(Debug)]
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    /// Parses the payload of a token.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::NotAToken`] if the payload is not a JSON object, or has a member
    /// twice.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Fault> {
        parse_object(payload).map(Self).ok_or(Fault::NotAToken)
    }

    /// Checks the registered claims of [RFC 7519, section 4.1]: `iss`, `aud` and
    /// `exp` are required, `nbf` and `iat` are checked if they are there. A token
    /// needs no `aud` if the configuration has no `audience`.
    ///
    /// The claim `events` makes a token one of security events ([RFC 8417]), a logout
    /// among them, whatever its header says, so it says nothing of who is there
    /// ([RFC 8725, section 3.12]).
    ///
    /// # Errors
    ///
    /// Returns the [`Fault`] of the first claim that fails. It is
    /// [`Fault::InvalidClaim`] if the claim has a wrong type, or if there is no `exp`.
    ///
    /// [RFC 7519, section 4.1]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1
    /// [RFC 8417]: https://www.rfc-editor.org/rfc/rfc8417
    /// [RFC 8725, section 3.12]: https://www.rfc-editor.org/rfc/rfc8725#section-3.12
    pub(super) fn check(&self, config: &JwtConfig, now: OffsetDateTime) -> Result<(), Fault> {
        if self.0.contains_key("events") {
            return Err(Fault::WrongType);
        }
        self.check_issuer(&config.issuer)?;
        self.check_audience(&config.audience)?;
        self.check_times(now.unix_timestamp() as f64)
    }

    fn check_issuer(&self, issuer: &str) -> Result<(), Fault> {
        let is_issuer = self.string("iss")?.is_some_and(|claim| claim == issuer);
        if is_issuer { Ok(()) } else { Err(Fault::WrongIssuer) }
    }

    /// Checks that the token is meant for one of `accepted`, unless that is empty.
    fn check_audience(&self, accepted: &[String]) -> Result<(), Fault> {
        if accepted.is_empty() || self.audience()?.iter().any(|name| accepted.contains(name)) {
            Ok(())
        } else {
            Err(Fault::WrongAudience)
        }
    }

    /// Checks that the token is valid at `now`, in seconds since 1970.
    fn check_times(&self, now: f64) -> Result<(), Fault> {
        let expires_at = self.time("exp")?.ok_or(Fault::InvalidClaim)?;
        if expires_at <= now - LEEWAY {
            return Err(Fault::Expired);
        }
        for claim in ["nbf", "iat"] {
            if self.time(claim)?.is_some_and(|time| time > now + LEEWAY) {
                return Err(Fault::NotYetValid);
            }
        }
        Ok(())
    }

    /// Returns what the claims called `names` say of a person.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::InvalidClaim`] if no claim names the user, or if a claim has another
    /// type than it must have.
    pub(crate) fn identity(&self, names: &ClaimNames) -> Result<IdentityClaims, Fault> {
        Ok(IdentityClaims {
            user: self.user(names)?.to_owned(),
            name: self.optional_string(names.name.as_ref())?,
            email: self.optional_string(names.email.as_ref())?,
            subject: self.optional_string(names.subject.as_ref())?,
            attributes: self.attributes(names)?,
            groups: match &names.groups {
                Some(name) => self.groups(name)?,
                None => None,
            },
        })
    }

    /// Returns what the claims of the attributes say, without those that are absent.
    fn attributes(&self, names: &ClaimNames) -> Result<BTreeMap<String, String>, Fault> {
        let mut attributes = BTreeMap::new();
        for (attribute, name) in &names.attributes {
            if let Some(value) = self.string(name)? {
                attributes.insert(attribute.clone(), value.clone());
            }
        }
        Ok(attributes)
    }

    /// Returns the first of the claims of the user that is there and not blank. One that is
    /// there and has another type is not passed over.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::InvalidClaim`] if there is none, or if one before it is no string.
    pub(super) fn user(&self, names: &ClaimNames) -> Result<&str, Fault> {
        for name in &names.user {
            if let Some(user) = self.string(name)?
                && !user.trim_matches(' ').is_empty()
            {
                return Ok(user);
            }
        }
        Err(Fault::InvalidClaim)
    }

    /// Returns the claim called `name`, or the value that `name` points to if it
    /// begins with a slash. A claim that is null counts as absent.
    fn get(&self, name: &str) -> Option<&Value> {
        let value = match name.strip_prefix('/') {
            Some(path) => self.resolve_pointer(path),
            None => self.0.get(name),
        };
        value.filter(|value| !value.is_null())
    }

    /// Resolves a JSON pointer ([RFC 6901]), of which `path` lacks the first slash.
    ///
    /// [RFC 6901]: https://www.rfc-editor.org/rfc/rfc6901
    fn resolve_pointer(&self, path: &str) -> Option<&Value> {
        let (first, rest) = match path.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let value = self.0.get(&first.replace("~1", "/").replace("~0", "~"))?;
        match rest {
            Some(rest) => value.pointer(&format!("/{rest}")),
            None => Some(value),
        }
    }

    fn string(&self, name: &str) -> Result<Option<&String>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Fault::InvalidClaim),
        }
    }

    fn optional_string(&self, name: Option<&String>) -> Result<Option<String>, Fault> {
        let Some(name) = name else { return Ok(None) };
        Ok(self.string(name)?.cloned())
    }

    fn time(&self, name: &str) -> Result<Option<f64>, Fault> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_f64().map(Some).ok_or(Fault::InvalidClaim)
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

/// Returns the strings of a JSON array that holds nothing else.
fn strings(value: &Value) -> Result<Vec<String>, Fault> {
    let values = value.as_array().ok_or(Fault::InvalidClaim)?;
    values.iter().map(|value| value.as_str().map(String::from).ok_or(Fault::InvalidClaim)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_may_be_a_minute_apart_and_no_second_more() {
        let check = |expires_at: i64, issued_at: i64| {
            let payload = format!(r#"{{"exp":{expires_at},"iat":{issued_at},"nbf":{issued_at}}}"#);
            Claims::parse(payload.as_bytes()).expect("claims").check_times(1_000.0)
        };
        assert_eq!(check(941, 1_060), Ok(()));
        assert_eq!(check(940, 1_060), Err(Fault::Expired));
        assert_eq!(check(941, 1_061), Err(Fault::NotYetValid));
    }
}
