use serde::Deserialize;

/// How the proxy encodes the values of the identity headers, all of them
/// alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "\"utf-8\", \"percent\", \"rfc2047\" or \"quoted-printable\"")]
pub(crate) enum Encoding {
    /// Not at all: a value is what it is.
    #[serde(rename = "utf-8")]
    Utf8,
    /// `%C3%AB`: RFC 3986, section 2.1.
    Percent,
    /// `=?utf-8?q?Zo=C3=AB?=`: the encoded-words of RFC 2047, among other text.
    #[serde(rename = "rfc2047")]
    Rfc2047,
    /// `Zo=C3=AB`: RFC 2045, section 6.7.
    QuotedPrintable,
}

impl Encoding {
    /// The value of the key that is this one.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Percent => "percent",
            Encoding::Rfc2047 => "rfc2047",
            Encoding::QuotedPrintable => "quoted-printable",
        }
    }
}
