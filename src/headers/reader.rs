//! From scanned headers, or from claims, to an assertion.
//!
//! Within this folder it depends on `affix`, `assertion`, `attributes`, `choice`,
//! `config`, `distinguished_name`, `encoding`, `escape`, `groups`, `name` and `scan`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::affix::{Affix, Affixes};
use super::assertion::{Assertion, SentIdentity};
use super::assertion::{GroupsClaim, IdentityClaims};
use super::attributes::Attributes;
use super::choice::HeaderChoice;
use super::config::{IdentityHeaders, Limits};
use super::distinguished_name::{self, DnAttributes};
use super::encoding::{Encoding, Encodings};
use super::escape::GroupsEscape;
use super::groups::{Groups, GroupsFormat, GroupsReader};
use super::name::HeaderName;
use super::scan::HeaderScan;
use crate::error::{Fault, Rejection};
use crate::text;
use crate::user::Field;

/// The most characters of a subject, as OpenID Connect has it for `sub` ([section 2]), and of
/// what a database keeps.
///
/// [section 2]: https://openid.net/specs/openid-connect-core-1_0.html#IDToken
const MAX_SUBJECT_LENGTH: usize = 255;

/// The configuration of an [`IdentityReader`].
#[derive(Debug, Clone)]
pub(crate) struct ReaderOptions {
    pub(crate) headers: IdentityHeaders,
    /// The attributes and their headers.
    pub(crate) attributes: Attributes,
    pub(crate) encodings: Encodings,
    pub(crate) prefixes: Affixes,
    pub(crate) suffixes: Affixes,
    pub(crate) limits: Limits,
    /// Whether user names are distinguished names.
    pub(crate) has_distinguished_users: bool,
    pub(crate) dn_attributes: DnAttributes,
    pub(crate) groups_format: GroupsFormat,
    /// What is between two groups of a line, if a line is a list of names.
    pub(crate) groups_separator: Option<String>,
    pub(crate) groups_escape: GroupsEscape,
}

/// Reads what the configured identity headers say, or the claims of a token in their
/// place.
#[derive(Debug)]
pub(crate) struct IdentityReader {
    headers: IdentityHeaders,
    attributes: Attributes,
    encodings: Encodings,
    prefixes: Affixes,
    suffixes: Affixes,
    limits: Limits,
    /// The attribute that names a user in a distinguished name, if user names are such.
    user_attribute: Option<String>,
    groups_reader: GroupsReader,
}

impl IdentityReader {
    pub(crate) fn new(options: ReaderOptions) -> Self {
        let ReaderOptions { headers, attributes, encodings, .. } = options;
        let ReaderOptions { prefixes, suffixes, limits, dn_attributes, .. } = options;
        let groups_reader = GroupsReader {
            format: options.groups_format,
            separator: options.groups_separator,
            escape: options.groups_escape,
            encoding: encodings.groups,
            prefix: prefixes.groups.clone(),
            suffix: suffixes.groups.clone(),
            dn_attribute: dn_attributes.groups,
            limits,
        };
        let user_attribute = if options.has_distinguished_users { Some(dn_attributes.user) } else { None };
        Self { headers, attributes, encodings, prefixes, suffixes, limits, user_attribute, groups_reader }
    }

    /// Iterates over every header that says something of a person, those of the user first.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.headers.iter().chain(self.attributes.headers().map(|(_, header)| header))
    }

    /// Returns the most bytes that a header may have.
    pub(crate) fn max_bytes(&self) -> usize {
        self.limits.bytes
    }

    /// Returns the values of the headers that a scan found, if they name a user, and each was
    /// sent as it should be, and in one line.
    pub(crate) fn sent<'s>(&self, scan: &'s HeaderScan<'_, '_>) -> Option<SentIdentity<'s>> {
        let values = self.headers().map(|header| scan.sent_once(header)).collect::<Option<_>>()?;
        let user = self.headers.user.iter().find_map(|header| scan.value(header))?;
        Some(SentIdentity { user, values })
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
        let user =
            self.read_choice(scan, &headers.user, |value| self.parse_value(value, self.user_rule()))?;
        let name =
            self.read_choice(scan, &headers.name, |value| self.parse_value(value, self.name_rule()))?;
        let email =
            self.read_choice(scan, &headers.email, |value| self.parse_value(value, self.email_rule()))?;
        let groups = self.read_groups(scan)?;
        let subject =
            self.read_choice(scan, &headers.subject, |value| self.parse_value(value, self.subject_rule()))?;
        let mut attributes = BTreeMap::new();
        for (name, header) in self.attributes.headers() {
            let Some(value) = scan.value(header) else { continue };
            let field = self.parse_value(text::trim(value), self.attribute_rule());
            let field = field.map_err(|fault| Rejection::new(header, fault))?;
            attributes.insert(name.clone(), field.trimmed());
        }

        let Field::Value(user) = user else { return Ok(None) };
        let (name, email, subject) = (name.trimmed(), email.trimmed(), subject.trimmed().into_value());
        Ok(Some(Assertion { user, subject, name, email, attributes, groups }))
    }

    /// Reads what a token states, or a job, by the same rules as the headers.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the first claim that is not clean, or
    /// [`Fault::InvalidClaim`] if the user name is blank.
    pub(crate) fn read_claims(&self, claims: IdentityClaims) -> Result<Assertion, Fault> {
        let IdentityClaims { user, name, email, subject, attributes, groups } = claims;
        let Field::Value(user) = self.parse_value(&user, self.user_rule())? else {
            return Err(Fault::InvalidClaim);
        };
        Ok(Assertion {
            user,
            name: self.read_claim(name, self.name_rule())?,
            email: self.read_claim(email, self.email_rule())?,
            subject: self.read_claim(subject, self.subject_rule())?.into_value(),
            attributes: attributes
                .into_iter()
                .map(|(name, value)| Ok((name, self.parse_value(&value, self.attribute_rule())?.trimmed())))
                .collect::<Result<_, Fault>>()?,
            groups: match groups {
                None => Field::Absent,
                #[cfg(feature = "jwt")]
                Some(GroupsClaim::List(list)) => self.groups_reader.read_claim(&list)?,
                Some(GroupsClaim::Names(names)) => self.groups_reader.read_names(names)?,
            },
        })
    }

    /// Returns the header that says who the user is: the first of its choice that was sent, or
    /// else the preferred one.
    pub(crate) fn user_header(&self, scan: &HeaderScan<'_, '_>) -> Option<&HeaderName> {
        chosen(scan, &self.headers.user)
    }

    /// Returns the header that names the groups, as [`user_header`](Self::user_header) does the
    /// one that names the user.
    pub(crate) fn groups_header(&self, scan: &HeaderScan<'_, '_>) -> Option<&HeaderName> {
        chosen(scan, &self.headers.groups)
    }

    /// Returns what the user header says, if it was sent as it should be and is clean. A
    /// report names the user by it when another header refuses the request.
    pub(crate) fn clean_user(&self, scan: &HeaderScan<'_, '_>) -> Option<String> {
        let header = self.user_header(scan)?;
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
        let IdentityHeaders { user, name, email, groups, subject } = &self.headers;
        for header in user.iter().chain(name.iter()).chain(email.iter()) {
            scan.check(header, false)?;
        }
        for header in groups.iter() {
            scan.check(header, self.groups_reader.may_repeat())?;
        }
        for header in subject.iter().chain(self.attributes.headers().map(|(_, header)| header)) {
            scan.check(header, false)?;
        }
        Ok(())
    }

    /// Reads each header of a choice that was sent by `read`, and returns what the preferred
    /// one of them says.
    fn read_choice(
        &self,
        scan: &HeaderScan<'_, '_>,
        choice: &HeaderChoice,
        read: impl Fn(&str) -> Result<Field<String>, Fault>,
    ) -> Result<Field<String>, Rejection> {
        let mut preferred = Field::Absent;
        for header in choice.iter() {
            let Some(value) = scan.value(header) else { continue };
            let field = read(text::trim(value)).map_err(|fault| Rejection::new(header, fault))?;
            if preferred == Field::Absent {
                preferred = field;
            }
        }
        Ok(preferred)
    }

    fn read_groups(&self, scan: &HeaderScan<'_, '_>) -> Result<Field<Groups>, Rejection> {
        let mut preferred = Field::Absent;
        for header in self.headers.groups.iter() {
            let Some(first) = scan.value(header) else { continue };
            let more = scan.more_values(header);
            let field = self.groups_reader.read_lines(first, more);
            let field = field.map_err(|fault| Rejection::new(header, fault))?;
            if preferred == Field::Absent {
                preferred = field;
            }
        }
        Ok(preferred)
    }

    fn read_claim(&self, claim: Option<String>, rule: ValueRule<'_>) -> Result<Field<String>, Fault> {
        match claim {
            None => Ok(Field::Absent),
            Some(claim) => Ok(self.parse_value(&claim, rule)?.trimmed()),
        }
    }

    /// Decodes a `raw` value, removes what is around it, and checks what is left.
    fn parse_value(&self, raw: &str, rule: ValueRule<'_>) -> Result<Field<String>, Fault> {
        if raw.is_empty() {
            return Ok(Field::Blank);
        }
        let decoded = rule.encoding.decode(raw)?;
        let value = rule.suffix.strip_from_end(rule.prefix.strip_from_start(&decoded)?)?;
        let value = match rule.dn_attribute {
            Some(attribute) => distinguished_name::first_value(value, attribute)?
                .map(Cow::Owned)
                .ok_or(Fault::NotADistinguishedName)?,
            None => Cow::Borrowed(value),
        };
        (rule.check)(&value, rule.limit)?;
        if text::trim(&value).is_empty() { Ok(Field::Blank) } else { Ok(Field::Value(value.into_owned())) }
    }

    /// The user name may hold a comma until the hook has seen it.
    fn user_rule(&self) -> ValueRule<'_> {
        ValueRule {
            encoding: self.encodings.user,
            prefix: &self.prefixes.user,
            suffix: &self.suffixes.user,
            dn_attribute: self.user_attribute.as_deref(),
            check: text::check_username,
            limit: self.limits.user,
        }
    }

    fn name_rule(&self) -> ValueRule<'_> {
        ValueRule {
            encoding: self.encodings.name,
            prefix: &self.prefixes.name,
            suffix: &self.suffixes.name,
            dn_attribute: None,
            check: text::check_name,
            limit: self.limits.name,
        }
    }

    fn email_rule(&self) -> ValueRule<'_> {
        ValueRule {
            encoding: self.encodings.email,
            prefix: &self.prefixes.email,
            suffix: &self.suffixes.email,
            dn_attribute: None,
            check: text::check,
            limit: self.limits.email,
        }
    }

    fn subject_rule(&self) -> ValueRule<'_> {
        ValueRule {
            encoding: self.encodings.subject,
            check: text::check_subject,
            ..self.plain_rule(MAX_SUBJECT_LENGTH)
        }
    }

    fn attribute_rule(&self) -> ValueRule<'_> {
        ValueRule {
            encoding: self.encodings.attributes,
            check: text::check_name,
            ..self.plain_rule(self.limits.attribute)
        }
    }

    /// The rule of a value that has nothing around it.
    fn plain_rule(&self, limit: usize) -> ValueRule<'_> {
        const NO_AFFIX: &Affix = &Affix::NONE;
        ValueRule {
            encoding: Encoding::Utf8,
            prefix: NO_AFFIX,
            suffix: NO_AFFIX,
            dn_attribute: None,
            check: text::check,
            limit,
        }
    }
}

/// Returns the first header of a choice that was sent, or else the preferred one.
fn chosen<'c>(scan: &HeaderScan<'_, '_>, choice: &'c HeaderChoice) -> Option<&'c HeaderName> {
    choice.iter().find(|header| scan.value(header).is_some()).or(choice.preferred())
}

/// How a value is written, and how what it says is checked.
struct ValueRule<'a> {
    encoding: Encoding,
    prefix: &'a Affix,
    suffix: &'a Affix,
    /// The attribute to take, if the value is a distinguished name.
    dn_attribute: Option<&'a str>,
    check: fn(&str, usize) -> Result<(), Fault>,
    limit: usize,
}
