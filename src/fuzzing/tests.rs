//! The properties of the fuzz targets, tried with random bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{encodings, headers, networks};

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
    fn no_bytes_whatever_are_too_much(data in vec(any::<u8>(), 0..200)) {
        headers(&data);
        encodings(&data);
        networks(&data);
    }
}

#[test]
fn white_space_around_a_group_is_none_of_its_name() {
    for groups in ["\u{a0}ada", "ada\u{3000},b", "\u{a0}", " \u{2003} ,\u{a0}"] {
        assert!(headers(format!("\08ada\n3{groups}").as_bytes()), "{groups}");
    }
    assert!(!headers("\08ada\n3a,(null)\u{a0}".as_bytes()));
}

#[test]
fn each_target_accepts_what_is_good() {
    for choice in 0..24 {
        let prefixes = ["", "x:"];
        let prefix = prefixes[choice % 2];
        let user = format!("8{}ada", prefix);
        assert!(headers(&[&[choice as u8], user.as_bytes()].concat()), "{choice}");
    }
    for (choice, value) in [(0, "Zoë"), (1, "Zo%C3%AB"), (2, "=?utf-8?q?Zo=C3=AB?="), (3, "Zo=C3=AB")] {
        assert!(encodings(&[&[choice], value.as_bytes()].concat()), "{value}");
    }
    for network in ["10.0.0.0/8", "::1", "::ffff:10.0.0.0/104", "fd00::/8", "0.0.0.0/0"] {
        assert!(networks(&[&[0; 16], network.as_bytes()].concat()), "{network}");
    }
    for data in [&b""[..], b"\0", b"\0\xff"] {
        assert!(!headers(data) && !networks(data), "{data:?}");
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
    }
}
