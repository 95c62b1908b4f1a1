use std::borrow::Cow;

use rocket::http::{Header, HeaderMap};

use super::HeaderName;
use super::name::Kinship;
use crate::config::Headers;
use crate::error::{Fault, Rejection};

/// The identity headers that a request carries, before anything in them is
/// believed.
#[derive(Debug)]
pub(crate) struct Sighting<'c, 'h> {
    seen: [Option<Seen<'c, 'h>>; Headers::COUNT],
    aliases: Vec<String>,
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
    /// Looks for `headers`, and for aliases of them, in a request's `map`.
    pub(crate) fn of(headers: &'c Headers, map: &'h HeaderMap<'_>) -> Self {
        let seen = headers.all().map(|header| header.map(Seen::nothing));
        let mut sighting = Self { seen, aliases: Vec::new() };
        map.iter().for_each(|header| sighting.sight(header));
        sighting
    }

    fn sight(&mut self, Header { name, value }: Header<'h>) {
        if name == "Connection" {
            value.split(',').for_each(|option| self.sight_hop_by_hop(option.trim()));
        }
        for seen in self.seen.iter_mut().flatten() {
            match seen.header.kinship(name.as_str()) {
                Kinship::Stranger => continue,
                Kinship::Same if seen.value.is_some() => seen.more.push(value),
                Kinship::Same => seen.value = Some(value),
                Kinship::Alias => {
                    seen.aliased = true;
                    self.aliases.push(name.to_string());
                }
            }
            return;
        }
    }

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

    /// Refuses headers that are aliased, doubled or marked to be dropped. One
    /// of them may be `repeated`.
    pub(crate) fn check(&self, repeated: Option<&HeaderName>) -> Result<(), Rejection> {
        let may_repeat = |header| repeated.is_some_and(|repeated| std::ptr::eq(repeated, header));
        let fault = |seen: &Seen<'c, '_>| Some((seen.header, seen.fault(may_repeat(seen.header))?));
        match self.seen.iter().flatten().find_map(fault) {
            Some((header, fault)) => Err(Rejection::new(header, fault)),
            None => Ok(()),
        }
    }

    /// The first configured header that was sent, be it as an alias.
    pub(crate) fn first(&self) -> Option<&'c HeaderName> {
        let sent = |seen: &&Seen<'_, '_>| seen.value.is_some() || seen.aliased;
        self.seen.iter().flatten().find(sent).map(|seen| seen.header)
    }

    /// The names, as they were sent, of all that must be blanked.
    pub(crate) fn into_names(self) -> impl Iterator<Item = Cow<'c, str>> + use<'c> {
        let name = |seen: Seen<'c, '_>| seen.value.is_some().then_some(Cow::Borrowed(seen.header.as_str()));
        let canonical = self.seen.map(|seen| seen.and_then(name));
        canonical.into_iter().flatten().chain(self.aliases.into_iter().map(Cow::Owned))
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
