//! The target `headers`.
//!
//! Within this folder it depends on `encode`.

use std::sync::LazyLock;

use rocket::http::HeaderMap;

use super::{ENCODINGS, encode};
use crate::headers::{
    Affixes, Assertion, Attributes, DnAttributes, Encoding, Encodings, GroupsEscape, GroupsFormat,
    HeaderChoice, HeaderName, HeaderScan, IdentityHeaders, IdentityReader, Limits, ReaderOptions,
};
use crate::user::{Field, Realms, Username, UsernameCase, UsernameForm, UsernameRules};

/// The separators of groups, with the prefix of user names and groups, and what a
/// backslash before the separator means.
const SEPARATORS: [(&str, &str, GroupsEscape); 3] =
    [(",", "", GroupsEscape::None), ("; ", "x:", GroupsEscape::Backslash), (" ", "", GroupsEscape::None)];

/// Readers whose limits are low, so that what is refused for its size is tried, too.
static READERS: LazyLock<Vec<(ReaderOptions, IdentityReader)>> =
    LazyLock::new(|| readers(Limits { user: 20, group: 20, groups: 9, ..Limits::default() }));

/// Makes a reader for every encoding, format and separator.
pub(super) fn readers(limits: Limits) -> Vec<(ReaderOptions, IdentityReader)> {
    let mut readers = Vec::new();
    for encoding in ENCODINGS {
        for groups_format in [GroupsFormat::Separator, GroupsFormat::Repeated, GroupsFormat::Json] {
            for (separator, prefix, groups_escape) in SEPARATORS {
                let options = ReaderOptions {
                    headers: IdentityHeaders::default(),
                    attributes: Attributes::default(),
                    encodings: Encodings::all(encoding),
                    prefixes: Affixes { user: prefix.into(), groups: prefix.into(), ..Affixes::default() },
                    suffixes: Affixes::default(),
                    limits,
                    has_distinguished_users: false,
                    dn_attributes: DnAttributes::default(),
                    groups_format,
                    groups_separator: separator_of(groups_format, separator),
                    groups_escape,
                };
                readers.push((options.clone(), IdentityReader::new(options)));
            }
        }
    }
    readers
}

/// Returns the separator of a format. A line that may be repeated is a list where the separator
/// is a comma.
fn separator_of(format: GroupsFormat, separator: &str) -> Option<String> {
    let has_lists = match format {
        GroupsFormat::Separator => true,
        GroupsFormat::Repeated => separator == ",",
        GroupsFormat::Json | GroupsFormat::Dn => false,
    };
    if has_lists { Some(separator.into()) } else { None }
}

/// The names of the headers that the lines of the data are sent in. The first
/// character of a line chooses one.
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

/// Headers that are accepted, rendered again as the proxy would, are accepted as the
/// same. A canonical user name is its own canonical form.
pub fn headers(data: &[u8]) -> bool {
    let Some((choice, data)) = data.split_first() else { return false };
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (options, reader) = &READERS[usize::from(*choice) % READERS.len()];
    let Some(assertion) = read(reader, &header_map(text)) else { return false };
    let rendered = render(options, reader, &assertion);
    let again = read(reader, &rendered).unwrap_or_else(|| panic!("{assertion:?} is refused as {rendered:?}"));
    assert_eq!(comparable(reader, &again), comparable(reader, &assertion), "{rendered:?}");

    let canonical = |name: &str, form| {
        let rules =
            UsernameRules { case: UsernameCase::Preserve, form, realms: Realms::default(), max_length: 20 };
        Username::canonical(name.into(), &rules)
    };
    if let Ok(username) = canonical(&assertion.user, UsernameForm::Map) {
        assert_eq!(canonical(&username, UsernameForm::Exact).as_deref(), Ok(&*username));
    }
    if let Ok(username) = canonical(&assertion.user, UsernameForm::Exact) {
        assert_eq!(*username, *assertion.user);
    }
    true
}

/// Returns a reader of one of the formats. Nothing that it reads is encoded or has a
/// prefix, as in a token.
#[cfg(feature = "jwt")]
pub(super) fn plain_reader(choice: u8) -> &'static IdentityReader {
    &READERS[usize::from(choice) % 3 * SEPARATORS.len()].1
}

/// Returns the name of the header that `first` chooses.
pub(super) fn name(first: char) -> &'static str {
    NAMES[first as usize % NAMES.len()]
}

/// Reads the lines of the data as headers.
fn header_map(text: &str) -> HeaderMap<'static> {
    let mut map = HeaderMap::new();
    for line in text.lines() {
        let mut characters = line.chars();
        let Some(first) = characters.next() else { continue };
        map.add_raw(name(first), characters.as_str().to_owned());
    }
    map
}

pub(super) fn read(reader: &IdentityReader, map: &HeaderMap<'_>) -> Option<Assertion> {
    reader.read(&HeaderScan::new(reader.headers(), &[], reader.max_bytes(), map)).ok().flatten()
}

/// Returns an assertion in a form that can be compared.
pub(super) fn comparable<'a>(
    reader: &'a IdentityReader,
    assertion: &'a Assertion,
) -> impl PartialEq + std::fmt::Debug + use<'a> {
    (&assertion.user, &assertion.name, &assertion.email, group_names(reader, assertion))
}

/// Returns the names of groups. `None` means that nothing was said of them.
pub(super) fn group_names<'a>(reader: &'a IdentityReader, assertion: &'a Assertion) -> Option<Vec<&'a str>> {
    match &assertion.groups {
        Field::Absent => None,
        Field::Blank => Some(Vec::new()),
        Field::Value(groups) => Some(reader.names(groups).collect()),
    }
}

/// Renders the headers with which a proxy of this configuration says the same.
fn render(options: &ReaderOptions, reader: &IdentityReader, assertion: &Assertion) -> HeaderMap<'static> {
    let mut map = HeaderMap::new();
    let mut add = |header: &HeaderChoice, value: String| {
        let header = header.preferred().map(HeaderName::to_string);
        map.add_raw(header.expect("a header that is on"), value);
    };
    let ReaderOptions { headers, encodings, prefixes, .. } = options;
    let encoding = encodings.user;
    add(&headers.user, encode(encoding, &format!("{}{}", prefixes.user, assertion.user)));
    for (header, field) in [(&headers.name, &assertion.name), (&headers.email, &assertion.email)] {
        match field {
            Field::Absent => {}
            Field::Blank => add(header, String::new()),
            Field::Value(value) => add(header, encode(encoding, value)),
        }
    }
    let lines = match group_names(reader, assertion) {
        None => Vec::new(),
        Some(names) if names.is_empty() => vec![String::new()],
        Some(names) => group_lines(options, &names),
    };
    for line in lines {
        add(&headers.groups, line);
    }
    map
}

/// Renders the lines of the groups header that name `groups`.
fn group_lines(options: &ReaderOptions, groups: &[&str]) -> Vec<String> {
    let encoding = options.encodings.groups;
    let names: Vec<_> = groups.iter().map(|group| format!("{}{group}", options.prefixes.groups)).collect();
    match (&options.groups_separator, options.groups_format, encoding) {
        (None, GroupsFormat::Json, _) => {
            vec![encode(encoding, &serde_json::to_string(&names).expect("JSON"))]
        }
        (None, ..) => names.iter().map(|name| encode(encoding, name)).collect(),
        (Some(separator), _, Encoding::Utf8 | Encoding::Rfc2047) => {
            let quoted: Vec<_> = names.iter().map(|name| quote(name)).collect();
            vec![encode(encoding, &quoted.join(separator))]
        }
        (Some(separator), ..) => {
            let encoded: Vec<_> = names.iter().map(|name| encode(encoding, name)).collect();
            vec![encoded.join(separator)]
        }
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', r"\\").replace('"', "\\\""))
}
