//! Tests of the reader. Only tests may import the configuration here.

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::http::HeaderMap;

use super::*;
use crate::config::Config;
use crate::text::steps;
use crate::user::Field;

type Lines<'a> = &'a [(&'a str, &'a str)];

fn reader(toml: &str) -> IdentityReader {
    let toml = format!("[remote_user]\ntrusted_proxies = ['::1']\n{toml}");
    Config::extract(&Figment::from(Toml::string(&toml))).expect("a configuration").identity_reader()
}

fn map(lines: Lines<'_>) -> HeaderMap<'static> {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.add_raw(name.to_string(), value.to_string());
    }
    map
}

/// Returns `user; name; email; groups`, `nobody` if nobody is signed in, or the message
/// of the rejection.
fn read(toml: &str, lines: Lines<'_>) -> String {
    let reader = reader(toml);
    let map = map(lines);
    match reader.read(&HeaderScan::new(reader.headers(), &[], reader.max_bytes(), &map)) {
        Err(rejection) => rejection.to_string(),
        Ok(None) => "nobody".into(),
        Ok(Some(Assertion { user, name, email, groups, .. })) => {
            let groups = match groups {
                Field::Absent => "-".into(),
                Field::Blank => "blank".into(),
                Field::Value(groups) => reader.names(&groups).collect::<Vec<_>>().join("|"),
            };
            format!("{user}; {}; {}; {groups}", show(name), show(email))
        }
    }
}

fn show(field: Field<String>) -> String {
    match field {
        Field::Absent => "-".into(),
        Field::Blank => "blank".into(),
        Field::Value(value) => value,
    }
}

const ADA: (&str, &str) = ("Remote-User", "ada");

#[test]
fn an_assertion_is_what_the_headers_say() {
    let cases: [(Lines<'_>, &str); 7] = [
        (&[], "nobody"),
        (&[("Remote-User", " "), ("Remote-Groups", "a")], "nobody"),
        (&[ADA], "ada; -; -; -"),
        (
            &[ADA, ("Remote-Name", ""), ("Remote-Email", " "), ("Remote-Groups", " , ")],
            "ada; blank; blank; blank",
        ),
        (&[ADA, ("Remote-Name", "Ada"), ("Remote-Email", "a@b")], "ada; Ada; a@b; -"),
        (&[ADA, ("Remote-Groups", "a, b ,,c")], "ada; -; -; a|b|c"),
        (&[ADA, ("Connection", "close, X-Other"), ("X-Other", "a"), ("X-Other", "b")], "ada; -; -; -"),
    ];
    for (lines, said) in cases {
        assert_eq!(read("", lines), said, "{lines:?}");
    }
    assert_eq!(read("headers = { groups = false }", &[ADA, ("Remote-Groups", "a")]), "ada; -; -; -");
    assert_eq!(read("groups_separator = '; '", &[ADA, ("Remote-Groups", "a,b; c")]), "ada; -; -; a,b|c");
    assert_eq!(
        read("groups_separator = '; '", &[ADA, ("Remote-Groups", "\"a; b\"; c")]),
        "ada; -; -; a; b|c"
    );
}

#[test]
fn a_line_that_is_too_much_is_refused_in_the_order_of_the_headers() {
    let repeated = "was sent more than once";
    let alias = "was sent under another spelling of its name";
    let named = "is named by a `Connection` header";
    let cases: [(Lines<'_>, &str, &str); 7] = [
        (&[ADA, ("remote-user", "")], "User", repeated),
        (&[ADA, ("Remote-Groups", "a"), ("Remote-Groups", "b")], "Groups", repeated),
        (&[("Remote_Email", ""), ADA], "Email", alias),
        (&[ADA, ("Connection", "x ,remote-NAME")], "Name", named),
        (&[ADA, ("Connection", "Remote_Groups")], "Groups", named),
        (&[("Remote-Name", "a"), ("Remote-Name", "a"), ("Remote_Name", "")], "Name", alias),
        (&[ADA, ("Remote_Groups", ""), ("Remote-Name", "a"), ("Remote-Name", "a")], "Name", repeated),
    ];
    for (lines, header, fault) in cases {
        assert_eq!(read("", lines), format!("header `Remote-{header}` {fault}"), "{lines:?}");
    }
}

#[test]
fn only_groups_repeat_and_only_where_they_may() {
    let repeated = "groups_format = 'repeated'";
    let lines = [ADA, ("Remote-Groups", " a "), ("Remote-Groups", ""), ("Remote-Groups", "\"b,c")];
    assert_eq!(read(repeated, &lines), "ada; -; -; a|\"b,c");
    for header in ["User", "Name", "Email"] {
        let name = format!("Remote-{header}");
        let expected = format!("header `{name}` was sent more than once");
        assert_eq!(read(repeated, &[(&name, "a"), (&name, "a")]), expected);
    }
    let json = read("groups_format = 'json'", &[ADA, ("Remote-Groups", "[]"), ("Remote-Groups", "[]")]);
    assert_eq!(json, "header `Remote-Groups` was sent more than once");
}

#[test]
fn an_array_is_decoded_as_a_whole_or_name_by_name() {
    let json = |encoding: &str, line: &str| {
        let toml = format!("groups_format = 'json'\nencoding = '{encoding}'");
        read(&toml, &[ADA, ("Remote-Groups", line)])
    };
    assert_eq!(json("utf-8", r#"["a", "", "b,c"]"#), "ada; -; -; a|b,c");
    assert_eq!(json("utf-8", " "), "ada; -; -; blank");
    assert_eq!(json("utf-8", "[]"), "ada; -; -; blank");
    assert_eq!(json("percent", r#"["%61", "%22"]"#), "ada; -; -; a|\"");
    assert_eq!(json("percent", "%5B%22a%2541%22%5D"), "ada; -; -; a%41");
    assert_eq!(json("utf-8", "a"), "header `Remote-Groups` is not a JSON array of strings");
}

#[test]
fn a_prefix_is_asked_for_of_every_name_but_a_blank_one() {
    let prefixed = |line: &str| {
        read(
            "strip_prefix = { user = 'u:', groups = 'g:' }",
            &[("Remote-User", "u:ada"), ("Remote-Groups", line)],
        )
    };
    assert_eq!(prefixed("g:a,,g:b"), "ada; -; -; a|b");
    assert_eq!(prefixed("g:"), "ada; -; -; blank");
    let fault = "header `Remote-Groups` does not begin with the prefix that `strip_prefix` says";
    assert_eq!(prefixed("g:a,b"), fault);
}

#[test]
fn a_placeholder_is_told_as_one_on_every_line_even_where_a_prefix_is_missing() {
    let repeated = "groups_format = 'repeated'\nstrip_prefix = { groups = 'g:' }";
    let placeholder = "header `Remote-Groups` holds a placeholder that the proxy did not expand";
    for lines in [["(null)", "g:a"], ["g:a", "(null)"]] {
        let lines = lines.map(|line| ("Remote-Groups", line));
        assert_eq!(read(repeated, &[ADA, lines[0], lines[1]]), placeholder, "{lines:?}");
    }
}

#[test]
fn a_comma_in_a_user_name_is_left_for_the_hook_to_see() {
    assert_eq!(read("", &[("Remote-User", "CN=ada,DC=corp")]), "CN=ada,DC=corp; -; -; -");
}

#[test]
fn a_header_with_too_many_bytes_is_not_read() {
    let limits = "limits = { bytes = 8 }";
    assert_eq!(read(limits, &[("Remote-User", "adalovel"), ("X-Other", "123456789")]), "adalovel; -; -; -");
    for name in ["Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups"] {
        for value in ["         ", "(null)\u{200b}", "\"12345678", "ëëëëë"] {
            let expected = format!("header `{name}` has more than 8 bytes");
            assert_eq!(read(limits, &[(name, value)]), expected, "{value:?}");
        }
    }
    let repeated = "groups_format = 'repeated'\nlimits = { bytes = 8 }";
    let lines = |second| [ADA, ("Remote-Groups", "1234"), ("Remote-Groups", second)];
    assert_eq!(read(repeated, &lines("5678")), "ada; -; -; 1234|5678");
    assert_eq!(read(repeated, &lines("56789")), "header `Remote-Groups` has more than 8 bytes");
}

#[test]
fn groups_are_counted_and_checked_while_they_are_read() {
    let limits = "limits = { groups = 2, group = 3 }\n";
    let too_many = "header `Remote-Groups` names more than 2 groups";
    let too_long = "header `Remote-Groups` is longer than 3 characters";
    let cases = [
        ("", "a,b,c,\"", too_many),
        ("", "\"a\",b,c,\"", too_many),
        ("", "\"abcd\",\"", too_long),
        ("encoding = 'percent'", "a,b,c,%", too_many),
        ("encoding = 'percent'", "abcd,%", too_long),
        ("encoding = 'quoted-printable'", "a,b,c,=", too_many),
        ("groups_format = 'json'", "[\"a\",\"b\",\"c\",1", too_many),
        ("groups_format = 'json'", "[\"abcd\",1", too_long),
        ("groups_escape = 'backslash'", "a\\,,b,c,\"", too_many),
    ];
    for (toml, line, fault) in cases {
        assert_eq!(read(&format!("{limits}{toml}"), &[ADA, ("Remote-Groups", line)]), fault, "{toml} {line}");
    }
}

#[test]
fn each_limit_is_that_of_its_header_and_is_itself_allowed() {
    let limits = "limits = { user = 1, name = 2, email = 3, group = 4, groups = 2 }";
    let most = [
        ("Remote-User", "ë"),
        ("Remote-Name", "ëë"),
        ("Remote-Email", "ëëë"),
        ("Remote-Groups", "aaaa,bbbb"),
    ];
    assert_eq!(read(limits, &most), "ë; ëë; ëëë; aaaa|bbbb");
    for (i, limit) in [1, 2, 3, 4].into_iter().enumerate() {
        let (name, value) = most[i];
        let more = value.replace("aaaa,bbbb", "aaaa") + "b";
        let mut lines = most;
        lines[i] = (name, &more);
        assert_eq!(read(limits, &lines), format!("header `{name}` is longer than {limit} characters"));
    }
    let mut lines = most;
    lines[3] = ("Remote-Groups", "a,b,c");
    assert_eq!(read(limits, &lines), "header `Remote-Groups` names more than 2 groups");
}

#[test]
fn what_was_scanned_is_named_once_to_be_blanked() {
    let headers = IdentityHeaders::default();
    let map = map(&[
        ("X-Other", "a"),
        ("remote-groups", "a"),
        ("Remote-Groups", "b"),
        ("Remote_User", ""),
        ("HTTP-Remote-Name", "x"),
    ]);
    let scan = HeaderScan::new(headers.iter(), &[], 99, &map);
    assert_eq!(scan.first_sent(headers.iter()).map(HeaderName::as_str), Some("Remote-User"));
    assert_eq!(scan.first_sent(headers.user.iter()).map(HeaderName::as_str), Some("Remote-User"));
    assert_eq!(scan.first_sent(headers.email.iter()), None);
    let groups = headers.groups.preferred().expect("a name");
    assert_eq!((scan.value(groups), scan.more_values(groups)), (Some("a"), &["b".into()][..]));
    let mut names: Vec<_> = scan.into_names_to_blank().map(|name| name.to_lowercase()).collect();
    names.sort();
    assert_eq!(names, ["http-remote-name", "remote-groups", "remote_user"]);
}

#[test]
fn the_work_of_a_scan_is_linear_in_the_number_of_headers() {
    let reader = reader("groups_format = 'repeated'\nlimits = { groups = 100000 }");
    let cases = [
        ("X-Other", "a"),
        ("Remote_User", ""),
        ("Remote-User", "ada"),
        ("Remote-Groups", "a"),
        ("Remote-Groups", ""),
        ("Connection", "remote-uses, close"),
        ("Connection", "remote-user, close"),
        ("X-Blank-Id", "a"),
        ("HTTP_X_Blanked", "a"),
    ];
    let blank = ["X-Blank-*", "X-Blanked", "X-B*"].map(|item| item.to_owned().try_into().expect("an item"));
    for line in cases {
        let work = |times| {
            let map = map(&[line].repeat(times));
            steps::count(|| {
                let scan = HeaderScan::new(reader.headers(), &blank, 100_000, &map);
                let _ = reader.read(&scan);
                scan.into_names_to_blank().for_each(drop);
            })
        };
        let (once, twice) = (work(1_000), work(2_000));
        assert!(
            (1_000..=twice / 2 + 100).contains(&once) && twice <= 2 * once + 100,
            "{line:?} {once} {twice}"
        );
    }
}

#[test]
fn a_name_is_kept_once_however_often_it_was_sent() {
    let headers = IdentityHeaders::default();
    let blank = ["X-Other".to_owned().try_into().expect("a name")];
    let map = map(&[("Remote_User", "a"), ("X-Other", "b"), ("Remote.User", "c")].repeat(1_000));
    let scan = HeaderScan::new(headers.iter(), &blank, 100_000, &map);
    let mut names: Vec<_> = scan.into_names_to_blank().collect();
    names.sort();
    assert_eq!(names, ["Remote.User", "Remote_User", "X-Other"]);
}

#[test]
fn a_name_is_shown_as_it_is_configured() {
    let reader =
        reader("headers = { user = 'X-User', name = false }\nattributes = { department = 'X-Dept' }");
    let headers: Vec<_> = reader.headers().map(HeaderName::as_str).collect();
    assert_eq!(headers, ["X-User", "Remote-Email", "Remote-Groups", "X-Dept"]);
    assert_eq!(reader.headers().next().map(HeaderName::to_string).as_deref(), Some("X-User"));
}
