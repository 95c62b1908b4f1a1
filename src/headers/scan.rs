use std::borrow::Cow;

use rocket::http::{Header, HeaderMap};

use super::name::{HeaderName, NameMatch, is_token_character};
use crate::error::{Fault, Rejection};

/// The most headers that a scan looks for: the identity headers, and those that
/// prove who speaks.
pub(crate) const MAX_SCANNED: usize = 6;

/// What a request carries of the configured headers, found in one walk over all
/// of its headers. Nothing in it is believed yet.
#[derive(Debug)]
pub(crate) struct HeaderScan<'c, 'h> {
    scanned: [Option<ScannedHeader<'c, 'h>>; MAX_SCANNED],
    /// Headers that nobody reads, and that are blanked all the same.
    blank: &'c [HeaderName],
    /// The names, as they were sent, of aliases and of headers in `blank`.
    other_names: Vec<String>,
}

/// A configured header, and what a request carries of it.
#[derive(Debug)]
struct ScannedHeader<'c, 'h> {
    header: &'c HeaderName,
    value: Option<Cow<'h, str>>,
    more_values: Vec<Cow<'h, str>>,
    is_aliased: bool,
    is_hop_by_hop: bool,
}

impl<'c, 'h> HeaderScan<'c, 'h> {
    /// Scans the headers of a request, `map`, for `headers` and their aliases,
    /// and for those that are to be `blank`.
    pub(crate) fn new(
        headers: [Option<&'c HeaderName>; MAX_SCANNED],
        blank: &'c [HeaderName],
        map: &'h HeaderMap<'_>,
    ) -> Self {
        let scanned = headers.map(|header| header.map(ScannedHeader::new));
        let mut scan = Self { scanned, blank, other_names: Vec::new() };
        for header in map.iter() {
            scan.visit(header);
        }
        scan
    }

    fn visit(&mut self, Header { name, value }: Header<'h>) {
        if name == "Connection" {
            self.visit_connection(&value);
        }
        for scanned in self.scanned.iter_mut().flatten() {
            match scanned.header.match_name(name.as_str()) {
                NameMatch::Different => continue,
                NameMatch::Same if scanned.value.is_some() => scanned.more_values.push(value),
                NameMatch::Same => scanned.value = Some(value),
                NameMatch::Alias => {
                    scanned.is_aliased = true;
                    self.other_names.push(name.to_string());
                }
            }
            return;
        }
        if self.blank.iter().any(|header| header.is_kin(name.as_str())) {
            self.other_names.push(name.to_string());
        }
    }

    /// Marks the headers that a `Connection` header names, however its options
    /// are quoted or separated.
    fn visit_connection(&mut self, options: &str) {
        for option in options.split(|c| !is_token_character(c)) {
            for scanned in self.scanned.iter_mut().flatten() {
                scanned.is_hop_by_hop |= scanned.header.is_kin(option);
            }
        }
    }

    /// The value of `header`, the first one if there are more.
    pub(crate) fn value(&self, header: &HeaderName) -> Option<&str> {
        self.find(header)?.value.as_deref()
    }

    /// The values of `header` after the first one.
    pub(crate) fn more_values(&self, header: &HeaderName) -> &[Cow<'h, str>] {
        self.find(header).map_or(&[], |scanned| &scanned.more_values)
    }

    fn find(&self, header: &HeaderName) -> Option<&ScannedHeader<'c, 'h>> {
        self.scanned.iter().flatten().find(|scanned| std::ptr::eq(scanned.header, header))
    }

    /// Checks that `header` was sent under its own name, that no `Connection`
    /// header names it, and that it was sent once, unless it `may_repeat`.
    pub(crate) fn check(&self, header: &HeaderName, may_repeat: bool) -> Result<(), Rejection> {
        let Some(scanned) = self.find(header) else { return Ok(()) };
        scanned.check(may_repeat).map_err(|fault| Rejection::new(header, fault))
    }

    /// The first of `headers` that was sent, under its own name or an alias.
    pub(crate) fn first_sent<'n>(
        &self,
        headers: impl IntoIterator<Item = &'n HeaderName>,
    ) -> Option<&'n HeaderName> {
        headers.into_iter().find(|header| self.find(header).is_some_and(ScannedHeader::is_sent))
    }

    /// The names, as they were sent, of all headers that must be blanked.
    pub(crate) fn into_names(self) -> impl Iterator<Item = Cow<'c, str>> + use<'c> {
        let sent = self.scanned.map(|scanned| {
            let scanned = scanned.filter(|scanned| scanned.value.is_some())?;
            Some(Cow::Borrowed(scanned.header.as_str()))
        });
        sent.into_iter().flatten().chain(self.other_names.into_iter().map(Cow::Owned))
    }
}

impl<'c> ScannedHeader<'c, '_> {
    fn new(header: &'c HeaderName) -> Self {
        Self { header, value: None, more_values: Vec::new(), is_aliased: false, is_hop_by_hop: false }
    }

    fn is_sent(&self) -> bool {
        self.value.is_some() || self.is_aliased
    }

    fn check(&self, may_repeat: bool) -> Result<(), Fault> {
        if self.is_aliased {
            Err(Fault::Alias)
        } else if !self.more_values.is_empty() && !may_repeat {
            Err(Fault::Repeated)
        } else if self.is_hop_by_hop {
            Err(Fault::HopByHop)
        } else {
            Ok(())
        }
    }
}
