//! The site that this application is: the hosts it answers to, the pages that may send
//! requests to it, and the paths that need a user.
//!
//! Each file has a key of the configuration, and the check of a request that obeys it. The
//! [`Authenticator`](crate::auth::Authenticator) makes these checks before a request is
//! routed.
//!
//! This module depends on the errors only.

mod cross_site;
mod host;
mod origin;
mod require_user;

pub(crate) use cross_site::{CrossSite, CrossSiteCheck, is_form};
pub(crate) use host::{Host, Hosts};
pub(crate) use origin::TrustedOrigin;
pub(crate) use require_user::RequireUser;
