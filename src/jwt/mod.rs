//! A signed identity: a token (RFC 7519) that proves by itself who said what is
//! in it.
//!
//! A [`TokenReader`] takes the token of a request apart, verifies its signature
//! with the keys of its issuer, checks its claims, and hands on what they say of a
//! person.
//!
//! This module depends on [`headers`](crate::headers), which holds claims to the
//! rules of the headers, on [`text`](crate::text) and on the errors.

mod algorithm;
mod claims;
mod config;
mod key;
mod key_server;
mod key_url;
mod reader;
mod token;

#[cfg(any(test, fuzzing))]
pub(crate) use claims::Claims;
#[cfg(any(test, fuzzing))]
pub(crate) use config::ClaimNames;
pub(crate) use config::JwtConfig;
pub(crate) use reader::TokenReader;
