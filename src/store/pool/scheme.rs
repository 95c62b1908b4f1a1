//! The scheme of a database's URL.
//!
//! Within this folder it depends on nothing.

/// The scheme of a URL, if what is before its first colon is one ([RFC 3986, section 3.1]).
/// Anything else there may be a secret, and is in no message.
///
/// [RFC 3986, section 3.1]: https://www.rfc-editor.org/rfc/rfc3986#section-3.1
pub(crate) fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let is_scheme_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(is_scheme_byte) {
        Some(scheme)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_scheme_is_one() {
        for (url, expected) in [
            ("sqlite:users.sqlite", Some("sqlite")),
            ("postgres://ada:s3cret@db/app", Some("postgres")),
            ("a2+b-c.d:", Some("a2+b-c.d")),
            ("server=127.0.0.1;password=s3cret:4", None),
            ("//ada:s3cret@db/app", None),
            ("s3cret@db:5432", None),
            ("2a:b", None),
            ("zo\u{eb}:b", None),
            ("a b:c", None),
            (":b", None),
            ("users.sqlite", None),
            ("", None),
        ] {
            assert_eq!(scheme(url), expected, "{url}");
        }
    }
}
