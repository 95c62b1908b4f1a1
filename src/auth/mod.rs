//! Authentication: from a request to a [`Verdict`], and from a verdict to a user.
//!
//! The fairing asks the [`Authenticator`] to judge each request: whether the peer is the
//! proxy, and whom it names. The result is a verdict. The guards ask the authenticator to
//! resolve the verdict to a user, by signing a person in or by resuming a session.
//!
//! This module depends on [`proxy`](crate::proxy), `jwt`, [`sync`](crate::sync) and
//! [`store`](crate::store), on [`headers`](crate::headers), [`policy`](crate::policy),
//! [`session`](crate::session) and [`site`](crate::site), on [`user`](crate::user) and
//! [`text`](crate::text), and on the errors. It does not depend on the configuration.

mod allowed_groups;
mod answer_cache;
mod authenticator;
mod cache_config;
mod group_mapper;
mod judge;
mod known_headers;
mod nobody;
mod person;
mod personal;
mod principal;
mod request_notes;
mod sign_in;
mod unreachable_names;
mod users;
mod verdict;

pub(crate) use allowed_groups::{AllowedGroups, GroupPattern};
pub(crate) use answer_cache::AnswerCache;
pub(crate) use authenticator::Authenticator;
pub(crate) use cache_config::CacheConfig;
pub(crate) use group_mapper::{GroupCase, GroupMapper};
pub(crate) use known_headers::KnownHeaders;
pub(crate) use nobody::{MissingUser, NobodyRules};
pub use person::Person;
pub(crate) use personal::PersonalAnswer;
pub(crate) use principal::PrincipalMapper;
pub(crate) use sign_in::SignedIn;
pub(crate) use unreachable_names::{UnreachableNames, UsernameConflicts};
pub use users::Users;
pub(crate) use users::UsersParts;
pub(crate) use verdict::Verdict;
