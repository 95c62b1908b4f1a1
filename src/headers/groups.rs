use std::borrow::Cow;
use std::iter::once;

use rocket::Either;
use serde::Deserialize;

use super::config::Limits;
use super::encoding::Encoding;
use super::quoted_list;
use crate::error::Fault;
use crate::text::{self, trim};
use crate::user::Field;

/// How the groups header lists groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"separator\", \"repeated\" or \"json\"")]
pub(crate) enum GroupsFormat {
    /// In one line, with `groups_separator` between two.
    Separator,
    /// Each in a line of its own, as Kubernetes' authenticating proxy does.
    Repeated,
    /// In one line, as a JSON array of strings.
    Json,
}

/// The groups of an assertion, each of them clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Groups {
    /// A list as it was sent, in which nothing is encoded or quoted.
    List(String),
    /// The names.
    Names(Vec<String>),
}

/// Reads the groups header.
#[derive(Debug)]
pub(crate) struct GroupsReader {
    pub(super) format: GroupsFormat,
    pub(super) separator: String,
    pub(super) encoding: Encoding,
    pub(super) prefix: String,
    pub(super) limits: Limits,
}

impl GroupsReader {
    /// Whether the groups header may come more than once.
    pub(super) fn repeats(&self) -> bool {
        self.format == GroupsFormat::Repeated
    }

    /// Reads the `first` line, and `more` where the header may repeat.
    pub(super) fn read(&self, first: &str, more: &[Cow<'_, str>]) -> Result<Field<Groups>, Fault> {
        let mut lines = once(first).chain(more.iter().map(|line| &**line));
        if lines.any(text::is_placeholder) {
            return Err(Fault::Placeholder);
        }
        let groups = if self.is_plain(first) {
            Groups::List(first.to_owned())
        } else {
            Groups::Names(self.decode(first, more)?)
        };
        self.check(groups)
    }

    /// Reads one string of a signed token as the header would be, but for white
    /// space that nobody who signs adds.
    #[cfg(feature = "jwt")]
    pub(super) fn read_claim(&self, list: &str) -> Result<Field<Groups>, Fault> {
        if self.split(list).any(is_padded) {
            return Err(Fault::InvisibleCharacter);
        }
        self.read(list, &[])
    }

    /// Holds each name to the rules, and all of them to their number.
    pub(super) fn check(&self, groups: Groups) -> Result<Field<Groups>, Fault> {
        if let Groups::Names(names) = &groups
            && names.iter().any(|name| is_padded(name))
        {
            return Err(Fault::InvisibleCharacter);
        }
        let limit = self.limits.groups;
        let mut count = 0;
        for group in self.names(&groups) {
            count += 1;
            if count > limit {
                return Err(Fault::TooManyGroups { limit });
            }
            text::check(group, self.limits.group)?;
        }
        Ok(if count == 0 { Field::Blank } else { Field::Value(groups) })
    }

    /// The names of `groups`; blank ones are nothing.
    pub(crate) fn names<'a>(&'a self, groups: &'a Groups) -> impl Iterator<Item = &'a str> {
        let names = match groups {
            Groups::Names(names) => Either::Left(names.iter().map(String::as_str)),
            Groups::List(list) => Either::Right(self.split(list)),
        };
        names.map(trim).filter(|group| !group.is_empty())
    }

    fn split<'a>(&'a self, list: &'a str) -> impl Iterator<Item = &'a str> {
        let mut characters = self.separator.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Either::Left(list.split(character)),
            _ => Either::Right(list.split(&*self.separator)),
        }
    }

    /// Whether `list` is nothing but names and separators.
    fn is_plain(&self, list: &str) -> bool {
        self.format == GroupsFormat::Separator
            && self.encoding == Encoding::Utf8
            && self.prefix.is_empty()
            && !list.contains('"')
    }

    /// Takes the lines apart, and each name out of its encoding, in this
    /// order: an encoded separator is part of a name ([RFC 3986, section
    /// 2.4]). An encoded-word and an array that are encoded as a whole are
    /// decoded first: an encoder cuts words where it likes, and JSON has
    /// escapes of its own.
    ///
    /// [RFC 3986, section 2.4]: https://www.rfc-editor.org/rfc/rfc3986#section-2.4
    fn decode(&self, first: &str, more: &[Cow<'_, str>]) -> Result<Vec<String>, Fault> {
        let line = trim(first);
        match self.format {
            GroupsFormat::Repeated => {
                let lines = once(line).chain(more.iter().map(|line| trim(line)));
                lines.map(|line| self.name(line, self.encoding)).collect()
            }
            GroupsFormat::Separator => {
                let whole = self.encoding == Encoding::Rfc2047;
                let (list, encoding) = self.unwrap(line, whole)?;
                let names = quoted_list::split(&list, &self.separator).ok_or(Fault::MisplacedQuote)?;
                let around: &[char] = if whole { &[' '] } else { &[' ', '\t'] };
                let name = |name: &Cow<'_, str>| match name {
                    Cow::Owned(quoted) => self.name(quoted, encoding),
                    Cow::Borrowed(piece) => self.name(piece.trim_matches(around), encoding),
                };
                names.iter().map(name).collect()
            }
            GroupsFormat::Json if line.is_empty() => Ok(Vec::new()),
            GroupsFormat::Json => {
                let (array, encoding) = self.unwrap(line, !line.starts_with('['))?;
                let names: Vec<String> = serde_json::from_str(&array).map_err(|_| Fault::NotAnArray)?;
                names.iter().map(|name| self.name(name, encoding)).collect()
            }
        }
    }

    /// Decodes `line` if it is encoded `whole`, and tells what its names are
    /// still encoded in.
    fn unwrap<'a>(&self, line: &'a str, whole: bool) -> Result<(Cow<'a, str>, Encoding), Fault> {
        if whole {
            Ok((self.encoding.decode(line)?, Encoding::Utf8))
        } else {
            Ok((Cow::Borrowed(line), self.encoding))
        }
    }

    fn name(&self, name: &str, encoding: Encoding) -> Result<String, Fault> {
        let decoded = encoding.decode(name)?;
        match decoded.strip_prefix(&self.prefix) {
            Some(name) => Ok(name.to_owned()),
            None if decoded.is_empty() => Ok(String::new()),
            None => Err(Fault::MissingPrefix),
        }
    }
}

/// Whether a name that was decoded has more around it than spaces: it would be
/// trimmed to the name of another group.
fn is_padded(name: &str) -> bool {
    name.trim_matches(' ') != name.trim()
}
