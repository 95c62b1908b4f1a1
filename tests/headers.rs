//! What was said: every row of the table, over HTTP.

mod harness;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use harness::{App, Headers, PROXY, STRANGER};
use rocket::http::Method;
use rocket_remote_user::RemoteUser;
use rocket_remote_user::policy::Policy;

const ADA: (&str, &str) = ("Remote-User", "ada");

#[test]
fn no_user_header_is_nobody_and_so_is_a_blank_one() {
    let app = App::launch("");
    for headers in
        [&[][..], &[("Remote-User", "")], &[("Remote-User", "  ")], &[("Remote-Groups", "editors")]]
    {
        app.get("/me", headers).is(401, "401 Unauthorized");
        app.get("/nobody", headers).is(200, "nobody");
    }
    assert_eq!(app.database.sql("SELECT count(*) FROM remote_users"), ["0"]);
}

#[test]
fn one_clean_value_signs_in() {
    let app = App::launch("");
    for user in ["ada", "Ada", "ada@example.com", "CORP\\ada", "zoë", "ada lovelace", "李小龍"] {
        assert_eq!(app.me(&[("Remote-User", user)])["username"], user);
    }
}

#[test]
fn a_name_and_an_email_are_kept_cleared_and_set() {
    for (header, key) in [("Remote-Name", "name"), ("Remote-Email", "email")] {
        let app = App::launch("");
        assert!(app.me(&[ADA])[key].is_null());
        assert_eq!(app.me(&[ADA, (header, "Ada, Countess of Lovelace")])[key], "Ada, Countess of Lovelace");
        assert_eq!(app.me(&[ADA])[key], "Ada, Countess of Lovelace");
        assert!(app.me(&[ADA, (header, " ")])[key].is_null());
        assert!(app.me(&[ADA])[key].is_null());
    }
}

#[test]
fn anything_else_is_refused_and_writes_nothing() {
    let app = App::launch("limits = { user = 5, name = 5, email = 5, group = 5, groups = 3 }");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('a')");
    app.me(&[ADA, ("Remote-Groups", "a")]);
    let before = app.database.dump();

    let doubled = "was sent more than once";
    let alias = "was sent under another spelling of its name";
    let unseen = "holds a character that nobody can see";
    let placeholder = "holds a placeholder that the proxy did not expand";
    let named = "is named by a `Connection` header";
    let too_long = "is longer than 5 characters";

    let of_user: [(Headers<'_>, &str); 34] = [
        (&[ADA, ("Remote-User", "bob")], doubled),
        (&[ADA, ADA], doubled),
        (&[("Remote-User", ""), ADA], doubled),
        (&[ADA, ("remote-user", "")], doubled),
        (&[("Remote_User", "ada")], alias),
        (&[("Remote_User", "")], alias),
        (&[ADA, ("Remote_User", "ada")], alias),
        (&[("Remote.User", "bob"), ADA], alias),
        (&[("HTTP-Remote-User", "bob")], alias),
        (&[("HTTP_REMOTE_USER", "bob"), ADA], alias),
        (&[("Remote-User", "a\tda")], unseen),
        (&[("Remote-User", "a\u{85}da")], unseen),
        (&[("Remote-User", "a\u{202e}da")], unseen),
        (&[("Remote-User", "a\u{200b}da")], unseen),
        (&[("Remote-User", "\u{feff}ada")], unseen),
        (&[("Remote-User", "-")], placeholder),
        (&[("Remote-User", "(null)")], placeholder),
        (&[("Remote-User", "$remote_user")], placeholder),
        (&[("Remote-User", "{http.auth.user.id}")], placeholder),
        (&[("Remote-User", "%{REMOTE_USER}e")], placeholder),
        (&[("Remote-User", "a@(null)")], placeholder),
        (&[("Remote-User", "CORP\\-")], placeholder),
        (&[("Remote-User", "ada-$remote_user")], placeholder),
        (&[("Remote-User", "x{a}")], placeholder),
        (&[("Remote-User", "ada,b")], "holds a comma"),
        (&[("Remote-User", "ada, bob")], too_long),
        (&[("Remote-User", "♥")], "is not a user name as RFC 8265 has it"),
        (&[ADA, ("Connection", "Remote-User")], named),
        (&[ADA, ("Connection", "close, REMOTE_USER ,x")], named),
        (&[ADA, ("Connection", "close;remote-user")], named),
        (&[ADA, ("Connection", "close \"Remote-User\"")], named),
        (&[ADA, ("Connection", "x=Remote-User")], named),
        (&[("Connection", "remote-user")], named),
        (&[("Remote-User", "sixsix")], too_long),
    ];
    for (headers, fault) in of_user {
        app.get("/me", headers).is(400, &format!("header `Remote-User` {fault}"));
    }
    for header in ["Remote-Name", "Remote-Email", "Remote-Groups"] {
        let other = header.replace('-', "_");
        let cases: [(Headers<'_>, &str); 8] = [
            (&[ADA, (header, "a"), (header, "a")], doubled),
            (&[ADA, (header, "a"), (&other, "a")], alias),
            (&[(&other, "a")], alias),
            (&[ADA, (header, "a\u{200d}b")], unseen),
            (&[ADA, (header, "(null)")], placeholder),
            (&[ADA, (header, "a"), ("Connection", &other)], named),
            (&[ADA, (header, "sixsix")], too_long),
            // The rules hold without a user too.
            (&[(header, "a"), (header, "b")], doubled),
        ];
        for (headers, fault) in cases {
            app.get("/me", headers).is(400, &format!("header `{header}` {fault}"));
        }
    }
    app.get("/me", &[ADA, ("Remote-Groups", "a,b,c,d")])
        .is(400, "header `Remote-Groups` names more than 3 groups");
    app.get("/me", &[ADA, ("Remote-Groups", "a, $x")])
        .is(400, &format!("header `Remote-Groups` {placeholder}"));
    app.get("/me", &[ADA, ("Remote-Groups", "{a,b}")])
        .is(400, &format!("header `Remote-Groups` {placeholder}"));
    assert_eq!(app.database.dump(), before);
}

#[test]
fn headers_that_are_known_are_held_to_the_rules_of_how_they_are_sent() {
    let app = App::launch("");
    let known: [Headers<'_>; 2] =
        [&[ADA], &[ADA, ("Remote-Name", "Ada"), ("Remote-Email", "ada@a.example"), ("Remote-Groups", "a,b")]];
    for known in known {
        let me = app.me(known);
        assert_eq!(app.me(known), me);
        let others = [
            (ADA, "was sent more than once"),
            (("Remote-User", "bob"), "was sent more than once"),
            (("Remote_User", "ada"), "was sent under another spelling of its name"),
            (("Connection", "Remote-User"), "is named by a `Connection` header"),
        ];
        for (other, fault) in others {
            let headers: Vec<_> = known.iter().copied().chain([other]).collect();
            app.get("/me", &headers).is(400, &format!("header `Remote-User` {fault}"));
        }
        app.send(Method::Get, "/me", known, STRANGER)
            .is(403, "header `Remote-User` comes from a peer that is no trusted proxy");
        assert_eq!(app.me(known), me);
    }
}

/// Counts how often it is asked for a name.
struct Asked(Arc<AtomicUsize>);

impl Policy for Asked {
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        self.0.fetch_add(1, SeqCst);
        Some(Cow::Borrowed(username))
    }

    fn is_pure(&self) -> bool {
        true
    }
}

#[test]
fn a_hook_that_cleans_names_is_asked_about_known_headers_too() {
    let asked = Arc::<AtomicUsize>::default();
    let app = App::launch_with("", RemoteUser::fairing().policy(Asked(asked.clone())));
    for times in 1..4 {
        app.get("/public", &[ADA]).is(200, "public");
        assert_eq!(asked.load(SeqCst), times);
    }
}

#[test]
fn a_value_at_its_limit_is_accepted() {
    let app = App::launch("");
    let long = |c: &str, count| c.repeat(count);
    let me = app.me(&[
        ("Remote-User", &long("ü", 150)),
        ("Remote-Name", &long("é", 300)),
        ("Remote-Email", &long("e", 254)),
        ("Remote-Groups", &(1..=1000).map(|n| format!("{n},")).collect::<String>()),
    ]);
    assert_eq!(me["name"], long("é", 300));
    let over = [
        ("Remote-User", 151, "ü"),
        ("Remote-Name", 301, "é"),
        ("Remote-Email", 255, "e"),
        ("Remote-Groups", 151, "g"),
    ];
    for (header, count, c) in over {
        let value = long(c, count);
        let reply = app.get("/me", &[ADA, (header, &value)][(header == "Remote-User") as usize..]);
        reply.is(400, &format!("header `{header}` is longer than {} characters", count - 1));
    }
    let groups: String = (1..=1001).map(|n| format!("{n},")).collect();
    app.get("/me", &[ADA, ("Remote-Groups", &groups)])
        .is(400, "header `Remote-Groups` names more than 1000 groups");
}

#[test]
fn a_user_name_in_another_form_is_refused_unless_it_is_to_be_mapped() {
    let changed = "header `Remote-User` is a user name that RFC 8265 would change";
    let twins = ["zoe\u{308}", "ｚｏë", "ｚoë"];
    for toml in ["", "username_form = 'exact'", "username_case = 'lower'"] {
        let app = App::launch(toml);
        app.me(&[("Remote-User", "zoë")]);
        for twin in twins {
            app.get("/me", &[("Remote-User", twin)]).is(400, changed);
        }
        assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["zoë"]);
    }
    for toml in ["username_form = 'map'", "username_form = 'map'\nusername_case = 'lower'"] {
        let app = App::launch(toml);
        let zoe = app.me(&[("Remote-User", "zoë")])["id"].take();
        for twin in twins {
            assert_eq!(app.me(&[("Remote-User", twin)])["id"], zoe, "{toml} {twin}");
        }
    }
}

#[test]
fn the_case_of_a_user_name_counts_unless_it_is_lowered() {
    for form in ["exact", "map"] {
        let app = App::launch(&format!("username_form = '{form}'"));
        let zoe = app.me(&[("Remote-User", "zoë")])["id"].take();
        assert_ne!(app.me(&[("Remote-User", "Zoë")])["id"], zoe);

        let app = App::launch(&format!("username_case = 'lower'\nusername_form = '{form}'"));
        let zoe = app.me(&[("Remote-User", "zoë")])["id"].take();
        assert_eq!(app.me(&[("Remote-User", "ZOË")])["id"], zoe);
        assert_eq!(app.database.sql("SELECT username FROM remote_users"), ["zoë"]);
    }
}

/// Takes the common name out of a distinguished name.
struct Directory;

impl Policy for Directory {
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        let name = username.strip_prefix("CN=").and_then(|dn| dn.split(',').next());
        Some(Cow::Borrowed(name.unwrap_or(username)))
    }
}

#[test]
fn a_comma_is_refused_after_the_hook_so_that_it_may_take_a_distinguished_name_apart() {
    let app = App::launch_with("", RemoteUser::fairing().policy(Directory));
    assert_eq!(app.me(&[("Remote-User", "CN=ada,OU=people,DC=example")])["username"], "ada");
    let comma = "header `Remote-User` holds a comma";
    app.get("/me", &[("Remote-User", "ada,bob")]).is(400, comma);
    let app = App::launch("");
    for joined in ["ada,bob", "ada, bob", "ada,ada", "CN=ada,OU=people"] {
        app.get("/me", &[("Remote-User", joined)]).is(400, comma);
    }
}

/// Makes this name of every user name.
struct Renamed(String);

impl Policy for Renamed {
    fn clean_username<'a>(&self, _: &'a str) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(self.0.clone()))
    }
}

#[test]
fn what_the_hook_makes_of_a_user_name_is_held_to_the_same_rules() {
    let long = "a".repeat(151);
    let cases = [
        ("ａｄａ", "is a user name that RFC 8265 would change"),
        ("zoe\u{308}", "is a user name that RFC 8265 would change"),
        ("CORP\\(null)", "holds a placeholder that the proxy did not expand"),
        ("-", "holds a placeholder that the proxy did not expand"),
        ("ada,eve", "holds a comma"),
        ("ada\0", "holds a character that nobody can see"),
        (" ada", "is not a user name as RFC 8265 has it"),
        ("ada\u{a0}", "is not a user name as RFC 8265 has it"),
        (&long, "is longer than 150 characters"),
    ];
    for (name, fault) in cases {
        let app = App::launch_with("", RemoteUser::fairing().policy(Renamed(name.into())));
        app.get("/me", &[ADA]).is(400, &format!("header `Remote-User` {fault}"));
        assert_eq!(app.database.dump(), [""; 0]);
    }
}

#[test]
fn a_name_that_only_looks_like_a_placeholder_signs_in() {
    let app = App::launch("");
    for user in ["PC01$", "CORP\\PC01$", "PC01$@EXAMPLE.COM", "ada-lovelace", "a{b", "100%", "null"] {
        assert_eq!(app.me(&[("Remote-User", user)])["username"], user);
    }
    // In a name and in a group it counts only where it is all there is.
    let me = app.me(&[ADA, ("Remote-Name", "Ada (null) {x}"), ("Remote-Groups", "cost $centre")]);
    assert_eq!(me["name"], "Ada (null) {x}");
}

#[test]
fn a_blank_other_than_a_space_is_refused_at_an_edge() {
    let app = App::launch("");
    let unseen = "holds a character that nobody can see";
    let cases = [
        ("Remote-User", "is not a user name as RFC 8265 has it"),
        ("Remote-Name", unseen),
        ("Remote-Email", unseen),
        ("Remote-Groups", unseen),
    ];
    for (header, fault) in cases {
        for blank in ["\u{a0}", "\u{1680}", "\u{2003}", "\u{202f}", "\u{205f}", "\u{3000}", "\u{2800}"] {
            for value in [format!("{blank}a"), format!("a{blank}"), format!("a {blank}"), blank.into()] {
                let reply = app.get("/me", &[(header, &value)]);
                reply.is(400, &format!("header `{header}` {fault}"));
            }
        }
    }
    assert_eq!(app.me(&[ADA, ("Remote-Name", " A. \u{a0} L.\t")])["name"], "A. \u{a0} L.");
}

#[test]
fn joiners_and_emoji_sequences_are_allowed_in_names_and_groups_only() {
    let app = App::launch("create_groups = true");
    let texts = [
        "علی\u{200c}رضا",
        "ශ\u{dca}\u{200d}රී",
        "❤\u{fe0f}",
        "👩🏽\u{200d}💻",
        "7\u{fe0f}\u{20e3}",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    ];
    for text in texts {
        let me = app.me(&[ADA, ("Remote-Name", text), ("Remote-Groups", text)]);
        assert_eq!((&me["name"], &me["groups"][0]), (&text.into(), &text.into()));
        for header in ["Remote-User", "Remote-Email"] {
            app.get("/me", &[(header, text)])
                .is(400, &format!("header `{header}` holds a character that nobody can see"));
        }
    }
    for text in ["a\u{200d}b", "a\u{200c}b", "a\u{fe0f}", "علی\u{200c}", "👩\u{200d}", "🏴\u{e0041}\u{e007f}"]
    {
        for header in ["Remote-Name", "Remote-Groups"] {
            app.get("/me", &[ADA, (header, text)])
                .is(400, &format!("header `{header}` holds a character that nobody can see"));
        }
    }
}

#[test]
fn a_header_with_too_many_bytes_is_refused_before_it_is_read() {
    let app = App::launch("");
    for header in ["Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups"] {
        let value = " ".repeat(65_537);
        let reply = app.get("/me", &[(header, &value)]);
        reply.is(400, &format!("header `{header}` has more than 65536 bytes"));
    }
    assert_eq!(app.me(&[ADA, ("Remote-Groups", &",".repeat(65_536))])["groups"].to_string(), "[]");
    app.send(Method::Get, "/me", &[("Remote-User", &"a".repeat(65_537))], STRANGER)
        .is(403, "header `Remote-User` comes from a peer that is no trusted proxy");
    let secret = "p7w2kq9zv4xm1c8tb6nj3rh5gy0sfdlaeuoi";
    let table = format!("proxy_secret = {{ header = 'X-Secret', values = ['{secret}'] }}");
    let app = App::launch(&format!("limits = {{ bytes = 40 }}\n{table}"));
    assert_eq!(app.me(&[ADA, ("X-Secret", secret)])["username"], "ada");
    app.get("/me", &[ADA, ("X-Secret", &secret.repeat(2))])
        .is(400, "header `X-Secret` has more than 40 bytes");
}

#[test]
fn header_names_and_the_separator_are_configurable() {
    let app = App::launch(
        "headers = { user = 'Authuser', name = 'X-Full-Name', email = false, groups = 'X-Groups' }\n\
         groups_separator = '; '",
    );
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('a,b'), ('c')");
    let me = app.me(&[
        ("Authuser", "ada"),
        ("X-Full-Name", "Ada"),
        ("X-Groups", "a,b; c"),
        ("Remote-Email", "a@b"),
        ("Remote-User", "eve"),
    ]);
    assert_eq!((&me["username"], &me["name"]), (&"ada".into(), &"Ada".into()));
    assert!(me["email"].is_null());
    assert_eq!(me["groups"].to_string(), r#"["a,b","c"]"#);
    app.get("/me", &[("HTTP_AUTHUSER", "ada")])
        .is(400, "header `Authuser` was sent under another spelling of its name");
    app.get("/me", &[("Remote-User", "ada")]).is(401, "401 Unauthorized");
}

#[test]
fn only_the_socket_s_peer_decides_who_may_speak() {
    let app = App::launch("trusted_proxies = ['10.1.0.0/16', 'fd00::7']");
    let cases = [
        ("10.1.2.3", 200),
        ("10.2.0.0", 403),
        ("fd00::7", 200),
        ("fd00::8", 403),
        ("::ffff:10.1.2.3", 200),
        ("::ffff:10.2.0.0", 403),
        ("127.0.0.1", 403),
    ];
    for (peer, status) in cases {
        let claims =
            [ADA, ("X-Real-IP", "10.1.2.3"), ("X-Forwarded-For", "10.1.2.3"), ("Forwarded", "for=10.1.2.3")];
        for headers in [&claims[..1], &claims] {
            assert_eq!(app.send(Method::Get, "/me", headers, peer).status, status, "{peer} {headers:?}");
        }
    }
}

#[test]
fn an_untrusted_peer_that_sends_identity_headers_is_refused() {
    let app = App::launch("");
    let sent: [Headers<'_>; 7] = [
        &[ADA],
        &[("Remote-User", "")],
        &[("Remote_User", "ada")],
        &[ADA, ADA],
        &[("Remote-Name", "Ada")],
        &[("Remote-Groups", "admins")],
        &[("Remote_User", "ada"), ("Connection", "Remote-User")],
    ];
    for headers in sent {
        for path in ["/me", "/public", "/nowhere"] {
            let reply = app.send(Method::Get, path, headers, STRANGER);
            assert_eq!(reply.status, 403, "{headers:?}");
            assert!(reply.body.ends_with("` comes from a peer that is no trusted proxy"), "{}", reply.body);
        }
    }
    for headers in [&[][..], &[("X-Real-IP", PROXY)], &[("Connection", "Remote-User")]] {
        app.send(Method::Get, "/public", headers, STRANGER).is(200, "public");
        app.send(Method::Get, "/me", headers, STRANGER).is(401, "401 Unauthorized");
    }
    assert_eq!(app.database.dump(), [""; 0]);
}

#[test]
fn an_untrusted_peer_is_anonymous_where_it_is_to_be_ignored() {
    let app = App::launch("untrusted = 'ignore'");
    for headers in [&[][..], &[ADA], &[ADA, ADA], &[("Remote_User", "ada")]] {
        app.send(Method::Get, "/me", headers, STRANGER).is(401, "401 Unauthorized");
        app.send(Method::Get, "/nobody", headers, STRANGER).is(200, "nobody");
    }
    assert_eq!(app.me(&[ADA])["username"], "ada");
    assert_eq!(app.get("/me", &[ADA, ADA]).status, 400);
}
