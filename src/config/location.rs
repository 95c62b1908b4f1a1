use rocket::figment::error::{Actual, Kind};
use rocket::figment::{self, Figment};

use crate::launch::{InvalidKey, LaunchError};
use crate::proxy::ProxySecret;

/// The table that the configuration is read from.
pub(super) const TABLE: &str = "remote_user";

/// Refuses what is no table in any profile: figment would pass over it, and
/// over every restriction that was meant to be in it.
pub(super) fn check_tables(figment: &Figment) -> Result<(), LaunchError> {
    let profiles = figment.profiles().cloned().chain([figment.profile().clone()]);
    for profile in profiles {
        let figment = figment.clone().select(profile.clone());
        match figment.find_value(TABLE) {
            Ok(value) if value.as_dict().is_none() => {
                let kind = Kind::InvalidType(withheld(value.to_actual()), "a table".into());
                let mut error = figment::Error::from(kind).with_path(TABLE);
                error.metadata = figment.find_metadata(TABLE).cloned();
                error.profile = value.tag().profile().or(Some(profile));
                return Err(error.into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts the table in front of the key that each error is about, and takes the
/// value out of what is said of a secret.
pub(super) fn beneath_table(errors: figment::Error) -> figment::Error {
    let beneath = |mut error: figment::Error| {
        if error.path.first().is_some_and(|key| key == ProxySecret::KEY) {
            error.kind = match error.kind {
                Kind::InvalidType(actual, expected) => Kind::InvalidType(withheld(actual), expected),
                Kind::InvalidValue(actual, expected) => Kind::InvalidValue(withheld(actual), expected),
                other => other,
            };
        }
        error.path.insert(0, TABLE.into());
        error
    };
    let chain = |earlier: figment::Error, later| earlier.chain(later);
    errors.clone().into_iter().map(beneath).reduce(chain).unwrap_or(errors)
}

/// The kind of a value that may be a secret, or hold one, and nothing more.
fn withheld(actual: Actual) -> Actual {
    match actual {
        Actual::Bool(_) => Actual::Other("a boolean".into()),
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => Actual::Other("a number".into()),
        Actual::Str(_) | Actual::Char(_) | Actual::Bytes(_) => Actual::Other("a string".into()),
        other => other,
    }
}

/// The error about a key that says where the key, or else its table, was set.
pub(super) fn misconfigured(figment: &Figment, InvalidKey { key, reason }: InvalidKey) -> figment::Error {
    let mut error = figment::Error::from(reason).with_path(TABLE).with_path(key);
    let paths = [error.path.join("."), TABLE.into()];
    if let Some((path, value)) = paths.iter().find_map(|path| Some((path, figment.find_value(path).ok()?))) {
        error.metadata = figment.find_metadata(path).cloned();
        error.profile = value.tag().profile();
    }
    error
}
