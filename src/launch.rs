//! The errors that stop a launch, and how they are logged.
//!
//! This module depends on no other one of this crate.

use rocket::config::pretty_print_error;
use rocket::figment;
use rocket::{error, info_};

/// Why a launch is aborted.
#[derive(Debug)]
pub(crate) enum LaunchError {
    /// The configuration is wrong.
    Config(Box<figment::Error>),
    /// Something else is wrong. `help` says what to do about it, if that is known.
    Other { reason: String, help: Option<String> },
    /// A fairing that this crate attached has logged the error already.
    AlreadyLogged,
}

impl LaunchError {
    /// An error that is not one of the configuration, without help.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        LaunchError::Other { reason: reason.into(), help: None }
    }

    /// Adds advice to an error that was made with [`new`](Self::new).
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        match self {
            LaunchError::Other { reason, .. } => LaunchError::Other { reason, help: Some(help.into()) },
            other => other,
        }
    }

    /// Logs the error in the way in which Rocket logs its own.
    pub(crate) fn log(self) {
        match self {
            LaunchError::AlreadyLogged => {}
            LaunchError::Config(error) => pretty_print_error(*error),
            LaunchError::Other { reason, help } => {
                error!("{}", reason);
                if let Some(help) = help {
                    info_!("{}", help);
                }
            }
        }
    }
}

impl From<figment::Error> for LaunchError {
    fn from(error: figment::Error) -> Self {
        LaunchError::Config(error.into())
    }
}

/// A key of the configuration whose value cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidKey {
    /// The path of the key in `[default.remote_user]`.
    pub(crate) key: &'static str,
    /// A sentence that says what is wrong.
    pub(crate) reason: String,
}

impl InvalidKey {
    pub(crate) fn new(key: &'static str, reason: impl Into<String>) -> Self {
        Self { key, reason: reason.into() }
    }
}
