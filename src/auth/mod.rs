//! The steps of a request, put together: who speaks, what was said, who that is.
//!
//! The fairing has an [`Authenticator`] judge each request, which passes a
//! [`Verdict`]. The guards have it resolve the verdict to a user: it signs somebody
//! in, or resumes a session.
//!
//! This module depends on every floor below it, from [`proxy`](crate::proxy) and
//! [`sync`](crate::sync) down, and not on the configuration.

mod authenticator;
mod judge;
mod principal;
mod sign_in;
mod verdict;

pub(crate) use authenticator::Authenticator;
pub(crate) use principal::PrincipalMapper;
pub(crate) use verdict::Verdict;
