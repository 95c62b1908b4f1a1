//! Distinguished names of a directory, and the key `dn_attribute`.
//!
//! Within this folder it depends on nothing.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::error::Fault;
use crate::text::steps;

/// The attribute that is taken where the configuration does not say which.
const COMMON_NAME: &str = "cn";

/// What must be escaped in a value, beside the comma and the plus, which end it.
const ESCAPED: [char; 5] = ['"', ';', '<', '>', '\0'];

/// What a backslash may stand directly before, beside two hexadecimal digits.
const ESCAPABLE: [char; 10] = ['"', '+', ',', ';', '<', '>', ' ', '#', '=', '\\'];

/// The attributes that name a user and a group in their distinguished names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DnAttributes {
    pub(crate) user: String,
    pub(crate) groups: String,
}

impl Default for DnAttributes {
    fn default() -> Self {
        Self { user: COMMON_NAME.into(), groups: COMMON_NAME.into() }
    }
}

impl DnAttributes {
    /// Returns the first attribute that can be none.
    pub(crate) fn invalid(&self) -> Option<&str> {
        [&self.user, &self.groups].into_iter().map(String::as_str).find(|name| !is_attribute_type(name))
    }
}

impl<'de> Deserialize<'de> for DnAttributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AttributesVisitor)
    }
}

/// The table that names an attribute for each header.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AttributesTable {
    user: String,
    groups: String,
}

impl Default for AttributesTable {
    fn default() -> Self {
        Self { user: COMMON_NAME.into(), groups: COMMON_NAME.into() }
    }
}

/// Visits one attribute for all headers, or a table.
struct AttributesVisitor;

impl<'de> Visitor<'de> for AttributesVisitor {
    type Value = DnAttributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute, or a table of `user` and `groups`")
    }

    fn visit_str<E: de::Error>(self, attribute: &str) -> Result<DnAttributes, E> {
        Ok(DnAttributes { user: attribute.into(), groups: attribute.into() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DnAttributes, A::Error> {
        let AttributesTable { user, groups } = AttributesTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(DnAttributes { user, groups })
    }
}

/// Splits a list of distinguished names at each semicolon that no backslash escapes, as each
/// one does that is part of a value.
pub(super) fn split_list(list: &str) -> impl Iterator<Item = &str> {
    steps::note(list.len());
    let mut is_escaped = false;
    list.split(move |c| {
        let is_separator = c == ';' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_separator
    })
}

/// Returns the value of `attribute` in the first part of a distinguished name, which names the
/// entry itself, and `None` if that part has no such attribute.
///
/// The name is a string of [RFC 4514, section 3], in which spaces may stand behind a comma or a
/// plus. Attributes are compared without regard to case.
///
/// # Errors
///
/// Returns [`Fault::NotADistinguishedName`] for any other string, and for one whose first part
/// has the attribute twice, without a value, or with one that is no text.
///
/// [RFC 4514, section 3]: https://www.rfc-editor.org/rfc/rfc4514#section-3
pub(super) fn first_value(name: &str, attribute: &str) -> Result<Option<String>, Fault> {
    steps::note(name.len());
    find_first_value(name, attribute).ok_or(Fault::NotADistinguishedName)
}

/// What [`first_value`] returns, where `None` is its error.
fn find_first_value(name: &str, attribute: &str) -> Option<Option<String>> {
    let mut found = None;
    let mut is_first = true;
    let mut rest = name;
    loop {
        let (kind, behind) = rest.split_once('=')?;
        let is_wanted = is_first && kind.eq_ignore_ascii_case(attribute);
        let value = Value::read(behind)?;
        if !is_attribute_type(kind) || (is_wanted && found.is_some()) {
            return None;
        }
        if is_wanted {
            found = Some(value.text.filter(|text| !text.is_empty())?);
        }
        let mut behind = value.behind.chars();
        match behind.next() {
            None => return Some(found),
            Some(end) => is_first &= end == '+',
        }
        rest = behind.as_str().trim_start_matches(' ');
    }
}

/// Whether `text` is the name of an attribute, or its object identifier (RFC 4512, section
/// 1.4).
fn is_attribute_type(text: &str) -> bool {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_name || (text.contains('.') && text.split('.').all(is_number))
}

/// A value of a distinguished name.
struct Value<'a> {
    /// The text, unless the value is the encoding of something else.
    text: Option<String>,
    /// What stands behind the value: nothing, or what begins with a comma or a plus.
    behind: &'a str,
}

impl<'a> Value<'a> {
    /// Reads the value that `rest` begins with. `None` if it is not written as one.
    fn read(rest: &'a str) -> Option<Self> {
        match rest.strip_prefix('#') {
            Some(digits) => Self::read_encoding(digits),
            None => Self::read_text(rest),
        }
    }

    fn read_encoding(rest: &'a str) -> Option<Self> {
        let (digits, behind) = rest.split_at(rest.find([',', '+']).unwrap_or(rest.len()));
        let is_whole = !digits.is_empty() && digits.len().is_multiple_of(2);
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_whole && is_hex { Some(Self { text: None, behind }) } else { None }
    }

    fn read_text(rest: &'a str) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut ends_with_space = rest.starts_with(' ');
        if ends_with_space {
            return None;
        }
        let mut characters = rest.chars();
        loop {
            let behind = characters.as_str();
            match characters.next() {
                None | Some(',' | '+') => {
                    let text = String::from_utf8(bytes).ok()?;
                    return if ends_with_space { None } else { Some(Self { text: Some(text), behind }) };
                }
                Some('\\') => {
                    let (byte, behind) = read_escape(characters.as_str())?;
                    bytes.push(byte);
                    characters = behind.chars();
                    ends_with_space = false;
                }
                Some(c) if ESCAPED.contains(&c) => return None,
                Some(c) => {
                    bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
                    ends_with_space = c == ' ';
                }
            }
        }
    }
}

/// Reads what stands behind a backslash: one special character, or two hexadecimal digits that
/// are a byte.
fn read_escape(rest: &str) -> Option<(u8, &str)> {
    if let Some(special) = rest.chars().next().filter(|c| ESCAPABLE.contains(c)) {
        return Some((u8::try_from(special).ok()?, &rest[1..]));
    }
    let (digits, behind) = rest.split_at_checked(2)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok()?;
    if is_hex { Some((byte, behind)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cn(name: &str) -> Result<Option<String>, Fault> {
        first_value(name, "cn")
    }

    #[test]
    fn the_first_part_of_a_name_says_who_it_is() {
        // The examples of RFC 4514, section 4, and names as directories write them.
        let names = [
            ("UID=jsmith,DC=example,DC=net", "uid", Some("jsmith")),
            ("OU=Sales+CN=J.  Smith,DC=example,DC=net", "cn", Some("J.  Smith")),
            ("CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net", "cn", Some("James \"Jim\" Smith, III")),
            ("CN=Before\\0dAfter,DC=example,DC=net", "cn", Some("Before\rAfter")),
            ("1.3.6.1.4.1.1466.0=#04024869", "cn", None),
            ("CN=Lu\\C4\\8Di\\C4\\87", "cn", Some("Lučić")),
            ("cn=Lučić, ou=people, dc=example", "CN", Some("Lučić")),
            ("2.5.4.3=ada,dc=example", "2.5.4.3", Some("ada")),
            ("CN=\\ ada\\ ,DC=example", "cn", Some(" ada ")),
            ("CN=\\#1,DC=example", "cn", Some("#1")),
            ("CN=a#1=b,DC=example", "cn", Some("a#1=b")),
            ("CN=a\\\\\\,b,DC=example", "cn", Some("a\\,b")),
            ("CN=a\\\\,CN=b", "cn", Some("a\\")),
            ("ou=people,cn=ada", "cn", None),
            ("ipaUniqueID=0f1c-2,cn=hbac,dc=example", "cn", None),
            ("uid=ada+cn=Ada+sn=L,dc=example", "cn", Some("Ada")),
            ("uid=ada,dc=,o=#0C03", "uid", Some("ada")),
        ];
        for (name, attribute, value) in names {
            assert_eq!(first_value(name, attribute), Ok(value.map(str::to_owned)), "{name}");
        }
    }

    #[test]
    fn what_is_no_distinguished_name_is_refused() {
        let refused = [
            "",
            "ada",
            "=ada",
            "cn",
            "cn=",
            "cn=,dc=example",
            "cn=ada,",
            "cn=ada,,dc=example",
            ",cn=ada",
            "cn=ada+",
            "cn=ada+cn=bob",
            "cn=ada+CN=ada",
            " cn=ada",
            "cn =ada",
            "cn= ada",
            "cn=ada ",
            "cn=ada ,dc=example",
            "cn=\"ada\"",
            "cn=a;b",
            "cn=a<b",
            "cn=a>b",
            "cn=a\0b",
            "cn=ada\\",
            "cn=ada\\4",
            "cn=a\\zb",
            "cn=\\C4,dc=example",
            "cn=#0",
            "cn=#",
            "cn=#zz",
            "cn=#0c03616461",
            "1=ada",
            "1..2=ada",
            "c_n=ada",
            "cn=ada,é=x",
            "cn=ada,dc",
            "cn=ada,dc=\\",
            "cn=a\\é",
            "-cn=ada",
            "cn=ada;cn=bob",
        ];
        for name in refused {
            assert_eq!(cn(name), Err(Fault::NotADistinguishedName), "{name:?}");
        }
    }

    #[test]
    fn a_list_is_split_where_no_value_goes_on() {
        let list = "CN=a\\;b;CN=c\\\\;CN=d\\\\\\;e;;f";
        let names: Vec<_> = split_list(list).collect();
        assert_eq!(names, ["CN=a\\;b", "CN=c\\\\", "CN=d\\\\\\;e", "", "f"]);
    }

    /// Writes a value as RFC 4514, section 2.4, says.
    fn escape(value: &str, as_hex: bool) -> String {
        let mut escaped = String::new();
        for (place, c) in value.char_indices() {
            let is_edge = place == 0 || place + c.len_utf8() == value.len();
            if c == '\0' || (as_hex && !c.is_ascii_alphanumeric()) {
                let bytes = c
                    .encode_utf8(&mut [0; 4])
                    .bytes()
                    .map(|byte| format!("\\{byte:02x}"))
                    .collect::<String>();
                escaped += &bytes;
            } else if ESCAPABLE.contains(&c) && c != '=' && (is_edge || (c != ' ' && c != '#')) {
                escaped.extend(['\\', c]);
            } else {
                escaped.push(c);
            }
        }
        escaped
    }

    proptest::proptest! {
        #[test]
        fn a_value_that_is_written_is_read(
            values in proptest::collection::vec("[a-b,+;\"<>#=\\\\ \0é]{1,6}", 1..4),
            as_hex in proptest::bool::ANY,
        ) {
            let names: Vec<_> =
                values.iter().map(|value| format!("cn={},dc={}", escape(value, as_hex), escape(value, !as_hex))).collect();
            let list = names.join(";");
            let split: Vec<_> = split_list(&list).collect();
            proptest::prop_assert_eq!(&split, &names);
            for (name, value) in names.iter().zip(values) {
                proptest::prop_assert_eq!(cn(name), Ok(Some(value)), "{}", name);
            }
        }
    }
}
