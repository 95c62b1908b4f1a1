//! A signed identity: a token (RFC 7519) whose signature proves who issued it.
//!
//! A [`TokenReader`] splits the token of a request into its parts, verifies its
//! signature with the keys of the issuer, checks its claims, and returns what they
//! say of a person.
//!
//! This module depends on [`headers`](crate::headers), which checks the claims by the
//! rules of the identity headers, on [`text`](crate::text), on `lock` and on the errors.

mod algorithm;
mod cache_control;
mod claims;
mod config;
mod json;
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
