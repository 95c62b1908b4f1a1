//! A token that the proxy signed: what it says, and what it must be.

mod harness;

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE as BASE64_PADDED, URL_SAFE_NO_PAD as BASE64};
use harness::issuer::{AUDIENCE, ISSUER, Kind, SigningKey, claims, claims_but, encode, jwks, now};
use harness::log::Recording;
use harness::{App, Headers, PROXY, STRANGER};
use rocket::http::Method::Get;
use rocket::serde::json::{Value, json};

const HEADER: &str = "X-Assertion";
const ALGORITHMS: [(Kind, &str); 9] = [
    (Kind::Rsa, "RS256"),
    (Kind::Rsa, "RS384"),
    (Kind::Rsa, "RS512"),
    (Kind::Rsa, "PS256"),
    (Kind::Rsa, "PS384"),
    (Kind::Rsa, "PS512"),
    (Kind::P256, "ES256"),
    (Kind::P384, "ES384"),
    (Kind::Ed25519, "EdDSA"),
];

/// An application that believes the tokens of `keys`, with further keys of
/// `[default.remote_user.jwt]`.
fn launch(keys: &[Value], toml: &str) -> App {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("jwks.json");
    fs::write(&file, jwks(keys)).expect("a file");
    launch_with(&format!("jwks_file = '{}'\n{toml}", file.display()))
}

fn launch_with(toml: &str) -> App {
    let claims = "claims = { name = 'name', email = 'email', groups = 'groups' }";
    let claims = if toml.contains("claims") { "" } else { claims };
    App::launch_exactly(&format!(
        "[default.remote_user.jwt]\nheader = '{HEADER}'\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n{claims}\n{toml}"
    ))
}

fn token(value: &str) -> [(&str, &str); 1] {
    [(HEADER, value)]
}

#[test]
fn a_token_of_every_algorithm_says_who_is_there() {
    for kind in [Kind::Rsa, Kind::P256, Kind::P384, Kind::Ed25519] {
        let key = SigningKey::new(kind, "1");
        let of_set = launch(&[key.jwk()], "");
        let of_file = launch_with(&format!("public_key_file = '{}'", key.public_key_file().display()));
        for (_, algorithm) in ALGORITHMS.into_iter().filter(|(of, _)| *of == kind) {
            let signed = key.token(algorithm, &claims());
            for app in [&of_set, &of_file] {
                app.database.sql("INSERT OR IGNORE INTO remote_groups (name) VALUES ('editors')");
                let ada = app.me(&token(&signed));
                let expected = json!({
                    "id": 1, "username": "ada", "name": "Ada Lovelace", "email": "ada@example.com",
                    "groups": ["editors"], "staff": false, "superuser": false,
                });
                assert_eq!(ada, expected, "{algorithm}");
            }
        }
    }
}

#[test]
fn no_token_or_a_blank_one_is_nobody() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    for headers in [&[][..], &token(""), &token(" "), &[("Remote-User", "ada")]] {
        app.get("/me", headers).is(401, "401 Unauthorized");
        app.get("/nobody", headers).is(200, "nobody");
    }
    assert_eq!(app.database.dump(), [""; 0]);
}

#[test]
fn the_token_alone_is_heard_and_plain_headers_are_blank() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let signed = key.token("ES256", &claims());
    let beside: [Headers<'_>; 5] = [
        &[("Remote-User", "eve")],
        &[("Remote-User", "eve"), ("Remote-User", "eve")],
        &[("Remote_User", "eve"), ("Remote-Name", "Eve")],
        &[("Remote-User", "\u{200b}"), ("Remote-Groups", "admins")],
        &[("Remote-User", "eve"), ("Connection", "Remote-User")],
    ];
    for headers in beside {
        let ada = app.me(&[headers, &token(&signed)].concat());
        assert_eq!((&ada["username"], &ada["name"]), (&json!("ada"), &json!("Ada Lovelace")), "{headers:?}");
        app.get("/me", headers).is(401, "401 Unauthorized");
    }
    let sent = [&token(&signed)[..], &[("Remote-User", "eve"), ("Remote_User", "eve")]].concat();
    app.get("/headers", &sent).is(200, r#"[["x-assertion",""],["remote-user",""],["remote_user",""]]"#);
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["ada"]);
}

#[test]
fn further_headers_of_the_product_are_blank_too() {
    let key = SigningKey::new(Kind::P256, "1");
    let of_google = "audience = 'a'\nalgorithms = ['ES256']";
    let app = App::launch_exactly(&format!(
        "preset = 'google-iap'\n[default.remote_user.jwt]\npublic_key_file = '{}'\n{of_google}",
        key.public_key_file().display()
    ));
    let id =
        [("X-Goog-Authenticated-User-Id", "eve"), ("x_goog_authenticated_user_id", "eve"), ("X-Id", "eve")];
    let blank = r#"[["x-goog-authenticated-user-id",""],["x_goog_authenticated_user_id",""],["x-id","eve"]]"#;
    app.get("/headers", &id).is(200, blank);

    let app = App::launch_exactly(&format!(
        "blank = ['X-Id']\n[default.remote_user.jwt]\nheader = '{HEADER}'\nissuer = '{ISSUER}'\n\
         audience = '{AUDIENCE}'\npublic_key_file = '{}'",
        key.public_key_file().display()
    ));
    let signed = key.token("ES256", &claims());
    let sent =
        [&token(&signed)[..], &[("HTTP_X_ID", "eve"), ("X-Id", "eve"), ("X-Id", "eve"), ("X-Idea", "eve")]];
    let blank = r#"[["x-assertion",""],["http_x_id",""],["x-id",""],["x-idea","eve"]]"#;
    app.get("/headers", &sent.concat()).is(200, blank);
    assert_eq!(app.me(&sent.concat())["username"], "ada");
}

#[test]
fn the_token_of_a_product_is_blank_though_another_header_carries_the_one_that_is_read() {
    let key = SigningKey::new(Kind::P256, "1");
    let presets = [
        ("cloudflare-access", "Cf-Access-Jwt-Assertion", "Cf-Access-Authenticated-User-Email"),
        ("google-iap", "X-Goog-IAP-JWT-Assertion", "X-Goog-Authenticated-User-Email"),
        ("aws-alb", "X-Amzn-Oidc-Data", "X-Amzn-Oidc-Identity"),
        ("pomerium", "X-Pomerium-Jwt-Assertion", "X-Pomerium-Claim-User"),
    ];
    for (preset, token_header, user) in presets {
        let app = App::launch_exactly(&format!(
            "preset = '{preset}'\n[default.remote_user.jwt]\nheader = '{HEADER}'\nissuer = '{ISSUER}'\n\
             audience = '{AUDIENCE}'\nalgorithms = ['ES256']\nclaims = {{ user = 'sub' }}\npublic_key_file = '{}'",
            key.public_key_file().display()
        ));
        let signed = key.token("ES256", &claims());
        let forged = [(token_header, "eve"), (user, "eve"), ("X-Other", "kept")];
        let blank = format!(
            r#"["{}",""],["{}",""],["x-other","kept"]]"#,
            token_header.to_lowercase(),
            user.to_lowercase()
        );
        app.get("/headers", &forged).is(200, &format!("[{blank}"));
        let sent = [&token(&signed)[..], &forged].concat();
        app.get("/headers", &sent).is(200, &format!(r#"[["{}",""],{blank}"#, HEADER.to_lowercase()));
        assert_eq!(app.me(&sent)["username"], "ada", "{preset}");
    }
}

#[test]
fn credentials_of_the_application_in_a_header_that_is_blanked_are_blank() {
    let key = SigningKey::new(Kind::P256, "1");
    for (blank, value) in [("[]", "Basic YTpi"), ("['Authorization']", ""), ("['Auth*']", "")] {
        let app = App::launch_exactly(&format!(
            "blank = {blank}\n[default.remote_user.jwt]\nheader = 'Authorization'\nissuer = '{ISSUER}'\n\
             audience = '{AUDIENCE}'\npublic_key_file = '{}'",
            key.public_key_file().display()
        ));
        let basic = [("Authorization", "Basic YTpi")];
        app.get("/headers", &basic).is(200, &format!(r#"[["authorization","{value}"]]"#));
        app.get("/nobody", &basic).is(200, "nobody");
    }
}

/// A token that is signed with a secret.
fn hmac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("message"), &message).expect("a file");
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut openssl = std::process::Command::new("openssl");
    openssl.current_dir(directory.path()).args(["dgst", "-sha256", "-binary", "-mac", "HMAC"]);
    openssl.args(["-macopt", &format!("hexkey:{secret}"), "message"]);
    let signature = openssl.output().expect("openssl").stdout;
    assert_eq!(signature.len(), 32);
    format!("{message}.{}", BASE64.encode(signature))
}

#[test]
fn a_token_that_nobody_signed_is_refused() {
    let key = SigningKey::new(Kind::Rsa, "1");
    let other = SigningKey::new(Kind::Rsa, "1");
    let app = launch(&[key.jwk()], "");
    let good = key.token("RS256", &claims());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let pem = fs::read(key.public_key_file()).expect("a key");
    let modulus = key.jwk()["n"].as_str().expect("a modulus").to_owned();
    let eve = encode(&claims_but("sub", json!("eve")));
    let alg = |name: &str| json!({ "alg": name, "kid": "1" });
    let none = |name: &str| format!("{}.{payload}.", encode(&alg(name)));
    let embedded = json!({ "alg": "RS256", "kid": "2", "jwk": other.jwk(), "jku": "https://evil.example" });

    let algorithm = "is signed with an algorithm that is not accepted";
    let signed = "has a wrong signature";
    let unknown = "is signed by a key that is not known";
    let cases = [
        (none("none"), algorithm),
        (none("None"), algorithm),
        (none("NONE"), algorithm),
        (format!("{}.{payload}.{signature}", encode(&alg("none"))), algorithm),
        (hmac(&alg("HS256"), &claims(), &pem), algorithm),
        (hmac(&alg("HS256"), &claims(), pem.trim_ascii_end()), algorithm),
        (hmac(&alg("HS256"), &claims(), &BASE64.decode(&modulus).expect("bytes")), algorithm),
        (key.sign_message("RS256", format!("{}.{payload}", encode(&alg("ES512")))), algorithm),
        (key.sign_message("RS256", format!("{}.{payload}", encode(&alg("RS512")))), signed),
        (key.sign_message("RS256", format!("{}.{payload}", encode(&alg("PS256")))), signed),
        (key.sign_message("RS256", format!("{}.{payload}", encode(&alg("ES256")))), unknown),
        (other.token("RS256", &claims()), signed),
        (format!("{header}.{eve}.{signature}"), signed),
        (format!("{}.{payload}.{signature}", encode(&json!({ "alg": "RS256" }))), signed),
        (format!("{header}.{payload}."), signed),
        (format!("{header}.{payload}.{}", &signature[..340]), signed),
        (format!("{header}.{payload}.{signature}{signature}AA"), signed),
        (key.sign(&json!({ "alg": "RS256", "kid": "2" }), &claims()), unknown),
        (other.sign(&embedded, &claims()), unknown),
    ];
    for (value, message) in cases {
        app.get("/public", &token(&value)).is(403, &format!("header `{HEADER}` {message}"));
    }
    assert_eq!(app.database.dump(), [""; 0]);
    assert_eq!(app.me(&token(&good))["username"], "ada");
}

#[test]
fn what_is_no_token_is_refused() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let good = key.token("ES256", &claims());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let signed = |header: Value, payload: &str| {
        let message = format!("{}.{}", encode(&header), BASE64.encode(payload));
        key.sign_message("ES256", message)
    };
    let with = |name: &str, value: Value| {
        let mut header = json!({ "alg": "ES256", "kid": "1" });
        header[name] = value;
        signed(header, &claims().to_string())
    };
    let unreadable = "is not a signed token that can be read";
    let cases = [
        ("ada".into(), unreadable),
        ("..".into(), unreadable),
        ("Bearer ".into(), unreadable),
        (format!("{header}.{payload}"), unreadable),
        (format!("{good}.{signature}"), unreadable),
        (format!("{header}.{payload}.{signature}.{header}.{payload}"), unreadable),
        (format!(".{good}"), unreadable),
        (format!("{header}.{payload}.{signature}!"), unreadable),
        (format!("{header}.{payload}.{signature} x"), unreadable),
        (format!("{header} .{payload}.{signature}"), unreadable),
        (format!("Basic {good}"), unreadable),
        (format!("Bearer Bearer {good}"), unreadable),
        (with("crit", json!(["exp"])), unreadable),
        (with("crit", json!([])), unreadable),
        (with("crit", Value::Null), unreadable),
        (with("b64", json!(false)), unreadable),
        (with("enc", json!("A256GCM")), unreadable),
        (with("zip", json!("DEF")), unreadable),
        (with("alg", json!(256)), unreadable),
        (with("kid", json!(1)), unreadable),
        (signed(json!({ "kid": "1" }), &claims().to_string()), unreadable),
        (signed(json!(["ES256"]), &claims().to_string()), unreadable),
        (signed(json!(["ES256", "1", null]), &claims().to_string()), unreadable),
        (signed(json!({ "alg": "ES256", "kid": "1" }), "[]"), unreadable),
        (signed(json!({ "alg": "ES256", "kid": "1" }), "ada"), unreadable),
        (signed(json!({ "alg": "ES256", "kid": "1" }), ""), unreadable),
        ("a".repeat(16_385), "is longer than 16384 characters"),
        (key.token("ES256", &claims_but("x", json!("x".repeat(13_000)))), "is longer than 16384 characters"),
    ];
    for (value, message) in cases {
        app.get("/public", &token(&value)).is(400, &format!("header `{HEADER}` {message}"));
    }
    let headers: [(Headers<'_>, &str); 5] = [
        (&[(HEADER, &good), (HEADER, &good)], "was sent more than once"),
        (&[(HEADER, ""), (HEADER, &good)], "was sent more than once"),
        (&[("X_Assertion", &good)], "was sent under another spelling of its name"),
        (&[(HEADER, &good), ("HTTP_X_ASSERTION", "")], "was sent under another spelling of its name"),
        (&[(HEADER, &good), ("Connection", "x-assertion")], "is named by a `Connection` header"),
    ];
    for (headers, message) in headers {
        app.get("/public", headers).is(400, &format!("header `{HEADER}` {message}"));
    }
    assert_eq!(app.database.dump(), [""; 0]);
}

#[test]
fn a_token_for_another_use_is_refused() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let of_type = |typ: Value| key.sign(&json!({ "alg": "ES256", "kid": "1", "typ": typ }), &claims());
    for typ in ["JWT", "jwt", "application/jwt", "Application/JWT", "at+jwt", "AT+JWT", "application/at+jwt"]
    {
        assert_eq!(app.me(&token(&of_type(json!(typ))))["username"], "ada", "{typ}");
    }
    let others = [
        "logout+jwt",
        "application/logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "DPoP+JWT",
        "entity-statement+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "JOSE",
        "JWT ",
        " jwt",
        "text/jwt",
        "application/application/jwt",
        "jwt; charset=utf-8",
        "",
    ];
    for typ in others {
        let refused = format!("header `{HEADER}` is a token for another use");
        app.get("/public", &token(&of_type(json!(typ)))).is(403, &refused);
    }
    for typ in [Value::Null, json!(1), json!(["JWT"])] {
        let refused = format!("header `{HEADER}` is not a signed token that can be read");
        app.get("/public", &token(&of_type(typ))).is(400, &refused);
    }
    assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["ada"]);
}

#[test]
fn a_token_with_a_member_that_is_there_twice_is_refused() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let header = r#"{"alg":"ES256","kid":"1"}"#;
    let claims = claims().to_string();
    let with =
        |text: &str, member: &str| format!("{},{member}}}", text.strip_suffix('}').expect("an object"));
    assert_eq!(app.me(&token(&key.sign_text("ES256", header, &claims)))["username"], "ada");
    let of_header = [
        r#""alg":"ES256""#,
        r#""alg":"none""#,
        r#""kid":"2""#,
        r#""k\u0069d":"1""#,
        r#""x":1,"x":1"#,
        r#""x":{"y":1,"y":2}"#,
    ];
    let of_claims = [
        r#""sub":"eve""#,
        r#""sub":"ada""#,
        r#""s\u0075b":"eve""#,
        r#""aud":"other""#,
        r#""exp":4102444800"#,
        r#""groups":["admins"]"#,
        r#""x":1,"x":2"#,
        r#""x":[{"y":1,"y":2}]"#,
    ];
    let doubled = of_header.iter().map(|member| (with(header, member), claims.clone()));
    let doubled = doubled.chain(of_claims.iter().map(|member| (header.to_owned(), with(&claims, member))));
    for (header, claims) in doubled {
        let signed = key.sign_text("ES256", &header, &claims);
        let refused = format!("header `{HEADER}` is not a signed token that can be read");
        app.get("/public", &token(&signed)).is(400, &refused);
    }
}

#[test]
fn credentials_of_the_application_in_authorization_are_left_to_it() {
    let key = SigningKey::new(Kind::P256, "1");
    let launch = |toml: &str| {
        App::launch_exactly(&format!(
            "{toml}\n[default.remote_user.jwt]\nheader = 'authorization'\nissuer = '{ISSUER}'\n\
             audience = '{AUDIENCE}'\npublic_key_file = '{}'",
            key.public_key_file().display()
        ))
    };
    let good = key.token("ES256", &claims());
    let strange = key.token("ES256", &claims_but("iss", json!("https://other.example")));
    let unsigned = format!("{}.{}.", encode(&json!({ "alg": "none" })), encode(&claims()));
    let app = launch("");
    let ignoring = launch("trusted_proxies = ['127.0.0.1']\nuntrusted = 'ignore'");
    let rejecting = launch("trusted_proxies = ['127.0.0.1']");
    let others = [
        "Basic YWRhOnNlY3JldA==".to_owned(),
        "Bearer opaque".into(),
        "Bearer a.b".into(),
        "Bearer a.b.c.d.e".into(),
        "Bearer ..".into(),
        "Bearer a..c".into(),
        "Bearer v4.local.AAAAAAAAAAAA".into(),
        "Bearer abc1.def2.ghi3".into(),
        "Bearer eyJh+/.eyJh.AAAA".into(),
        "Bearer".into(),
        "bearer 1234-5678_9/+=".into(),
        format!("DPoP {good}"),
        format!("Basic {good}"),
        format!("Bearer {good}, Bearer {good}"),
        format!("Digest username=\"{good}\""),
        good.clone(),
    ];
    for value in &others {
        let shown = json!([["authorization", value]]).to_string();
        for (app, peer) in [(&app, PROXY), (&ignoring, STRANGER), (&rejecting, STRANGER)] {
            let sent = [("Authorization", &**value)];
            app.send(Get, "/nobody", &sent, peer).is(200, "nobody");
            app.send(Get, "/headers", &sent, peer).is(200, &shown);
        }
    }
    let twice = [("Authorization", "Basic YQ=="), ("Authorization", "Bearer opaque")];
    app.get("/headers", &twice)
        .is(200, r#"[["authorization","Basic YQ=="],["authorization","Bearer opaque"]]"#);

    for scheme in ["Bearer", "bearer", "BEARER "] {
        let sent = [("Authorization", &*format!("{scheme} {good}"))];
        assert_eq!(app.me(&sent)["username"], "ada", "{scheme}");
        app.get("/headers", &sent).is(200, r#"[["authorization",""]]"#);
        ignoring.send(Get, "/headers", &sent, STRANGER).is(200, r#"[["authorization",""]]"#);
        let untrusted = "header `authorization` comes from a peer that is no trusted proxy";
        rejecting.send(Get, "/public", &sent, STRANGER).is(403, untrusted);
    }
    let bearer = |token: &str| format!("Bearer {token}");
    let (good, strange, unsigned) = (bearer(&good), bearer(&strange), bearer(&unsigned));
    let spaced = format!("Bearer {}.e30.AAAA", BASE64.encode("   \n{}"));
    let refused: [(Headers<'_>, u16, &str); 9] = [
        (&[("Authorization", &spaced)], 400, "is not a signed token that can be read"),
        (&[("Authorization", "Bearer e30=.e30.")], 400, "is not a signed token that can be read"),
        (&[("Authorization", &strange)], 403, "is of another issuer"),
        (&[("Authorization", &unsigned)], 403, "is signed with an algorithm that is not accepted"),
        (&[("Authorization", "Bearer eyJh.b.c")], 400, "is not a signed token that can be read"),
        (&[("Authorization", &good), ("Authorization", "Basic YQ==")], 400, "was sent more than once"),
        (&[("Authorization", "Basic YQ=="), ("Authorization", &good)], 400, "was sent more than once"),
        (&[("HTTP_AUTHORIZATION", "Basic YQ==")], 400, "was sent under another spelling of its name"),
        (
            &[("Authorization", &good), ("Connection", "authorization")],
            400,
            "is named by a `Connection` header",
        ),
    ];
    for (headers, status, message) in refused {
        app.get("/public", headers).is(status, &format!("header `authorization` {message}"));
    }
}

#[test]
fn the_first_claim_that_is_there_names_the_user() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "claims = { user = ['email', '/service/name', 'common_name'] }");
    let claim = "lacks a claim that is asked for, or has one of another type";
    let cases = [
        (json!({ "email": "ada@example.com", "common_name": "eve" }), Ok("ada@example.com")),
        (json!({ "common_name": "e367.access" }), Ok("e367.access")),
        (json!({ "email": "", "common_name": "e367.access" }), Ok("e367.access")),
        (json!({ "email": "  ", "common_name": "e367.access" }), Ok("e367.access")),
        (json!({ "email": null, "service": {}, "common_name": "e367.access" }), Ok("e367.access")),
        (json!({ "service": { "name": "robot" }, "common_name": "e367.access" }), Ok("robot")),
        (json!({}), Err(claim)),
        (json!({ "email": "", "common_name": "" }), Err(claim)),
        (json!({ "email": 1, "common_name": "eve" }), Err(claim)),
        (json!({ "email": ["ada@example.com"], "common_name": "eve" }), Err(claim)),
        (json!({ "email": false, "common_name": "eve" }), Err(claim)),
        (json!({ "email": "a,b", "common_name": "eve" }), Err("holds a comma")),
        (json!({ "email": "\t", "common_name": "eve" }), Err("holds a character that nobody can see")),
        (
            json!({ "email": "(null)", "common_name": "eve" }),
            Err("holds a placeholder that the proxy did not expand"),
        ),
    ];
    for (said, expected) in cases {
        let mut claims = claims_but("email", Value::Null);
        claims.as_object_mut().expect("claims").extend(said.as_object().expect("claims").clone());
        let signed = key.token("ES256", &claims);
        match expected {
            Ok(user) => assert_eq!(app.me(&token(&signed))["username"], user, "{said}"),
            Err(message) => {
                app.get("/public", &token(&signed)).is(400, &format!("header `{HEADER}` {message}"));
            }
        }
    }
}

#[test]
fn a_service_token_of_cloudflare_signs_its_machine_in() {
    let key = SigningKey::new(Kind::Rsa, "1");
    let app = App::launch_exactly(&format!(
        "preset = 'cloudflare-access'\n[default.remote_user.jwt]\npublic_key_file = '{}'\n\
         issuer = 'https://team.cloudflareaccess.com'\naudience = '32eafc76'",
        key.public_key_file().display()
    ));
    // As its documentation has it: no `email`, and a blank `sub`.
    let claims = json!({
        "type": "app", "aud": ["32eafc76"], "exp": now() + 300, "iss": "https://team.cloudflareaccess.com",
        "common_name": "e367826f93b8d71185e03fe518aff3b4.access", "iat": now(), "sub": "",
    });
    let me = app.me(&[("Cf-Access-Jwt-Assertion", &*key.token("RS256", &claims))]);
    let expected = json!("e367826f93b8d71185e03fe518aff3b4.access");
    assert_eq!((&me["username"], &me["email"]), (&expected, &json!(null)));
}

#[test]
fn a_verified_token_that_is_refused_is_told_with_whom_it_names() {
    let recording = Recording::start();
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let forged = SigningKey::new(Kind::P256, "1").token("ES256", &claims());
    let cases = [
        (key.token("ES256", &claims_but("exp", json!(1))), " for \"ada\"", "has expired"),
        (key.token("ES256", &claims_but("aud", json!("other"))), " for \"ada\"", "is for another audience"),
        (
            key.token("ES256", &claims_but("groups", json!(1))),
            " for \"ada\"",
            "lacks a claim that is asked for, or has one of another type",
        ),
        (
            key.token("ES256", &claims_but("sub", json!("a\u{202e}da"))),
            "",
            "holds a character that nobody can see",
        ),
        (forged, "", "has a wrong signature"),
    ];
    for (signed, user, message) in cases {
        recording.clear();
        app.get("/whom", &token(&signed));
        let line = format!("Refused GET /whom from {PROXY}{user}: header `{HEADER}` {message}.");
        let lines = recording.lines_of("rocket_remote_user").into_iter();
        assert_eq!(lines.filter(|line| line.contains("/whom")).collect::<Vec<_>>(), [line]);
    }
}

#[test]
fn the_longest_token_is_read() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let filled = |length: usize| claims_but("x", json!("x".repeat(length)));
    // 50 characters of header, 86 of signature, and two dots.
    let payload = 16_384 - 50 - 86 - 2;
    let length = (0..payload).find(|length| encode(&filled(*length)).len() == payload);
    let longest = key.token("ES256", &filled(length.expect("a length")));
    assert_eq!(longest.len(), 16_384);
    assert_eq!(app.me(&token(&longest))["username"], "ada");
}

#[test]
fn a_claim_that_is_wrong_is_refused() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let claim = "lacks a claim that is asked for, or has one of another type";
    let cases = [
        ("exp", json!(now() - 61), 403, "has expired"),
        ("exp", json!(now() as f64 - 61.5), 403, "has expired"),
        ("exp", json!(0), 403, "has expired"),
        ("exp", json!(-1), 403, "has expired"),
        ("exp", Value::Null, 400, claim),
        ("exp", json!((now() + 300).to_string()), 400, claim),
        ("exp", json!([now() + 300]), 400, claim),
        ("exp", json!(true), 400, claim),
        ("nbf", json!(now() + 90), 403, "is not valid yet"),
        ("nbf", json!("soon"), 400, claim),
        ("iat", json!(now() + 90), 403, "is not valid yet"),
        ("iss", Value::Null, 403, "is of another issuer"),
        ("iss", json!("https://issuer.example/"), 403, "is of another issuer"),
        ("iss", json!("HTTPS://ISSUER.EXAMPLE"), 403, "is of another issuer"),
        ("iss", json!([ISSUER]), 400, claim),
        ("aud", Value::Null, 403, "is for another audience"),
        ("aud", json!(""), 403, "is for another audience"),
        ("aud", json!("the-app-too"), 403, "is for another audience"),
        ("aud", json!([]), 403, "is for another audience"),
        ("aud", json!(["other", "another"]), 403, "is for another audience"),
        ("aud", json!({ "the-app": true }), 400, claim),
        ("aud", json!([1, AUDIENCE]), 400, claim),
        ("sub", Value::Null, 400, claim),
        ("sub", json!(""), 400, claim),
        ("sub", json!("  "), 400, claim),
        ("sub", json!(42), 400, claim),
        ("sub", json!(["ada"]), 400, claim),
        ("sub", json!("ada,eve"), 400, "holds a comma"),
        ("sub", json!("a\u{202e}da"), 400, "holds a character that nobody can see"),
        ("sub", json!("a\nda"), 400, "holds a character that nobody can see"),
        ("sub", json!("(null)"), 400, "holds a placeholder that the proxy did not expand"),
        ("sub", json!("a".repeat(151)), 400, "is longer than 150 characters"),
        ("sub", json!("♥"), 400, "is not a user name as RFC 8265 has it"),
        ("sub", json!("\tada"), 400, "holds a character that nobody can see"),
        ("sub", json!(" ada"), 400, "is not a user name as RFC 8265 has it"),
        ("sub", json!("ada\u{a0}"), 400, "is not a user name as RFC 8265 has it"),
        ("email", json!("e".repeat(255)), 400, "is longer than 254 characters"),
        ("groups", json!(["\tadmins"]), 400, "holds a character that nobody can see"),
        ("groups", json!(["admins\u{3000}"]), 400, "holds a character that nobody can see"),
        ("groups", json!("\tadmins"), 400, "holds a character that nobody can see"),
        ("groups", json!("a,\u{a0}admins"), 400, "holds a character that nobody can see"),
        ("groups", json!(["adme\u{301}ns"]), 400, "names a group that is not in Unicode's form NFC"),
        ("groups", json!("a,adme\u{301}ns"), 400, "names a group that is not in Unicode's form NFC"),
        (
            "groups",
            json!("a\\,b"),
            400,
            "holds a separator after a backslash, which `groups_escape` does not say how to read",
        ),
        ("name", json!("A. L.\u{a0}"), 400, "holds a character that nobody can see"),
        ("email", json!("\u{3000}"), 400, "holds a character that nobody can see"),
        ("email", json!("❤\u{fe0f}@example.com"), 400, "holds a character that nobody can see"),
        ("sub", json!("ａｄａ"), 400, "is a user name that RFC 8265 would change"),
        ("sub", json!("zoe\u{308}"), 400, "is a user name that RFC 8265 would change"),
        ("sub", json!("auth0|-"), 400, "holds a placeholder that the proxy did not expand"),
        ("sub", json!("{user}@example.com"), 400, "holds a placeholder that the proxy did not expand"),
        ("name", json!(1), 400, claim),
        ("name", json!("n".repeat(301)), 400, "is longer than 300 characters"),
        ("email", json!(["ada@example.com"]), 400, claim),
        ("email", json!("a\u{0}@example.com"), 400, "holds a character that nobody can see"),
        ("groups", json!(1), 400, claim),
        ("groups", json!({ "editors": true }), 400, claim),
        ("groups", json!(["editors", 1]), 400, claim),
        ("groups", json!(["editors", ["authors"]]), 400, claim),
        ("groups", json!(["edi\u{200b}tors"]), 400, "holds a character that nobody can see"),
        ("groups", json!(["g".repeat(151)]), 400, "is longer than 150 characters"),
        ("groups", json!(vec!["g"; 1001]), 400, "names more than 1000 groups"),
        ("groups", json!("$groups"), 400, "holds a placeholder that the proxy did not expand"),
    ];
    for (name, value, status, message) in cases {
        let signed = key.token("ES256", &claims_but(name, value.clone()));
        let reply = app.get("/public", &token(&signed));
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (status, format!("header `{HEADER}` {message}").as_str()),
            "{name} {value}"
        );
    }
    assert_eq!(app.database.dump(), [""; 0]);
}

#[test]
fn the_scheme_of_a_token_is_taken_off_in_any_case() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let signed = key.token("ES256", &claims());
    for scheme in ["", "Bearer ", "bearer ", "BEARER  "] {
        assert_eq!(app.me(&token(&format!("{scheme}{signed}")))["username"], "ada", "{scheme}");
    }
}

#[test]
fn clocks_may_be_a_little_apart() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let cases = [
        ("exp", json!(now() - 30)),
        ("exp", json!(now() as f64 + 0.5)),
        ("exp", json!(4_102_444_800_u64)),
        ("nbf", json!(now() + 30)),
        ("nbf", Value::Null),
        ("iat", json!(now() + 30)),
        ("iat", Value::Null),
        ("aud", json!(["other", AUDIENCE])),
    ];
    for (name, value) in cases {
        let signed = key.token("ES256", &claims_but(name, value.clone()));
        assert_eq!(app.me(&token(&signed))["username"], "ada", "{name} {value}");
    }
}

#[test]
fn only_the_algorithms_that_are_configured_are_accepted() {
    let key = SigningKey::new(Kind::Rsa, "1");
    let app = launch(&[key.jwk()], "algorithms = ['PS256', 'RS384']");
    for (algorithm, status) in [("RS256", 403), ("RS384", 200), ("PS256", 200), ("PS512", 403)] {
        assert_eq!(app.get("/me", &token(&key.token(algorithm, &claims()))).status, status, "{algorithm}");
    }
}

#[test]
fn a_key_is_used_for_nothing_but_what_it_is_for() {
    let key = SigningKey::new(Kind::Rsa, "1");
    let spare = SigningKey::new(Kind::P256, "spare");
    let signed = key.token("RS256", &claims());
    let cases = [
        ("use", json!("sig"), 200),
        ("use", json!("enc"), 403),
        ("use", json!("other"), 403),
        ("key_ops", json!(["verify"]), 200),
        ("key_ops", json!(["sign", "verify"]), 200),
        ("key_ops", json!(["encrypt"]), 403),
        ("key_ops", json!([]), 403),
        ("alg", json!("RS256"), 200),
        ("alg", json!("RS512"), 403),
        ("alg", json!("RSA-OAEP"), 403),
        ("alg", json!("HS256"), 403),
        ("alg", json!("XX256"), 403),
        ("kty", json!("EC"), 403),
        ("kty", json!("oct"), 403),
        ("kid", json!("2"), 403),
    ];
    for (name, value, status) in cases {
        let mut jwk = key.jwk();
        jwk[name] = value.clone();
        let app = launch(&[spare.jwk(), jwk], "");
        assert_eq!(app.get("/me", &token(&signed)).status, status, "{name} {value}");
        assert_eq!(app.get("/me", &token(&spare.token("ES256", &claims()))).status, 200);
    }
}

#[test]
fn a_symmetric_key_of_the_set_verifies_nothing() {
    let spare = SigningKey::new(Kind::P256, "spare");
    let secret = b"0123456789abcdef0123456789abcdef";
    let oct = json!({ "kty": "oct", "kid": "1", "k": BASE64.encode(secret) });
    let app = launch(&[oct, spare.jwk()], "");
    let forged = hmac(&json!({ "alg": "HS256", "kid": "1" }), &claims(), secret);
    let message = format!("header `{HEADER}` is signed with an algorithm that is not accepted");
    app.get("/me", &token(&forged)).is(403, &message);
}

#[test]
fn ed25519_is_another_name_of_its_algorithm() {
    let key = SigningKey::new(Kind::Ed25519, "1");
    let mut jwk = key.jwk();
    jwk["alg"] = json!("Ed25519");
    for app in [launch(&[jwk.clone()], ""), launch(&[jwk], "algorithms = ['Ed25519']")] {
        for algorithm in ["Ed25519", "EdDSA"] {
            let signed = key.sign(&json!({ "alg": algorithm, "kid": "1" }), &claims());
            assert_eq!(app.me(&token(&signed))["username"], "ada", "{algorithm}");
        }
        let other = SigningKey::new(Kind::Ed25519, "1").sign(&json!({ "alg": "Ed25519" }), &claims());
        assert_eq!(app.get("/me", &token(&other)).status, 403);
    }
}

#[test]
fn zeros_before_the_numbers_of_a_key_count_for_nothing() {
    let key = SigningKey::new(Kind::Rsa, "1");
    let padded = |number: &Value| {
        let bytes = BASE64.decode(number.as_str().expect("text")).expect("a number");
        json!(BASE64.encode([&[0, 0], &bytes[..]].concat()))
    };
    let mut jwk = key.jwk();
    (jwk["n"], jwk["e"]) = (padded(&jwk["n"]), padded(&jwk["e"]));
    let app = launch(&[jwk], "");
    assert_eq!(app.me(&token(&key.token("RS256", &claims())))["username"], "ada");
}

#[test]
fn a_token_without_a_key_id_may_be_of_any_key() {
    let keys = [SigningKey::new(Kind::P256, "1"), SigningKey::new(Kind::P256, "2")];
    let stranger = SigningKey::new(Kind::P256, "1");
    let app = launch(&[keys[0].jwk(), keys[1].jwk()], "");
    let anonymous = json!({ "alg": "ES256" });
    for key in &keys {
        assert_eq!(app.get("/me", &token(&key.sign(&anonymous, &claims()))).status, 200);
    }
    assert_eq!(app.get("/me", &token(&stranger.sign(&anonymous, &claims()))).status, 403);
}

#[test]
fn a_key_file_may_hold_one_key_after_another() {
    let keys = [SigningKey::new(Kind::P256, "1"), SigningKey::new(Kind::Rsa, "2")];
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("keys.pem");
    let pem = keys.iter().map(|key| fs::read_to_string(key.public_key_file()).expect("a key"));
    fs::write(&file, pem.collect::<Vec<_>>().join("\n")).expect("a file");
    let app = launch_with(&format!("public_key_file = '{}'", file.display()));
    for (key, algorithm) in keys.iter().zip(["ES256", "RS256"]) {
        assert_eq!(app.get("/me", &token(&key.token(algorithm, &claims()))).status, 200);
    }
}

#[test]
fn the_claims_are_those_that_are_named() {
    let key = SigningKey::new(Kind::P256, "1");
    let mut claims = claims_but("groups", json!("editors, authors"));
    claims["preferred_username"] = json!("lovelace");
    claims["https://app.example/roles"] = json!(["editors"]);
    claims["a~1b"] = json!("z");
    claims["realm_access"] = json!({ "roles": ["authors"], "a/b": { "c~d": [["x"], "y"] } });
    let signed = key.token("ES256", &claims);
    let cases = [
        ("{}", "ada", json!(null), json!([])),
        ("{ user = 'preferred_username', name = 'name' }", "lovelace", json!("Ada Lovelace"), json!([])),
        (
            "{ user = 'email', name = false, groups = 'groups' }",
            "ada@example.com",
            json!(null),
            json!(["authors", "editors"]),
        ),
        ("{ groups = 'https://app.example/roles' }", "ada", json!(null), json!(["editors"])),
        ("{ groups = '/realm_access/roles' }", "ada", json!(null), json!(["authors"])),
        ("{ name = '/realm_access/a~1b/c~0d/1' }", "ada", json!("y"), json!([])),
        ("{ name = '/a~01b' }", "ada", json!("z"), json!([])),
        ("{ name = '/realm_access/nothing', groups = '/nothing/here' }", "ada", json!(null), json!([])),
    ];
    for (names, user, name, groups) in cases {
        let app = launch(&[key.jwk()], &format!("claims = {names}"));
        app.database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('authors')");
        let me = app.me(&token(&signed));
        assert_eq!((&me["username"], &me["name"], &me["groups"]), (&json!(user), &name, &groups), "{names}");
    }
}

#[test]
fn groups_stay_where_no_claim_is_to_say_them() {
    let key = SigningKey::new(Kind::P256, "1");
    let signed = key.token("ES256", &claims());
    for (names, groups) in [("{ name = 'name' }", json!(["crew"])), ("{ groups = 'none' }", json!([]))] {
        let app = launch(&[key.jwk()], &format!("claims = {names}"));
        app.me(&token(&signed));
        app.database.sql("INSERT INTO remote_groups (name) VALUES ('crew')");
        app.database
            .sql("INSERT INTO remote_memberships (user_id, group_id, source) VALUES (1, 1, 'remote')");
        assert_eq!(app.me(&token(&signed))["groups"], groups, "{names}");
    }
}

#[test]
fn claims_are_neither_decoded_nor_stripped_as_headers_are() {
    let key = SigningKey::new(Kind::P256, "1");
    let toml = format!(
        "encoding = 'percent'\nstrip_prefix = {{ user = 'corp:', groups = 'corp:' }}\ngroups_separator = ';'\n[default.remote_user.jwt]\n\
         header = '{HEADER}'\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\npublic_key_file = '{}'\n\
         claims = {{ name = 'name', groups = 'groups' }}",
        key.public_key_file().display()
    );
    let app = App::launch_exactly(&toml);
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('%65ditors'), ('corp:crew')");
    let mut claims = claims_but("sub", json!("corp:%41da"));
    claims["name"] = json!("=?utf-8?q?Ada?= %41");
    claims["groups"] = json!(["%65ditors", "corp:crew"]);
    let ada = app.me(&token(&key.token("ES256", &claims)));
    assert_eq!((&ada["username"], &ada["name"]), (&json!("corp:%41da"), &json!("=?utf-8?q?Ada?= %41")));
    assert_eq!(ada["groups"], json!(["%65ditors", "corp:crew"]));
}

/// An application whose token says the subject and an attribute, by the keys in `toml`.
fn launch_with_subjects(key: &SigningKey, toml: &str) -> App {
    App::launch_exactly(&format!(
        "attributes = {{ department = '/org/unit' }}\n{toml}\n[default.remote_user.jwt]\nheader = '{HEADER}'\n\
         issuer = '{ISSUER}'\naudience = '{AUDIENCE}'\npublic_key_file = '{}'\n\
         claims = {{ user = 'preferred_username', subject = 'sub', name = 'name', email = 'email' }}",
        key.public_key_file().display()
    ))
}

#[test]
fn a_token_says_the_subject_and_attributes() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch_with_subjects(&key, "");
    let says = |user: &str, subject: Value, unit: Value| {
        let mut claims = claims_but("sub", subject);
        claims["preferred_username"] = json!(user);
        claims["org"] = json!({ "unit": unit });
        key.token("ES256", &claims)
    };
    let stored =
        || app.database.sql("SELECT username || ' ' || subject || ' ' || attributes FROM remote_users");
    app.me(&token(&says("ada", json!("s-1"), json!("R&D"))));
    assert_eq!(stored(), [r#"ada s-1 {"department":"R&D"}"#]);
    app.me(&token(&says("ada2", json!("s-1"), Value::Null)));
    assert_eq!(stored(), ["ada2 s-1 {}"], "a rename is followed, and an absent attribute cleared");
    app.get("/me", &token(&says("ada2", json!("s-2"), json!("R&D"))))
        .is(403, "the user name belongs to another subject");
    app.get("/me", &token(&says("ada2", Value::Null, json!("R&D")))).is(403, "the subject is missing");
    let invalid = format!("header `{HEADER}` lacks a claim that is asked for, or has one of another type");
    app.get("/me", &token(&says("ada2", json!(1), json!("R&D")))).is(400, &invalid);
    app.get("/me", &token(&says("ada2", json!("s-1"), json!(["R&D"])))).is(400, &invalid);
    let unseen = format!("header `{HEADER}` holds a character that nobody can see");
    app.get("/me", &token(&says("ada2", json!("s-1"), json!("\u{200b}")))).is(400, &unseen);
}

#[test]
fn a_header_with_a_subject_stops_the_launch_beside_tokens() {
    let key = SigningKey::new(Kind::P256, "1");
    let toml = format!(
        "{}trusted_proxies = ['::1']\nheaders = {{ subject = 'X-Uid' }}\n[default.remote_user.jwt]\nheader = '{HEADER}'\n\
         issuer = '{ISSUER}'\naudience = '{AUDIENCE}'\npublic_key_file = '{}'",
        harness::launch::TABLE,
        key.public_key_file().display()
    );
    let lines = harness::launch::abort_by(&toml);
    assert_eq!(lines[1], "`jwt` is configured, so that no header is read: set `jwt.claims.subject`");
}

#[test]
fn what_is_missing_in_a_token_is_refused_as_in_headers() {
    let key = SigningKey::new(Kind::P256, "1");
    let toml =
        "missing_name = 'deny'\nmissing_email = 'deny'\nmissing_attributes = 'deny'\nnobody = ['guest']";
    let app = launch_with_subjects(&key, toml);
    let without = |claim: &str| {
        let mut claims = claims();
        claims["preferred_username"] = json!("ada");
        claims["org"] = json!({ "unit": "R&D" });
        claims[claim] = Value::Null;
        key.token("ES256", &claims)
    };
    let missing = |field: &str, key: &str| format!("the {field} header is missing and `{key}` is \"deny\"");
    app.get("/me", &token(&without("name"))).is(403, &missing("name", "missing_name"));
    app.get("/me", &token(&without("email"))).is(403, &missing("email", "missing_email"));
    app.get("/me", &token(&without("org")))
        .is(403, "an attribute is missing and `missing_attributes` is \"deny\"");
    assert_eq!(app.get("/me", &token(&without("other"))).status, 200);

    let mut claims = claims();
    claims["preferred_username"] = json!("guest");
    app.get("/visitor", &token(&key.token("ES256", &claims))).is(200, "nobody");
    let app = launch_with_subjects(&key, "missing_user = 'deny'");
    app.get("/visitor", &[]).is(403, &format!("header `{HEADER}` is missing and `missing_user` is \"deny\""));
}

/// An application that reads the groups of a token signed with `key` by the keys in `toml`.
fn launch_beside(key: &SigningKey, toml: &str) -> App {
    App::launch_exactly(&format!(
        "create_groups = true\n{toml}\n[default.remote_user.jwt]\nheader = '{HEADER}'\nissuer = '{ISSUER}'\n\
         audience = '{AUDIENCE}'\npublic_key_file = '{}'\nclaims = {{ groups = 'groups' }}",
        key.public_key_file().display()
    ))
}

#[test]
fn a_tab_around_a_group_of_a_string_is_refused_in_every_format() {
    let key = SigningKey::new(Kind::P256, "1");
    for format in ["separator", "repeated"] {
        let app = launch_beside(&key, &format!("groups_format = '{format}'"));
        for groups in ["\tadmins", "admins\t"] {
            app.get("/me", &token(&key.token("ES256", &claims_but("groups", json!(groups)))))
                .is(400, &format!("header `{HEADER}` holds a character that nobody can see"));
        }
    }
    let app = launch_beside(&key, "groups_format = 'json'");
    let me = app.me(&token(&key.token("ES256", &claims_but("groups", json!("\t[\"a\",\t\"b\"]")))));
    assert_eq!(me["groups"], json!(["a", "b"]));
}

#[test]
fn a_string_of_groups_is_escaped_as_the_header_would_be() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch_beside(&key, "groups_escape = 'backslash'\ngroups_separator = ';'");
    let groups =
        |groups: Value| app.me(&token(&key.token("ES256", &claims_but("groups", groups))))["groups"].take();
    assert_eq!(groups(json!(r"a\;b; c\\;CORP\d")), json!([r"CORP\d", "a;b", r"c\"]));
    assert_eq!(groups(json!([r"a\;b"])), json!([r"a\;b"]));
}

#[test]
fn a_claim_that_is_absent_keeps_and_one_that_is_blank_clears() {
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('authors')");
    let me = |claims: &Value| app.me(&token(&key.token("ES256", claims)));
    assert_eq!(me(&claims())["groups"], json!(["authors", "editors"]));
    assert_eq!(me(&claims_but("name", Value::Null))["name"], "Ada Lovelace");
    assert_eq!(me(&claims_but("name", json!(" A. L. ")))["name"], "A. L.");
    assert_eq!(me(&claims_but("email", json!("  ")))["email"], json!(null));
    assert_eq!(me(&claims_but("name", json!("")))["name"], json!(null));
    assert_eq!(me(&claims_but("groups", json!(["editors", " ", ""])))["groups"], json!(["editors"]));
    assert_eq!(me(&claims_but("groups", json!([])))["groups"], json!([]));
}

#[test]
fn the_other_proofs_are_asked_for_too() {
    let key = SigningKey::new(Kind::P256, "1");
    let file = key.public_key_file();
    let app = App::launch_exactly(&format!(
        "trusted_proxies = ['127.0.0.1']\n[default.remote_user.jwt]\nheader = '{HEADER}'\n\
         issuer = '{ISSUER}'\naudience = ['other', '{AUDIENCE}']\npublic_key_file = '{}'",
        file.display()
    ));
    let signed = key.token("ES256", &claims());
    assert_eq!(app.send(Get, "/me", &token(&signed), PROXY).status, 200);
    let untrusted = format!("header `{HEADER}` comes from a peer that is no trusted proxy");
    app.send(Get, "/me", &token(&signed), STRANGER).is(403, &untrusted);
    let both = [("Remote-User", "ada"), (HEADER, &*signed)];
    app.send(Get, "/public", &both, STRANGER).is(403, &untrusted);
    let plain = "header `Remote-User` comes from a peer that is no trusted proxy";
    app.send(Get, "/public", &both[..1], STRANGER).is(403, plain);

    let secret = "3f9ac1d07be2485690bd17fe64a8c32d";
    let file = format!("public_key_file = '{}'", file.display());
    let toml =
        format!("proxy_secret = {{ values = ['{secret}'] }}\n[default.remote_user.jwt]\nheader = '{HEADER}'");
    let toml = format!("{toml}\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n{file}");
    let with = |app: &App, value| app.get("/nobody", &[(HEADER, &signed), ("X-Proxy-Secret", value)]);
    let app = App::launch_exactly(&toml);
    with(&app, secret).is(200, "ada");
    assert_eq!(with(&app, "wrong").status, 403);
    assert_eq!(app.get("/nobody", &token(&signed)).status, 403);
    app.get("/nobody", &[("X-Proxy-Secret", secret), ("Remote-User", "ada")]).is(200, "nobody");
    let app = App::launch_exactly(&format!("untrusted = 'ignore'\n{toml}"));
    with(&app, "wrong").is(200, "nobody");
    app.get("/nobody", &token(&signed)).is(200, "nobody");
}

#[test]
fn no_token_is_logged() {
    let recording = Recording::start();
    let key = SigningKey::new(Kind::P256, "1");
    let app = launch(&[key.jwk()], "");
    let signed = key.token("ES256", &claims());
    let expired = key.token("ES256", &claims_but("exp", json!(1)));
    for value in [&signed, &expired, "s3cret"] {
        app.get("/me", &token(value));
    }
    let lines = recording.lines();
    for part in signed.split('.').chain(expired.split('.')).chain(["s3cret"]) {
        assert!(lines.iter().all(|line| !line.contains(part)), "{lines:?}");
    }
    let refused = format!("Refused GET /me from {PROXY} for \"ada\": header `{HEADER}` has expired.");
    assert!(lines.contains(&refused), "{lines:?}");
}

#[test]
fn a_token_is_read_as_each_product_sends_it() {
    let (rsa, ec) = (SigningKey::new(Kind::Rsa, "1"), SigningKey::new(Kind::P256, "1"));
    let claims_of = |claims: Value| {
        let mut all = json!({ "exp": now() + 300 });
        all.as_object_mut().expect("claims").extend(claims.as_object().expect("claims").clone());
        all
    };
    // Each as the documentation of the product has it, but for the names.
    let cloudflare = rsa.sign(
        &json!({ "alg": "RS256", "kid": "1", "typ": "JWT" }),
        &claims_of(json!({
            "aud": ["32eafc7626e737091cd6a8bd9b2f3d9bd9d0a4e0"], "email": "ada@example.com", "iat": now(),
            "nbf": now(), "iss": "https://team.cloudflareaccess.com", "type": "app", "sub": "7335d417",
            "identity_nonce": "6ei69kawdKzMIAPF", "country": "GB",
        })),
    );
    let google = ec.sign(
        &json!({ "alg": "ES256", "kid": "1", "typ": "JWT" }),
        &claims_of(json!({
            "iss": "https://cloud.google.com/iap", "aud": "/projects/7/global/backendServices/9", "iat": now(),
            "sub": "accounts.google.com:1234567890", "email": "ada@example.com", "hd": "example.com",
        })),
    );
    let pomerium = ec.sign(
        &json!({ "alg": "ES256", "kid": "1" }),
        &claims_of(json!({
            "iss": "app.example.com", "aud": "app.example.com", "sub": "google/1234", "user": "google/1234",
            "email": "ada@example.com", "groups": ["editors"], "name": "Ada", "jti": "x", "iat": now(),
        })),
    );
    let oauth2_proxy =
        format!("Bearer {}", rsa.sign(
        &json!({ "alg": "RS256", "kid": "1" }),
        &claims_of(json!({
            "iss": "https://idp.example/realms/a", "aud": "client", "azp": "client", "iat": now(),
            "sub": "f:1234:ada", "preferred_username": "ada", "realm_access": { "roles": ["editors"] },
        })),
    ));
    let cases = [
        (
            "cloudflare-access",
            "issuer = 'https://team.cloudflareaccess.com'\naudience = '32eafc7626e737091cd6a8bd9b2f3d9bd9d0a4e0'",
            (&rsa, "Cf-Access-Jwt-Assertion", &cloudflare),
            ("ada@example.com", Some("ada@example.com")),
        ),
        (
            "google-iap",
            "audience = '/projects/7/global/backendServices/9'",
            (&ec, "X-Goog-IAP-JWT-Assertion", &google),
            ("ada@example.com", Some("ada@example.com")),
        ),
        (
            "pomerium",
            "issuer = 'app.example.com'\naudience = 'app.example.com'",
            (&ec, "X-Pomerium-Jwt-Assertion", &pomerium),
            ("google/1234", Some("ada@example.com")),
        ),
        (
            "oauth2-proxy",
            "header = 'Authorization'\nissuer = 'https://idp.example/realms/a'\naudience = 'client'\n\
             claims = { user = 'preferred_username', groups = '/realm_access/roles' }",
            (&rsa, "Authorization", &oauth2_proxy),
            ("ada", None),
        ),
    ];
    for (preset, toml, (key, header, value), (user, email)) in cases {
        let file = key.public_key_file();
        let app = App::launch_exactly(&format!(
            "preset = '{preset}'\n[default.remote_user.jwt]\npublic_key_file = '{}'\n{toml}",
            file.display()
        ));
        let me = app.me(&[(header, value)]);
        assert_eq!((&me["username"], &me["email"]), (&json!(user), &json!(email)), "{preset}");
        app.get("/headers", &[(header, value)]).is(200, &format!("[[\"{}\",\"\"]]", header.to_lowercase()));
    }
}

#[test]
fn a_load_balancer_of_aws_pads_its_tokens_and_is_named_in_them() {
    let key = SigningKey::new(Kind::P256, "1");
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/1";
    let launch = |signer: &str| {
        App::launch_exactly(&format!(
            "preset = 'aws-alb'\n[default.remote_user.jwt]\nissuer = '{ISSUER}'\nsigner = '{signer}'\n\
             public_key_file = '{}'",
            key.public_key_file().display()
        ))
    };
    // As AWS has it: `exp` in both parts, no `aud`, and padding, which is signed.
    let header = json!({
        "typ": "JWT", "kid": "1", "alg": "ES256", "iss": ISSUER, "client": "client-id", "signer": arn,
        "exp": now() + 120,
    });
    let payload =
        json!({ "sub": "ada", "name": "Ada", "email": "a@example.com", "exp": now() + 120, "iss": ISSUER });
    let pad = |part: &Value, spaces: usize| BASE64_PADDED.encode(part.to_string() + &" ".repeat(spaces));
    let app = launch(arn);
    for spaces in 0..3 {
        let message = format!("{}.{}", pad(&header, spaces), pad(&payload, spaces + 1));
        let signature = BASE64_PADDED.encode(key.signature("ES256", &message));
        assert!(signature.ends_with("=="));
        let padded = [("X-Amzn-Oidc-Data", &*format!("{message}.{signature}"))];
        assert_eq!(app.me(&padded)["username"], "ada");
        launch("arn:other").get("/me", &padded).is(403, "header `X-Amzn-Oidc-Data` is of another signer");
        let unsigned = format!("{}.{signature}", message.replace('=', ""));
        if message.contains('=') {
            let wrong = "header `X-Amzn-Oidc-Data` has a wrong signature";
            app.get("/me", &[("X-Amzn-Oidc-Data", &*unsigned)]).is(403, wrong);
        }
    }
    let nameless = [("X-Amzn-Oidc-Data", &*key.token("ES256", &claims()))];
    app.get("/me", &nameless).is(403, "header `X-Amzn-Oidc-Data` is of another signer");
}
