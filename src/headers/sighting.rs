use std::borrow::Cow;

use rocket::http::{Header, HeaderMap};

use super::HeaderName;
use super::name::{Kinship, is_of_token};
use crate::error::{Fault, Rejection};

/// How many headers are looked for at most: the identity headers, and those
/// that prove who speaks.
pub(crate) const WATCHED: usize = 6;

/// The headers that a request carries of those that are looked for, before
/// anything in them is believed.
#[derive(Debug)]
pub(crate) struct Sighting<'c, 'h> {
    seen: [Option<Seen<'c, 'h>>; WATCHED],
    /// Headers that are not looked for, and are blanked all the same.
    blank: &'c [HeaderName],
    /// The names, as they were sent, of aliases and of those.
    others: Vec<String>,
}

/// A configured header, and what a request has of it.
#[derive(Debug)]
struct Seen<'c, 'h> {
    header: &'c HeaderName,
    value: Option<Cow<'h, str>>,
    more: Vec<Cow<'h, str>>,
    aliased: bool,
    hop_by_hop: bool,
}

impl<'c, 'h> Sighting<'c, 'h> {
    /// Looks for `headers`, and for aliases of them, in a request's `map`, and
    /// for what else is to be `blank`.
    pub(crate) fn of(
        headers: [Option<&'c HeaderName>; WATCHED],
        blank: &'c [HeaderName],
        map: &'h HeaderMap<'_>,
    ) -> Self {
        let seen = headers.map(|header| header.map(Seen::nothing));
        let mut sighting = Self { seen, blank, others: Vec::new() };
        map.iter().for_each(|header| sighting.sight(header));
        sighting
    }

    fn sight(&mut self, Header { name, value }: Header<'h>) {
        if name == "Connection" {
            value.split(|c| !is_of_token(c)).for_each(|option| self.sight_hop_by_hop(option));
        }
        for seen in self.seen.iter_mut().flatten() {
            match seen.header.kinship(name.as_str()) {
                Kinship::Stranger => continue,
                Kinship::Same if seen.value.is_some() => seen.more.push(value),
                Kinship::Same => seen.value = Some(value),
                Kinship::Alias => {
                    seen.aliased = true;
                    self.others.push(name.to_string());
                }
            }
            return;
        }
        if self.blank.iter().any(|header| header.is_kin(name.as_str())) {
            self.others.push(name.to_string());
        }
    }

    /// Takes a connection option to heart, however it is quoted or separated.
    fn sight_hop_by_hop(&mut self, option: &str) {
        let named = self.seen.iter_mut().flatten().filter(|seen| seen.header.is_kin(option));
        named.for_each(|seen| seen.hop_by_hop = true);
    }

    /// The value of `header`, the first one if there are more.
    pub(crate) fn value(&self, header: &HeaderName) -> Option<&str> {
        self.seen(header)?.value.as_deref()
    }

    /// The values of `header` after the first one.
    pub(crate) fn more(&self, header: &HeaderName) -> &[Cow<'h, str>] {
        self.seen(header).map_or(&[], |seen| &seen.more)
    }

    fn seen(&self, header: &HeaderName) -> Option<&Seen<'c, 'h>> {
        self.seen.iter().flatten().find(|seen| std::ptr::eq(seen.header, header))
    }

    /// Refuses `header` if it is aliased, marked to be dropped, or doubled when
    /// it may not `repeat`.
    pub(crate) fn check(&self, header: &HeaderName, repeat: bool) -> Result<(), Rejection> {
        match self.seen(header).and_then(|seen| seen.fault(repeat)) {
            Some(fault) => Err(Rejection::new(header, fault)),
            None => Ok(()),
        }
    }

    /// The first of `headers` that was sent, be it as an alias.
    pub(crate) fn first<'n>(
        &self,
        headers: impl IntoIterator<Item = &'n HeaderName>,
    ) -> Option<&'n HeaderName> {
        let sent = |seen: &Seen<'_, '_>| seen.value.is_some() || seen.aliased;
        headers.into_iter().find(|header| self.seen(header).is_some_and(sent))
    }

    /// The names, as they were sent, of all that must be blanked.
    pub(crate) fn into_names(self) -> impl Iterator<Item = Cow<'c, str>> + use<'c> {
        let name = |seen: Seen<'c, '_>| seen.value.is_some().then_some(Cow::Borrowed(seen.header.as_str()));
        let canonical = self.seen.map(|seen| seen.and_then(name));
        canonical.into_iter().flatten().chain(self.others.into_iter().map(Cow::Owned))
    }
}

impl<'c> Seen<'c, '_> {
    fn nothing(header: &'c HeaderName) -> Self {
        Self { header, value: None, more: Vec::new(), aliased: false, hop_by_hop: false }
    }

    fn fault(&self, may_repeat: bool) -> Option<Fault> {
        match self {
            Self { aliased: true, .. } => Some(Fault::Alias),
            Self { more, .. } if !more.is_empty() && !may_repeat => Some(Fault::Doubled),
            Self { hop_by_hop: true, .. } => Some(Fault::HopByHop),
            _ => None,
        }
    }
}
