//! Random tokens, and the hashes that are stored of them.
//!
//! Within this folder it depends on nothing.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The length of a token, in bytes before the hexadecimal.
const TOKEN_BYTES: usize = 32;

/// The secret in a session's cookie: 256 random bits, in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionToken(String);

/// The SHA-256 of a token, in hexadecimal. The store keeps this hash only, from
/// which nobody can compute the token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct TokenHash(String);

impl SessionToken {
    /// Generates a new token from the system's source of random bytes.
    ///
    /// # Errors
    ///
    /// Returns the error of that source.
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(to_hexadecimal(&bytes)))
    }

    /// Reads a token as [`generate`](Self::generate) writes it: 64 lower-case
    /// hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() == 2 * TOKEN_BYTES && text.bytes().all(is_hexadecimal_digit) {
            Some(Self(text.into()))
        } else {
            None
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> TokenHash {
        TokenHash(to_hexadecimal(&Sha256::digest(&self.0)))
    }
}

/// Does not show the token, so that a reader of the logs cannot use it.
impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

impl TokenHash {
    /// The hash as the store returned it.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_hexadecimal_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn to_hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.map(|nibble| DIGITS[usize::from(nibble)]).collect()
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
