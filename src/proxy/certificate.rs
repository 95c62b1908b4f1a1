use rocket::Request;
use rocket::mtls::Certificate;
use rocket::mtls::x509::GeneralName;
use rocket::mtls::x509::der::DerObjectContent;
use rocket::request::Outcome;
use sha2::{Digest, Sha256};

use crate::config::{Fingerprint, ProxyCertificate};

/// What the client certificate of a proxy must say.
#[derive(Debug, Clone)]
pub(super) struct Certificates(ProxyCertificate);

impl Certificates {
    pub(super) fn new(certificate: &ProxyCertificate) -> Self {
        Self(certificate.clone())
    }

    /// Whether the certificate that the peer of `request` showed in the TLS
    /// handshake, where its chain was verified, is one of the proxy, and is
    /// valid still.
    pub(super) async fn hold(&self, request: &Request<'_>) -> bool {
        match request.guard::<Certificate<'_>>().await {
            Outcome::Success(certificate) => certificate.validity().is_valid() && self.accept(&certificate),
            _ => false,
        }
    }

    fn accept(&self, certificate: &Certificate<'_>) -> bool {
        let ProxyCertificate { common_names, dns_names, fingerprints } = &self.0;
        common_names.as_ref().is_none_or(|names| has_common_name(certificate, names))
            && dns_names.as_ref().is_none_or(|names| has_dns_name(certificate, names))
            && fingerprints.as_ref().is_none_or(|digests| digests.contains(&fingerprint(certificate)))
    }

    /// What is in force.
    pub(super) fn summary(&self) -> String {
        let ProxyCertificate { common_names, dns_names, fingerprints } = &self.0;
        let names = [("common name", common_names), ("DNS name", dns_names)];
        let named = |(kind, names): (&str, &Option<Vec<String>>)| {
            let quoted: Vec<_> = names.as_ref()?.iter().map(|name| format!("{name:?}")).collect();
            Some(format!("{kind} {}", quoted.join(" or ")))
        };
        let count = fingerprints.as_ref().map(|digests| match digests.len() {
            1 => "the fingerprint".into(),
            n => format!("one of {n} fingerprints"),
        });
        names.into_iter().filter_map(named).chain(count).collect::<Vec<_>>().join(", ")
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
