//! The key `groups_format`, and how the groups header is read by it.
//!
//! Within this folder it depends on `affix`, `config`, `distinguished_name`, `encoding`, `escape`
//! and `quoted_list`.

use std::borrow::Cow;
use std::fmt;

use rocket::Either;
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use super::affix::Affix;
use super::config::Limits;
use super::distinguished_name;
use super::encoding::Encoding;
use super::escape::GroupsEscape;
use super::quoted_list::{ListItem, QuotedList};
use crate::error::Fault;
use crate::text::{self, steps, trim};
use crate::user::Field;

/// How the groups header lists groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"separator\", \"repeated\", \"json\" or \"dn\"")]
pub(crate) enum GroupsFormat {
    /// All in one line, with `groups_separator` between two.
    Separator,
    /// In lines of which there may be several, as Kubernetes' authenticating proxy sends them.
    /// Each is one group, unless `groups_separator` says that it is a list.
    Repeated,
    /// All in one line, as a JSON array of strings.
    Json,
    /// All in one line, as distinguished names (RFC 4514) with semicolons between them.
    Dn,
}

/// The groups of an assertion. Each of them is clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Groups {
    /// A list as it was sent, in which nothing is encoded, quoted or escaped. It is split
    /// each time its names are listed.
    List(String),
    /// The decoded names.
    Names(Vec<String>),
}

/// Reads the groups header, or the groups of a token.
#[derive(Debug)]
pub(crate) struct GroupsReader {
    pub(super) format: GroupsFormat,
    /// What is between two groups of a line, if a line is a list of names.
    pub(super) separator: Option<String>,
    pub(super) escape: GroupsEscape,
    pub(super) encoding: Encoding,
    pub(super) prefix: Affix,
    pub(super) suffix: Affix,
    /// The attribute of a distinguished name that is the name of the group.
    pub(super) dn_attribute: String,
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
        if self.is_plain_list(first) {
            return self.read_plain_list(first);
        }
        let mut names = NameList::new(self);
        self.decode_lines(first, more, &mut names)?;
        Ok(names.into_field())
    }

    /// Reads one string of a token as if it were a line of the header, with one more
    /// rule: only spaces may surround a name, as nobody who signs a token adds other white
    /// space.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`read_lines`](GroupsReader::read_lines), and
    /// [`Fault::InvisibleCharacter`] for a tab, unless it is between the names of a JSON array.
    #[cfg(feature = "jwt")]
    pub(super) fn read_claim(&self, list: &str) -> Result<Field<Groups>, Fault> {
        if self.format != GroupsFormat::Json && list.contains('\t') {
            return Err(Fault::InvisibleCharacter);
        }
        self.read_lines(list, &[])
    }

    /// Reads the strings of a token, or of a job, one for each group.
    ///
    /// # Errors
    ///
    /// Returns [`Fault::TooManyGroups`], or what is wrong with the first name that is not
    /// clean.
    pub(super) fn read_names(&self, names: Vec<String>) -> Result<Field<Groups>, Fault> {
        let mut list = NameList::new(self);
        for name in names {
            list.push(&name)?;
        }
        Ok(list.into_field())
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
        steps::note(list.len());
        let separator = self.separator.as_deref().unwrap_or_default();
        let mut characters = separator.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Either::Left(list.split(character)),
            _ => Either::Right(list.split(separator)),
        }
    }

    /// Whether `line` holds nothing but names and separators, so that it only has to be
    /// split. A backslash may be more than a part of a name.
    fn is_plain_list(&self, line: &str) -> bool {
        steps::note(line.len());
        self.format == GroupsFormat::Separator
            && self.encoding == Encoding::Utf8
            && self.prefix.is_empty()
            && self.suffix.is_empty()
            && !line.contains(['"', '\\'])
    }

    /// Checks a list that only has to be split, and keeps it as it is.
    fn read_plain_list(&self, list: &str) -> Result<Field<Groups>, Fault> {
        let mut tally = Tally::new(self.limits);
        // A directory has thousands of names, each of which would be looked at by itself.
        let check =
            if text::is_clean_throughout(list) { text::check_group_of_clean_list } else { text::check_group };
        for name in self.split_list(list) {
            tally.check_by(check, trim(name))?;
        }
        if tally.count == 0 { Ok(Field::Blank) } else { Ok(Field::Value(Groups::List(list.to_owned()))) }
    }

    /// Splits the lines into names and decodes each of them, in this order: an encoded
    /// separator is part of a name ([RFC 3986, section 2.4]).
    ///
    /// Two kinds of lines are decoded as a whole before they are split. One is a list of
    /// encoded-words, as an encoder cuts words where it likes. The other is a JSON array
    /// whose first bracket is encoded, as JSON has escapes of its own.
    ///
    /// [RFC 3986, section 2.4]: https://www.rfc-editor.org/rfc/rfc3986#section-2.4
    fn decode_lines(
        &self,
        first: &str,
        more: &[Cow<'_, str>],
        names: &mut NameList<'_>,
    ) -> Result<(), Fault> {
        let line = trim(first);
        match self.format {
            GroupsFormat::Separator => self.decode_line(line, names),
            GroupsFormat::Repeated => {
                self.decode_line(line, names)?;
                more.iter().try_for_each(|line| self.decode_line(trim(line), names))
            }
            GroupsFormat::Dn => distinguished_name::split_list(line)
                .try_for_each(|name| names.push_encoded(trim(name), self.encoding)),
            GroupsFormat::Json if line.is_empty() => Ok(()),
            GroupsFormat::Json if line.starts_with('[') => names.push_array(line, self.encoding),
            GroupsFormat::Json => {
                let array = self.encoding.decode(line)?;
                names.push_array(&array, Encoding::Utf8)
            }
        }
    }

    /// Decodes a line that is one name, or a list of them.
    fn decode_line(&self, line: &str, names: &mut NameList<'_>) -> Result<(), Fault> {
        let Some(separator) = &self.separator else { return names.push_encoded(line, self.encoding) };
        if self.encoding == Encoding::Rfc2047 {
            let list = self.encoding.decode(line)?;
            return self.decode_list(&list, separator, Encoding::Utf8, &[' '], names);
        }
        self.decode_list(line, separator, self.encoding, &[' ', '\t'], names)
    }

    /// Decodes the names of a list. The `padding` around a name without quotes is
    /// trimmed: a tab can be white space of the header, but not if it was decoded.
    fn decode_list(
        &self,
        list: &str,
        separator: &str,
        encoding: Encoding,
        padding: &[char],
        names: &mut NameList<'_>,
    ) -> Result<(), Fault> {
        for item in QuotedList::new(list, separator, self.escape) {
            match item? {
                ListItem::Quoted(name) => names.push_encoded(&name, encoding)?,
                ListItem::Unquoted(name) => names.push_encoded(name.trim_matches(padding), encoding)?,
            }
        }
        Ok(())
    }
}

/// Counts names while they are read, and checks each of them.
#[derive(Debug)]
struct Tally {
    limits: Limits,
    count: usize,
}

impl Tally {
    fn new(limits: Limits) -> Self {
        Self { limits, count: 0 }
    }

    /// Checks one more name, unless it is blank, and that it is not one too many.
    fn check(&mut self, name: &str) -> Result<(), Fault> {
        self.check_by(text::check_group, name)
    }

    /// Checks one more name as `check` does, as [`check`](Self::check) is for names of which
    /// nothing is known.
    fn check_by(&mut self, check: fn(&str, usize) -> Result<(), Fault>, name: &str) -> Result<(), Fault> {
        if name.is_empty() {
            return Ok(());
        }
        let limit = self.limits.groups;
        self.count += 1;
        if self.count > limit {
            return Err(Fault::TooManyGroups { limit });
        }
        check(name, self.limits.group)
    }
}

/// The names that were read so far.
struct NameList<'r> {
    reader: &'r GroupsReader,
    tally: Tally,
    names: Vec<String>,
}

impl<'r> NameList<'r> {
    fn new(reader: &'r GroupsReader) -> Self {
        Self { reader, tally: Tally::new(reader.limits), names: Vec::new() }
    }

    /// Adds a decoded name, without the spaces around it. Other white space is not trimmed,
    /// as it would make the name of another group of it.
    fn push(&mut self, name: &str) -> Result<(), Fault> {
        if self.reader.format == GroupsFormat::Dn {
            return self.push_distinguished(name);
        }
        let name = name.trim_matches(' ');
        self.tally.check(name)?;
        if !name.is_empty() {
            self.names.push(name.to_owned());
        }
        Ok(())
    }

    /// Adds the name of the group that a distinguished name names, to which blanks at its edges
    /// belong. An entry whose name has no such attribute is no group: directories list rules
    /// among them.
    fn push_distinguished(&mut self, name: &str) -> Result<(), Fault> {
        if let Some(group) = distinguished_name::first_value(name, &self.reader.dn_attribute)? {
            self.tally.check_by(text::check_whole_group, &group)?;
            self.names.push(group);
        }
        Ok(())
    }

    /// Decodes a name, removes what is around it and adds it. A blank name needs nothing around
    /// it.
    fn push_encoded(&mut self, name: &str, encoding: Encoding) -> Result<(), Fault> {
        let decoded = encoding.decode(name)?;
        if decoded.is_empty() {
            return Ok(());
        }
        let name = self.reader.prefix.strip_from_start(&decoded)?;
        self.push(self.reader.suffix.strip_from_end(name)?)
    }

    /// Adds the names of a JSON array, each as soon as it is read.
    fn push_array(&mut self, array: &str, encoding: Encoding) -> Result<(), Fault> {
        steps::note(array.len());
        let mut fault = None;
        let names = ArrayVisitor { names: self, encoding, fault: &mut fault };
        let mut deserializer = serde_json::Deserializer::from_str(array);
        let outcome = deserializer.deserialize_seq(names).and_then(|()| deserializer.end());
        outcome.map_err(|_| fault.unwrap_or(Fault::NotAnArray))
    }

    fn into_field(self) -> Field<Groups> {
        if self.names.is_empty() { Field::Blank } else { Field::Value(Groups::Names(self.names)) }
    }
}

/// Visits a JSON array of names. An error of serde has no place for a fault, so it is kept
/// beside it.
struct ArrayVisitor<'l, 'r> {
    names: &'l mut NameList<'r>,
    encoding: Encoding,
    fault: &'l mut Option<Fault>,
}

impl<'de> Visitor<'de> for ArrayVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(name) = array.next_element::<String>()? {
            if let Err(fault) = self.names.push_encoded(&name, self.encoding) {
                *self.fault = Some(fault);
                return Err(de::Error::custom(fault));
            }
        }
        Ok(())
    }
}
