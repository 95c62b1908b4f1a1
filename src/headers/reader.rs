//! From scanned headers, or from claims, to an assertion.
//!
//! Within this folder it depends on `assertion`, `config`, `encoding`, `escape`, `groups`,
//! `name` and `scan`.

use super::assertion::{Assertion, SentIdentity};
#[cfg(feature = "jwt")]
use super::assertion::{GroupsClaim, IdentityClaims};
use super::config::{IdentityHeaders, Limits, Prefixes, remove_prefix};
use super::encoding::Encoding;
use super::escape::GroupsEscape;
use super::groups::{Groups, GroupsFormat, GroupsReader};
use super::name::HeaderName;
use super::scan::HeaderScan;
use crate::error::{Fault, Rejection};
use crate::text;
use crate::user::Field;

/// The configuration of an [`IdentityReader`].
#[derive(Debug, Clone)]
pub(crate) struct ReaderOptions {
    pub(crate) headers: IdentityHeaders,
    pub(crate) encoding: Encoding,
    pub(crate) prefixes: Prefixes,
    pub(crate) limits: Limits,
    pub(crate) groups_format: GroupsFormat,
    pub(crate) groups_separator: String,
    pub(crate) groups_escape: GroupsEscape,
}

/// Reads what the configured identity headers say, or the claims of a token in their
/// place.
#[derive(Debug)]
pub(crate) struct IdentityReader {
    headers: IdentityHeaders,
    encoding: Encoding,
    prefixes: Prefixes,
    limits: Limits,
    groups_reader: GroupsReader,
}

impl IdentityReader {
    pub(crate) fn new(options: ReaderOptions) -> Self {
        let ReaderOptions { headers, encoding, prefixes, limits, .. } = options;
        let groups_reader = GroupsReader {
            format: options.groups_format,
            separator: options.groups_separator,
            escape: options.groups_escape,
            encoding,
            prefix: prefixes.groups.clone(),
            limits,
        };
        Self { headers, encoding, prefixes, limits, groups_reader }
    }

    pub(crate) fn headers(&self) -> &IdentityHeaders {
        &self.headers
    }

    /// Returns the most bytes that a header may have.
    pub(crate) fn max_bytes(&self) -> usize {
        self.limits.bytes
    }

    /// Returns the values of the headers that a scan found, if they name a user, and each was
    /// sent as it should be, and in one line.
    pub(crate) fn sent<'s>(&self, scan: &'s HeaderScan<'_, '_>) -> Option<SentIdentity<'s>> {
        let [user, name, email, groups] = self.headers.all().map(|header| scan.sent_once(header));
        Some(SentIdentity { user: user??, name: name?, email: email?, groups: groups? })
    }

    /// Reads the headers that a scan found. `None` means that nobody is signed in,
    /// because the user header is absent or blank. The other headers are checked even
    /// then.
    ///
    /// # Errors
    ///
    /// Returns a rejection for the first header that was not sent as it should be (see
    /// [`HeaderScan::check`]), or else for the first whose value is not clean.
    pub(crate) fn read(&self, scan: &HeaderScan<'_, '_>) -> Result<Option<Assertion>, Rejection> {
        self.check_sent(scan)?;
        let headers = &self.headers;
        let user = self.read_value(scan, Some(&headers.user), self.user_rule())?;
        let name = self.read_value(scan, headers.name.as_ref(), self.name_rule())?;
        let email = self.read_value(scan, headers.email.as_ref(), self.email_rule())?;
        let groups = self.read_groups(scan)?;

        let Field::Value(user) = user else { return Ok(None) };
        Ok(Some(Assertion { user, name: name.trimmed(), email: email.trimmed(), groups }))
    }

    /// Reads what a token states, by the same rules as the headers.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the first claim that is not clean, or
    /// [`Fault::InvalidClaim`] if the user name is blank.
    #[cfg(feature = "jwt")]
    pub(crate) fn read_claims(&self, claims: IdentityClaims) -> Result<Assertion, Fault> {
        let IdentityClaims { user, name, email, groups } = claims;
        let Field::Value(user) = self.parse_value(&user, self.user_rule())? else {
            return Err(Fault::InvalidClaim);
        };
        Ok(Assertion {
            user,
            name: self.read_claim(name, self.name_rule())?,
            email: self.read_claim(email, self.email_rule())?,
            groups: match groups {
                None => Field::Absent,
                Some(GroupsClaim::List(list)) => self.groups_reader.read_claim(&list)?,
                Some(GroupsClaim::Names(names)) => self.groups_reader.read_names(names)?,
            },
        })
    }

    /// Returns what the user header says, if it was sent as it should be and is clean. A
    /// report names the user by it when another header refuses the request.
    pub(crate) fn clean_user(&self, scan: &HeaderScan<'_, '_>) -> Option<String> {
        let header = &self.headers.user;
        scan.check(header, false).ok()?;
        self.clean_user_value(text::trim(scan.value(header)?))
    }

    /// Returns what the value of a user header, or the claim of a token, says if it is clean.
    pub(crate) fn clean_user_value(&self, user: &str) -> Option<String> {
        match self.parse_value(user, self.user_rule()) {
            Ok(Field::Value(user)) => Some(user),
            _ => None,
        }
    }

    /// Lists the names of the groups of an assertion.
    pub(crate) fn names<'a>(&'a self, groups: &'a Groups) -> impl Iterator<Item = &'a str> {
        self.groups_reader.names(groups)
    }

    /// Checks how each header was sent. Only the groups header may be sent more than
    /// once, if its format is that of one group a line.
    fn check_sent(&self, scan: &HeaderScan<'_, '_>) -> Result<(), Rejection> {
        let [user, name, email, groups] = self.headers.all();
        for header in [user, name, email].into_iter().flatten() {
            scan.check(header, false)?;
        }
        if let Some(header) = groups {
            scan.check(header, self.groups_reader.may_repeat())?;
        }
        Ok(())
    }

    fn read_value(
        &self,
        scan: &HeaderScan<'_, '_>,
        header: Option<&HeaderName>,
        rule: ValueRule<'_>,
    ) -> Result<Field<String>, Rejection> {
        let Some(header) = header else { return Ok(Field::Absent) };
        let Some(value) = scan.value(header) else { return Ok(Field::Absent) };
        self.parse_value(text::trim(value), rule).map_err(|fault| Rejection::new(header, fault))
    }

    fn read_groups(&self, scan: &HeaderScan<'_, '_>) -> Result<Field<Groups>, Rejection> {
        let Some(header) = &self.headers.groups else { return Ok(Field::Absent) };
        let Some(first) = scan.value(header) else { return Ok(Field::Absent) };
        self.groups_reader
            .read_lines(first, scan.more_values(header))
            .map_err(|fault| Rejection::new(header, fault))
    }

    #[cfg(feature = "jwt")]
    fn read_claim(&self, claim: Option<String>, rule: ValueRule<'_>) -> Result<Field<String>, Fault> {
        match claim {
            None => Ok(Field::Absent),
            Some(claim) => Ok(self.parse_value(&claim, rule)?.trimmed()),
        }
    }

    /// Decodes a `raw` value, removes its prefix, and checks what is left.
    fn parse_value(&self, raw: &str, rule: ValueRule<'_>) -> Result<Field<String>, Fault> {
        if raw.is_empty() {
            return Ok(Field::Blank);
        }
        let decoded = self.encoding.decode(raw)?;
        let value = remove_prefix(&decoded, rule.prefix)?;
        (rule.check)(value, rule.limit)?;
        if text::trim(value).is_empty() { Ok(Field::Blank) } else { Ok(Field::Value(value.to_owned())) }
    }

    /// The user name may hold a comma until the hook has seen it.
    fn user_rule(&self) -> ValueRule<'_> {
        ValueRule { prefix: &self.prefixes.user, check: text::check_username, limit: self.limits.user }
    }

    fn name_rule(&self) -> ValueRule<'_> {
        ValueRule { prefix: &self.prefixes.name, check: text::check_name, limit: self.limits.name }
    }

    fn email_rule(&self) -> ValueRule<'_> {
        ValueRule { prefix: &self.prefixes.email, check: text::check, limit: self.limits.email }
    }
}

/// What a value must begin with, and how the rest of it is checked.
struct ValueRule<'a> {
    prefix: &'a str,
    check: fn(&str, usize) -> Result<(), Fault>,
    limit: usize,
}
