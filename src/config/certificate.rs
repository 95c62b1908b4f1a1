use std::str::FromStr;

use serde::Deserialize;

/// `[default.remote_user.proxy_certificate]`: what the client certificate of
/// the proxy must say. Of each list that is given, one entry must match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of names and fingerprints")]
pub(crate) struct ProxyCertificate {
    /// Common names of the subject, compared byte for byte.
    pub(crate) common_names: Option<Vec<String>>,
    /// DNS names of the subject's alternative names, compared without regard
    /// to case. A wildcard is no more than what it is written as.
    pub(crate) dns_names: Option<Vec<String>>,
    /// Fingerprints of the certificate itself.
    pub(crate) fingerprints: Option<Vec<Fingerprint>>,
}

/// The SHA-256 digest of a certificate in DER: 64 hexadecimal digits, with or
/// without a colon after every two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Fingerprint(pub(crate) [u8; 32]);

impl ProxyCertificate {
    /// What is wrong with the lists, if anything is.
    pub(super) fn fault(&self) -> Option<String> {
        let names = [("common_names", &self.common_names), ("dns_names", &self.dns_names)];
        let fingerprints = ("fingerprints", self.fingerprints.as_ref().map(Vec::len));
        let lengths = names.iter().map(|(list, names)| (*list, names.as_ref().map(Vec::len)));
        let lengths: Vec<_> = lengths.chain([fingerprints]).collect();
        if lengths.iter().all(|(_, length)| length.is_none()) {
            return Some(
                "any certificate would do: set `common_names`, `dns_names` or `fingerprints`".into(),
            );
        }
        if let Some((list, _)) = lengths.iter().find(|(_, length)| *length == Some(0)) {
            return Some(format!("`{list}` is empty, so no certificate would do"));
        }
        let blank = |names: &Option<Vec<String>>| names.iter().flatten().any(|name| name.trim().is_empty());
        let (list, _) = names.iter().find(|(_, names)| blank(names))?;
        Some(format!("a name in `{list}` is blank"))
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || format!("`{text}` is not a SHA-256 fingerprint: 64 hexadecimal digits");
        let digits = match text.contains(':') {
            true if text.split(':').any(|pair| pair.len() != 2) => return Err(fault()),
            _ => text.replace(':', ""),
        };
        if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(fault());
        }
        let mut digest = [0; 32];
        for (byte, at) in digest.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| fault())?;
        }
        Ok(Self(digest))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
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
