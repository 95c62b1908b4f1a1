//! The proof `proxy_certificate`: its key, and the check of a request.
//!
//! Within this folder it depends on nothing.

use std::str::FromStr;

use rocket::Request;
use rocket::mtls::Certificate;
use rocket::mtls::x509::GeneralName;
use rocket::mtls::x509::der::DerObjectContent;
use rocket::request::Outcome;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::Fault;
use crate::launch::InvalidKey;
use crate::text;

/// `[default.remote_user.proxy_certificate]`: what the client certificate of the proxy
/// must say. One entry of each list that is given must match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of names and fingerprints")]
pub(crate) struct ProxyCertificate {
    /// Common names of the subject, which are compared byte for byte. The DNS names that an
    /// authority may issue bind none of them (RFC 5280, section 4.2.1.10), so that any
    /// authority beneath `ca_certs` can issue one.
    common_names: Option<Vec<String>>,
    /// DNS names among the subject's alternative names, which are compared without
    /// regard to case. None is a wildcard.
    dns_names: Option<Vec<String>>,
    /// Fingerprints of the whole certificate.
    fingerprints: Option<Vec<Fingerprint>>,
}

impl ProxyCertificate {
    /// Checks that the peer of `request` showed a certificate of the proxy. The TLS handshake
    /// has verified its chain. It must still be valid now, as a connection can outlive
    /// it.
    pub(super) async fn check_peer(&self, request: &Request<'_>) -> Result<(), Fault> {
        match request.guard::<Certificate<'_>>().await {
            Outcome::Success(certificate)
                if certificate.validity().is_valid() && self.accepts(&certificate) =>
            {
                Ok(())
            }
            Outcome::Success(_) | Outcome::Error(_) => Err(Fault::WrongCertificate),
            Outcome::Forward(_) => Err(Fault::MissingCertificate),
        }
    }

    fn accepts(&self, certificate: &Certificate<'_>) -> bool {
        let ProxyCertificate { common_names, dns_names, fingerprints } = self;
        common_names.as_ref().is_none_or(|names| has_common_name(certificate, names))
            && dns_names.as_ref().is_none_or(|names| has_dns_name(certificate, names))
            && fingerprints.as_ref().is_none_or(|digests| digests.contains(&Fingerprint::of(certificate)))
    }

    /// Checks that a list is given, that no list is empty, and that no name is blank, a
    /// pattern, or one that no certificate can have.
    pub(crate) fn check(&self) -> Result<(), InvalidKey> {
        self.check_lists().map_err(|reason| InvalidKey::new("proxy_certificate", reason))
    }

    fn check_lists(&self) -> Result<(), String> {
        let Self { common_names, dns_names, fingerprints } = self;
        let lengths = [
            ("common_names", common_names.as_ref().map(Vec::len)),
            ("dns_names", dns_names.as_ref().map(Vec::len)),
            ("fingerprints", fingerprints.as_ref().map(Vec::len)),
        ];
        if lengths.iter().all(|(_, length)| length.is_none()) {
            return Err("any certificate would do: set `common_names`, `dns_names` or `fingerprints`".into());
        }
        if let Some((list, _)) = lengths.iter().find(|(_, length)| *length == Some(0)) {
            return Err(format!("`{list}` is empty, so no certificate would do"));
        }
        for (list, names) in [("common_names", common_names), ("dns_names", dns_names)] {
            for name in names.iter().flatten() {
                check_name(name).map_err(|reason| format!("{name:?} in `{list}` {reason}"))?;
            }
        }
        if let Some(name) = dns_names.iter().flatten().find(|name| !is_dns_name(name)) {
            return Err(format!("{name:?} in `dns_names` is no DNS name in ASCII"));
        }
        Ok(())
    }

    /// Returns the warning that a common name alone says who the proxy is, if so.
    pub(super) fn warning(&self) -> Option<String> {
        if self.dns_names.is_some() || self.fingerprints.is_some() {
            return None;
        }
        Some(
            "`common_names` alone say which certificate is the proxy's, and an authority that may only issue \
             certificates for some DNS names can still put any common name in one: set `dns_names` or \
             `fingerprints`"
                .into(),
        )
    }

    /// Describes what is configured.
    pub(super) fn summary(&self) -> String {
        let mut parts = Vec::new();
        for (kind, names) in [("common name", &self.common_names), ("DNS name", &self.dns_names)] {
            if let Some(names) = names {
                let quoted: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
                parts.push(format!("{kind} {}", quoted.join(" or ")));
            }
        }
        match self.fingerprints.as_ref().map(Vec::len) {
            None => {}
            Some(1) => parts.push("the fingerprint".into()),
            Some(n) => parts.push(format!("one of {n} fingerprints")),
        }
        parts.join(", ")
    }
}

/// Checks that `name` is one name, which a person can see.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() {
        Err("is blank")
    } else if name.trim() != name {
        Err("has white space around it")
    } else if name.contains('*') {
        Err("is a wildcard, which is no name of a proxy")
    } else if text::check(name, usize::MAX).is_err() {
        Err("holds a character that nobody can see, or a placeholder")
    } else {
        Ok(())
    }
}

/// Whether `name` has the form in which certificates have DNS names: ASCII labels between
/// dots (RFC 5280, section 4.2.1.6).
fn is_dns_name(name: &str) -> bool {
    let is_label_byte = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    name.split('.').all(|label| !label.is_empty() && label.bytes().all(is_label_byte))
}

/// Whether the common name of the certificate is one of `names`. A certificate with two
/// common names has none that counts, as an authority may have verified only one of
/// them. The bytes of the name must be its characters: UTF-16, for example, is not
/// accepted.
fn has_common_name(certificate: &Certificate<'_>, names: &[String]) -> bool {
    let mut attributes = certificate.subject().iter_common_name();
    let (Some(attribute), None) = (attributes.next(), attributes.next()) else { return false };
    match attribute.attr_value().content {
        DerObjectContent::UTF8String(name)
        | DerObjectContent::PrintableString(name)
        | DerObjectContent::IA5String(name) => names.iter().any(|accepted| accepted == name),
        _ => false,
    }
}

/// Whether a DNS name of the certificate is one of `names`. A common name is not a DNS
/// name (RFC 9525, section 2).
fn has_dns_name(certificate: &Certificate<'_>, names: &[String]) -> bool {
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return false };
    alternatives.value.general_names.iter().any(|alternative| match alternative {
        GeneralName::DNSName(name) => names.iter().any(|accepted| accepted.eq_ignore_ascii_case(name)),
        _ => false,
    })
}

/// The SHA-256 digest of a certificate in DER. It is written as 64 hexadecimal digits,
/// with or without colons between the pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(certificate: &Certificate<'_>) -> Self {
        Self(Sha256::digest(certificate.as_bytes()).into())
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_digest(text)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a SHA-256 fingerprint: 64 hexadecimal digits"))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Parses 64 hexadecimal digits, with or without colons between the pairs.
fn parse_digest(text: &str) -> Option<[u8; 32]> {
    if text.contains(':') && text.split(':').any(|pair| pair.len() != 2) {
        return None;
    }
    let digits = text.replace(':', "");
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        let start = 2 * index;
        *byte = u8::from_str_radix(&digits[start..start + 2], 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dns_name_is_of_ascii_labels_between_dots() {
        for name in ["proxy", "proxy-1.internal", "_proxy.Example", "xn--bcher-kva.example", "1.2"] {
            assert!(is_dns_name(name), "{name}");
        }
        for name in ["", ".", "proxy.", ".proxy", "a..b", "bücher.example", "a b", "*.example", "a/b"] {
            assert!(!is_dns_name(name), "{name}");
        }
    }

    #[test]
    fn a_fingerprint_is_64_digits_of_either_case_with_or_without_colons() {
        let digits = "00ff10".to_owned() + &"ab".repeat(29);
        let pairs: Vec<_> = digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair)).collect();
        let Fingerprint(digest) = digits.parse().expect("a fingerprint");
        assert_eq!(digest[..4], [0x00, 0xff, 0x10, 0xab]);
        for spelling in [digits.to_uppercase(), pairs.join(":"), pairs.join(":").to_uppercase()] {
            assert_eq!(spelling.parse(), Ok(Fingerprint(digest)), "{spelling}");
        }
    }

    #[test]
    fn what_is_no_fingerprint_is_refused_with_its_text() {
        let digits = "ab".repeat(32);
        let cases = [
            "".into(),
            digits[2..].to_owned(),
            format!("{digits}ab"),
            digits.replacen('a', "g", 1),
            digits.replacen("ab", "+b", 1),
            format!(":{digits}"),
            format!("{digits}:"),
            format!("a:{}", &digits[1..]),
            "é".repeat(32),
        ];
        for text in cases {
            let message = format!("`{text}` is not a SHA-256 fingerprint: 64 hexadecimal digits");
            assert_eq!(text.parse::<Fingerprint>(), Err(message));
        }
    }
}
