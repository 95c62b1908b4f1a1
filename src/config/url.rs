use rocket::http::uri::Reference;
use serde::Deserialize;

/// A page of the proxy: an absolute path or an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Url(String);

impl Url {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Url {
    type Error = String;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        let is_page = match Reference::parse(&url) {
            Ok(reference) => match (reference.scheme(), reference.authority()) {
                (Some(scheme), Some(_)) => scheme == "http" || scheme == "https",
                (None, None) => url.starts_with('/') && !url.starts_with("//"),
                _ => false,
            },
            Err(_) => false,
        };
        match is_page {
            true => Ok(Self(url)),
            false => Err(format!("`{url}` is not an absolute path or an http(s) URL")),
        }
    }
}
