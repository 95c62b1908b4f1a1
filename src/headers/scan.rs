//! One walk over the headers of a request, which finds repeated headers, aliases and
//! `Connection` options.
//!
//! Within this folder it depends on `blank` and `name`.

use std::borrow::Cow;

use rocket::http::{Header, HeaderMap};
use smallvec::SmallVec;

use super::blank::BlankedHeaders;
use super::name::{HeaderName, NameMatch, is_token_character};
use crate::error::{Fault, Rejection};
use crate::text::steps;

/// How many headers a configuration usually has a scan look for: four identity headers, and the
/// one with the secret of the proxy.
pub(super) const USUAL_HEADERS: usize = 5;

/// The configured headers of a request, found in one walk over all of its headers.
/// Their values are neither trusted nor decoded yet.
#[derive(Debug)]
pub(crate) struct HeaderScan<'c, 'h> {
    scanned: SmallVec<[ScannedHeader<'c, 'h>; USUAL_HEADERS]>,
    /// Headers that are blanked, though nobody reads them.
    blank: &'c [BlankedHeaders],
    /// The names, as they were sent, of aliases and of the headers in `blank`.
    other_names: Vec<String>,
    /// The most bytes of the values of one header.
    max_bytes: usize,
}

/// A configured header, and how a request carries it.
#[derive(Debug)]
struct ScannedHeader<'c, 'h> {
    header: &'c HeaderName,
    value: Option<Cow<'h, str>>,
    more_values: Vec<Cow<'h, str>>,
    is_aliased: bool,
    is_hop_by_hop: bool,
}

impl<'c, 'h> HeaderScan<'c, 'h> {
    /// Scans `map`, the headers of a request, for `headers` and their aliases, and for
    /// the headers that must be made `blank`. No header with more than `max_bytes` passes
    /// its check.
    pub(crate) fn new(
        headers: impl Iterator<Item = &'c HeaderName>,
        blank: &'c [BlankedHeaders],
        max_bytes: usize,
        map: &'h HeaderMap<'_>,
    ) -> Self {
        let scanned = headers.map(ScannedHeader::new).collect();
        let mut scan = Self { scanned, blank, other_names: Vec::new(), max_bytes };
        for header in map.iter() {
            scan.visit(header);
        }
        scan
    }

    fn visit(&mut self, Header { name, value }: Header<'h>) {
        if name == "Connection" {
            self.visit_connection(&value);
        }
        for scanned in self.scanned.iter_mut() {
            match scanned.header.compare(name.as_str()) {
                NameMatch::Different => continue,
                NameMatch::Same if scanned.value.is_some() => scanned.more_values.push(value),
                NameMatch::Same => scanned.value = Some(value),
                NameMatch::Alias => {
                    scanned.is_aliased = true;
                    self.keep_name(name.as_str());
                }
            }
            return;
        }
        if self.is_blanked(name.as_str()) {
            self.keep_name(name.as_str());
        }
    }

    /// Whether the header `name` is blanked although nothing reads it.
    fn is_blanked(&self, name: &str) -> bool {
        self.blank.iter().any(|headers| headers.include(name))
    }

    /// Keeps the name of a header that must be blanked, once however often it was sent: a
    /// header map lists all values of a name together.
    fn keep_name(&mut self, name: &str) {
        if self.other_names.last().is_none_or(|last| last != name) {
            self.other_names.push(name.to_owned());
        }
    }

    /// Marks the headers that a `Connection` header names, however its options are
    /// quoted or separated.
    fn visit_connection(&mut self, options: &str) {
        steps::note(options.len());
        for option in options.split(|c| !is_token_character(c)).filter(|option| !option.is_empty()) {
            for scanned in self.scanned.iter_mut().filter(|scanned| !scanned.is_hop_by_hop) {
                scanned.is_hop_by_hop = scanned.header.is_same_or_alias(option);
            }
        }
    }

    /// Leaves `header` to the application: it counts as if it had not been sent, and stays
    /// as it is, unless it is blanked whoever reads it. Its aliases do not.
    #[cfg(feature = "jwt")]
    pub(crate) fn without(mut self, header: &HeaderName) -> Self {
        self.scanned.retain(|scanned| !std::ptr::eq(scanned.header, header));
        if self.is_blanked(header.as_str()) {
            self.keep_name(header.as_str());
        }
        self
    }

    /// Whether `header` was sent under another spelling of its name.
    #[cfg(feature = "jwt")]
    pub(crate) fn is_aliased(&self, header: &HeaderName) -> bool {
        self.find(header).is_some_and(|scanned| scanned.is_aliased)
    }

    /// Whether no header was found that is read or blanked.
    pub(crate) fn is_empty(&self) -> bool {
        self.other_names.is_empty()
            && self.scanned.iter().all(|scanned| !scanned.is_sent() && !scanned.is_hop_by_hop)
    }

    /// Returns the value of `header`, or the first one if it was sent more than once.
    pub(crate) fn value(&self, header: &HeaderName) -> Option<&str> {
        self.find(header)?.value.as_deref()
    }

    /// Returns the value of `header`, if one was sent. Returns `None` if a value must not be
    /// taken for what the proxy says of it: see [`check`](Self::check).
    pub(crate) fn sent_once(&self, header: &HeaderName) -> Option<Option<&str>> {
        let Some(scanned) = self.find(header) else { return Some(None) };
        scanned.check(false, self.max_bytes).ok()?;
        Some(scanned.value.as_deref())
    }

    /// Returns the values of `header` after the first one.
    pub(crate) fn more_values(&self, header: &HeaderName) -> &[Cow<'h, str>] {
        self.find(header).map_or(&[], |scanned| &scanned.more_values)
    }

    fn find(&self, header: &HeaderName) -> Option<&ScannedHeader<'c, 'h>> {
        self.scanned.iter().find(|scanned| std::ptr::eq(scanned.header, header))
    }

    /// Checks how `header` was sent, if it was.
    ///
    /// # Errors
    ///
    /// Returns a rejection if an alias of it was sent, if it was sent more than once
    /// though it is not one that `may_repeat`, if a `Connection` header names it, or if it
    /// has too many bytes to be read.
    pub(crate) fn check(&self, header: &HeaderName, may_repeat: bool) -> Result<(), Rejection> {
        let Some(scanned) = self.find(header) else { return Ok(()) };
        scanned.check(may_repeat, self.max_bytes).map_err(|fault| Rejection::new(header, fault))
    }

    /// Returns the first of `headers` that was sent, under its own name or an alias.
    pub(crate) fn first_sent<'n>(
        &self,
        headers: impl IntoIterator<Item = &'n HeaderName>,
    ) -> Option<&'n HeaderName> {
        headers.into_iter().find(|header| self.find(header).is_some_and(ScannedHeader::is_sent))
    }

    /// Lists the names of all headers that must be blanked, aliases among them.
    pub(crate) fn into_names_to_blank(self) -> impl Iterator<Item = Cow<'c, str>> + use<'c> {
        // Collected, not lazily mapped: the names must not borrow from the request.
        let sent = self.scanned.iter().filter(|scanned| scanned.value.is_some());
        let sent: SmallVec<[_; USUAL_HEADERS]> = sent.map(|scanned| scanned.header.as_str()).collect();
        sent.into_iter().map(Cow::Borrowed).chain(self.other_names.into_iter().map(Cow::Owned))
    }
}

impl<'c> ScannedHeader<'c, '_> {
    fn new(header: &'c HeaderName) -> Self {
        Self { header, value: None, more_values: Vec::new(), is_aliased: false, is_hop_by_hop: false }
    }

    fn is_sent(&self) -> bool {
        self.value.is_some() || self.is_aliased
    }

    fn check(&self, may_repeat: bool, max_bytes: usize) -> Result<(), Fault> {
        if self.is_aliased {
            Err(Fault::Alias)
        } else if !self.more_values.is_empty() && !may_repeat {
            Err(Fault::Repeated)
        } else if self.is_hop_by_hop {
            Err(Fault::HopByHop)
        } else if self.value.iter().chain(&self.more_values).map(|value| value.len()).sum::<usize>()
            > max_bytes
        {
            Err(Fault::TooManyBytes { limit: max_bytes })
        } else {
            Ok(())
        }
    }
}
