//! Each preset with the headers that the documentation of its product gives.

mod harness;

use harness::{App, Headers};

/// What `/me` says of the user whom `headers` sign in under `preset`:
/// `username`, `name`, `email` and `groups`.
fn sign_in(toml: &str, headers: Headers<'_>) -> [String; 4] {
    let app = App::launch(&format!("{toml}\ncreate_groups = true"));
    let me = app.me(headers);
    ["username", "name", "email", "groups"]
        .map(|key| me[key].as_str().map_or(me[key].to_string(), String::from))
}

/// <https://www.authelia.com/integration/trusted-header-sso/introduction/>
#[test]
fn authelia() {
    let sent = [
        ("Remote-User", "john"),
        ("Remote-Groups", "admin,dev"),
        ("Remote-Name", "John Smith"),
        ("Remote-Email", "jsmith@example.com"),
    ];
    let expected = ["john", "John Smith", "jsmith@example.com", r#"["admin","dev"]"#];
    assert_eq!(sign_in("preset = 'authelia'", &sent), expected);
}

/// <https://docs.goauthentik.io/add-secure-apps/providers/proxy/>
#[test]
fn authentik() {
    let sent = [
        ("X-authentik-username", "akadmin"),
        ("X-authentik-groups", "foo|bar|baz"),
        ("X-authentik-email", "root@localhost"),
        ("X-authentik-name", "authentik Default Admin"),
        ("X-authentik-uid", "900347b8a29876b45ca6f75722635ecfedf0e931c6022e3a29a8aa13fb5516fb"),
        ("X-authentik-meta-outpost", "authentik Embedded Outpost"),
        ("X-authentik-meta-app", "test"),
    ];
    let expected = ["akadmin", "authentik Default Admin", "root@localhost", r#"["bar","baz","foo"]"#];
    assert_eq!(sign_in("preset = 'authentik'", &sent), expected);
}

/// <https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/>: the
/// headers of `pass_user_headers`, the default.
#[test]
fn oauth2_proxy() {
    let sent = [
        ("X-Forwarded-User", "7d3c5ba1"),
        ("X-Forwarded-Preferred-Username", "ada"),
        ("X-Forwarded-Email", "ada@example.com"),
        ("X-Forwarded-Groups", "editors,authors"),
        ("X-Forwarded-For", "192.0.2.7"),
    ];
    let expected = ["7d3c5ba1", "ada", "ada@example.com", r#"["authors","editors"]"#];
    assert_eq!(sign_in("preset = 'oauth2-proxy'", &sent), expected);
}

/// <https://tailscale.com/s/serve-headers>: ASCII as it is, and all else in
/// encoded-words of RFC 2047.
#[test]
fn tailscale() {
    let sent = [
        ("Tailscale-User-Login", "alice@example.com"),
        ("Tailscale-User-Name", "=?utf-8?q?Kr=C5=ABmi=C5=86a?="),
        ("Tailscale-User-Profile-Pic", "https://example.com/photo.jpg"),
        ("Tailscale-Headers-Info", "https://tailscale.com/s/serve-headers"),
    ];
    let expected = ["alice@example.com", "Krūmiņa", "null", "[]"];
    assert_eq!(sign_in("preset = 'tailscale'", &sent), expected);
    let sent = [("Tailscale-User-Login", "alice@example.com"), ("Tailscale-User-Name", "Alice Smith")];
    assert_eq!(sign_in("preset = 'tailscale'", &sent)[1], "Alice Smith");
}

/// <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy>:
/// only the keys of `X-Remote-Extra-` are percent-encoded.
#[test]
fn kubernetes() {
    let sent = [
        ("X-Remote-User", "fido"),
        ("X-Remote-Group", "dogs"),
        ("X-Remote-Group", "dachshunds"),
        ("X-Remote-Extra-Acme.com%2Fproject", "some-project"),
        ("X-Remote-Extra-Scopes", "openid"),
        ("X-Remote-Extra-Scopes", "profile"),
    ];
    let expected = ["fido", "null", "null", r#"["dachshunds","dogs"]"#];
    assert_eq!(sign_in("preset = 'kubernetes'", &sent), expected);
}

/// <https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/>
#[test]
fn cloudflare_access_unsigned() {
    let sent =
        [("Cf-Access-Authenticated-User-Email", "user@example.com"), ("Cf-Ray", "230b030023ae2822-SJC")];
    let expected = ["user@example.com", "null", "null", "[]"];
    assert_eq!(sign_in("preset = 'cloudflare-access'\nunsigned = true", &sent), expected);
}

/// <https://cloud.google.com/iap/docs/identity-howto>: with the namespace
/// prefix.
#[test]
fn google_iap_unsigned() {
    let sent = [
        ("X-Goog-Authenticated-User-Email", "accounts.google.com:example@gmail.com"),
        ("X-Goog-Authenticated-User-Id", "accounts.google.com:userIDvalue"),
    ];
    let expected = ["example@gmail.com", "null", "null", "[]"];
    assert_eq!(sign_in("preset = 'google-iap'\nunsigned = true", &sent), expected);

    let by_id =
        "headers = { user = 'X-Goog-Authenticated-User-Id', email = 'X-Goog-Authenticated-User-Email' }";
    let expected = ["userIDvalue", "null", "example@gmail.com", "[]"];
    assert_eq!(sign_in(&format!("preset = 'google-iap'\nunsigned = true\n{by_id}"), &sent), expected);

    let app = App::launch("preset = 'google-iap'\nunsigned = true");
    let fault = "does not begin with the prefix that `strip_prefix` says";
    app.get("/me", &[("X-Goog-Authenticated-User-Email", "example@gmail.com")])
        .is(400, &format!("header `X-Goog-Authenticated-User-Email` {fault}"));
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html>
#[test]
fn aws_alb_unsigned() {
    let sent = [
        ("x-amzn-oidc-identity", "a6c1d6f2-3f0b-4b1b-9d3e-5f1d5f6f2f6e"),
        ("x-amzn-oidc-accesstoken", "opaque"),
        ("x-amzn-oidc-data", "not.read.here"),
    ];
    let expected = ["a6c1d6f2-3f0b-4b1b-9d3e-5f1d5f6f2f6e", "null", "null", "[]"];
    assert_eq!(sign_in("preset = 'aws-alb'\nunsigned = true", &sent), expected);
}

/// <https://learn.microsoft.com/en-us/azure/app-service/configure-authentication-user-identities>
#[test]
fn azure_easyauth() {
    let sent = [
        ("X-MS-CLIENT-PRINCIPAL-NAME", "ada@contoso.com"),
        ("X-MS-CLIENT-PRINCIPAL-ID", "0b7a6b4e-11ec-4b39-9f0e-8d7a3f5d9c11"),
        ("X-MS-CLIENT-PRINCIPAL-IDP", "aad"),
        ("X-MS-CLIENT-PRINCIPAL", "eyJhdXRoX3R5cCI6ImFhZCJ9"),
    ];
    let expected = ["ada@contoso.com", "null", "null", "[]"];
    assert_eq!(sign_in("preset = 'azure-easyauth'", &sent), expected);
}

/// <https://www.pomerium.com/docs/reference/jwt-claim-headers>, with
/// `jwt_claims_headers: [user, name, email, groups]`.
#[test]
fn pomerium_unsigned() {
    let sent = [
        ("X-Pomerium-Claim-User", "google/117309"),
        ("X-Pomerium-Claim-Name", "Ada Lovelace"),
        ("X-Pomerium-Claim-Email", "user@example.com"),
        ("X-Pomerium-Claim-Groups", "editors,authors"),
    ];
    let expected = ["google/117309", "Ada Lovelace", "user@example.com", r#"["authors","editors"]"#];
    assert_eq!(sign_in("preset = 'pomerium'\nunsigned = true", &sent), expected);
}

#[test]
fn keys_beside_a_preset_win_one_by_one() {
    let sent = [("X-User", "ada"), ("X-authentik-name", "Ada"), ("X-authentik-groups", "a|b,c")];
    let overriding = |toml: &str| {
        let [username, name, _, groups] = sign_in(&format!("preset = 'authentik'\n{toml}"), &sent);
        [username, name, groups]
    };
    let expected = |groups: &str| ["ada".into(), "Ada".into(), String::from(groups)];
    assert_eq!(overriding("headers = { user = 'X-User' }"), expected(r#"["a","b,c"]"#));
    let separator = "headers = { user = 'X-User' }\ngroups_separator = ','";
    assert_eq!(overriding(separator), expected(r#"["a|b","c"]"#));
    assert_eq!(overriding("headers = { user = 'X-User', groups = false }"), expected("[]"));
}

#[test]
fn a_preset_of_an_inner_profile_is_completed_too() {
    let app = App::launch("groups_separator = ';'\n[debug.remote_user]\npreset = 'authentik'");
    let me = app.me(&[("X-authentik-username", "akadmin")]);
    assert_eq!(me["username"], "akadmin");
}

#[test]
fn the_headers_of_a_preset_are_guarded_like_any_others() {
    let app = App::launch("preset = 'kubernetes'");
    app.get("/me", &[("X-Remote-User", "fido"), ("X_Remote_Group", "system:masters")])
        .is(400, "header `X-Remote-Group` was sent under another spelling of its name");
    app.get("/me", &[("X-Remote-User", "fido"), ("X-Remote-User", "rex")])
        .is(400, "header `X-Remote-User` was sent more than once");
    app.get("/headers", &[("X-Remote-Group", "a"), ("X-Remote-Group", "b")])
        .is(200, r#"[["x-remote-group",""]]"#);
}

#[test]
fn what_else_a_product_says_of_who_is_there_is_blank() {
    let cases = [
        ("authentik", "x-authentik-uid"),
        ("kubernetes", "x-remote-uid"),
        ("azure-easyauth", "x-ms-client-principal"),
        ("azure-easyauth", "x-ms-client-principal-id"),
        ("google-iap'\nunsigned = true #", "x-goog-authenticated-user-id"),
    ];
    for (preset, header) in cases {
        let app = App::launch(&format!("preset = '{preset}'"));
        for peer in [harness::PROXY, harness::STRANGER] {
            let sent = [(header, "eve"), ("x-other", "kept")];
            let reply = app.send(rocket::http::Method::Get, "/headers", &sent, peer);
            reply.is(200, &format!(r#"[["{header}",""],["x-other","kept"]]"#));
        }
    }
}
