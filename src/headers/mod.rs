//! What was said: the identity headers of a request, read into one clean
//! [`Assertion`] or refused.

mod encoded_word;
mod encoding;
mod groups;
mod name;
mod quoted;
mod sighting;
pub(crate) mod value;

use crate::config::{Config, Encoding, Headers, Limits, Prefixes};
use crate::error::{Fault, Rejection};

pub(crate) use groups::{Groups, GroupsReader};
pub(crate) use name::{HeaderName, name_or_false};
pub(crate) use sighting::{Sighting, WATCHED};

/// What a trusted proxy said of a person: each value clean, none canonical
/// yet.
#[derive(Debug)]
pub(crate) struct Assertion {
    pub(crate) user: String,
    pub(crate) name: Said<String>,
    pub(crate) email: Said<String>,
    /// The groups, which [`GroupsReader::names`] tells apart.
    pub(crate) groups: Said<Groups>,
}

/// What a header said. One that is absent says nothing; one that is blank
/// takes back what was said before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said<T> {
    Nothing,
    Blank,
    Value(T),
}

/// Reads the identity headers that are configured.
#[derive(Debug)]
pub(crate) struct Reader {
    headers: Headers,
    encoding: Encoding,
    prefixes: Prefixes,
    limits: Limits,
    groups: GroupsReader,
}

impl Reader {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            headers: config.headers.clone(),
            encoding: config.encoding,
            prefixes: config.strip_prefix.clone(),
            limits: config.limits,
            groups: GroupsReader::new(config),
        }
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Reads what was sighted. `None` is nobody: no user header, or a blank
    /// one. The other headers are held to their rules even then.
    pub(crate) fn read(&self, sighting: &Sighting<'_, '_>) -> Result<Option<Assertion>, Rejection> {
        let Self { headers, prefixes, limits, .. } = self;
        for header in headers.iter() {
            let is_groups = headers.groups.as_ref().is_some_and(|groups| std::ptr::eq(groups, header));
            sighting.check(header, is_groups && self.groups.repeats())?;
        }
        let user = self.value(sighting, Some(&headers.user), &prefixes.user, limits.user)?;
        let name = self.value(sighting, headers.name.as_ref(), &prefixes.name, limits.name)?;
        let email = self.value(sighting, headers.email.as_ref(), &prefixes.email, limits.email)?;
        let groups = self.groups(sighting)?;

        let Said::Value(user) = user else { return Ok(None) };
        if user.contains(',') {
            return Err(Rejection::new(&headers.user, Fault::Comma));
        }
        Ok(Some(Assertion { user, name, email, groups }))
    }

    fn value(
        &self,
        sighting: &Sighting<'_, '_>,
        header: Option<&HeaderName>,
        prefix: &str,
        limit: usize,
    ) -> Result<Said<String>, Rejection> {
        let Some(header) = header else { return Ok(Said::Nothing) };
        let Some(value) = sighting.value(header) else { return Ok(Said::Nothing) };
        self.clean(value::trim(value), prefix, limit).map_err(|fault| Rejection::new(header, fault))
    }

    /// Decodes a value, takes its prefix off, and then holds it to the rules.
    fn clean(&self, sent: &str, prefix: &str, limit: usize) -> Result<Said<String>, Fault> {
        if sent.is_empty() {
            return Ok(Said::Blank);
        }
        let decoded = self.encoding.decode(sent)?;
        let value = decoded.strip_prefix(prefix).ok_or(Fault::Unprefixed)?;
        value::check(value, limit)?;
        match value::trim(value).is_empty() {
            true => Ok(Said::Blank),
            false => Ok(Said::Value(value.to_owned())),
        }
    }

    fn groups(&self, sighting: &Sighting<'_, '_>) -> Result<Said<Groups>, Rejection> {
        let Some(header) = &self.headers.groups else { return Ok(Said::Nothing) };
        let Some(first) = sighting.value(header) else { return Ok(Said::Nothing) };
        let groups = self.groups.read(first, sighting.more(header));
        groups.map_err(|fault| Rejection::new(header, fault))
    }

    /// The names of the groups of an assertion.
    pub(crate) fn names<'a>(&'a self, groups: &'a Groups) -> impl Iterator<Item = &'a str> {
        self.groups.names(groups)
    }
}
