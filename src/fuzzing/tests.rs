//! The properties of the fuzz targets, tried with random bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use rocket::http::HeaderMap;

use super::headers::{group_names, read, readers};
use super::work::{bound, is_ignored};
use super::{encodings, headers, networks, work};
use crate::headers::Limits;

/// The pieces that values are put together from, so that many look like real ones.
const PIECES: [&str; 42] = [
    "ada",
    "x:",
    "Zoë",
    "a",
    ",",
    ";",
    "; ",
    " ",
    "\"",
    "\\",
    "%",
    "%41",
    "%C3%AB",
    "%2C",
    "%22",
    "=",
    "=41",
    "=C3=AB",
    "=2C",
    "=?utf-8?q?",
    "=?ISO-8859-1?B?",
    "?=",
    "_",
    "YWRh",
    "[",
    "]",
    "[\"",
    "\",\"",
    "\"]",
    "{",
    "}",
    "$",
    "-",
    "\u{200b}",
    "\u{308}",
    "\t",
    "\u{a0}",
    "\u{3000}",
    "(null)",
    "\n6",
    "\nA",
    "\nB",
];

fn value() -> impl Strategy<Value = String> {
    vec(prop_oneof![4 => select(&PIECES[..]).prop_map(String::from), 1 => any::<char>().prop_map(String::from)], 0..9)
        .prop_map(|pieces| pieces.concat())
}

/// The data of a target: a byte that chooses, and text.
fn data(text: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    (any::<u8>(), text).prop_map(|(choice, text)| [&[choice], text.as_bytes()].concat())
}

/// The headers of a user and of groups, as some proxy sends them.
fn request() -> impl Strategy<Value = String> {
    let user = prop_oneof![
        select(&["ada", "x:ada", "x=3Aada", "x%3Aada", "=?utf-8?q?ada?="][..]).prop_map(String::from),
        value()
    ];
    (user, value()).prop_map(|(user, groups)| format!("8{user}\n3{groups}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn headers_that_are_rendered_again_say_the_same(data in data(request())) {
        headers(&data);
    }

    #[test]
    fn a_value_that_is_encoded_again_is_the_same(data in data(value())) {
        encodings(&data);
    }

    #[test]
    fn a_network_that_is_written_again_is_the_same(
        peer in any::<[u8; 16]>(),
        text in "(::ffff:)?([0-9]{1,3}[.]){3}[0-9]{1,3}(/[0-9]{1,3})?|[0-9a-f]{0,4}(:[0-9a-f]{0,4}){1,7}(/[0-9]{1,3})?",
    ) {
        networks(&[&peer, text.as_bytes()].concat());
    }

    #[test]
    fn twice_as_long_a_value_takes_twice_the_work(
        data in data(long_value()),
    ) {
        work(&data);
    }

    #[test]
    fn no_bytes_whatever_are_too_much(data in vec(any::<u8>(), 0..200)) {
        headers(&data);
        encodings(&data);
        networks(&data);
        work(&data);
    }
}

/// A header, and what its long value begins with, is made of, and ends with.
fn long_value() -> impl Strategy<Value = String> {
    let piece = || select(&PIECES[..]).prop_map(String::from);
    let filling = prop_oneof![3 => piece(), 1 => value()];
    let end = vec(piece(), 0..4).prop_map(|pieces| pieces.concat());
    let header = select(&["3", "3", "3", "3", "0", "1", "5"][..]);
    (header, value(), filling, end).prop_map(|(header, begin, filling, end)| {
        format!("{header}{}\n{}\n{}", line(&begin), line(&filling), line(&end))
    })
}

fn line(value: &str) -> String {
    value.replace('\n', "")
}

/// Each value is made of what it begins with, what is repeated in it, and what it ends with.
#[test]
fn work_is_linear_in_each_format_and_encoding() {
    // The readers come in the order of encodings, formats and separators.
    let reader = |encoding: u8, format: u8, separator: u8| (encoding * 3 + format) * 3 + separator;
    let [utf8, percent, rfc2047, quoted_printable] = [0, 1, 2, 3];
    let [list, repeated, json] = [0, 1, 2];
    let [comma, escaped, blank] = [0, 1, 2];
    let groups = '3';
    let accepted = [
        (reader(utf8, list, comma), groups, ["a", ",", "a"]),
        (reader(utf8, list, comma), groups, ["a", ",a", ""]),
        (reader(utf8, list, comma), groups, ["a", " ", ",b"]),
        (reader(utf8, list, comma), groups, ["\"a\"", ",\"b\"", " "]),
        (reader(utf8, list, comma), groups, ["\"a\"", " ,\"\"", " "]),
        (reader(utf8, list, comma), groups, ["\"", "\\\"", "\""]),
        (reader(utf8, list, escaped), groups, ["x:a", "\\; ", ""]),
        (reader(utf8, list, escaped), groups, ["x:a", "; x:b\\\\", ""]),
        (reader(utf8, list, blank), groups, ["x", " ", "z \"y\""]),
        (reader(utf8, list, blank), groups, ["\"y\" ", "x ", "\"y\""]),
        (reader(utf8, list, blank), groups, ["", "\"\" ", "\"y\""]),
        (reader(utf8, list, blank), groups, ["\"x\"", "  \"y\"", ""]),
        (reader(utf8, repeated, comma), groups, ["a", ",", ""]),
        (reader(utf8, json, comma), groups, ["[\"a\"", ",\"b\"", "]"]),
        (reader(utf8, json, comma), groups, ["[\"a\"", ",\"\"", "]"]),
        (reader(utf8, json, comma), groups, ["[\"a", "\\u0061", "\"]"]),
        (reader(percent, list, comma), groups, ["a", ",%61", ""]),
        (reader(percent, list, comma), groups, ["a", "%2C", ""]),
        (reader(percent, list, blank), groups, ["x", " ", "z \"y\""]),
        (reader(percent, json, comma), groups, ["%5B%22", "%61", "%22%5D"]),
        (reader(quoted_printable, list, comma), groups, ["a", ",=61", ""]),
        (reader(rfc2047, list, comma), groups, ["=?utf-8?q?", "=2C", "a?="]),
        (reader(rfc2047, list, comma), groups, ["", "=?utf-8?q?,a?= ", "a"]),
        (reader(rfc2047, list, comma), groups, ["", "=?utf-8?q?a?=,", ""]),
        (reader(rfc2047, list, blank), groups, ["=?utf-8?q?x", "_", "z_=22y=22?="]),
        (reader(utf8, list, comma), '0', ["a", "b", "c"]),
        (reader(utf8, list, comma), '0', ["a", "$", ""]),
        (reader(utf8, list, comma), '0', ["a", "{", ""]),
        (reader(utf8, list, comma), '0', ["a", "%a", ""]),
        (reader(utf8, list, comma), '1', ["", "é", ""]),
        (reader(utf8, list, comma), '1', ["علی", "\u{64e}", "\u{200c}رضا"]),
        (reader(utf8, list, comma), '1', ["", "❤\u{fe0f}", ""]),
        (reader(percent, list, comma), '2', ["", "%C3%AB", ""]),
        (reader(utf8, list, comma), '5', ["a", ",", "a"]),
        (reader(utf8, list, comma), '5', ["a", ",remote-uses", "a"]),
    ];
    let refused = [
        (reader(utf8, list, comma), groups, ["a", ",", "\u{200b}"]),
        (reader(utf8, list, comma), groups, ["a", "\\,", ""]),
        (reader(utf8, list, comma), groups, ["\"a", "\\\"", ""]),
        (reader(utf8, list, comma), groups, ["\"a\"", " ", "b"]),
        (reader(utf8, list, comma), groups, ["{", "a,", "}"]),
        (reader(utf8, list, blank), groups, ["x", " ", "z \"y"]),
        (reader(utf8, list, blank), groups, ["\"y\"", " \"y\"", "z"]),
        (reader(utf8, json, comma), groups, ["[\"a\"", ",\"b\"", ""]),
        (reader(utf8, json, comma), groups, ["", "[", ""]),
        (reader(percent, list, comma), groups, ["a", ",%61", "%"]),
        (reader(quoted_printable, list, comma), groups, ["a", ",=61", "="]),
        (reader(rfc2047, list, comma), groups, ["=?utf-8?q?", "=2C", "a?"]),
        (reader(rfc2047, list, comma), groups, ["", "=?", ""]),
        (reader(rfc2047, list, comma), groups, ["", "=?utf-8?q?a?= ", "=?"]),
        (reader(utf8, list, comma), '0', ["a", "\u{200d}", ""]),
        (reader(utf8, list, comma), '0', ["{", "%a", "}"]),
        (reader(utf8, list, comma), '1', ["علی", "\u{64e}", "\u{200c}"]),
        (reader(utf8, list, comma), '1', ["🏴", "\u{e0061}", ""]),
        (reader(utf8, list, comma), '1', ["", "👩\u{200d}", ""]),
        (reader(utf8, list, comma), '5', ["a", ",", "remote-user"]),
    ];
    for (is_accepted, cases) in [(true, &accepted[..]), (false, &refused[..])] {
        for (reader, header, [begin, filling, end]) in cases {
            let data = [&[*reader], format!("{header}{begin}\n{filling}\n{end}").as_bytes()].concat();
            assert_eq!(work(&data), is_accepted, "{reader} {header} {begin:?} {filling:?} {end:?}");
        }
    }
}

#[test]
fn work_may_double_and_a_little_more_and_only_what_is_not_read_costs_nothing() {
    assert_eq!((bound(1_000, "", ""), bound(1_000, "abc", "de")), (2_200, 2_300));
    assert_eq!(['3', '7'].map(is_ignored), [false, true]);
    assert!(work(b"\x007ada\na\nb"));
}

#[test]
fn what_is_beyond_the_low_limits_is_refused() {
    let request = |user: usize, group: usize, groups: usize| {
        let groups: Vec<_> = (0..groups).map(|number| format!("{number}{}", "a".repeat(group - 1))).collect();
        headers(format!("\08{}\n3{}", "a".repeat(user), groups.join(",")).as_bytes())
    };
    let limits = [(20, 20, 9), (21, 20, 9), (20, 21, 9), (20, 20, 10)];
    assert_eq!(limits.map(|(user, group, groups)| request(user, group, groups)), [true, false, false, false]);
}

#[test]
fn the_groups_that_are_compared_are_those_that_were_named() {
    let (_, reader) = &readers(Limits::default())[0];
    for (groups, names) in [(None, None), (Some(""), Some(vec![])), (Some("a, b"), Some(vec!["a", "b"]))] {
        let mut map = HeaderMap::new();
        map.add_raw("Remote-User", "ada");
        groups.into_iter().for_each(|groups| map.add_raw("Remote-Groups", groups));
        let assertion = read(reader, &map).expect("a user");
        assert_eq!(group_names(reader, &assertion), names);
    }
}

#[test]
fn a_blank_that_is_no_space_is_not_taken_off_a_group() {
    for groups in ["\u{a0}ada", "ada\u{3000},b", "\u{a0}", " \u{2003} ,\u{a0}", "a,(null)\u{a0}"] {
        assert!(!headers(format!("\08ada\n3{groups}").as_bytes()), "{groups}");
    }
    assert!(headers("\08ada\n3 ada ,\tb".as_bytes()));
}

#[test]
fn each_target_accepts_what_is_good() {
    for choice in 0..36 {
        let prefixes = ["", "x:", ""];
        let prefix = prefixes[choice % 3];
        let user = format!("8{}ada", prefix);
        assert!(headers(&[&[choice as u8], user.as_bytes()].concat()), "{choice}");
    }
    for (request, is_accepted) in [("8x:ada\n3x:a", true), ("8x:ada\n3a", false), ("8ada\n3x:a", false)] {
        assert_eq!(headers(&[b"\x01", request.as_bytes()].concat()), is_accepted, "{request}");
    }
    assert!(!encodings(b"\x01%") && !encodings(b"\x02=?"));
    for (choice, value) in [(0, "Zoë"), (1, "Zo%C3%AB"), (2, "=?utf-8?q?Zo=C3=AB?="), (3, "Zo=C3=AB")] {
        assert!(encodings(&[&[choice], value.as_bytes()].concat()), "{value}");
    }
    for network in ["10.0.0.0/8", "::1", "::ffff:10.0.0.0/104", "fd00::/8", "0.0.0.0/0"] {
        assert!(networks(&[&[0; 16], network.as_bytes()].concat()), "{network}");
    }
    for data in [&b""[..], b"\0", b"\0\xff"] {
        assert!(!headers(data) && !networks(data) && !work(data), "{data:?}");
    }
}

#[cfg(feature = "jwt")]
mod claims {
    use super::*;
    use crate::fuzzing::claims;

    /// A payload of a token, with some values that no issuer would send.
    fn payload() -> impl Strategy<Value = String> {
        let claim = select(&["sub", "name", "groups", "profile", "iss"][..]);
        let text = prop_oneof![Just("ada".to_owned()), value()].prop_map(serde_json::Value::from);
        let list = vec(value(), 0..4).prop_map(serde_json::Value::from);
        let email = value().prop_map(|email| serde_json::json!({ "email": email }));
        let value = prop_oneof![4 => text, 2 => list, 1 => email, 1 => Just(serde_json::json!(7))];
        let good = serde_json::json!({ "sub": "ada", "profile": { "email": "a@b" } });
        vec((claim, value), 0..4).prop_map(move |claims| {
            let mut payload = good.clone();
            for (claim, value) in claims {
                payload[claim] = value;
            }
            payload.to_string()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn claims_that_are_rendered_again_say_the_same(data in data(payload())) {
            claims(&data);
        }

        #[test]
        fn no_payload_whatever_is_too_much(data in vec(any::<u8>(), 0..200)) {
            claims(&data);
        }
    }

    #[test]
    fn good_claims_are_accepted() {
        let payload = br#"{"sub":"ada","name":"Ada","profile":{"email":"a@b"},"groups":["a","b,c"]}"#;
        assert!(claims(&[&b"\0"[..], payload].concat()));
        assert!(!claims(b"\0{}") && !claims(b""));
        assert!(!claims(br#"0{"sub":"ada","profile":{"email":7}}"#), "an email of no text");
        let json = br#"{"sub":"ada","groups":"a"}"#;
        let formats = [0, 1, 2].map(|choice| claims(&[&[choice], &json[..]].concat()));
        assert_eq!(formats, [true, true, false], "a list is no JSON");
    }
}
