use std::str::FromStr;

use rocket::Request;
use rocket::mtls::Certificate;
use rocket::mtls::x509::GeneralName;
use rocket::mtls::x509::der::DerObjectContent;
use rocket::request::Outcome;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::launch::InvalidKey;

/// `[default.remote_user.proxy_certificate]`: what the client certificate of
/// the proxy must say. Of each list that is given, one entry must match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of names and fingerprints")]
pub(crate) struct ProxyCertificate {
    /// Common names of the subject, compared byte for byte.
    common_names: Option<Vec<String>>,
    /// DNS names of the subject's alternative names, compared without regard
    /// to case. A wildcard is no more than what it is written as.
    dns_names: Option<Vec<String>>,
    /// Fingerprints of the certificate itself.
    fingerprints: Option<Vec<Fingerprint>>,
}

/// The SHA-256 digest of a certificate in DER: 64 hexadecimal digits, with or
/// without a colon after every two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Fingerprint([u8; 32]);

impl ProxyCertificate {
    /// Whether the certificate that the peer of `request` showed in the TLS
    /// handshake, where its chain was verified, is one of the proxy, and is
    /// valid still.
    pub(super) async fn is_shown_by(&self, request: &Request<'_>) -> bool {
        match request.guard::<Certificate<'_>>().await {
            Outcome::Success(certificate) => certificate.validity().is_valid() && self.accepts(&certificate),
            _ => false,
        }
    }

    fn accepts(&self, certificate: &Certificate<'_>) -> bool {
        let ProxyCertificate { common_names, dns_names, fingerprints } = self;
        common_names.as_ref().is_none_or(|names| has_common_name(certificate, names))
            && dns_names.as_ref().is_none_or(|names| has_dns_name(certificate, names))
            && fingerprints.as_ref().is_none_or(|digests| digests.contains(&fingerprint(certificate)))
    }

    /// Checks that some certificate can match each list, and not every one does.
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
            if names.iter().flatten().any(|name| name.trim().is_empty()) {
                return Err(format!("a name in `{list}` is blank"));
            }
        }
        Ok(())
    }

    /// What is in force.
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

/// Of two common names an authority may have verified one only, so there must
/// be one, in a form whose bytes are its characters: not UTF-16, for example.
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

/// A common name is none (RFC 9525, section 2).
fn has_dns_name(certificate: &Certificate<'_>, names: &[String]) -> bool {
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return false };
    alternatives.value.general_names.iter().any(|alternative| match alternative {
        GeneralName::DNSName(name) => names.iter().any(|accepted| accepted.eq_ignore_ascii_case(name)),
        _ => false,
    })
}

fn fingerprint(certificate: &Certificate<'_>) -> Fingerprint {
    Fingerprint(Sha256::digest(certificate.as_bytes()).into())
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

/// Reads 64 hexadecimal digits, with or without a colon after every two.
fn parse_digest(text: &str) -> Option<[u8; 32]> {
    if text.contains(':') && text.split(':').any(|pair| pair.len() != 2) {
        return None;
    }
    let digits = text.replace(':', "");
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (byte, at) in digest.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

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
