use std::sync::LazyLock;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::http::HeaderMap;

use super::encode;
use crate::config::{Config, Encoding, GroupsFormat, UsernameCase};
use crate::headers::{Assertion, HeaderName, Reader, Said, Sighting, WATCHED};
use crate::username::Username;

/// Readers of every encoding and format, with and without a prefix.
static READERS: LazyLock<Vec<(Config, Reader)>> = LazyLock::new(|| {
    let encodings = ["utf-8", "percent", "rfc2047", "quoted-printable"];
    let formats = ["separator", "repeated", "json"];
    let mut readers = Vec::new();
    for (encoding, format) in encodings.iter().flat_map(|e| formats.iter().map(move |f| (e, f))) {
        for (separator, prefix) in [(",", ""), ("; ", "x:")] {
            let toml = format!(
                "[remote_user]\ntrusted_proxies = ['::1']\nencoding = '{encoding}'\ngroups_format = '{format}'\n\
                 groups_separator = '{separator}'\nlimits = {{ user = 20, group = 20, groups = 9 }}\n\
                 strip_prefix = {{ user = '{prefix}', groups = '{prefix}' }}"
            );
            let config = Config::extract(&Figment::from(Toml::string(&toml))).expect("a configuration");
            let reader = Reader::new(&config);
            readers.push((config, reader));
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
    let (config, reader) = &READERS[usize::from(*choice) % READERS.len()];
    let mut map = HeaderMap::new();
    for line in text.lines() {
        let mut characters = line.chars();
        let Some(first) = characters.next() else { continue };
        let name = NAMES[first as usize % NAMES.len()];
        map.add_raw(name, characters.as_str().to_owned());
    }
    let Some(assertion) = read(reader, &map) else { return false };
    let rendered = render(config, reader, &assertion);
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
pub(super) fn plain_reader(choice: u8) -> &'static Reader {
    &READERS[usize::from(choice) % 3 * 2].1
}

fn read(reader: &Reader, map: &HeaderMap<'_>) -> Option<Assertion> {
    let mut watched = [None; WATCHED];
    watched.iter_mut().zip(reader.headers().all()).for_each(|(watched, header)| *watched = header);
    reader.read(&Sighting::of(watched, &[], map)).ok().flatten()
}

/// The assertion, in a form that can be compared.
pub(super) fn words<'a>(
    reader: &'a Reader,
    assertion: &'a Assertion,
) -> impl PartialEq + std::fmt::Debug + use<'a> {
    (&assertion.user, &assertion.name, &assertion.email, groups(reader, assertion))
}

/// The names of groups as they count in the end: without any white space
/// around them. `None` if nothing was said of groups.
pub(super) fn groups<'a>(reader: &'a Reader, assertion: &'a Assertion) -> Option<Vec<&'a str>> {
    let names = |groups| reader.names(groups).map(str::trim).filter(|name| !name.is_empty()).collect();
    match &assertion.groups {
        Said::Nothing => None,
        Said::Blank => Some(Vec::new()),
        Said::Value(groups) => Some(names(groups)),
    }
}

/// The headers by which a proxy of this configuration says it.
fn render(config: &Config, reader: &Reader, assertion: &Assertion) -> HeaderMap<'static> {
    let mut map = HeaderMap::new();
    let mut add = |header: Option<&HeaderName>, value: String| {
        let header = header.expect("a header that is on");
        map.add_raw(header.as_str().to_owned(), value);
    };
    let Config { headers, encoding, strip_prefix, .. } = config;
    add(Some(&headers.user), encode(*encoding, &format!("{}{}", strip_prefix.user, assertion.user)));
    for (header, said) in [(&headers.name, &assertion.name), (&headers.email, &assertion.email)] {
        match said {
            Said::Nothing => {}
            Said::Blank => add(header.as_ref(), String::new()),
            Said::Value(value) => add(header.as_ref(), encode(*encoding, value)),
        }
    }
    let lines = match groups(reader, assertion) {
        None => Vec::new(),
        Some(groups) if groups.is_empty() => vec![String::new()],
        Some(groups) => lines(config, &groups),
    };
    lines.into_iter().for_each(|line| add(headers.groups.as_ref(), line));
    map
}

/// The lines of the groups header that name `groups`.
fn lines(config: &Config, groups: &[&str]) -> Vec<String> {
    let encoding = config.encoding;
    let prefixed = groups.iter().map(|group| format!("{}{group}", config.strip_prefix.groups));
    let names: Vec<_> = prefixed.collect();
    let quote = |name: &String| format!("\"{}\"", name.replace('\\', r"\\").replace('"', "\\\""));
    match (config.groups_format, encoding) {
        (GroupsFormat::Repeated, _) => names.iter().map(|name| encode(encoding, name)).collect(),
        (GroupsFormat::Json, _) => vec![encode(encoding, &serde_json::to_string(&names).expect("JSON"))],
        (GroupsFormat::Separator, Encoding::Utf8 | Encoding::Rfc2047) => {
            let quoted: Vec<_> = names.iter().map(quote).collect();
            vec![encode(encoding, &quoted.join(&config.groups_separator))]
        }
        (GroupsFormat::Separator, _) => {
            let encoded: Vec<_> = names.iter().map(|name| encode(encoding, name)).collect();
            vec![encoded.join(&config.groups_separator)]
        }
    }
}
