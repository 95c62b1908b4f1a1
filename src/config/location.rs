//! Errors that say where a key was set.
//!
//! Within this folder it depends on nothing.

use rocket::figment::error::{Actual, Kind};
use rocket::figment::{self, Figment};

use crate::launch::{InvalidKey, LaunchError};
use crate::proxy::ProxySecret;

/// The table that the configuration is read from.
pub(super) const TABLE: &str = "remote_user";

/// Checks that the table is a table in every profile that sets it. Figment would pass over
/// anything else, and with it over every restriction that was meant to be there.
///
/// # Errors
///
/// Returns the first value that is no table, with the place where it was set.
pub(super) fn check_tables(figment: &Figment) -> Result<(), LaunchError> {
    let profiles = figment.profiles().cloned().chain([figment.profile().clone()]);
    for profile in profiles {
        let figment = figment.clone().select(profile.clone());
        let Ok(value) = figment.find_value(TABLE) else { continue };
        if value.as_dict().is_none() {
            let kind = Kind::InvalidType(redact(value.to_actual()), "a table".into());
            let mut error = figment::Error::from(kind).with_path(TABLE);
            error.metadata = figment.find_metadata(TABLE).cloned();
            error.profile = value.tag().profile().or(Some(profile));
            return Err(error.into());
        }
    }
    Ok(())
}

/// Puts the name of the table in front of the key that each error is about, and withholds
/// the values of secrets.
pub(super) fn prefix_paths(errors: figment::Error) -> figment::Error {
    let located = errors.clone().into_iter().map(put_beneath_table);
    located.reduce(figment::Error::chain).unwrap_or(errors)
}

fn put_beneath_table(mut error: figment::Error) -> figment::Error {
    if error.path.first().is_some_and(|key| key == ProxySecret::KEY) {
        error.kind = match error.kind {
            Kind::InvalidType(actual, expected) => Kind::InvalidType(redact(actual), expected),
            Kind::InvalidValue(actual, expected) => Kind::InvalidValue(redact(actual), expected),
            other => other,
        };
    }
    error.path.insert(0, TABLE.into());
    error
}

/// Leaves only the kind of a value that may be a secret, or hold one.
fn redact(actual: Actual) -> Actual {
    match actual {
        Actual::Bool(_) => Actual::Other("a boolean".into()),
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => Actual::Other("a number".into()),
        Actual::Str(_) | Actual::Char(_) | Actual::Bytes(_) => Actual::Other("a string".into()),
        other => other,
    }
}

/// Makes an error about a key that says where the key was set, or else where its table was.
pub(super) fn error_at_key(figment: &Figment, InvalidKey { key, reason }: InvalidKey) -> figment::Error {
    let mut error = figment::Error::from(reason).with_path(TABLE).with_path(key);
    for path in [error.path.join("."), TABLE.into()] {
        if let Ok(value) = figment.find_value(&path) {
            error.metadata = figment.find_metadata(&path).cloned();
            error.profile = value.tag().profile();
            break;
        }
    }
    error
}
