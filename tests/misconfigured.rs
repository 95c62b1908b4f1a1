//! A launch that a bad proof of the proxy stops.

mod harness;

use harness::Database;
use harness::launch::{TABLE, abort, abort_by, expect, rocket};
use harness::log::Recording;
use rocket_remote_user::RemoteUser;

#[test]
fn a_bad_secret_says_what_is_wrong_and_never_what_it_is() {
    let no_secret = "no secret is configured: set `values` or `values_file`";
    let long = format!("s3cret{}", "0".repeat(26));
    let short = "is shorter than 32 characters";
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
        ("", "{ values_file = 'blank' }", no_secret.into()),
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
        file("blank", "\n \r\n").expect("a file");
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
    let cases = [
        ("", "", "any certificate would do: set `common_names`, `dns_names` or `fingerprints`".to_owned()),
        ("", "common_names = []", "`common_names` is empty, so no certificate would do".into()),
        (
            "",
            "common_names = ['proxy'], dns_names = []",
            "`dns_names` is empty, so no certificate would do".into(),
        ),
        ("", "fingerprints = []", "`fingerprints` is empty, so no certificate would do".into()),
        ("", "dns_names = ['a', ' ']", "a name in `dns_names` is blank".into()),
        ("", "common_names = ['']", "a name in `common_names` is blank".into()),
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
