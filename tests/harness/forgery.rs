//! What somebody writes into a request to be taken for somebody else by the application, or to
//! have the proxy drop what it says.

use super::sign_on::basic;

/// The name, address and group that nobody has. No answer may have them.
pub const FORGED: [&str; 3] = ["mallory", "Mallory Forged", "forged@example.org"];

/// The names of headers that say who somebody is, as a recipe has them.
#[derive(Debug, Clone, Copy)]
pub struct HeaderNames {
    pub user: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub groups: &'static str,
    /// Further ones of the product, and of its other ways of deployment.
    pub further: &'static [&'static str],
}

pub const REMOTE: HeaderNames = HeaderNames {
    user: "Remote-User",
    name: "Remote-Name",
    email: "Remote-Email",
    groups: "Remote-Groups",
    further: &["X-Remote-User", "X-Forwarded-User"],
};

/// Those of the preset `oauth2-proxy-auth-request`.
pub const AUTH_REQUEST: HeaderNames = HeaderNames {
    user: "X-Auth-Request-User",
    name: "X-Auth-Request-Preferred-Username",
    email: "X-Auth-Request-Email",
    groups: "X-Auth-Request-Groups",
    further: &["X-Forwarded-User", "X-Forwarded-Email", "X-User", "Remote-User", "X-Auth-Request-Redirect"],
};

pub const SECRET: &str = "X-Proxy-Secret";

/// A request that claims something.
#[derive(Debug, Clone)]
pub struct Forgery {
    pub method: &'static str,
    /// Lines of the head after `Host`, without those that sign somebody in.
    pub lines: Vec<String>,
    pub body: String,
}

impl HeaderNames {
    /// The headers that the application reads.
    pub fn own(&self) -> [&'static str; 4] {
        [self.user, self.name, self.email, self.groups]
    }
}

impl Forgery {
    /// A request that claims nothing.
    pub fn none() -> Forgery {
        Self::of([])
    }

    fn of(lines: impl IntoIterator<Item = String>) -> Forgery {
        Forgery { method: "GET", lines: lines.into_iter().collect(), body: String::new() }
    }
}

/// Everything that is tried through a proxy whose identity headers have these names.
pub fn forgeries(names: &HeaderNames) -> Vec<Forgery> {
    let mut all = lists_of_connection(names);
    // A proxy that is the last to get them answers by itself (RFC 9110, section 7.6.2).
    for method in ["TRACE", "OPTIONS"] {
        all.push(Forgery { method, lines: vec!["Max-Forwards: 0".into()], body: String::new() });
    }
    for (name, value) in claims(names) {
        for spelling in spellings(name) {
            all.push(Forgery::of([format!("{spelling}: {value}")]));
        }
        let line = format!("{name}: {value}");
        all.push(Forgery::of([line.clone(), line.clone()]));
        all.push(Forgery::of([format!("{name}: "), line.clone()]));
        all.push(Forgery::of([line.clone(), format!("{name}:")]));
        all.push(Forgery::of([format!("{name}: x,{value}")]));
        all.push(Forgery::of([format!("{name}: =?utf-8?q?{value}?=")]));
        // A folded line (RFC 9112, section 5.2) and a bare line feed.
        all.push(Forgery::of(["X-Folded: a".into(), format!("\t{line}")]));
        all.push(Forgery::of([format!("X-Fed: a\n{line}")]));
        all.push(Forgery::of([format!("X-Returned: a\r{line}")]));
        all.push(Forgery::of([format!("{name} : {value}")]));
        all.push(Forgery::of([format!("{name}\0: {value}")]));
        for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "FORGE"] {
            all.push(Forgery { method, lines: vec![line.clone()], body: String::new() });
        }
        all.push(in_trailers(&line));
        all.extend(in_a_body(&line));
    }
    let blank = [names.user, names.name, names.email, names.groups, SECRET];
    all.extend(blank.map(|name| Forgery::of([format!("{name}:")])));
    all.push(Forgery::of([format!("{SECRET}: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]));
    // A wrong password, which stands alone, or beside what signs somebody in.
    let wrong = basic("ada", "wrong");
    all.extend(
        [wrong.clone(), wrong.to_lowercase(), format!("Proxy-{wrong}")].map(|line| Forgery::of([line])),
    );
    all
}

/// What is claimed: a header's name, with its value.
pub fn claims(names: &HeaderNames) -> Vec<(&'static str, &'static str)> {
    let claims = [
        (names.user, "mallory"),
        (names.user, "ada"),
        (names.name, "Mallory Forged"),
        (names.email, "forged@example.org"),
        (names.groups, "admins"),
        (names.groups, "editors,admins"),
    ];
    claims.into_iter().chain(names.further.iter().map(|name| (*name, further_value(name)))).collect()
}

/// What a further header claims: a group, if it is one of groups.
fn further_value(name: &str) -> &'static str {
    if name.to_lowercase().contains("groups") { "admins" } else { "mallory" }
}

/// Other spellings of a header's name, which one hop or another takes for it.
pub fn spellings(name: &str) -> Vec<String> {
    let underscored = name.replace('-', "_");
    vec![
        name.to_owned(),
        name.to_lowercase(),
        name.to_uppercase(),
        underscored.clone(),
        underscored.to_uppercase(),
        name.replace('-', "."),
        name.replacen('-', "_", 1),
        format!("HTTP-{name}"),
        format!("HTTP_{}", underscored.to_uppercase()),
        format!("http.{name}"),
    ]
}

/// `Connection` that names identity headers or the secret, each alone and all together (RFC 9110,
/// section 7.6.1), so that a hop drops what the proxy says.
fn lists_of_connection(names: &HeaderNames) -> Vec<Forgery> {
    let own = [names.user, names.name, names.email, names.groups, SECRET];
    let together = [own.join(", "), own[1..4].join(","), own[..4].join(" , ")];
    let named = own.map(String::from).into_iter().chain(together).chain(["Cookie, Authorization".into()]);
    let mut all = Vec::new();
    for named in named {
        let lower = named.to_lowercase();
        all.extend([
            Forgery::of([format!("Connection: {named}")]),
            Forgery::of([format!("Connection: close, {named}")]),
            Forgery::of([format!("Connection: keep-alive, {lower}")]),
            Forgery::of([format!("connection: {},", named.to_uppercase())]),
            Forgery::of(["Connection: close".into(), format!("Connection: {named}")]),
            Forgery::of([format!("Connection: {named}"), "Connection: keep-alive".into()]),
            Forgery::of([format!("Connection: \"{named}\"")]),
            Forgery::of([format!("Proxy-Connection: {named}")]),
            Forgery::of([format!("Connection: TE, {named}"), "TE: trailers".into()]),
            Forgery::of([format!("Keep-Alive: {named}")]),
            Forgery::of([
                format!("Connection: Upgrade, {named}"),
                "Upgrade: websocket".into(),
                "Sec-WebSocket-Version: 13".into(),
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==".into(),
            ]),
            Forgery::of([
                format!("Connection: Upgrade, HTTP2-Settings, {named}"),
                "Upgrade: h2c".into(),
                "HTTP2-Settings: AAMAAABkAAQAAP__".into(),
            ]),
        ]);
    }
    all
}

/// A header after the body (RFC 9112, section 7.1.2).
fn in_trailers(line: &str) -> Forgery {
    let name = line.split(':').next().expect("a name");
    let lines = vec!["Transfer-Encoding: chunked".into(), "TE: trailers".into(), format!("Trailer: {name}")];
    Forgery { method: "POST", lines, body: format!("1\r\nx\r\n0\r\n{line}\r\n\r\n") }
}

/// A request in the body of another whose length can be read in two ways (RFC 9112, section 6.3).
fn in_a_body(line: &str) -> Vec<Forgery> {
    let hidden = format!("GET /me HTTP/1.1\r\nHost: localhost\r\n{line}\r\nX-Rest: ");
    let length = hidden.len() + 5;
    let chunked = format!("0\r\n\r\n{hidden}");
    let framings: [&[String]; 7] = [
        &[format!("Content-Length: {length}"), "Transfer-Encoding: chunked".into()],
        &["Transfer-Encoding: chunked".into(), format!("Content-Length: {length}")],
        &[format!("Content-Length: {length}"), "Transfer-Encoding: xchunked".into()],
        &[format!("Content-Length: {length}"), "Transfer-Encoding:\x0bchunked".into()],
        &[format!("Content-Length: {length}"), "Transfer_Encoding: chunked".into()],
        &["Content-Length: 0".into(), format!("Content-Length: {length}")],
        &[format!("Content-Length: +{length}")],
    ];
    let of = |lines: &&[String]| Forgery { method: "POST", lines: lines.to_vec(), body: chunked.clone() };
    framings.iter().map(of).collect()
}
