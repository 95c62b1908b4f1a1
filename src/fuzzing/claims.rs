use serde_json::{Map, Value};

use super::headers::{groups, plain_reader, words};
use crate::config::ClaimNames;
use crate::headers::{Assertion, Reader, Said};
use crate::jwt::Claims;

/// What a token says, made a token again, says the same.
pub fn claims(data: &[u8]) -> bool {
    let Some((choice, payload)) = data.split_first() else { return false };
    let reader = plain_reader(*choice);
    let Some(assertion) = read(reader, payload) else { return false };
    let rendered = Value::Object(render(reader, &assertion)).to_string();
    let again = read(reader, rendered.as_bytes());
    let again = again.unwrap_or_else(|| panic!("{assertion:?} is refused as {rendered}"));
    assert_eq!(words(reader, &again), words(reader, &assertion), "{rendered}");
    true
}

fn names() -> ClaimNames {
    let name = |name: &str| Some(name.into());
    ClaimNames {
        user: "sub".into(),
        name: name("name"),
        email: name("/profile/email"),
        groups: name("groups"),
    }
}

fn read(reader: &Reader, payload: &[u8]) -> Option<Assertion> {
    let stated = Claims::parse(payload).ok()?.stated(&names()).ok()?;
    reader.read_stated(stated).ok()
}

fn render(reader: &Reader, assertion: &Assertion) -> Map<String, Value> {
    let mut claims = Map::new();
    let text = |said: &Said<String>| match said {
        Said::Nothing => Value::Null,
        Said::Blank => "".into(),
        Said::Value(text) => text.clone().into(),
    };
    claims.insert("sub".into(), assertion.user.clone().into());
    claims.insert("name".into(), text(&assertion.name));
    claims.insert("profile".into(), serde_json::json!({ "email": text(&assertion.email) }));
    claims.insert("groups".into(), groups(reader, assertion).into());
    claims
}
