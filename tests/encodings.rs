//! What was said, encoded: over HTTP, and held to the rules once decoded.

mod harness;

use harness::{App, Headers};

const MISENCODED: &str = "is not encoded as `encoding` says";
const UNSEEN: &str = "holds a character that nobody can see";
const PLACEHOLDER: &str = "holds a placeholder that the proxy did not expand";

/// An application where `groups` exist.
fn launch(toml: &str, groups: &[&str]) -> App {
    let app = App::launch(toml);
    for group in groups {
        app.database.sql(&format!("INSERT INTO remote_groups (name) VALUES ('{group}')"));
    }
    app
}

#[test]
fn every_identity_header_is_decoded() {
    let cases = [
        ("utf-8", "zoë", "Zoë Ö", "zoë@example.com", "grün,x"),
        ("percent", "zo%C3%AB", "Zo%c3%ab%20%C3%96", "zo%C3%AB@example.com", "gr%C3%BCn,x"),
        (
            "rfc2047",
            "=?utf-8?q?zo=C3=AB?=",
            "=?ISO-8859-1?Q?Zo=EB?= =?UTF-8?B?IMOW?=",
            "=?utf-8?q?zo=C3=AB?=@example.com",
            "=?utf-8?b?Z3LDvG4=?=,x",
        ),
        ("quoted-printable", "zo=C3=AB", "Zo=c3=ab =C3=96", "zo=C3=AB@example.com", "gr=C3=BCn,x"),
    ];
    for (encoding, user, name, email, groups) in cases {
        let app = launch(&format!("encoding = '{encoding}'"), &["grün", "x"]);
        let me = app.me(&[
            ("Remote-User", user),
            ("Remote-Name", name),
            ("Remote-Email", email),
            ("Remote-Groups", groups),
        ]);
        let expected = r#"{"email":"zoë@example.com","groups":["grün","x"],"id":1,"name":"Zoë Ö","staff":false,"superuser":false,"username":"zoë"}"#;
        assert_eq!(me.to_string(), expected, "{encoding}");
    }
}

#[test]
fn a_decoded_value_is_held_to_the_rules() {
    let escapes = [
        ("percent", ["%00", "%09", "%E2%80%8B", "%E2%80%AE", "%2C", "%24user", "%28null%29", "%E2%99%A5"]),
        (
            "quoted-printable",
            ["=00", "=09", "=E2=80=8B", "=E2=80=AE", "=2C", "=24user", "=28null=29", "=E2=99=A5"],
        ),
        (
            "rfc2047",
            [
                "=?utf-8?q?=00?=",
                "=?utf-8?b?CQ==?=",
                "=?utf-8?q?=E2=80=8B?=",
                "=?utf-8?q?=E2=80=AE?=",
                "=?iso-8859-1?q?,?=",
                "=?us-ascii?q?=24user?=",
                "=?utf-8?q?=28null=29?=",
                "=?utf-8?q?=E2=99=A5?=",
            ],
        ),
    ];
    let faults = [
        UNSEEN,
        UNSEEN,
        UNSEEN,
        UNSEEN,
        "holds a comma",
        PLACEHOLDER,
        PLACEHOLDER,
        "is not a user name as RFC 8265 has it",
    ];
    for (encoding, values) in escapes {
        let app = App::launch(&format!("encoding = '{encoding}'"));
        for (value, fault) in values.into_iter().zip(faults) {
            app.get("/me", &[("Remote-User", value)]).is(400, &format!("header `Remote-User` {fault}"));
        }
        assert_eq!(app.database.dump(), [""; 0]);
    }
}

#[test]
fn limits_count_what_is_decoded() {
    let app = App::launch("encoding = 'percent'\nlimits = { user = 3, group = 3, groups = 2 }");
    assert_eq!(app.me(&[("Remote-User", "%C3%AB%C3%AB%C3%AB")])["username"], "ëëë");
    let over: [(Headers<'_>, &str); 3] = [
        (&[("Remote-User", "%61bcd")], "header `Remote-User` is longer than 3 characters"),
        (&[("Remote-Groups", "a,%61bcd")], "header `Remote-Groups` is longer than 3 characters"),
        (&[("Remote-Groups", "a,%62,c")], "header `Remote-Groups` names more than 2 groups"),
    ];
    for (headers, message) in over {
        app.get("/me", headers).is(400, message);
    }
}

#[test]
fn what_is_misencoded_is_refused_in_every_header() {
    let cases = [
        ("percent", ["%", "%4", "%zz", "%C3", "zo\u{eb}"]),
        ("quoted-printable", ["=", "=4", "=zz", "=C3", "zo\u{eb}"]),
        ("rfc2047", ["=?", "=?utf-8?q?a", "=?utf-8?q?=zz?=", "=?koi8-r?q?a?=", "zo\u{eb}"]),
    ];
    for (encoding, values) in cases {
        let app = App::launch(&format!("encoding = '{encoding}'"));
        for header in ["Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups"] {
            for value in values {
                app.get("/me", &[(header, value)]).is(400, &format!("header `{header}` {MISENCODED}"));
            }
        }
        assert_eq!(app.database.dump(), [""; 0]);
    }
}

#[test]
fn a_value_that_decodes_to_nothing_is_blank_and_one_that_decodes_to_a_space_is_no_name() {
    let app = App::launch("encoding = 'percent'");
    app.get("/me", &[("Remote-User", "%20")]).is(401, "401 Unauthorized");
    app.get("/me", &[("Remote-User", "%20ada")])
        .is(400, "header `Remote-User` is not a user name as RFC 8265 has it");
    assert_eq!(app.me(&[("Remote-User", "ada"), ("Remote-Name", "Ada")])["name"], "Ada");
    assert!(app.me(&[("Remote-User", "ada"), ("Remote-Name", "%20")])["name"].is_null());
}

#[test]
fn groups_are_told_apart_as_their_format_says() {
    let groups = &["a", "b", "a,b", "a;b", "grün", "\"a\""];
    let cases: [(&str, &[&str], &str); 20] = [
        // A quote keeps a separator in a name.
        ("", &["\"a,b\",a"], r#"["a","a,b"]"#),
        ("", &["\"a\" , b"], r#"["a","b"]"#),
        ("", &[r#""\"a\"", "b""#], r#"["\"a\"","b"]"#),
        ("groups_separator = ';'", &["\"a;b\";a,b"], r#"["a,b","a;b"]"#),
        // An encoded separator is part of a name.
        ("encoding = 'percent'", &["a%2Cb,a"], r#"["a","a,b"]"#),
        ("encoding = 'percent'", &["%22a%22,b"], r#"["\"a\"","b"]"#),
        ("encoding = 'quoted-printable'", &["a=2Cb,gr=C3=BCn"], r#"["a,b","grün"]"#),
        // A list is encoded in words as a whole.
        ("encoding = 'rfc2047'", &["=?utf-8?q?gr=C3=BCn,a?= =?utf-8?q?=2Cb?="], r#"["a","b","grün"]"#),
        // A line a group: a comma and a quote are part of it.
        ("groups_format = 'repeated'", &["a", "b", " ", "a,b"], r#"["a","a,b","b"]"#),
        ("groups_format = 'repeated'", &["\"a\""], r#"["\"a\""]"#),
        ("groups_format = 'repeated'\nencoding = 'percent'", &["gr%C3%BCn", "a%2Cb"], r#"["a,b","grün"]"#),
        ("groups_format = 'json'", &[r#"["a", "a,b", "gr\u00fcn", ""]"#], r#"["a","a,b","grün"]"#),
        ("groups_format = 'json'", &["[]"], "[]"),
        ("groups_format = 'json'", &[" "], "[]"),
        (
            "groups_format = 'json'\nencoding = 'percent'",
            &[r#"["gr%C3%BCn","%22a%22"]"#],
            r#"["\"a\"","grün"]"#,
        ),
        (
            "groups_format = 'json'\nencoding = 'percent'",
            &["%5B%22gr%C3%BCn%22%2C%22a%2541%22%5D"],
            r#"["grün"]"#,
        ),
        ("groups_format = 'json'\nencoding = 'rfc2047'", &["=?utf-8?q?[=22gr=C3=BCn=22]?="], r#"["grün"]"#),
        ("groups_format = 'json'\nencoding = 'quoted-printable'", &[r#"["gr=C3=BCn"]"#], r#"["grün"]"#),
        ("strip_prefix = { groups = 'x:' }", &["x:a,,x:b"], r#"["a","b"]"#),
        ("strip_prefix = { groups = 'x:' }", &["\"x:a,b\""], r#"["a,b"]"#),
    ];
    for (toml, lines, expected) in cases {
        let app = launch(toml, groups);
        let mut headers = vec![("Remote-User", "ada")];
        headers.extend(lines.iter().map(|line| ("Remote-Groups", *line)));
        assert_eq!(app.me(&headers)["groups"].to_string(), expected, "{toml} {lines:?}");
    }
}

#[test]
fn groups_that_cannot_be_told_apart_are_refused() {
    let quoted = "holds a quoted group that does not end where it should";
    let no_array = "is not a JSON array of strings";
    let json = "groups_format = 'json'";
    let repeated = "groups_format = 'repeated'";
    let unprefixed = "does not begin with the prefix that `strip_prefix` says";
    let cases: [(&str, &[&str], &str); 21] = [
        ("", &["\"a,b"], quoted),
        ("", &["a,\"b"], quoted),
        ("", &["\"a\"b"], quoted),
        ("", &["a\u{200b},b"], UNSEEN),
        ("", &["\"a\u{200b}\",b"], UNSEEN),
        ("", &["a", "b"], "was sent more than once"),
        ("encoding = 'percent'", &["a,b%E2%80%8B"], UNSEEN),
        ("encoding = 'percent'", &["%24x"], PLACEHOLDER),
        (json, &["a,b"], no_array),
        (json, &["null"], no_array),
        (json, &["\"a\""], no_array),
        (json, &["[1]"], no_array),
        (json, &["[[\"a\"]]"], no_array),
        (json, &["[\"a\"] x"], no_array),
        (json, &["[\"a\",]"], no_array),
        (json, &["[\"a\"]", "[\"b\"]"], "was sent more than once"),
        (json, &[r#"["a\u0000"]"#], UNSEEN),
        (repeated, &["a", "b\u{202e}"], UNSEEN),
        (repeated, &["a", "(null)"], PLACEHOLDER),
        ("groups_format = 'repeated'\nlimits = { groups = 1 }", &["a", "b"], "names more than 1 groups"),
        ("strip_prefix = { groups = 'x:' }", &["x:a,b"], unprefixed),
    ];
    for (toml, lines, fault) in cases {
        let app = App::launch(toml);
        let mut headers = vec![("Remote-User", "ada")];
        headers.extend(lines.iter().map(|line| ("Remote-Groups", *line)));
        app.get("/me", &headers).is(400, &format!("header `Remote-Groups` {fault}"));
        assert_eq!(app.database.dump(), [""; 0]);
    }
}

#[test]
fn only_the_groups_header_may_repeat() {
    let app = App::launch("groups_format = 'repeated'");
    for header in ["Remote-User", "Remote-Name", "Remote-Email"] {
        app.get("/me", &[(header, "a"), (header, "a")])
            .is(400, &format!("header `{header}` was sent more than once"));
    }
    app.get("/me", &[("Remote-Groups", "a"), ("Remote_Groups", "b")])
        .is(400, "header `Remote-Groups` was sent under another spelling of its name");
}

#[test]
fn every_line_of_a_repeated_header_is_blank_afterwards() {
    let app = App::launch("groups_format = 'repeated'");
    app.get("/headers", &[("Remote-Groups", "a"), ("Remote-Groups", "b")])
        .is(200, r#"[["remote-groups",""]]"#);
}

#[test]
fn a_prefix_is_taken_off_and_asked_for() {
    let app = App::launch("strip_prefix = { user = 'idp:', email = 'idp:' }\nlimits = { user = 3 }");
    let me = app.me(&[("Remote-User", "idp:ada"), ("Remote-Email", "idp:a@b"), ("Remote-Name", "Ada")]);
    assert_eq!((&me["username"], &me["email"], &me["name"]), (&"ada".into(), &"a@b".into(), &"Ada".into()));
    assert_eq!(app.me(&[("Remote-User", "idp:idp")])["username"], "idp");
    let before = app.database.dump();

    let unprefixed = "does not begin with the prefix that `strip_prefix` says";
    for user in ["ada", "IDP:ada", "xidp:ada", "idp"] {
        app.get("/me", &[("Remote-User", user)]).is(400, &format!("header `Remote-User` {unprefixed}"));
    }
    app.get("/me", &[("Remote-User", "idp:ada"), ("Remote-Email", "a@b")])
        .is(400, &format!("header `Remote-Email` {unprefixed}"));
    app.get("/me", &[("Remote-User", "idp:-")]).is(400, &format!("header `Remote-User` {PLACEHOLDER}"));
    app.get("/me", &[("Remote-User", "idp:")]).is(401, "401 Unauthorized");
    app.get("/me", &[("Remote-User", "")]).is(401, "401 Unauthorized");
    assert_eq!(app.database.dump(), before);
}

#[test]
fn white_space_that_was_encoded_is_not_trimmed_to_the_name_of_another_group() {
    let cases = [
        ("", "\"\tadmins\""),
        ("", "x,\"admins\u{a0}\""),
        ("groups_format = 'json'", r#"["\u0009admins"]"#),
        ("groups_format = 'json'", r#"["admins\u00a0"]"#),
        ("groups_format = 'json'", r#"["\u3000admins"]"#),
        ("groups_format = 'json'\nencoding = 'percent'", r#"["%09admins"]"#),
        ("encoding = 'percent'", "%09admins"),
        ("encoding = 'percent'", "x,admins%09"),
        ("encoding = 'percent'", "%C2%A0admins"),
        ("encoding = 'rfc2047'", "=?utf-8?q?=09admins?="),
        ("encoding = 'quoted-printable'", "=09admins"),
        ("encoding = 'quoted-printable'", "admins=E2=80=83"),
        ("groups_format = 'repeated'\nencoding = 'percent'", "%09admins"),
        ("strip_prefix = { groups = 'g:' }", "g:\u{2003}admins"),
        ("", "\u{3000}admins"),
        ("", "x,admins\u{a0}"),
        ("", "x, \u{a0} admins ,y"),
        ("groups_separator = '; '", "x; \u{2009}admins"),
        ("groups_format = 'repeated'", "admins\u{3000}"),
        ("groups_escape = 'backslash'", "x\\,,admins\u{3000}"),
    ];
    for (toml, groups) in cases {
        let app = launch(&format!("superuser_groups = ['admins']\n{toml}"), &["admins"]);
        let reply = app.get("/superuser", &[("Remote-User", "ada"), ("Remote-Groups", groups)]);
        reply.is(400, &format!("header `Remote-Groups` {UNSEEN}"));
    }
}

#[test]
fn a_group_that_is_not_in_nfc_is_refused_in_every_format() {
    let cases = [
        ("", "e\u{301}quipe"),
        ("", "x, \"e\u{301}quipe\""),
        ("groups_escape = 'backslash'", "x\\,y,e\u{301}quipe"),
        ("groups_format = 'repeated'", "e\u{301}quipe"),
        ("groups_format = 'json'", "[\"e\u{301}quipe\"]"),
        ("groups_format = 'json'", r#"["e\u0301quipe"]"#),
        ("encoding = 'percent'", "e%CC%81quipe"),
        ("encoding = 'quoted-printable'", "e=CC=81quipe"),
        ("encoding = 'rfc2047'", "=?utf-8?q?e=CC=81quipe?="),
        ("strip_prefix = { groups = 'g:' }", "g:e\u{301}quipe"),
    ];
    for (toml, groups) in cases {
        let app = launch(toml, &["équipe"]);
        app.get("/me", &[("Remote-User", "ada"), ("Remote-Groups", groups)])
            .is(400, "header `Remote-Groups` names a group that is not in Unicode's form NFC");
    }
}

#[test]
fn a_backslash_before_a_separator_is_read_as_the_key_says() {
    let escaped = "holds a separator after a backslash, which `groups_escape` does not say how to read";
    let cases = [
        ("groups_separator = ';'", r"a\;b;c", r#"["a;b","c"]"#),
        ("groups_separator = ';'", r#"a\;b; "c;d""#, r#"["a;b","c;d"]"#),
        ("groups_separator = ';'", r"CORP\\;c", r#"["CORP\\","c"]"#),
        ("groups_separator = '; '", r"a\; b; c", r#"["a; b","c"]"#),
        ("groups_separator = ';'\nencoding = 'percent'", r"a\;%62;c", r#"["a;b","c"]"#),
        ("groups_separator = ';'\nencoding = 'rfc2047'", r"=?utf-8?q?a=5C=3Bb?=;c", r#"["a;b","c"]"#),
        ("groups_separator = ';'\nstrip_prefix = { groups = 'g:' }", r"g:a\;b;g:c", r#"["a;b","c"]"#),
    ];
    for (toml, line, groups) in cases {
        let headers = [("Remote-User", "ada"), ("Remote-Groups", line)];
        let app = App::launch(&format!("create_groups = true\ngroups_escape = 'backslash'\n{toml}"));
        assert_eq!(app.me(&headers)["groups"].to_string(), groups, "{toml} {line}");
        for escape in ["", "groups_escape = 'none'\n"] {
            let app = App::launch(&format!("create_groups = true\n{escape}{toml}"));
            app.get("/me", &headers).is(400, &format!("header `Remote-Groups` {escaped}"));
        }
    }
    for line in [r"CORP\a,CORP\b", r"CORP\a, CORP\b\"] {
        for escape in ["none", "backslash"] {
            let app = App::launch(&format!("create_groups = true\ngroups_escape = '{escape}'"));
            assert_eq!(app.groups("ada", line)[0], r"CORP\a");
        }
    }
}
