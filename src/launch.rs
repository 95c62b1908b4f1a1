use rocket::config::pretty_print_error;
use rocket::figment;
use rocket::{error, info_};

/// Why a launch is aborted.
#[derive(Debug)]
pub(crate) enum Abort {
    /// The configuration is at fault.
    Config(Box<figment::Error>),
    /// Something else is, and perhaps there is a cure.
    Other { reason: String, cure: Option<String> },
    /// Another fairing, which this one attached, has told already.
    Told,
}

impl Abort {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Abort::Other { reason: reason.into(), cure: None }
    }

    pub(crate) fn cure(self, cure: impl Into<String>) -> Self {
        match self {
            Abort::Other { reason, .. } => Abort::Other { reason, cure: Some(cure.into()) },
            other => other,
        }
    }

    /// Tells whoever launches.
    pub(crate) fn log(self) {
        match self {
            Abort::Told => {}
            Abort::Config(error) => pretty_print_error(*error),
            Abort::Other { reason, cure } => {
                error!("{}", reason);
                if let Some(cure) = cure {
                    info_!("{}", cure);
                }
            }
        }
    }
}

impl From<figment::Error> for Abort {
    fn from(error: figment::Error) -> Self {
        Abort::Config(error.into())
    }
}
