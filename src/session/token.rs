use std::fmt;

use sha2::{Digest, Sha256};

/// What a session's cookie carries: 256 random bits, in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionToken(String);

/// What the store keeps of a token: its SHA-256, in hexadecimal, from which
/// nobody makes the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenHash(String);

const BYTES: usize = 32;

impl SessionToken {
    /// A new token, from the system's source of random bytes.
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(to_hexadecimal(&bytes)))
    }

    /// The token that `text` is, if it can be one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 2 * BYTES && text.bytes().all(is_digit)).then(|| Self(text.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> TokenHash {
        TokenHash(to_hexadecimal(&Sha256::digest(&self.0)))
    }
}

/// Without the token: who reads a log is not to be anybody.
impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

impl TokenHash {
    /// A digest that was stored, or that names a session.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn to_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_are_read_back_and_do_not_show() {
        let (one, two) =
            (SessionToken::generate().expect("a token"), SessionToken::generate().expect("a token"));
        assert_ne!(one, two);
        assert_eq!((one.as_str().len(), SessionToken::parse(one.as_str())), (64, Some(one.clone())));
        assert_eq!(format!("{one:?}"), "SessionToken(..)");
    }

    #[test]
    fn a_digest_is_the_sha_256_of_the_token() {
        let token = SessionToken::parse(&"0".repeat(64)).expect("a token");
        let digest = "60e05bd1b195af2f94112fa7197a5c88289058840ce7c6df9693756bc6250f55";
        assert_eq!(token.hash().as_str(), digest);
    }

    #[test]
    fn what_was_never_a_token_is_none() {
        let (short, long, upper) = ("0".repeat(63), "0".repeat(65), "A".repeat(64));
        let wide = "\u{e9}".repeat(32);
        for text in
            ["", &short, &long, &upper, &wide, &format!("{} ", &short), &format!("\"{}\"", &short[1..])]
        {
            assert_eq!(SessionToken::parse(text), None, "{text}");
        }
    }
}
