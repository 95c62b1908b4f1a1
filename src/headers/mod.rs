//! What was said: the identity headers of a request, read into one clean
//! [`Assertion`] or refused.

mod encoded_word;
mod encoding;
mod groups;
mod name;
mod quoted;
mod sighting;
#[cfg(feature = "jwt")]
mod stated;
#[cfg(test)]
mod tests;
pub(crate) mod value;

use crate::config::{Config, Encoding, Headers, Limits, Prefixes};
use crate::error::{Fault, Rejection};

pub(crate) use groups::{Groups, GroupsReader};
pub(crate) use name::{HeaderName, name_or_false};
pub(crate) use sighting::{Sighting, WATCHED};
#[cfg(feature = "jwt")]
pub(crate) use stated::{Stated, StatedGroups};

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

impl Said<String> {
    /// What is said of a person without the white space around it.
    fn trimmed(self) -> Self {
        let Said::Value(mut value) = self else { return self };
        value.truncate(value.trim_end().len());
        value.drain(..value.len() - value.trim_start().len());
        match value.is_empty() {
            true => Said::Blank,
            false => Said::Value(value),
        }
    }
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
    /// Nothing in a token is encoded or has a prefix.
    pub(crate) fn new(config: &Config) -> Self {
        let (encoding, prefixes) = match config.jwt {
            Some(_) => (Encoding::Utf8, Prefixes::default()),
            None => (config.encoding, config.strip_prefix.clone()),
        };
        Self {
            headers: config.headers.clone(),
            encoding,
            limits: config.limits,
            groups: GroupsReader::new(config, encoding, &prefixes.groups),
            prefixes,
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
        let name = self.value(sighting, headers.name.as_ref(), &prefixes.name, limits.name)?.trimmed();
        let email = self.value(sighting, headers.email.as_ref(), &prefixes.email, limits.email)?.trimmed();
        let groups = self.groups(sighting)?;

        let Said::Value(user) = user else { return Ok(None) };
        let user = no_comma(user).map_err(|fault| Rejection::new(&headers.user, fault))?;
        Ok(Some(Assertion { user, name, email, groups }))
    }

    /// Holds what a token states to the rules that a header is held to.
    #[cfg(feature = "jwt")]
    pub(crate) fn read_stated(&self, stated: Stated) -> Result<Assertion, Fault> {
        let Stated { user, name, email, groups } = stated;
        let clean = |text: &str, limit| self.clean(text, "", limit);
        let optional =
            |text: Option<String>, limit| text.map_or(Ok(Said::Nothing), |text| clean(&text, limit));
        let Said::Value(user) = clean(&user, self.limits.user)? else { return Err(Fault::Claim) };
        Ok(Assertion {
            user: no_comma(user)?,
            name: optional(name, self.limits.name)?.trimmed(),
            email: optional(email, self.limits.email)?.trimmed(),
            groups: match groups {
                None => Said::Nothing,
                Some(StatedGroups::List(list)) => self.groups.read_stated(&list)?,
                Some(StatedGroups::Names(names)) => self.groups.check(Groups::Names(names))?,
            },
        })
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

fn no_comma(user: String) -> Result<String, Fault> {
    match user.contains(',') {
        true => Err(Fault::Comma),
        false => Ok(user),
    }
}
