use std::sync::LazyLock;

use rocket::http::HeaderMap;

use super::encode;
use crate::headers::{
    Assertion, Encoding, GroupsFormat, HeaderName, HeaderScan, IdentityHeaders, IdentityReader, Limits,
    MAX_SCANNED, Prefixes, ReaderOptions,
};
use crate::user::{Field, Username, UsernameCase};

/// Readers of every encoding and format, with and without a prefix.
static READERS: LazyLock<Vec<(ReaderOptions, IdentityReader)>> = LazyLock::new(|| {
    let mut readers = Vec::new();
    for encoding in [Encoding::Utf8, Encoding::Percent, Encoding::Rfc2047, Encoding::QuotedPrintable] {
        for groups_format in [GroupsFormat::Separator, GroupsFormat::Repeated, GroupsFormat::Json] {
            for (separator, prefix) in [(",", ""), ("; ", "x:")] {
                let options = ReaderOptions {
                    headers: IdentityHeaders::default(),
                    encoding,
                    prefixes: Prefixes { user: prefix.into(), groups: prefix.into(), ..Prefixes::default() },
                    limits: Limits { user: 20, group: 20, groups: 9, ..Limits::default() },
                    groups_format,
                    groups_separator: separator.into(),
                };
                readers.push((options.clone(), IdentityReader::new(options)));
            }
        }
    }
    readers
});

/// The names under which the lines of the data are sent.
const NAMES: [&str; 8] = [
    "Remote-User",
    "Remote-Name",
    "Remote-Email",
    "Remote-Groups",
    "Remote_User",
    "Connection",
    "remote-groups",
    "X-Other",
];

/// What is accepted, rendered again as its proxy would, is accepted as the
/// same; the canonical name is its own canonical name.
pub fn headers(data: &[u8]) -> bool {
    let Some((choice, data)) = data.split_first() else { return false };
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (options, reader) = &READERS[usize::from(*choice) % READERS.len()];
    let mut map = HeaderMap::new();
    for line in text.lines() {
        let mut characters = line.chars();
        let Some(first) = characters.next() else { continue };
        let name = NAMES[first as usize % NAMES.len()];
        map.add_raw(name, characters.as_str().to_owned());
    }
    let Some(assertion) = read(reader, &map) else { return false };
    let rendered = render(options, reader, &assertion);
    let again = read(reader, &rendered).unwrap_or_else(|| panic!("{assertion:?} is refused as {rendered:?}"));
    assert_eq!(words(reader, &again), words(reader, &assertion), "{rendered:?}");

    let canonical = |name: &str| Username::canonical(name.into(), UsernameCase::Preserve, 20);
    if let Ok(username) = canonical(&assertion.user) {
        assert_eq!(canonical(&username).as_deref(), Ok(&*username));
    }
    true
}

/// A reader of each format, where nothing is encoded or has a prefix, as in a
/// token.
#[cfg(feature = "jwt")]
pub(super) fn plain_reader(choice: u8) -> &'static IdentityReader {
    &READERS[usize::from(choice) % 3 * 2].1
}

fn read(reader: &IdentityReader, map: &HeaderMap<'_>) -> Option<Assertion> {
    let mut watched = [None; MAX_SCANNED];
    watched.iter_mut().zip(reader.headers().all()).for_each(|(watched, header)| *watched = header);
    reader.read(&HeaderScan::new(watched, &[], map)).ok().flatten()
}

/// The assertion, in a form that can be compared.
pub(super) fn words<'a>(
    reader: &'a IdentityReader,
    assertion: &'a Assertion,
) -> impl PartialEq + std::fmt::Debug + use<'a> {
    (&assertion.user, &assertion.name, &assertion.email, groups(reader, assertion))
}

/// The names of groups as they count in the end: without any white space
/// around them. `None` if nothing was said of groups.
pub(super) fn groups<'a>(reader: &'a IdentityReader, assertion: &'a Assertion) -> Option<Vec<&'a str>> {
    let names = |groups| reader.names(groups).map(str::trim).filter(|name| !name.is_empty()).collect();
    match &assertion.groups {
        Field::Absent => None,
        Field::Blank => Some(Vec::new()),
        Field::Value(groups) => Some(names(groups)),
    }
}

/// The headers by which a proxy of this configuration says it.
fn render(options: &ReaderOptions, reader: &IdentityReader, assertion: &Assertion) -> HeaderMap<'static> {
    let mut map = HeaderMap::new();
    let mut add = |header: Option<&HeaderName>, value: String| {
        let header = header.expect("a header that is on");
        map.add_raw(header.as_str().to_owned(), value);
    };
    let ReaderOptions { headers, encoding, prefixes, .. } = options;
    add(Some(&headers.user), encode(*encoding, &format!("{}{}", prefixes.user, assertion.user)));
    for (header, said) in [(&headers.name, &assertion.name), (&headers.email, &assertion.email)] {
        match said {
            Field::Absent => {}
            Field::Blank => add(header.as_ref(), String::new()),
            Field::Value(value) => add(header.as_ref(), encode(*encoding, value)),
        }
    }
    let lines = match groups(reader, assertion) {
        None => Vec::new(),
        Some(groups) if groups.is_empty() => vec![String::new()],
        Some(groups) => lines(options, &groups),
    };
    lines.into_iter().for_each(|line| add(headers.groups.as_ref(), line));
    map
}

/// The lines of the groups header that name `groups`.
fn lines(options: &ReaderOptions, groups: &[&str]) -> Vec<String> {
    let encoding = options.encoding;
    let prefixed = groups.iter().map(|group| format!("{}{group}", options.prefixes.groups));
    let names: Vec<_> = prefixed.collect();
    let quote = |name: &String| format!("\"{}\"", name.replace('\\', r"\\").replace('"', "\\\""));
    match (options.groups_format, encoding) {
        (GroupsFormat::Repeated, _) => names.iter().map(|name| encode(encoding, name)).collect(),
        (GroupsFormat::Json, _) => vec![encode(encoding, &serde_json::to_string(&names).expect("JSON"))],
        (GroupsFormat::Separator, Encoding::Utf8 | Encoding::Rfc2047) => {
            let quoted: Vec<_> = names.iter().map(quote).collect();
            vec![encode(encoding, &quoted.join(&options.groups_separator))]
        }
        (GroupsFormat::Separator, _) => {
            let encoded: Vec<_> = names.iter().map(|name| encode(encoding, name)).collect();
            vec![encoded.join(&options.groups_separator)]
        }
    }
}
