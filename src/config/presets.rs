//! The keys that a preset sets, from `presets.toml`.
//!
//! Within this folder it depends on nothing.

use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Serialized, Toml};
use rocket::figment::value::{Dict, Value};
use serde::Deserialize;

use crate::headers::BlankedHeaders;
use crate::launch::InvalidKey;

/// What is known of each product: one table for each preset.
const PRESETS: &str = include_str!("presets.toml");

/// The key of a preset that says how its product signs the identity.
const SIGNATURE: &str = "jwt";

/// What a preset knows of its product.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Preset {
    /// Every header in which the product says who is there, whichever of them are read.
    pub(super) blank: Vec<BlankedHeaders>,
    /// The keys that it sets, unless the configuration does.
    #[serde(flatten)]
    keys: Dict,
}

impl Preset {
    /// Adds the keys of the preset to `table`, whose own keys win one by one.
    pub(super) fn complete(&self, table: Figment) -> Figment {
        table.join(Serialized::defaults(&self.keys))
    }
}

/// The keys of the configuration that decide about a preset.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PresetChoice {
    preset: Option<String>,
    unsigned: bool,
    jwt: Option<Value>,
}

impl PresetChoice {
    /// Returns the chosen preset, or one that sets nothing. The keys about the signature are
    /// among its keys only if the configuration has a table `jwt` for them to complete.
    ///
    /// # Errors
    ///
    /// Returns the key that is wrong: there is no such preset, its product signs the
    /// identity but the configuration does not say what to do about that, or `unsigned`
    /// has no use.
    pub(super) fn preset(&self) -> Result<Preset, InvalidKey> {
        self.check_unsigned()?;
        let Some(name) = &self.preset else { return Ok(Preset::default()) };
        let mut preset = preset_named(name)?;
        let Some(signature) = preset.keys.remove(SIGNATURE) else { return Ok(preset) };
        if self.jwt.is_some() {
            preset.keys.insert(SIGNATURE.into(), signature);
        } else if !self.unsigned {
            let reason = format!(
                "`{name}` signs the identity: configure `jwt`, or set `unsigned = true` to believe \
                 headers that whoever connects from a trusted address can forge"
            );
            return Err(InvalidKey::new("preset", reason));
        }
        Ok(preset)
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
}

/// Returns the presets, by their names.
fn presets() -> Result<BTreeMap<String, Preset>, InvalidKey> {
    let presets = Figment::from(Toml::string(PRESETS)).extract();
    presets.map_err(|error| InvalidKey::new("preset", error.to_string()))
}

/// Looks up a preset.
fn preset_named(name: &str) -> Result<Preset, InvalidKey> {
    let mut presets = presets()?;
    presets.remove(name).ok_or_else(|| {
        let known: Vec<_> = presets.keys().map(|name| format!("`{name}`")).collect();
        InvalidKey::new("preset", format!("`{name}` is no preset: there are {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The strings in `value`, where `headers` or `jwt` of a preset have names of headers.
    fn names(value: Option<&Value>) -> Vec<&str> {
        let table = value.and_then(Value::as_dict);
        table.into_iter().flat_map(Dict::values).filter_map(Value::as_str).collect()
    }

    #[test]
    fn a_preset_blanks_every_header_that_it_reads_whatever_is_read_instead() {
        for (name, preset) in presets().expect("presets") {
            let token = preset.keys.get(SIGNATURE).and_then(|signature| signature.find_ref("header"));
            let headers = names(preset.keys.get("headers"));
            assert!(!headers.is_empty(), "{name}");
            for header in headers.into_iter().chain(token.and_then(Value::as_str)) {
                assert!(preset.blank.iter().any(|blanked| blanked.include(header)), "{name} reads {header}");
            }
        }
    }
}
