//! The target `claims`.
//!
//! Within this folder it depends on `headers`.

use serde_json::{Map, Value};

use super::headers::{comparable, group_names, plain_reader};
use crate::headers::{Assertion, IdentityReader};
use crate::jwt::{ClaimNames, Claims};
use crate::user::Field;

/// Claims that are accepted, rendered again as a payload, are accepted as the same.
pub fn claims(data: &[u8]) -> bool {
    let Some((choice, payload)) = data.split_first() else { return false };
    let reader = plain_reader(*choice);
    let Some(assertion) = read(reader, payload) else { return false };
    let rendered = Value::Object(render(reader, &assertion)).to_string();
    let again = read(reader, rendered.as_bytes());
    let again = again.unwrap_or_else(|| panic!("{assertion:?} is refused as {rendered}"));
    assert_eq!(comparable(reader, &again), comparable(reader, &assertion), "{rendered}");
    true
}

fn names() -> ClaimNames {
    ClaimNames {
        user: vec!["sub".into()],
        name: Some("name".into()),
        email: Some("/profile/email".into()),
        groups: Some("groups".into()),
        ..ClaimNames::default()
    }
}

fn read(reader: &IdentityReader, payload: &[u8]) -> Option<Assertion> {
    let claims = Claims::parse(payload).ok()?.identity(&names()).ok()?;
    reader.read_claims(claims).ok()
}

/// Renders the claims with which an issuer says the same.
fn render(reader: &IdentityReader, assertion: &Assertion) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".into(), assertion.user.clone().into());
    claims.insert("name".into(), render_field(&assertion.name));
    claims.insert("profile".into(), serde_json::json!({ "email": render_field(&assertion.email) }));
    claims.insert("groups".into(), group_names(reader, assertion).into());
    claims
}

fn render_field(field: &Field<String>) -> Value {
    match field {
        Field::Absent => Value::Null,
        Field::Blank => "".into(),
        Field::Value(text) => text.clone().into(),
    }
}
