use serde_json::{Map, Value};

use super::headers::{groups, plain_reader, words};
use crate::headers::{Assertion, IdentityReader};
use crate::jwt::{ClaimNames, Claims};
use crate::user::Field;

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

fn read(reader: &IdentityReader, payload: &[u8]) -> Option<Assertion> {
    let claims = Claims::parse(payload).ok()?.identity(&names()).ok()?;
    reader.read_claims(claims).ok()
}

fn render(reader: &IdentityReader, assertion: &Assertion) -> Map<String, Value> {
    let mut claims = Map::new();
    let text = |said: &Field<String>| match said {
        Field::Absent => Value::Null,
        Field::Blank => "".into(),
        Field::Value(text) => text.clone().into(),
    };
    claims.insert("sub".into(), assertion.user.clone().into());
    claims.insert("name".into(), text(&assertion.name));
    claims.insert("profile".into(), serde_json::json!({ "email": text(&assertion.email) }));
    claims.insert("groups".into(), groups(reader, assertion).into());
    claims
}
