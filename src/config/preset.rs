use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Serialized, Toml};
use rocket::figment::value::{Dict, Value};
use serde::Deserialize;

/// The keys that each known product needs, as data: a table a preset.
const PRESETS: &str = include_str!("presets.toml");

/// The key of a preset that says how its product signs the identity.
const SIGNATURE: &str = "jwt";

/// What the table of the configuration says of presets.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    preset: Option<String>,
    unsigned: bool,
    jwt: Option<Value>,
}

impl Choice {
    /// The keys of the chosen preset, or else which key is wrong, and why.
    pub(super) fn keys(&self) -> Result<Dict, (&'static str, String)> {
        if self.unsigned && self.jwt.is_some() {
            return Err(("unsigned", "`jwt` is configured, so the identity is signed".into()));
        }
        let Some(preset) = &self.preset else {
            return match self.unsigned {
                true => Err(("unsigned", "there is no `preset` whose product signs the identity".into())),
                false => Ok(Dict::new()),
            };
        };
        let presets: Result<BTreeMap<String, Dict>, _> = Figment::from(Toml::string(PRESETS)).extract();
        let mut presets = presets.map_err(|error| ("preset", error.to_string()))?;
        let Some(mut keys) = presets.remove(preset) else {
            let known: Vec<_> = presets.keys().map(|name| format!("`{name}`")).collect();
            return Err(("preset", format!("`{preset}` is no preset: there are {}", known.join(", "))));
        };
        match (keys.remove(SIGNATURE), self.jwt.is_some()) {
            (Some(_), false) if !self.unsigned => Err((
                "preset",
                format!(
                    "`{preset}` signs the identity: configure `jwt`, or set `unsigned = true` to believe \
                     headers that whoever connects from a trusted address can forge"
                ),
            )),
            (Some(signature), true) => {
                keys.insert(SIGNATURE.into(), signature);
                Ok(keys)
            }
            _ => Ok(keys),
        }
    }

    /// Puts `keys` beneath those of `table`, which win, one by one.
    pub(super) fn complete(table: Figment, keys: Dict) -> Figment {
        table.join(Serialized::defaults(keys))
    }
}
