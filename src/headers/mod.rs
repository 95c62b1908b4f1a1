//! What was said: the identity headers of a request, read into one clean
//! [`Assertion`] or refused.

mod name;
mod sighting;
pub(crate) mod value;

use rocket::Either;

use crate::config::{Config, Headers, Limits};
use crate::error::{Fault, Rejection};

pub(crate) use name::{HeaderName, name_or_false};
pub(crate) use sighting::{Sighting, WATCHED};

/// What a trusted proxy said of a person: each value clean, none canonical
/// yet.
#[derive(Debug)]
pub(crate) struct Assertion {
    pub(crate) user: String,
    pub(crate) name: Said<String>,
    pub(crate) email: Said<String>,
    /// The whole list, which [`Reader::split`] takes apart.
    pub(crate) groups: Said<String>,
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
    separator: String,
    limits: Limits,
}

impl Reader {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            headers: config.headers.clone(),
            separator: config.groups_separator.clone(),
            limits: config.limits,
        }
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Reads what was sighted. `None` is nobody: no user header, or a blank
    /// one. The other headers are held to their rules even then.
    pub(crate) fn read(&self, sighting: &Sighting<'_, '_>) -> Result<Option<Assertion>, Rejection> {
        sighting.check(self.headers.iter())?;
        let user = self.value(sighting, &self.headers.user, self.limits.user)?;
        let name = self.optional(sighting, self.headers.name.as_ref(), self.limits.name)?;
        let email = self.optional(sighting, self.headers.email.as_ref(), self.limits.email)?;
        let groups = self.groups(sighting)?;

        let Said::Value(user) = user else { return Ok(None) };
        if user.contains(',') {
            return Err(Rejection::new(&self.headers.user, Fault::Comma));
        }
        Ok(Some(Assertion { user, name, email, groups }))
    }

    fn optional(
        &self,
        sighting: &Sighting<'_, '_>,
        header: Option<&HeaderName>,
        limit: usize,
    ) -> Result<Said<String>, Rejection> {
        header.map_or(Ok(Said::Nothing), |header| self.value(sighting, header, limit))
    }

    fn value(
        &self,
        sighting: &Sighting<'_, '_>,
        header: &HeaderName,
        limit: usize,
    ) -> Result<Said<String>, Rejection> {
        match sighting.value(header).map(value::trim) {
            None => Ok(Said::Nothing),
            Some("") => Ok(Said::Blank),
            Some(value) => match value::check(value, limit) {
                Ok(()) => Ok(Said::Value(value.to_owned())),
                Err(fault) => Err(Rejection::new(header, fault)),
            },
        }
    }

    fn groups(&self, sighting: &Sighting<'_, '_>) -> Result<Said<String>, Rejection> {
        let Some(header) = &self.headers.groups else { return Ok(Said::Nothing) };
        let Some(value) = sighting.value(header) else { return Ok(Said::Nothing) };

        if value::is_placeholder(value::trim(value)) {
            return Err(Rejection::new(header, Fault::Placeholder));
        }
        let limit = self.limits.groups;
        let mut count = 0;
        for group in self.split(value) {
            count += 1;
            let checked = match count > limit {
                true => Err(Fault::TooManyGroups { limit }),
                false => value::check(group, self.limits.group),
            };
            checked.map_err(|fault| Rejection::new(header, fault))?;
        }
        Ok(if count == 0 { Said::Blank } else { Said::Value(value.to_owned()) })
    }

    /// Splits a list of groups; blank pieces are nothing.
    pub(crate) fn split<'a>(&'a self, groups: &'a str) -> impl Iterator<Item = &'a str> {
        let mut characters = self.separator.chars();
        let pieces = match (characters.next(), characters.next()) {
            (Some(character), None) => Either::Left(groups.split(character)),
            _ => Either::Right(groups.split(&*self.separator)),
        };
        pieces.map(value::trim).filter(|group| !group.is_empty())
    }
}
