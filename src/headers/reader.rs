use super::assertion::Assertion;
#[cfg(feature = "jwt")]
use super::assertion::{GroupsClaim, IdentityClaims};
use super::config::{IdentityHeaders, Limits, Prefixes};
use super::encoding::Encoding;
use super::groups::{Groups, GroupsFormat, GroupsReader};
use super::name::HeaderName;
use super::scan::HeaderScan;
use crate::error::{Fault, Rejection};
use crate::text;
use crate::user::Field;

/// What an [`IdentityReader`] is to read, and how.
#[derive(Debug, Clone)]
pub(crate) struct ReaderOptions {
    pub(crate) headers: IdentityHeaders,
    pub(crate) encoding: Encoding,
    pub(crate) prefixes: Prefixes,
    pub(crate) limits: Limits,
    pub(crate) groups_format: GroupsFormat,
    pub(crate) groups_separator: String,
}

/// Reads the identity headers that are configured.
#[derive(Debug)]
pub(crate) struct IdentityReader {
    headers: IdentityHeaders,
    encoding: Encoding,
    prefixes: Prefixes,
    limits: Limits,
    groups: GroupsReader,
}

impl IdentityReader {
    pub(crate) fn new(options: ReaderOptions) -> Self {
        let ReaderOptions { headers, encoding, prefixes, limits, groups_format, groups_separator } = options;
        let groups = GroupsReader {
            format: groups_format,
            separator: groups_separator,
            encoding,
            prefix: prefixes.groups.clone(),
            limits,
        };
        Self { headers, encoding, prefixes, limits, groups }
    }

    pub(crate) fn headers(&self) -> &IdentityHeaders {
        &self.headers
    }

    /// Reads the headers that were scanned. `None` means that nobody is signed in:
    /// the user header is absent or blank. The other headers are checked even then.
    pub(crate) fn read(&self, scan: &HeaderScan<'_, '_>) -> Result<Option<Assertion>, Rejection> {
        let Self { headers, prefixes, limits, .. } = self;
        for header in headers.iter() {
            let is_groups = headers.groups.as_ref().is_some_and(|groups| std::ptr::eq(groups, header));
            scan.check(header, is_groups && self.groups.repeats())?;
        }
        let user = self.value(scan, Some(&headers.user), &prefixes.user, limits.user)?;
        let name = self.value(scan, headers.name.as_ref(), &prefixes.name, limits.name)?.trimmed();
        let email = self.value(scan, headers.email.as_ref(), &prefixes.email, limits.email)?.trimmed();
        let groups = self.groups(scan)?;

        let Field::Value(user) = user else { return Ok(None) };
        let user = no_comma(user).map_err(|fault| Rejection::new(&headers.user, fault))?;
        Ok(Some(Assertion { user, name, email, groups }))
    }

    /// Holds what a token states to the rules that a header is held to.
    #[cfg(feature = "jwt")]
    pub(crate) fn read_claims(&self, claims: IdentityClaims) -> Result<Assertion, Fault> {
        let IdentityClaims { user, name, email, groups } = claims;
        let clean = |text: &str, limit| self.clean(text, "", limit);
        let optional =
            |text: Option<String>, limit| text.map_or(Ok(Field::Absent), |text| clean(&text, limit));
        let Field::Value(user) = clean(&user, self.limits.user)? else { return Err(Fault::InvalidClaim) };
        Ok(Assertion {
            user: no_comma(user)?,
            name: optional(name, self.limits.name)?.trimmed(),
            email: optional(email, self.limits.email)?.trimmed(),
            groups: match groups {
                None => Field::Absent,
                Some(GroupsClaim::List(list)) => self.groups.read_claim(&list)?,
                Some(GroupsClaim::Names(names)) => self.groups.check(Groups::Names(names))?,
            },
        })
    }

    fn value(
        &self,
        scan: &HeaderScan<'_, '_>,
        header: Option<&HeaderName>,
        prefix: &str,
        limit: usize,
    ) -> Result<Field<String>, Rejection> {
        let Some(header) = header else { return Ok(Field::Absent) };
        let Some(value) = scan.value(header) else { return Ok(Field::Absent) };
        self.clean(text::trim(value), prefix, limit).map_err(|fault| Rejection::new(header, fault))
    }

    /// Decodes a value, takes its prefix off, and then holds it to the rules.
    fn clean(&self, sent: &str, prefix: &str, limit: usize) -> Result<Field<String>, Fault> {
        if sent.is_empty() {
            return Ok(Field::Blank);
        }
        let decoded = self.encoding.decode(sent)?;
        let value = decoded.strip_prefix(prefix).ok_or(Fault::MissingPrefix)?;
        text::check(value, limit)?;
        if text::trim(value).is_empty() { Ok(Field::Blank) } else { Ok(Field::Value(value.to_owned())) }
    }

    fn groups(&self, scan: &HeaderScan<'_, '_>) -> Result<Field<Groups>, Rejection> {
        let Some(header) = &self.headers.groups else { return Ok(Field::Absent) };
        let Some(first) = scan.value(header) else { return Ok(Field::Absent) };
        let groups = self.groups.read(first, scan.more_values(header));
        groups.map_err(|fault| Rejection::new(header, fault))
    }

    /// The names of the groups of an assertion.
    pub(crate) fn names<'a>(&'a self, groups: &'a Groups) -> impl Iterator<Item = &'a str> {
        self.groups.names(groups)
    }
}

fn no_comma(user: String) -> Result<String, Fault> {
    if user.contains(',') { Err(Fault::Comma) } else { Ok(user) }
}
