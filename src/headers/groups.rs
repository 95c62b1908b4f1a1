//! The key `groups_format`, and how the groups header is read by it.
//!
//! Within this folder it depends on `config`, `encoding` and `quoted_list`.

use std::borrow::Cow;
use std::iter::once;

use rocket::Either;
use serde::Deserialize;

use super::config::{Limits, remove_prefix};
use super::encoding::Encoding;
use super::quoted_list::{self, ListItem};
use crate::error::Fault;
use crate::text::{self, trim};
use crate::user::Field;

/// How the groups header lists groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"separator\", \"repeated\" or \"json\"")]
pub(crate) enum GroupsFormat {
    /// All in one line, with `groups_separator` between two.
    Separator,
    /// Each in a line of its own, as Kubernetes' authenticating proxy sends them.
    Repeated,
    /// All in one line, as a JSON array of strings.
    Json,
}

/// The groups of an assertion. Each of them is clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Groups {
    /// A list as it was sent, in which nothing is encoded or quoted. It is split each
    /// time its names are listed.
    List(String),
    /// The decoded names.
    Names(Vec<String>),
}

/// Reads the groups header, or the groups of a token.
#[derive(Debug)]
pub(crate) struct GroupsReader {
    pub(super) format: GroupsFormat,
    pub(super) separator: String,
    pub(super) encoding: Encoding,
    pub(super) prefix: String,
    pub(super) limits: Limits,
}

impl GroupsReader {
    /// Whether the groups header may be sent more than once.
    pub(super) fn may_repeat(&self) -> bool {
        self.format == GroupsFormat::Repeated
    }

    /// Reads the `first` line of the groups header, and `more` lines if it may repeat.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the lines, or with the first name that is not clean.
    pub(super) fn read_lines(&self, first: &str, more: &[Cow<'_, str>]) -> Result<Field<Groups>, Fault> {
        text::check_expanded(first)?;
        for line in more {
            text::check_expanded(line)?;
        }
        let groups = if self.is_plain_list(first) {
            Groups::List(first.to_owned())
        } else {
            Groups::Names(self.decode_lines(first, more)?)
        };
        self.checked(groups)
    }

    /// Reads one string of a token as if it were a line of the header, with one more
    /// rule: only spaces may surround a name, as nobody who signs a token adds other white
    /// space.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`read_lines`](GroupsReader::read_lines), and
    /// [`Fault::InvisibleCharacter`] for other white space around a name.
    #[cfg(feature = "jwt")]
    pub(super) fn read_claim(&self, list: &str) -> Result<Field<Groups>, Fault> {
        for name in self.split_list(list) {
            text::check_padding(name)?;
        }
        self.read_lines(list, &[])
    }

    /// Checks each name, and how many there are, and returns the groups as a field.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::TooManyGroups`], or what is wrong with the first name that is not
    /// clean.
    pub(super) fn checked(&self, groups: Groups) -> Result<Field<Groups>, Fault> {
        if let Groups::Names(names) = &groups {
            for name in names {
                text::check_padding(name)?;
            }
        }
        let limit = self.limits.groups;
        let mut count = 0;
        for name in self.names(&groups) {
            count += 1;
            if count > limit {
                return Err(Fault::TooManyGroups { limit });
            }
            text::check(name, self.limits.group)?;
        }
        if count == 0 { Ok(Field::Blank) } else { Ok(Field::Value(groups)) }
    }

    /// Lists the names of `groups`, without the spaces and tabs around them. Blank names
    /// are left out.
    pub(super) fn names<'a>(&'a self, groups: &'a Groups) -> impl Iterator<Item = &'a str> {
        let names = match groups {
            Groups::Names(names) => Either::Left(names.iter().map(String::as_str)),
            Groups::List(list) => Either::Right(self.split_list(list)),
        };
        names.map(trim).filter(|name| !name.is_empty())
    }

    /// Splits a list without quotes. A separator of one character is searched for as a
    /// `char`, which is faster.
    fn split_list<'a>(&'a self, list: &'a str) -> impl Iterator<Item = &'a str> {
        let mut characters = self.separator.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Either::Left(list.split(character)),
            _ => Either::Right(list.split(&*self.separator)),
        }
    }

    /// Whether `line` holds nothing but names and separators, so that it only has to be
    /// split.
    fn is_plain_list(&self, line: &str) -> bool {
        self.format == GroupsFormat::Separator
            && self.encoding == Encoding::Utf8
            && self.prefix.is_empty()
            && !line.contains('"')
    }

    /// Splits the lines into names and decodes each of them, in this order: an encoded
    /// separator is part of a name ([RFC 3986, section 2.4]).
    ///
    /// Two kinds of lines are decoded as a whole before they are split. One is a list of
    /// encoded-words, as an encoder cuts words where it likes. The other is a JSON array
    /// whose first bracket is encoded, as JSON has escapes of its own.
    ///
    /// [RFC 3986, section 2.4]: https://www.rfc-editor.org/rfc/rfc3986#section-2.4
    fn decode_lines(&self, first: &str, more: &[Cow<'_, str>]) -> Result<Vec<String>, Fault> {
        let line = trim(first);
        match self.format {
            GroupsFormat::Repeated => {
                let lines = once(line).chain(more.iter().map(|line| trim(line)));
                lines.map(|line| self.decode_name(line, self.encoding)).collect()
            }
            GroupsFormat::Separator if self.encoding == Encoding::Rfc2047 => {
                let list = self.encoding.decode(line)?;
                self.decode_list(&list, Encoding::Utf8, &[' '])
            }
            GroupsFormat::Separator => self.decode_list(line, self.encoding, &[' ', '\t']),
            GroupsFormat::Json if line.is_empty() => Ok(Vec::new()),
            GroupsFormat::Json if line.starts_with('[') => self.decode_array(line, self.encoding),
            GroupsFormat::Json => {
                let array = self.encoding.decode(line)?;
                self.decode_array(&array, Encoding::Utf8)
            }
        }
    }

    /// Decodes the names of a list. The `padding` around a name without quotes is
    /// trimmed: a tab can be white space of the header, but not if it was decoded.
    fn decode_list(&self, list: &str, encoding: Encoding, padding: &[char]) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        for item in quoted_list::split(list, &self.separator)? {
            names.push(match item {
                ListItem::Quoted(name) => self.decode_name(&name, encoding)?,
                ListItem::Unquoted(name) => self.decode_name(name.trim_matches(padding), encoding)?,
            });
        }
        Ok(names)
    }

    /// Decodes the names of a JSON array.
    fn decode_array(&self, array: &str, encoding: Encoding) -> Result<Vec<String>, Fault> {
        let names: Vec<String> = serde_json::from_str(array).map_err(|_| Fault::NotAnArray)?;
        names.iter().map(|name| self.decode_name(name, encoding)).collect()
    }

    /// Decodes a name and removes its prefix. A blank name needs none.
    fn decode_name(&self, name: &str, encoding: Encoding) -> Result<String, Fault> {
        let decoded = encoding.decode(name)?;
        if decoded.is_empty() {
            return Ok(String::new());
        }
        remove_prefix(&decoded, &self.prefix).map(String::from)
    }
}
