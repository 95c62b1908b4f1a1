//! A browser of somebody who signs in by forms.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::tls::{self, Tls};
use super::wire::{Answer, Reading, connect, exchange_on};

/// How many pages lead to where somebody wants to go.
const MOST_PAGES: usize = 20;

/// Follows redirects, fills in forms, and keeps the cookies of each host, whatever the port (RFC 6265, section 8.5).
pub struct Agent {
    name: String,
    password: &'static str,
    /// What is believed where a URL has `https`.
    tls: Option<Tls>,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// A form of a page, with what its fields have.
#[derive(Debug)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Agent {
    pub fn new(name: &str, password: &'static str, tls: Option<Tls>) -> Agent {
        Agent { name: name.into(), password, tls, cookies: BTreeMap::new() }
    }

    /// Where each answer leads from `url`, until it leads to `end` or to no other page.
    pub fn go(&mut self, url: &str, end: &str) {
        let (mut url, mut form) = (url.to_owned(), None);
        for _ in 0..MOST_PAGES {
            let answer = self.send(&url, form.take());
            if let Some(location) = answer.header("Location") {
                url = join(&url, location);
                if url == end {
                    return;
                }
            } else if let Some(found) = Form::read(&answer.body) {
                let action = join(&url, &found.action);
                form = Some(self.fill_in(found));
                url = action;
            } else {
                return;
            }
        }
        panic!("{url} leads nowhere");
    }

    /// The line that has one cookie of `host`, if there is one.
    pub fn cookie(&self, host: &str, name: &str) -> Option<String> {
        self.cookies.get(host)?.get(name).map(|value| format!("Cookie: {name}={value}"))
    }

    /// The value of the line that has all cookies of `host`.
    fn cookies(&self, host: &str) -> String {
        let cookies = self.cookies.get(host).into_iter().flatten();
        cookies.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Asks for `url`, or sends a form there.
    fn send(&mut self, url: &str, form: Option<String>) -> Answer {
        let (origin, path) = split(url);
        let (scheme, authority) = origin.split_once("://").expect("a URL");
        let (host, port) = authority.split_once(':').expect("a port");
        let method = if form.is_some() { "POST" } else { "GET" };
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: text/html\r\nReferer: {origin}/\r\n"
        );
        let cookies = self.cookies(host);
        if !cookies.is_empty() {
            request += &format!("Cookie: {cookies}\r\n");
        }
        if let Some(form) = &form {
            let length = form.len();
            request +=
                &format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n");
        }
        request += &format!("\r\n{}", form.unwrap_or_default());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().expect("a port")));
        let (request, reading) = (request.as_bytes(), Reading::One { head: false });
        let mut answers = match &self.tls {
            Some(tls) if scheme == "https" => exchange_on(&mut tls::connect(address, tls), request, reading),
            _ => exchange_on(&mut connect(address), request, reading),
        };
        assert!(!answers.is_empty(), "no answer to {method} {url}");
        let answer = answers.remove(0);
        let cookies = self.cookies.entry(host.into()).or_default();
        for (name, value) in answer.lines.iter().filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("Set-Cookie") {
                keep(cookies, value.trim());
            }
        }
        answer
    }

    /// What is sent of a form, with the name and the password where it asks for them.
    fn fill_in(&self, form: Form) -> String {
        let field = |(name, value): (String, String)| {
            let value = match name.as_str() {
                "login" | "user" | "username" => &self.name,
                "password" => self.password,
                _ => &value,
            };
            [&*name, value].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()).join("=")
        };
        form.fields.into_iter().map(field).collect::<Vec<_>>().join("&")
    }
}

impl Form {
    /// The first form of a page, with no box checked. A button counts that has a name, also past the
    /// form's end.
    fn read(page: &str) -> Option<Form> {
        let page = &page[page.find("<form")?..];
        let mut elements = page.split('<').skip(1);
        let action = attribute(elements.next()?, "action").unwrap_or_default();
        let mut fields: Vec<(String, String)> = Vec::new();
        for element in elements.filter(|text| text.starts_with("input") || text.starts_with("button")) {
            let Some(name) = attribute(element, "name") else { continue };
            let is_checked = attribute(element, "type").is_none_or(|kind| kind != "checkbox");
            if is_checked && !fields.iter().any(|(known, _)| *known == name) {
                fields.push((name, attribute(element, "value").unwrap_or_default()));
            }
        }
        Some(Form { action, fields })
    }
}

/// An attribute in the text of an element.
fn attribute(element: &str, name: &str) -> Option<String> {
    let element = element.split('>').next()?;
    let quoted = |quote| element.split_once(&format!(" {name}={quote}"))?.1.split_once(quote);
    let (value, _) = quoted('"').or_else(|| quoted('\''))?;
    Some(value.replace("&#x27;", "'").replace("&quot;", "\"").replace("&amp;", "&"))
}

/// Keeps a cookie, or drops one that an answer takes back.
fn keep(cookies: &mut BTreeMap<String, String>, cookie: &str) {
    let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
    let (name, value) = pair.split_once('=').expect("a cookie");
    let attributes = attributes.to_lowercase();
    let expires = attributes.split_once("expires=").map_or("", |(_, date)| date);
    let year = expires.split([' ', '-']).find_map(|part| part.parse().ok().filter(|year| *year > 999));
    let is_past = attributes.contains("max-age=0") || year.is_some_and(|year: u16| year < 2020);
    if is_past || value.is_empty() || value == "\"\"" {
        cookies.remove(name);
    } else {
        cookies.insert(name.into(), value.into());
    }
}

/// The origin of a URL, and the rest of it.
fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").expect("a URL") + 3;
    let path = url[host..].find('/').map_or(url.len(), |path| host + path);
    (&url[..path], if path == url.len() { "/" } else { &url[path..] })
}

/// The URL that `reference` means on the page `url`.
pub fn join(url: &str, reference: &str) -> String {
    let (origin, path) = split(url);
    let path = path.split('?').next().expect("a path");
    match reference {
        "" | "#" => url.into(),
        _ if reference.contains("://") && !reference.starts_with(['/', '?']) => reference.into(),
        _ if reference.starts_with('/') => format!("{origin}{reference}"),
        _ if reference.starts_with('?') => format!("{origin}{path}{reference}"),
        _ => format!("{origin}{}/{reference}", path.rsplit_once('/').expect("a path").0),
    }
}
