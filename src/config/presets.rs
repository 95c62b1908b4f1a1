//! The keys that a preset sets, from `presets.toml`.
//!
//! Within this folder it depends on nothing.

use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Serialized, Toml};
use rocket::figment::value::{Dict, Value};
use serde::Deserialize;

use crate::launch::InvalidKey;

/// The keys that each known product needs: one table for each preset.
const PRESETS: &str = include_str!("presets.toml");

/// The key of a preset that says how its product signs the identity.
const SIGNATURE: &str = "jwt";

/// The keys of the configuration that decide about a preset.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PresetChoice {
    preset: Option<String>,
    unsigned: bool,
    jwt: Option<Value>,
}

impl PresetChoice {
    /// Returns the keys of the chosen preset. Those about the signature are among them only
    /// if the configuration has a table `jwt` for them to complete.
    ///
    /// # Errors
    ///
    /// Returns the key that is wrong: there is no such preset, its product signs the
    /// identity but the configuration does not say what to do about that, or `unsigned`
    /// has no use.
    pub(super) fn keys(&self) -> Result<Dict, InvalidKey> {
        self.check_unsigned()?;
        let Some(preset) = &self.preset else { return Ok(Dict::new()) };
        let mut keys = keys_of(preset)?;
        let Some(signature) = keys.remove(SIGNATURE) else { return Ok(keys) };
        if self.jwt.is_some() {
            keys.insert(SIGNATURE.into(), signature);
        } else if !self.unsigned {
            let reason = format!(
                "`{preset}` signs the identity: configure `jwt`, or set `unsigned = true` to believe \
                 headers that whoever connects from a trusted address can forge"
            );
            return Err(InvalidKey::new("preset", reason));
        }
        Ok(keys)
    }

    /// Checks that `unsigned` is set only where it can have a use.
    fn check_unsigned(&self) -> Result<(), InvalidKey> {
        if self.unsigned && self.jwt.is_some() {
            return Err(InvalidKey::new("unsigned", "`jwt` is configured, so the identity is signed"));
        }
        if self.unsigned && self.preset.is_none() {
            let reason = "there is no `preset` whose product signs the identity";
            return Err(InvalidKey::new("unsigned", reason));
        }
        Ok(())
    }

    /// Adds the keys of a preset to `table`, whose own keys win one by one.
    pub(super) fn with_defaults(table: Figment, keys: Dict) -> Figment {
        table.join(Serialized::defaults(keys))
    }
}

/// Looks up the keys that a preset sets.
fn keys_of(preset: &str) -> Result<Dict, InvalidKey> {
    let mut presets: BTreeMap<String, Dict> = Figment::from(Toml::string(PRESETS))
        .extract()
        .map_err(|error| InvalidKey::new("preset", error.to_string()))?;
    presets.remove(preset).ok_or_else(|| {
        let known: Vec<_> = presets.keys().map(|name| format!("`{name}`")).collect();
        InvalidKey::new("preset", format!("`{preset}` is no preset: there are {}", known.join(", ")))
    })
}
