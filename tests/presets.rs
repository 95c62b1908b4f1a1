//! Each preset with the headers that the documentation of its product gives.

mod harness;

use harness::{App, Headers, PROXY, STRANGER};

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

/// <https://oauth2-proxy.github.io/oauth2-proxy/configuration/integration/>: the headers of
/// `set_xauthrequest`, which the proxy that asks passes on.
#[test]
fn oauth2_proxy_auth_request() {
    let sent = [
        ("X-Auth-Request-User", "7d3c5ba1"),
        ("X-Auth-Request-Preferred-Username", "ada"),
        ("X-Auth-Request-Email", "ada@example.com"),
        ("X-Auth-Request-Groups", "editors,authors"),
    ];
    let expected = ["7d3c5ba1", "ada", "ada@example.com", r#"["authors","editors"]"#];
    assert_eq!(sign_in("preset = 'oauth2-proxy-auth-request'", &sent), expected);
}

/// Each way of deployment sets the headers of its own preset alone, and deletes no others:
/// those of the other way are the client's.
#[test]
fn the_headers_of_another_way_of_deployment_sign_nobody_in() {
    let ways = [
        ("oauth2-proxy", "X-Auth-Request-User"),
        ("oauth2-proxy-auth-request", "X-Forwarded-User"),
        ("oauth2-proxy-auth-request", "X-User"),
        ("tailscale", "X-Webauth-User"),
        ("tailscale-nginx-auth", "Tailscale-User-Login"),
    ];
    for (preset, header) in ways {
        let app = App::launch(&format!("preset = '{preset}'"));
        app.get("/visitor", &[(header, "eve")]).is(200, "nobody");
        app.get("/me", &[(header, "eve")]).is(401, "401 Unauthorized");
        assert_eq!(app.database.dump(), [""; 0], "{preset}");
    }
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

/// <https://github.com/tailscale/tailscale/blob/main/cmd/nginx-auth/README.md>: the headers
/// that its configuration of nginx sets.
#[test]
fn tailscale_nginx_auth() {
    let sent = [
        ("X-Webauth-User", "xe@github"),
        ("X-Webauth-Name", "Xe Iaso"),
        ("X-Webauth-Login", "xe"),
        ("X-Webauth-Tailnet", "cetacean.org.github"),
        ("X-Webauth-Profile-Picture", "https://example.com/photo.jpg"),
    ];
    let expected = ["xe@github", "Xe Iaso", "null", "[]"];
    assert_eq!(sign_in("preset = 'tailscale-nginx-auth'", &sent), expected);
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

/// What a preset knows of its product: every header in which it says who somebody is.
struct Namespace {
    /// The preset, and what it needs beside it.
    keys: &'static str,
    /// The header and the value that sign somebody in.
    user: (&'static str, &'static str),
    /// The other headers that are read.
    read: &'static [&'static str],
    /// Those that are not.
    unread: &'static [&'static str],
    /// Headers of the product that say nothing of who is there.
    kept: &'static [&'static str],
}

/// The headers by name, from the documentation and the sources of each product.
const NAMESPACES: [Namespace; 12] = [
    Namespace {
        keys: "preset = 'authelia'",
        user: ("Remote-User", "ada"),
        read: &["Remote-Name", "Remote-Email", "Remote-Groups"],
        unread: &["Remote-Ip", "Remote-Mobile"],
        kept: &["X-Remote-User"],
    },
    Namespace {
        keys: "preset = 'authentik'",
        user: ("X-authentik-username", "ada"),
        read: &["X-authentik-name", "X-authentik-email", "X-authentik-groups"],
        unread: &[
            "X-authentik-uid",
            "X-authentik-entitlements",
            "X-authentik-jwt",
            "X-authentik-meta-jwks",
            "X-authentik-meta-outpost",
            "X-authentik-meta-provider",
            "X-authentik-meta-app",
            "X-authentik-meta-version",
        ],
        kept: &["X-Forwarded-Host"],
    },
    Namespace {
        keys: "preset = 'oauth2-proxy'",
        user: ("X-Forwarded-User", "ada"),
        read: &["X-Forwarded-Preferred-Username", "X-Forwarded-Email", "X-Forwarded-Groups"],
        unread: &[
            "X-Forwarded-Access-Token",
            "X-Auth-Request-User",
            "X-Auth-Request-Preferred-Username",
            "X-Auth-Request-Email",
            "X-Auth-Request-Groups",
            "X-Auth-Request-Access-Token",
            "X-Auth-Request-Redirect",
            "X-User",
            "X-Email",
            "X-Access-Token",
            "GAP-Auth",
            "GAP-Signature",
        ],
        kept: &["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Uri"],
    },
    Namespace {
        keys: "preset = 'oauth2-proxy-auth-request'",
        user: ("X-Auth-Request-User", "ada"),
        read: &["X-Auth-Request-Preferred-Username", "X-Auth-Request-Email", "X-Auth-Request-Groups"],
        unread: &[
            "X-Auth-Request-Access-Token",
            "X-Auth-Request-Redirect",
            "X-Forwarded-User",
            "X-Forwarded-Preferred-Username",
            "X-Forwarded-Email",
            "X-Forwarded-Groups",
            "X-Forwarded-Access-Token",
            "X-User",
            "X-Email",
            "X-Access-Token",
            "GAP-Auth",
            "GAP-Signature",
        ],
        kept: &["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Uri"],
    },
    Namespace {
        keys: "preset = 'tailscale'",
        user: ("Tailscale-User-Login", "ada@example.com"),
        read: &["Tailscale-User-Name"],
        unread: &[
            "Tailscale-User-Profile-Pic",
            "Tailscale-App-Capabilities",
            "Tailscale-Funnel-Request",
            "Tailscale-Headers-Info",
            "Tailscale-Ingress-Src",
            "Tailscale-User",
            "Tailscale-Login",
            "Tailscale-Name",
            "Tailscale-Tailnet",
            "Tailscale-Profile-Picture",
            "X-Webauth-User",
            "X-Webauth-Name",
            "X-Webauth-Login",
            "X-Webauth-Tailnet",
            "X-Webauth-Profile-Picture",
            "X-Webauth-Role",
        ],
        kept: &["X-Web"],
    },
    Namespace {
        keys: "preset = 'tailscale-nginx-auth'",
        user: ("X-Webauth-User", "ada@example.com"),
        read: &["X-Webauth-Name"],
        unread: &[
            "X-Webauth-Login",
            "X-Webauth-Tailnet",
            "X-Webauth-Profile-Picture",
            "X-Webauth-Email",
            "X-Webauth-Role",
            "Tailscale-User",
            "Tailscale-Login",
            "Tailscale-Name",
            "Tailscale-Tailnet",
            "Tailscale-Profile-Picture",
            "Tailscale-User-Login",
            "Tailscale-App-Capabilities",
        ],
        kept: &["X-Web"],
    },
    Namespace {
        keys: "preset = 'kubernetes'",
        user: ("X-Remote-User", "ada"),
        read: &["X-Remote-Group"],
        unread: &[
            "X-Remote-Uid",
            "X-Remote-Extra-Scopes",
            "X-Remote-Extra-Acme.com%2Fproject",
            "X-Remote-Groups",
            "Impersonate-User",
            "Impersonate-Group",
            "Impersonate-Uid",
            "Impersonate-Extra-Scopes",
        ],
        kept: &["Remote-User"],
    },
    Namespace {
        keys: "preset = 'cloudflare-access'\nunsigned = true",
        user: ("Cf-Access-Authenticated-User-Email", "ada@example.com"),
        read: &[],
        unread: &[
            "Cf-Access-Jwt-Assertion",
            "Cf-Access-Client-Id",
            "Cf-Access-Client-Secret",
            "Cf-Access-Token",
            "Cf-Client-Cert-Der-Base64",
            "Cf-Client-Cert-Sha256",
        ],
        kept: &["Cf-Ray", "Cf-Connecting-Ip", "Cf-Ipcountry"],
    },
    Namespace {
        keys: "preset = 'google-iap'\nunsigned = true",
        user: ("X-Goog-Authenticated-User-Email", "accounts.google.com:ada@example.com"),
        read: &[],
        unread: &[
            "X-Goog-Authenticated-User-Id",
            "X-Goog-IAP-JWT-Assertion",
            "X-Goog-IAP-Generated-Response",
            "X-Serverless-Authorization",
            "X-Appengine-User-Email",
            "X-Appengine-User-Id",
            "X-Appengine-User-Nickname",
            "X-Appengine-User-Is-Admin",
            "X-Appengine-User-Organization",
            "X-Appengine-Auth-Domain",
            "X-Appengine-Federated-Identity",
            "X-Appengine-Federated-Provider",
            "X-Appengine-Inbound-Appid",
            "X-Appengine-Inbound-User-Email",
        ],
        kept: &["X-Cloud-Trace-Context", "X-Appengine-User-IP", "X-Appengine-Country", "X-Appengine-Cron"],
    },
    Namespace {
        keys: "preset = 'aws-alb'\nunsigned = true",
        user: ("X-Amzn-Oidc-Identity", "ada"),
        read: &[],
        unread: &[
            "X-Amzn-Oidc-Data",
            "X-Amzn-Oidc-Accesstoken",
            "X-Amzn-Mtls-Clientcert",
            "X-Amzn-Mtls-Clientcert-Subject",
            "X-Amzn-Mtls-Clientcert-Issuer",
            "X-Amzn-Mtls-Clientcert-Serial-Number",
            "X-Amzn-Mtls-Clientcert-Validity",
            "X-Amzn-Mtls-Clientcert-Leaf",
        ],
        kept: &["X-Amzn-Trace-Id", "X-Amzn-Tls-Version"],
    },
    Namespace {
        keys: "preset = 'azure-easyauth'",
        user: ("X-MS-CLIENT-PRINCIPAL-NAME", "ada@contoso.com"),
        read: &[],
        unread: &[
            "X-MS-CLIENT-PRINCIPAL",
            "X-MS-CLIENT-PRINCIPAL-ID",
            "X-MS-CLIENT-PRINCIPAL-IDP",
            "X-MS-CLIENT-DISPLAY-NAME",
            "X-MS-TOKEN-AAD-ID-TOKEN",
            "X-MS-TOKEN-AAD-ACCESS-TOKEN",
            "X-MS-TOKEN-AAD-REFRESH-TOKEN",
            "X-MS-TOKEN-AAD-EXPIRES-ON",
            "X-MS-TOKEN-GOOGLE-ID-TOKEN",
            "X-MS-TOKEN-FACEBOOK-ACCESS-TOKEN",
            "X-ZUMO-AUTH",
            "X-ARR-ClientCert",
            "X-Forwarded-Client-Cert",
        ],
        kept: &["X-MS-Client-Request-Id"],
    },
    Namespace {
        keys: "preset = 'pomerium'\nunsigned = true",
        user: ("X-Pomerium-Claim-User", "ada"),
        read: &["X-Pomerium-Claim-Name", "X-Pomerium-Claim-Email", "X-Pomerium-Claim-Groups"],
        unread: &[
            "X-Pomerium-Jwt-Assertion",
            "X-Pomerium-Jwt-Assertion-For",
            "X-Pomerium-Claim-Sub",
            "X-Pomerium-Authorization",
            "X-Pomerium-Routing-Key",
        ],
        kept: &["X-Request-Id"],
    },
];

/// Sends `headers`, the user header as it is and all others as `eve`, and returns those that
/// a route can read.
fn readable(app: &App, peer: &str, user: Option<(&str, &str)>, headers: &[&str]) -> Vec<String> {
    let forged = headers.iter().map(|header| (*header, "eve"));
    let sent: Vec<_> = user.into_iter().chain(forged).collect();
    let reply = app.send(rocket::http::Method::Get, "/headers", &sent, peer);
    assert_eq!(reply.status, 200, "{sent:?} {}", reply.body);
    let seen: Vec<(String, String)> = rocket::serde::json::from_str(&reply.body).expect("JSON");
    assert_eq!(seen.len(), sent.len(), "{sent:?} {seen:?}");
    seen.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name).collect()
}

/// `names` in lower case, as a route reads them.
fn lower_case(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

/// `names` as gateways may spell them.
fn aliases(names: &[&str]) -> Vec<String> {
    let underscored = names.iter().map(|name| name.replace('-', "_"));
    underscored.chain(names.iter().map(|name| format!("HTTP-{name}"))).collect()
}

#[test]
fn every_header_of_a_product_is_blank_for_a_stranger_for_nobody_and_for_a_user() {
    for Namespace { keys, user, read, unread, kept } in NAMESPACES {
        let app = App::launch(keys);
        let aliases = aliases(unread);
        let unread: Vec<_> = unread.iter().copied().chain(aliases.iter().map(String::as_str)).collect();
        let all = [&unread, kept].concat();
        assert_eq!(readable(&app, STRANGER, None, &all), lower_case(kept), "{keys}, a stranger");
        assert_eq!(readable(&app, PROXY, None, &all), lower_case(kept), "{keys}, nobody");
        assert_eq!(app.database.dump(), [""; 0], "{keys}");
        let all = [read, all.as_slice()].concat();
        assert_eq!(readable(&app, PROXY, Some(user), &all), lower_case(kept), "{keys}, a user");
    }
}

#[test]
fn a_product_s_headers_are_blank_though_others_are_read_instead() {
    let others = "headers = { user = 'X-Own-User', name = false, email = false, groups = false }";
    for Namespace { keys, user: (user, _), read, unread, kept } in NAMESPACES {
        let app =
            App::launch(&format!("{keys}\n{others}\nstrip_prefix = {{ user = '' }}\nblank = ['X-Blank']"));
        let names = [&[user], read, unread].concat();
        let aliases = aliases(&names);
        let aliases = aliases.iter().map(String::as_str);
        let all: Vec<_> =
            names.iter().copied().chain(aliases).chain(["X-Blank"]).chain(kept.to_vec()).collect();
        assert_eq!(readable(&app, STRANGER, None, &all), lower_case(kept), "{keys}, a stranger");
        assert_eq!(readable(&app, PROXY, None, &all), lower_case(kept), "{keys}, nobody");
        assert_eq!(app.database.dump(), [""; 0], "{keys}");
        let own = Some(("X-Own-User", "ada"));
        assert_eq!(readable(&app, PROXY, own, &all), lower_case(kept), "{keys}, a user");
        let sent: Vec<_> = own.into_iter().chain(all.iter().map(|name| (*name, "eve"))).collect();
        assert_eq!(app.me(&sent)["username"], "ada", "{keys}");
    }
}

#[test]
fn a_header_that_is_turned_off_beside_a_preset_is_blank() {
    let app = App::launch("preset = 'authentik'\nheaders = { name = false, email = false, groups = false }");
    let sent = ["X-authentik-name", "X-authentik-email", "X-authentik-groups", "X-Other"];
    for (peer, user) in [(STRANGER, None), (PROXY, None), (PROXY, Some(("X-authentik-username", "ada")))] {
        assert_eq!(readable(&app, peer, user, &sent), ["x-other"]);
    }
}

#[test]
fn the_key_blank_adds_to_those_of_a_preset_and_may_name_them_again() {
    for blank in
        ["[]", "['X-authentik-uid', 'X-Own-*']", "['X-Auth*', 'X_Own_Id']", "['X-authentik-*', 'X-Own*']"]
    {
        let app = App::launch(&format!("preset = 'authentik'\nblank = {blank}"));
        let sent = ["X-authentik-uid", "X-authentik-jwt", "X-Own-Id", "X-Other"];
        let expected: &[_] = if blank == "[]" { &["x-own-id", "x-other"] } else { &["x-other"] };
        assert_eq!(readable(&app, PROXY, Some(("X-authentik-username", "ada")), &sent), expected, "{blank}");
    }
}

#[test]
fn a_prefix_does_not_keep_what_it_includes_from_being_read() {
    let app = App::launch(
        "blank = ['Remote*', 'X-*']\n\
         proxy_secret = { values = ['lt9KFYCpx89GT5vazaoVy54J5lSMtgNrzPMmqgnany99'] }",
    );
    let secret = ("X-Proxy-Secret", "lt9KFYCpx89GT5vazaoVy54J5lSMtgNrzPMmqgnany99");
    let sent = [secret, ("Remote-User", "ada"), ("Remote-Role", "eve"), ("X-Real-IP", "192.0.2.1")];
    assert_eq!(app.me(&sent)["username"], "ada");
    let blank = r#"[["x-proxy-secret",""],["remote-user",""],["remote-role",""],["x-real-ip",""]]"#;
    app.get("/headers", &sent).is(200, blank);
    app.get("/me", &[secret, ("Remote-User", "ada"), ("Remote_User", "eve")])
        .is(400, "header `Remote-User` was sent under another spelling of its name");
}
