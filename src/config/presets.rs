use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Serialized, Toml};
use rocket::figment::value::{Dict, Value};
use serde::Deserialize;

use crate::launch::InvalidKey;

/// The keys that each known product needs, as data: a table a preset.
const PRESETS: &str = include_str!("presets.toml");

/// The key of a preset that says how its product signs the identity.
const SIGNATURE: &str = "jwt";

/// What the table of the configuration says of presets.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PresetChoice {
    preset: Option<String>,
    unsigned: bool,
    jwt: Option<Value>,
}

impl PresetChoice {
    /// The keys of the chosen preset, or else which key is wrong, and why.
    pub(super) fn keys(&self) -> Result<Dict, InvalidKey> {
        if self.unsigned && self.jwt.is_some() {
            return Err(InvalidKey::new("unsigned", "`jwt` is configured, so the identity is signed"));
        }
        let Some(preset) = &self.preset else {
            if self.unsigned {
                let reason = "there is no `preset` whose product signs the identity";
                return Err(InvalidKey::new("unsigned", reason));
            }
            return Ok(Dict::new());
        };
        let mut keys = keys_of(preset)?;
        let signature = keys.remove(SIGNATURE);
        if signature.is_some() && self.jwt.is_none() && !self.unsigned {
            let reason = format!(
                "`{preset}` signs the identity: configure `jwt`, or set `unsigned = true` to believe \
                 headers that whoever connects from a trusted address can forge"
            );
            return Err(InvalidKey::new("preset", reason));
        }
        if self.jwt.is_some() {
            keys.extend(signature.map(|signature| (SIGNATURE.into(), signature)));
        }
        Ok(keys)
    }

    /// Puts `keys` beneath those of `table`, which win one by one.
    pub(super) fn complete(table: Figment, keys: Dict) -> Figment {
        table.join(Serialized::defaults(keys))
    }
}

/// The keys that a preset sets.
fn keys_of(preset: &str) -> Result<Dict, InvalidKey> {
    let presets = Figment::from(Toml::string(PRESETS)).extract();
    let mut presets: BTreeMap<String, Dict> =
        presets.map_err(|error| InvalidKey::new("preset", error.to_string()))?;
    presets.remove(preset).ok_or_else(|| {
        let known: Vec<_> = presets.keys().map(|name| format!("`{name}`")).collect();
        InvalidKey::new("preset", format!("`{preset}` is no preset: there are {}", known.join(", ")))
    })
}
