//! A launch that a bad proof of the proxy stops, or a rule about groups that can never hold.

mod harness;

use harness::Database;
use harness::launch::{TABLE, abort, abort_by, expect, rocket};
use harness::log::Recording;
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;

#[test]
fn a_bad_secret_says_what_is_wrong_and_never_what_it_is() {
    let no_secret = "no secret is configured: set `values` or `values_file`";
    let long = "s3cret4be19d07f26ac853ea91c07d5b".to_owned();
    let short = "is shorter than 32 characters";
    let remedy = "make one with `openssl rand -base64 32`";
    let cases = [
        ("", "{}", no_secret.into()),
        ("", "{ values = [] }", no_secret.into()),
        ("", "{ values = ['s3cret'] }", format!("secret 1 of `values` {short}")),
        (
            "",
            "{ values = ['$', 's3crét-of-thirty-one-characters'] }",
            format!("secret 2 of `values` {short}"),
        ),
        (
            "",
            "{ values = ['$', 's3cs3cs3cs3cs3cs3cs3cs3cs3cs3cs3c'] }",
            format!("secret 2 of `values` is too regular to be random: {remedy}"),
        ),
        (
            "",
            "{ values = ['a-secret-of-32-characters-or-more'] }",
            format!("secret 1 of `values` is in the documentation of `rocket_remote_user`: {remedy}"),
        ),
        (
            "",
            "{ values_file = 'regular' }",
            format!("secret 2 of `$DIRECTORY/regular` is too regular to be random: {remedy}"),
        ),
        (
            "",
            "{ values = ['$ '] }",
            "secret 1 of `values` has white space around it, which no header keeps".into(),
        ),
        (
            "",
            "{ values = [\"s3cret-0123456789-0123456789-0123\\u007f\"] }",
            "secret 1 of `values` holds a character that nobody can see".into(),
        ),
        (
            "",
            "{ values = [\"${S3CRET_OF_THE_PROXY_FROM_THE_ENVIRONMENT}\"] }",
            "secret 1 of `values` holds a placeholder that the proxy did not expand".into(),
        ),
        ("", "{ values_file = 'short' }", format!("secret 2 of `$DIRECTORY/short` {short}")),
        (
            "",
            "{ values_file = 'comment' }",
            "secret 1 of `$DIRECTORY/comment` begins as a comment, of which there are none".into(),
        ),
        ("", "{ values_file = 'blank' }", "`$DIRECTORY/blank` holds no secret".into()),
        ("", "{ values = ['$'], values_file = 'blank' }", "`$DIRECTORY/blank` holds no secret".into()),
        ("", "{ values_file = '.' }", "`$DIRECTORY/.` is no regular file".into()),
        (
            "",
            "{ values = ['$'], values_file = 'nowhere/secrets' }",
            "`$DIRECTORY/nowhere/secrets` cannot be read: No such file or directory (os error 2)".into(),
        ),
        (".values", "{ values = '$' }", "invalid type: found a string, expected a sequence".into()),
        (".values.0", "{ values = [12345678] }", "invalid type: found a number, expected a string".into()),
        (".values.1", "{ values = ['$', true] }", "invalid type: found a boolean, expected a string".into()),
        ("", "'$'", "invalid type: found a string, expected a table of secrets".into()),
        (
            ".secret",
            "{ secret = '$' }",
            "unknown field: found `secret`, expected `one of `header`, `values`, `values_file``".into(),
        ),
        (".header", "{ header = 'a b', values = ['$'] }", "`a b` is not a header name".into()),
        (
            ".header",
            "{ header = 'HTTP_Remote_User', values = ['$'] }",
            "`HTTP_Remote_User` is the name of two headers, or an alias of another".into(),
        ),
        (
            ".header",
            "{ header = 'Host', values = ['$'] }",
            "`Host` is a header of HTTP itself, and cannot be blanked".into(),
        ),
    ];
    for (key, table, message) in cases {
        let recording = Recording::start();
        let database = Database::new();
        let file = |name, text: &str| std::fs::write(database.directory.path().join(name), text);
        file("short", &format!("\n{long}\ns3cret\n")).expect("a file");
        file("regular", &format!("{long}\n{}\n", "s3c".repeat(11))).expect("a file");
        file("blank", "\n \r\n").expect("a file");
        file("comment", &format!("# of the proxy, from {long}\n{long}\n")).expect("a file");
        let toml = format!("{TABLE}proxy_secret = {}", table.replace("'$", &format!("'{long}")));
        let rocket = rocket(&database, &toml).attach(RemoteUser::fairing());
        let lines = abort(&recording, &database, rocket);
        expect(&lines, &format!("proxy_secret{key}"), &message);
        assert!(lines.iter().all(|line| !line.to_lowercase().contains("s3c")), "{lines:?}");
    }
}

#[test]
fn a_table_that_is_a_string_is_not_shown() {
    let lines = abort_by("[default]\nremote_user = '{proxy_secret={values=[\"s3cret\"]}'");
    let expected = [
        "Failed to extract valid configuration.",
        "invalid type: found a string, expected a table",
        "for key default.remote_user",
        "in Rocket.toml TOML file",
    ];
    assert_eq!(lines[..4], expected);
    assert!(lines.iter().all(|line| !line.contains("s3cret")), "{lines:?}");
}

#[test]
#[cfg(feature = "mtls")]
fn a_table_that_any_certificate_or_none_would_do_for_stops_the_launch() {
    let digits = "ab".repeat(31);
    let wildcard = |name, list| format!("{name:?} in `{list}` is a wildcard, which is no name of a proxy");
    let cases = [
        ("", "", "any certificate would do: set `common_names`, `dns_names` or `fingerprints`".to_owned()),
        ("", "common_names = []", "`common_names` is empty, so no certificate would do".into()),
        (
            "",
            "common_names = ['proxy'], dns_names = []",
            "`dns_names` is empty, so no certificate would do".into(),
        ),
        ("", "fingerprints = []", "`fingerprints` is empty, so no certificate would do".into()),
        ("", "common_names = ['a', '']", "\"\" in `common_names` is blank".into()),
        ("", "dns_names = ['a', ' ']", "\" \" in `dns_names` is blank".into()),
        ("", "dns_names = ['\u{a0}']", "\"\\u{a0}\" in `dns_names` is blank".into()),
        ("", "common_names = [' proxy']", "\" proxy\" in `common_names` has white space around it".into()),
        (
            "",
            "dns_names = ['proxy.internal ']",
            "\"proxy.internal \" in `dns_names` has white space around it".into(),
        ),
        ("", "common_names = ['*']", wildcard("*", "common_names")),
        ("", "common_names = ['proxy', '*.internal']", wildcard("*.internal", "common_names")),
        ("", "dns_names = ['*.internal']", wildcard("*.internal", "dns_names")),
        ("", "dns_names = ['proxy*.internal']", wildcard("proxy*.internal", "dns_names")),
        (
            "",
            "common_names = [\"pro\\u200bxy\"]",
            "\"pro\\u{200b}xy\" in `common_names` holds a character that nobody can see, or a placeholder"
                .into(),
        ),
        (
            "",
            "common_names = ['${PROXY}']",
            "\"${PROXY}\" in `common_names` holds a character that nobody can see, or a placeholder".into(),
        ),
        (
            "",
            "dns_names = ['proxy internal']",
            "\"proxy internal\" in `dns_names` is no DNS name in ASCII".into(),
        ),
        (
            "",
            "dns_names = ['proxy.internal.']",
            "\"proxy.internal.\" in `dns_names` is no DNS name in ASCII".into(),
        ),
        ("", "dns_names = ['.internal']", "\".internal\" in `dns_names` is no DNS name in ASCII".into()),
        ("", "dns_names = ['zoë.example']", "\"zoë.example\" in `dns_names` is no DNS name in ASCII".into()),
        (
            ".fingerprints.0",
            "fingerprints = ['']",
            "`` is not a SHA-256 fingerprint: 64 hexadecimal digits".into(),
        ),
        (
            ".fingerprints.0",
            "fingerprints = ['*']",
            "`*` is not a SHA-256 fingerprint: 64 hexadecimal digits".into(),
        ),
        (
            ".fingerprints.0",
            &format!("fingerprints = ['{digits}']"),
            format!("`{digits}` is not a SHA-256 fingerprint: 64 hexadecimal digits"),
        ),
        (
            ".names",
            "names = ['proxy']",
            "unknown field: found `names`, expected `one of `common_names`, `dns_names`, `fingerprints``"
                .into(),
        ),
    ];
    for (key, table, message) in cases {
        let tls = "[default.tls]\ncerts = 'x'\nkey = 'x'\nmutual = { ca_certs = 'x' }";
        let lines = abort_by(&format!("{TABLE}proxy_certificate = {{ {table} }}\n{tls}"));
        expect(&lines, &format!("proxy_certificate{key}"), &message);
    }
}

#[test]
#[cfg(feature = "mtls")]
fn a_certificate_that_rocket_never_asks_for_stops_the_launch() {
    for tls in ["", "[default.tls]\ncerts = 'x'\nkey = 'x'"] {
        let lines = abort_by(&format!("{TABLE}proxy_certificate = {{ common_names = ['proxy'] }}\n{tls}"));
        let message = "Rocket asks for no client certificate: set `ca_certs` in [default.tls.mutual]";
        expect(&lines, "proxy_certificate", message);
    }
}

#[test]
#[cfg(not(feature = "mtls"))]
fn a_certificate_without_its_feature_names_the_feature() {
    let lines = abort_by(&format!("{TABLE}proxy_certificate = {{ common_names = ['proxy'] }}"));
    let message = "the feature `mtls` is not compiled in: enable the feature `mtls` of `rocket_remote_user`";
    expect(&lines, "proxy_certificate", message);
}

#[test]
#[cfg(not(feature = "jwt"))]
fn a_token_without_its_feature_names_the_feature() {
    let lines = abort_by(&format!("{TABLE}jwt = {{ header = 'X-Assertion' }}"));
    let message = "the feature `jwt` is not compiled in: enable the feature `jwt` of `rocket_remote_user`";
    expect(&lines, "jwt", message);
}

#[test]
#[cfg(feature = "jwt")]
fn a_table_of_tokens_that_cannot_be_says_what_is_wrong() {
    use harness::issuer::{Kind, SigningKey, jwks};

    const ISSUED: &str = "header = 'X-Assertion', issuer = 'i'";
    let rest = format!("{ISSUED}, audience = 'a'");
    let whole = format!("{rest}, jwks_url = 'https://issuer.example/keys'");
    let known = "`RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`, `EdDSA`";
    let not_secure = |url: &str| format!("`{url}` is not an https URL, nor an http URL of the loopback");
    let one_of = "set one of `jwks_url`, `jwks_file`, `public_key_file` and `public_key_url`";
    let no_name = |url: &str| format!("`{url}` has no `{{kid}}` in its path, for the name of a key");
    let none = "holds no key that can verify a signature";
    let cases = [
        ("", "{}".into(), "missing field `header`".to_owned()),
        (
            "",
            format!("{{ {ISSUED}, jwks_file = 'keys' }}"),
            "`audience` is missing: a token for another application would do".into(),
        ),
        (
            "",
            format!("{{ {ISSUED}, audience = [], jwks_file = 'keys' }}"),
            "`audience` is missing: a token for another application would do".into(),
        ),
        (
            "",
            format!("{{ {ISSUED}, audience = ['a', ' '], jwks_file = 'keys' }}"),
            "`issuer`, `audience` and `signer` cannot be blank".into(),
        ),
        (".audience", format!("{{ {ISSUED}, audience = 1 }}"), "a string or a list of strings".into()),
        ("", format!("{{ {rest} }}"), one_of.into()),
        ("", format!("{{ {whole}, jwks_file = 'keys' }}"), one_of.into()),
        (
            "",
            format!("{{ {rest}, jwks_url = 'http://192.0.2.1/keys' }}"),
            not_secure("http://192.0.2.1/keys"),
        ),
        (
            "",
            format!("{{ {rest}, jwks_url = 'http://localhost.evil.example' }}"),
            not_secure("http://localhost.evil.example"),
        ),
        ("", format!("{{ {rest}, jwks_url = 'file:///keys' }}"), not_secure("file:///keys")),
        ("", format!("{{ {rest}, jwks_url = 'keys' }}"), not_secure("keys")),
        (
            "",
            format!("{{ {rest}, jwks_url = 'https://ada:s3cret@issuer.example/' }}"),
            "the URL of keys, which is logged, cannot hold a user name or a password".into(),
        ),
        (
            "",
            format!("{{ {rest}, jwks_url = 'https://ada@issuer.example/' }}"),
            "the URL of keys, which is logged, cannot hold a user name or a password".into(),
        ),
        (
            "",
            format!("{{ {rest}, jwks_url = 'https://ada:s3cret@issuer.example:99999/' }}"),
            "the URL of keys, which is logged, cannot hold a user name or a password".into(),
        ),
        (
            "",
            format!("{{ {rest}, public_key_url = 'https://:s3cret@issuer.example/{{kid}}' }}"),
            "the URL of keys, which is logged, cannot hold a user name or a password".into(),
        ),
        (
            "",
            format!("{{ {whole}, jwks_max_age = 29 }}"),
            "`jwks_max_age` is over before `jwks_refresh_interval` is".into(),
        ),
        (
            "",
            format!("{{ {rest}, public_key_url = 'https://k.example/keys' }}"),
            no_name("https://k.example/keys"),
        ),
        (
            "",
            format!("{{ {rest}, public_key_url = 'https://{{kid}}.example/' }}"),
            no_name("https://{kid}.example/"),
        ),
        (
            "",
            format!("{{ {rest}, public_key_url = 'https://keys.{{kid}}.example/' }}"),
            no_name("https://keys.{kid}.example/"),
        ),
        (
            "",
            format!("{{ {rest}, public_key_url = 'http://k.example/{{kid}}' }}"),
            no_name("http://k.example/{kid}"),
        ),
        (
            "",
            format!("{{ {rest}, jwks_file = 'nowhere' }}"),
            "`$DIRECTORY/nowhere` cannot be read: No such file or directory (os error 2)".into(),
        ),
        (
            "",
            format!("{{ {rest}, jwks_file = 'text' }}"),
            "`$DIRECTORY/text` is not a JWK set (RFC 7517)".into(),
        ),
        ("", format!("{{ {rest}, jwks_file = 'symmetric' }}"), format!("`$DIRECTORY/symmetric` {none}")),
        (
            "",
            format!("{{ {rest}, public_key_file = 'text' }}"),
            "`$DIRECTORY/text` holds no `PUBLIC KEY` in PEM".into(),
        ),
        (
            "",
            format!("{{ {rest}, public_key_file = 'private' }}"),
            "`$DIRECTORY/private` holds a `PRIVATE KEY`, where a `PUBLIC KEY` is expected".into(),
        ),
        (
            "",
            format!("{{ {rest}, public_key_file = 'broken' }}"),
            "`$DIRECTORY/broken` holds a key that is none of RSA of 2048 to 8192 bits, P-256, P-384 and Ed25519".into(),
        ),
        ("", format!("{{ {whole}, algorithms = [] }}"), "`algorithms` is empty, so no token would do".into()),
        (
            "",
            format!("{{ {whole}, algorithms = ['ES256', 'HS256'] }}"),
            "`HS256` is symmetric: whoever can verify a token could also make one".into(),
        ),
        (
            "",
            format!("{{ {whole}, algorithms = ['none'] }}"),
            format!("`none` is no algorithm of `algorithms`: there are {known}"),
        ),
        (
            "",
            format!("{{ {whole}, claims = {{ user = '' }} }}"),
            "the name of a claim in `claims` cannot be empty".into(),
        ),
        (
            "",
            format!("{{ {whole}, claims = {{ user = [] }} }}"),
            "`claims.user` is empty, so no token would name anybody".into(),
        ),
        (
            "",
            format!("{{ {whole}, claims = {{ user = ['email', ''] }} }}"),
            "the name of a claim in `claims` cannot be empty".into(),
        ),
        (
            ".claims.user",
            format!("{{ {whole}, claims = {{ user = false }} }}"),
            "a string or a list of strings".into(),
        ),
        (
            ".claims.name",
            format!("{{ {whole}, claims = {{ name = true }} }}"),
            "`true` is not the name of a claim".into(),
        ),
        (
            ".claims.x",
            format!("{{ {whole}, claims = {{ x = 'y' }} }}"),
            "unknown field: found `x`, expected `one of `user`, `name`, `email`, `groups`, `subject``".into(),
        ),
        (
            "",
            format!("{{ {whole}, jwks_max_age = 0 }}"),
            "`jwks_max_age` and `jwks_refresh_interval` are 1 second or more".into(),
        ),
        (
            ".header",
            "{ header = 'remote.user', issuer = 'i', audience = 'a', jwks_file = 'keys' }".into(),
            "`remote.user` is the name of two headers, or an alias of another".into(),
        ),
    ];
    for (key, table, message) in cases {
        let recording = Recording::start();
        let database = Database::new();
        let issuer = SigningKey::new(Kind::Ed25519, "1");
        let file =
            |name, text: &str| std::fs::write(database.directory.path().join(name), text).expect("a file");
        file("keys", &jwks(&[issuer.jwk()]));
        file("text", "s3cret");
        file("symmetric", r#"{"keys":[{"kty":"oct","k":"czNjcmV0"}]}"#);
        file("private", &std::fs::read_to_string(issuer.private_key_file()).expect("a key"));
        file("broken", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n");
        let rocket = rocket(&database, &format!("{TABLE}jwt = {table}")).attach(RemoteUser::fairing());
        expect(&abort(&recording, &database, rocket), &format!("jwt{key}"), &message);
    }
    let lines = abort_by(&format!("{TABLE}missing_groups = 'deny'\njwt = {{ {whole} }}"));
    expect(&lines, "missing_groups", "`jwt.claims.groups` is off, so \"deny\" refuses everyone");
}

/// Every key that is about groups, with a value that names this one.
fn rules_about(group: &str) -> [(&'static str, String); 9] {
    let group = toml_string(group);
    [
        ("staff_groups", format!("staff_groups = ['other', {group}]")),
        ("superuser_groups", format!("superuser_groups = [{group}]")),
        ("active_groups", format!("active_groups = [{group}]")),
        ("required_groups", format!("required_groups = [['other', {group}]]")),
        ("denied_groups", format!("denied_groups = [['other', {group}]]")),
        ("excluded_groups", format!("excluded_groups = [{group}]")),
        ("required_groups", format!("required_groups = ['other', {group}]")),
        ("denied_groups", format!("denied_groups = [{group}]")),
        ("group_permissions", format!("group_permissions = {{ other = ['x'], {group} = ['y'] }}")),
    ]
}

/// A string of TOML in which each character is escaped.
fn toml_string(text: &str) -> String {
    let escaped: String = text.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect();
    format!("\"{escaped}\"")
}

/// Expects that a launch is stopped by these keys beside a trusted proxy.
fn expect_abort(toml: &str, key: &str, message: &str) {
    let lines = abort_by(&format!("{TABLE}trusted_proxies = ['::1']\n{toml}"));
    expect(&lines, key, message);
}

/// Launches with these keys beside a trusted proxy.
fn launch(toml: &str) {
    let _recording = Recording::start();
    let database = Database::new();
    let rocket = rocket(&database, &format!("{TABLE}trusted_proxies = ['::1']\n{toml}"));
    let launch = Client::untracked(rocket.attach(RemoteUser::fairing()));
    assert!(launch.is_ok(), "{toml}");
}

#[test]
fn a_rule_about_a_name_that_the_map_takes_away_stops_the_launch() {
    let map = "group_map = { 'cn=crew' = 'crew', 'ou=crew' = 'crew' }";
    for (key, rule) in rules_about("cn=crew") {
        let message = "`group_map` makes \"crew\" of \"cn=crew\", so that the proxy puts nobody in \"cn=crew\": \
                       name \"crew\"";
        expect_abort(&format!("{map}\n{rule}"), key, message);
    }
    for (_, rule) in rules_about("crew") {
        launch(&format!("{map}\n{rule}"));
    }
    for (_, rule) in rules_about("a") {
        launch(&format!("group_map = {{ a = 'b', b = 'a' }}\n{rule}"));
        launch(&format!("group_map = {{ a = 'a' }}\n{rule}"));
    }
    for flag in ["staff_groups", "superuser_groups", "active_groups"] {
        launch(&format!("group_map = {{ '*' = 'crew' }}\n{flag} = ['*']"));
    }
}

#[test]
fn a_flag_of_an_excluded_group_stops_the_launch() {
    for (key, rule) in rules_about("wheel") {
        let toml = format!("excluded_groups = ['x', 'wheel']\n{rule}");
        match key {
            "excluded_groups" => {}
            "staff_groups" | "superuser_groups" | "active_groups" => {
                let message = "\"wheel\" is in `excluded_groups`, so that it gives nobody the flag";
                expect_abort(&toml, key, message);
            }
            _ => launch(&toml),
        }
    }
    expect_abort(
        "excluded_groups = ['a']\nstaff_groups = ['*', 'a']",
        "staff_groups",
        "\"a\" is in `excluded_groups`, so that it gives nobody the flag",
    );
}

#[test]
fn a_flag_by_groups_without_a_source_of_groups_stops_the_launch() {
    let message = "`headers.groups` is off, so that the flag would follow no groups and never be taken away: leave \
                   the key out, or set it to [\"*\"]";
    for off in ["headers = { groups = false }", "preset = 'tailscale'"] {
        for (key, rule) in rules_about("crew") {
            let toml = format!("{off}\n{rule}");
            match key {
                "staff_groups" | "superuser_groups" | "active_groups" => {
                    expect_abort(&toml, key, message);
                    expect_abort(&format!("{off}\n{key} = []"), key, message);
                    launch(&format!("{off}\n{key} = ['*']"));
                }
                _ => launch(&toml),
            }
        }
        launch(off);
    }
}

#[test]
#[cfg(feature = "jwt")]
fn a_flag_by_groups_without_a_claim_of_groups_stops_the_launch() {
    let jwt = |claims: &str| {
        format!(
            "jwt = {{ header = 'X-Assertion', issuer = 'i', audience = 'a', \
             jwks_url = 'https://issuer.example/keys', claims = {{ {claims} }} }}"
        )
    };
    for key in ["staff_groups", "superuser_groups", "active_groups"] {
        let message = "`jwt.claims.groups` is off, so that the flag would follow no groups and never be taken away: \
                       leave the key out, or set it to [\"*\"]";
        expect_abort(&format!("{key} = ['crew']\n{}", jwt("name = 'name'")), key, message);
        launch(&format!("{key} = ['*']\n{}", jwt("name = 'name'")));
        launch(&format!("{key} = ['crew']\nheaders = {{ groups = false }}\n{}", jwt("groups = 'groups'")));
    }
}

#[test]
fn a_name_of_a_group_that_nobody_could_be_in_stops_the_launch() {
    let long = "x".repeat(151);
    let unseen = "holds a character that nobody can see";
    let padded = "is blank, or has white space around it";
    let placeholder = "holds a placeholder that the proxy did not expand";
    let cases = [
        ("", padded),
        (" ", padded),
        (" a", padded),
        ("a\t", padded),
        ("a\u{a0}", padded),
        ("\u{2800}a", unseen),
        ("a\0b", unseen),
        ("a\u{202e}b", unseen),
        ("a\u{200b}b", unseen),
        ("zoe\u{308}", "is not in Unicode's form NFC"),
        ("-", placeholder),
        ("{groups}", placeholder),
        ("$groups", placeholder),
        (&long, "is longer than 150 characters"),
    ];
    for (group, fault) in cases {
        let message = format!("{group:?} is no name of a group: it {fault}");
        for (key, rule) in rules_about(group) {
            expect_abort(&rule, key, &message);
        }
        let quoted = toml_string(group);
        expect_abort(&format!("group_map = {{ a = 'b', {quoted} = 'b' }}"), "group_map", &message);
        expect_abort(&format!("group_map = {{ a = 'b', c = {quoted} }}"), "group_map", &message);
    }
    let short = "limits = { group = 5 }\n";
    expect_abort(
        &format!("{short}denied_groups = ['banned']"),
        "denied_groups",
        "\"banned\" is no name of a group: it is longer than 5 characters",
    );
    for group in [&long[1..], "a,b", "\"", "\\", "zo\u{eb}", "❤\u{fe0f}", "cn=a,ou=b", "100%"] {
        for (_, rule) in rules_about(group) {
            launch(&rule);
        }
        launch(&format!("group_map = {{ {0} = {0} }}", toml_string(group)));
    }
}

#[test]
fn a_map_that_alone_counts_names_every_group_of_a_rule() {
    expect_abort(
        "group_map_only = true",
        "group_map_only",
        "`group_map` is empty, so that no group would count",
    );
    expect_abort(
        "group_map_only = 1",
        "group_map_only",
        "invalid type: found signed int `1`, expected a boolean",
    );
    let map = "group_map_only = true\ngroup_map = { 'cn=crew' = 'crew', 'cn=other' = 'other' }";
    let unmapped = "`group_map_only` is set, and `group_map` gives nobody the group \"mates\"";
    for (key, rule) in rules_about("mates") {
        match key {
            "staff_groups" | "superuser_groups" | "active_groups" => {
                let message = format!("{unmapped}: make it a value of `group_map`");
                expect_abort(&format!("{map}\n{rule}"), key, &message);
                launch(&format!("{map}\n{key} = ['*', 'crew']"));
                if key != "active_groups" {
                    launch(&format!("{map}\n{key} = []"));
                }
            }
            "excluded_groups" => launch(&format!("{map}\n{rule}")),
            _ => {
                let message = format!(
                    "{unmapped}: make it a value of `group_map`, or put it in `excluded_groups` if you keep its \
                     members here"
                );
                for beside in ["", "keep_local_groups = true", "missing_groups = 'keep'"] {
                    expect_abort(&format!("{map}\n{rule}\n{beside}"), key, &message);
                }
                launch(&format!("{map}\n{rule}\nexcluded_groups = ['mates']"));
                launch(&format!("{}\n{rule}", map.replacen("true", "false", 1)));
            }
        }
    }
    for (_, rule) in rules_about("crew") {
        launch(&format!("{map}\n{rule}"));
    }
}

#[test]
fn a_rule_that_denied_groups_make_void_stops_the_launch() {
    let nobody = "all of them are in `denied_groups`, so that nobody would be let in";
    for (required, denied) in [("'a'", "'a'"), ("'a', 'b'", "'b', 'c', 'a'")] {
        let toml = format!("required_groups = [{required}]\ndenied_groups = [{denied}]");
        expect_abort(&toml, "required_groups", nobody);
        expect_abort(&format!("{toml}\nexcluded_groups = ['a', 'b']"), "required_groups", nobody);
    }
    launch("required_groups = ['a', 'b']\ndenied_groups = ['b']");
    launch("required_groups = []\ndenied_groups = ['b']");

    let refused = "\"b\" is in `denied_groups`, so that whoever it would give anything to is refused";
    for flag in ["staff_groups", "superuser_groups", "active_groups"] {
        for groups in ["'b'", "'a', 'b'", "'*', 'b'"] {
            expect_abort(&format!("denied_groups = ['b', 'x']\n{flag} = [{groups}]"), flag, refused);
        }
        launch(&format!("denied_groups = ['b']\n{flag} = ['*', 'a']"));
    }
    let permissions = "group_permissions = { a = ['x'], b = ['y'] }";
    expect_abort(&format!("denied_groups = ['b']\n{permissions}"), "group_permissions", refused);
    launch(&format!("denied_groups = ['c']\n{permissions}"));
}

#[test]
fn a_rule_about_a_group_that_is_not_allowed_stops_the_launch() {
    let empty = "an empty list allows no group: name those that count, or leave the key out";
    expect_abort("groups_allowed = []", "groups_allowed", empty);
    for (pattern, fault) in
        [("", "is blank, or has white space around it"), ("zoe\u{308}*", "is not in Unicode's form NFC")]
    {
        let message = format!("{pattern:?} allows no name of a group: it {fault}");
        expect_abort(&format!("groups_allowed = [{}]", toml_string(pattern)), "groups_allowed", &message);
    }
    let long = "limits = { group = 5 }\ngroups_allowed = ['abcde*', '*abcd*e']".to_owned();
    launch(&long);
    expect_abort(
        &long.replace("abcde*", "abcdef*"),
        "groups_allowed",
        "\"abcdef*\" allows no name of a group: it is longer than 6 characters",
    );

    let message = "`groups_allowed` does not allow \"crew\", so that the proxy puts nobody in it: allow it";
    let allowed = "groups_allowed = ['app-*', 'other']";
    for (key, rule) in rules_about("crew") {
        match key {
            "excluded_groups" => launch(&format!("{allowed}\n{rule}")),
            "staff_groups" | "superuser_groups" | "active_groups" => {
                expect_abort(&format!("{allowed}\n{rule}"), key, message)
            }
            _ => {
                expect_abort(&format!("{allowed}\n{rule}"), key, message);
                launch(&format!("{allowed}\n{rule}\nexcluded_groups = ['crew']"));
            }
        }
        launch(&format!("groups_allowed = ['c*w', 'other']\n{rule}"));
    }
    expect_abort(&format!("{allowed}\ngroup_map = {{ x = 'crew' }}"), "group_map", message);
    expect_abort(
        "groups_allowed = ['x', 'crew']\ngroup_map = { x = 'crew' }",
        "groups_allowed",
        "`group_map` makes \"crew\" of \"x\", so that the proxy puts nobody in \"x\": name \"crew\"",
    );
    launch(&format!("{allowed}\nstaff_groups = ['*']\nsuperuser_groups = ['app-x']"));
}

#[test]
fn a_name_that_no_group_has_in_lower_case_stops_the_launch() {
    let lower = "group_case = 'lower'";
    let message = "`group_case` makes \"zürich\" of \"ZÜrich\": name \"zürich\"";
    for (key, rule) in rules_about("ZÜrich") {
        expect_abort(&format!("{lower}\n{rule}"), key, message);
        launch(&format!("{lower}\n{rule}\ngroup_map = {{ x = 'ZÜrich' }}"));
        launch(&rule);
    }
    expect_abort(&format!("{lower}\ngroup_map = {{ 'ZÜrich' = 'x' }}"), "group_map", message);
    expect_abort(
        &format!("{lower}\ngroups_allowed = ['App-*']"),
        "groups_allowed",
        "`group_case` makes \"app-*\" of \"App-*\": name \"app-*\"",
    );
    launch(&format!("{lower}\ngroups_allowed = ['App-*']\ngroup_map = {{ x = 'App-x' }}"));
    expect_abort(
        "group_case = 'upper'",
        "group_case",
        "unknown variant: found `upper`, expected ``preserve` or `lower``",
    );
}

#[test]
fn an_inner_list_that_can_never_hold_stops_the_launch() {
    for key in ["required_groups", "denied_groups"] {
        expect_abort(
            &format!("{key} = ['a', []]"),
            &format!("{key}.1"),
            "an inner list is all of its groups, and an empty one is everyone",
        );
        expect_abort(
            &format!("{key} = [1]"),
            &format!("{key}.0"),
            "invalid type: found signed int `1`, expected the name of a group, or a list of names",
        );
    }
    let nobody = "all of them are in `denied_groups`, so that nobody would be let in";
    for denied in ["['a', 'b']", "'b'"] {
        let toml = format!("required_groups = [['a', 'b']]\ndenied_groups = [{denied}]");
        expect_abort(&toml, "required_groups", nobody);
    }
    launch("required_groups = [['a', 'b']]\ndenied_groups = [['a', 'c'], ['a', 'b', 'c']]");
    launch("staff_groups = ['a']\ndenied_groups = [['a', 'c']]");
}

#[test]
fn a_flag_of_a_name_that_nobody_signs_in_by_stops_the_launch() {
    for key in ["staff_users", "superuser_users"] {
        for (beside, name) in [("", "ａｄａ"), ("", ""), ("", "a,b"), ("username_case = 'lower'", "Ada")] {
            let message = format!("nobody signs in by the name {name:?}, which is not in its canonical form");
            expect_abort(&format!("{beside}\n{key} = ['bob', '{name}']"), key, &message);
        }
        launch(&format!("{key} = ['Ada', 'zoë', 'CORP\\ada']"));
    }
}

#[test]
fn what_follows_from_an_absence_that_always_is_stops_the_launch() {
    for field in ["name", "email"] {
        let key = format!("missing_{field}");
        for (missing, consequence) in [
            ("clear", "\"clear\" removes what the application stores"),
            ("deny", "\"deny\" refuses everyone"),
        ] {
            let off = format!("headers = {{ {field} = false }}\n");
            let message = format!("`headers.{field}` is off, so {consequence}");
            expect_abort(&format!("{off}{key} = '{missing}'"), &key, &message);
            launch(&format!("{key} = '{missing}'"));
            launch(&format!("{off}{key} = 'keep'"));
        }
        let message = "invalid type: found signed int `1`, expected \"keep\", \"clear\" or \"deny\"";
        expect_abort(&format!("{key} = 1"), &key, message);
    }
    let message = "invalid type: found signed int `1`, expected \"anonymous\" or \"deny\"";
    expect_abort("missing_user = 1", "missing_user", message);
}

#[test]
fn a_name_of_nobody_that_no_user_could_have_stops_the_launch() {
    for (beside, name) in [("", "(null)"), ("", ""), ("", "a,b"), ("username_case = 'lower'", "Guest")] {
        let message =
            format!("{name:?} is no user name in canonical form, so that no request is nobody's by it");
        expect_abort(&format!("{beside}\nnobody = ['guest', '{name}']"), "nobody", &message);
    }
    launch("nobody = ['system:anonymous', 'Guest']");
}
