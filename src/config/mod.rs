//! The keys of `[default.remote_user]`: read, checked, and made into the parts of an
//! [`Authenticator`](crate::auth::Authenticator).
//!
//! Each key's type belongs to the module that obeys it, for example
//! [`proxy::TrustedProxy`](crate::proxy::TrustedProxy). This module puts the keys together in one
//! [`Config`], checks what only several of them together can get wrong, and says where a
//! wrong one was set.
//!
//! This module depends on the modules whose keys and parts it puts together:
//! [`auth`](crate::auth), [`proxy`](crate::proxy), `jwt`, [`sync`](crate::sync),
//! [`headers`](crate::headers), [`policy`](crate::policy), [`session`](crate::session),
//! [`site`](crate::site), [`user`](crate::user) and [`text`](crate::text), and on the errors. Only
//! the fairing depends on it.

mod check;
mod group_rules;
mod keys;
mod location;
#[cfg(not(all(feature = "mtls", feature = "jwt")))]
mod not_compiled;
mod parts;
mod presets;
mod summary;

use rocket::figment::Figment;

use self::location::{TABLE, check_tables, error_at_key, prefix_paths};
use self::presets::PresetChoice;
use crate::launch::LaunchError;

pub use self::keys::Config;

impl Config {
    /// Reads the table under the active profile, and checks it.
    ///
    /// # Errors
    ///
    /// Returns the first key that is wrong, with the place where it was set.
    pub(crate) fn extract(figment: &Figment) -> Result<Self, LaunchError> {
        check_tables(figment)?;
        let table = figment.focus(TABLE);
        let choice: PresetChoice = table.extract().map_err(prefix_paths)?;
        let preset = choice.preset().map_err(|invalid| error_at_key(figment, invalid))?;
        let config: Self = preset.complete(table).extract().map_err(prefix_paths)?;
        let config = Self { blank_by_preset: preset.blank, ..config };
        let is_debug = figment.profile() == rocket::Config::DEBUG_PROFILE;
        config.check(is_debug).map_err(|invalid| error_at_key(figment, invalid))?;
        config.check_tls(figment).map_err(|invalid| error_at_key(figment, invalid))?;
        Ok(config)
    }

    /// Checks that names of every permitted length fit a store whose names have at most
    /// `max_length` characters.
    ///
    /// # Errors
    ///
    /// Returns the first limit that is greater, with the place where it was set.
    pub(crate) fn check_name_length(&self, figment: &Figment, max_length: usize) -> Result<(), LaunchError> {
        self.check_limits_within(max_length).map_err(|invalid| error_at_key(figment, invalid).into())
    }
}

#[cfg(test)]
mod tests {
    use rocket::figment::providers::{Format, Toml};

    use super::*;

    #[test]
    fn a_store_whose_names_are_shorter_than_the_limits_stops_the_launch() {
        let limits = "limits = { user = 64, group = 65 }";
        let toml = format!("[remote_user]\ntrusted_proxies = ['::1']\n{limits}");
        let figment = Figment::from(Toml::string(&toml));
        let config = Config::extract(&figment).expect("a configuration");
        for (max_length, key) in [(65, None), (64, Some("limits.group")), (63, Some("limits.user"))] {
            let invalid = config.check_limits_within(max_length).err();
            assert_eq!(invalid.map(|invalid| invalid.key), key, "{max_length}");
            assert_eq!(
                config.check_name_length(&figment, max_length).is_err(),
                key.is_some(),
                "{max_length}"
            );
        }
    }
}
