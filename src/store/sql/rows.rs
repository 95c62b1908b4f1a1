//! From the JSON of a row to a user or a session.
//!
//! Within this folder it depends on nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use rocket::time::OffsetDateTime;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::error::StoreError;
use crate::session::{SessionRecord, TokenHash, UserSession};
use crate::store::revisions::Stamped;
use crate::user::{Flags, MembershipSource, Profile, Revision, StaleUser, Stamp, Stored, User, UserKey};

/// The array that [`FIND_USER`](super::dialect::Dialect::FIND_USER) returns. Its elements
/// are in this order. Those of the user are null, and the user's objects empty, if there is no
/// user.
#[derive(Deserialize)]
struct UserRow {
    id: Option<i64>,
    username: Option<String>,
    subject: Option<String>,
    name: Option<String>,
    email: Option<String>,
    /// A JSON object of texts, as a string.
    attributes: Option<String>,
    #[serde(deserialize_with = "deserialize_flag")]
    is_active: bool,
    #[serde(deserialize_with = "deserialize_flag")]
    is_staff: bool,
    #[serde(deserialize_with = "deserialize_flag")]
    is_superuser: bool,
    created_at: Option<i64>,
    last_login_at: Option<i64>,
    memberships: BTreeMap<String, MembershipSource>,
    own_permissions: Names,
    group_permissions: Names,
    existing_groups: Names,
    revision_of_user: Option<String>,
    revision_of_groups: Option<String>,
}

/// The array that [`LIST_SESSIONS`](super::dialect::Dialect::LIST_SESSIONS) returns for a
/// session. Its elements are in this order.
#[derive(Deserialize)]
struct SessionRow {
    token_hash: String,
    source: String,
    /// A JSON array of names, as a string.
    asserted_groups: String,
    created_at: Option<i64>,
    last_seen_at: Option<i64>,
    expires_at: Option<i64>,
}

/// Names, as the keys of an object, because MariaDB cuts off a long array.
type Names = BTreeMap<String, IgnoredAny>;

/// Reads a user, if there is one, and which groups exist, with the revisions of that moment.
/// `key` says what was asked for.
///
/// # Errors
///
/// Returns [`StoreError::Corrupt`] if the row cannot be read, or the error of a missing
/// row, because there is a row even without a user.
pub(super) fn read_user(row: Option<String>, key: &UserKey<'_>) -> Result<Stamped, StoreError> {
    let row = row.ok_or(sqlx::Error::RowNotFound)?;
    let (user, others): (UserRow, i64) = match key.subject() {
        None => (parse(&row)?, 0),
        Some(_) => parse(&row)?,
    };
    let stamp = user.stamp();
    let stored = Stored { is_name_taken: others > 0, ..user.read()? };
    Ok(Stamped { stored, stamp })
}

/// Reads a user whom the proxy has not named for long.
pub(super) fn read_stale_user(json: &str) -> Result<StaleUser, StoreError> {
    let (id, username, last_login_at): (i64, String, Option<i64>) = parse(json)?;
    Ok(StaleUser::new(id, username, last_login_at.map(read_seconds).transpose()?))
}

/// Reads a session and its user.
pub(super) fn read_user_session(json: &str) -> Result<UserSession, StoreError> {
    let (session, user): (SessionRow, UserRow) = parse(json)?;
    let (hash, record) = session.read()?;
    let stamp = user.stamp();
    let user = user.read()?.user.ok_or_else(|| corrupt(&"a session of nobody"))?;
    Ok(UserSession { hash, record, user: Arc::new(user), stamp })
}

/// Reads a session.
pub(super) fn read_session(json: &str) -> Result<(TokenHash, SessionRecord), StoreError> {
    parse::<SessionRow>(json)?.read()
}

impl UserRow {
    /// The revisions with which the user was read. There is no stamp if the database has no
    /// revisions.
    fn stamp(&self) -> Option<Stamp> {
        let revision = |stored: &Option<String>| stored.as_deref().and_then(Revision::parse);
        Some(Stamp {
            user_id: self.id?,
            of_user: revision(&self.revision_of_user)?,
            of_groups: revision(&self.revision_of_groups)?,
        })
    }

    fn read(self) -> Result<Stored, StoreError> {
        let groups = self.existing_groups.into_keys().collect();
        let Some(id) = self.id else {
            return Ok(Stored { groups, ..Stored::default() });
        };
        let flags = Flags { staff: self.is_staff, superuser: self.is_superuser };
        let attributes = parse(self.attributes.as_deref().unwrap_or("{}"))?;
        let permissions = self.own_permissions.into_keys().chain(self.group_permissions.into_keys());
        let user = User {
            id,
            username: self.username.ok_or_else(|| corrupt(&"`username` is null"))?,
            subject: self.subject,
            profile: Profile { name: self.name, email: self.email, attributes, flags },
            is_active: self.is_active,
            created_at: read_seconds(self.created_at.ok_or_else(|| corrupt(&"`created_at` is no time"))?)?,
            last_login_at: self.last_login_at.map(read_seconds).transpose()?,
            memberships: self.memberships,
            permissions: permissions.collect(),
        };
        Ok(Stored { user: Some(user), groups, ..Stored::default() })
    }
}

impl SessionRow {
    fn read(self) -> Result<(TokenHash, SessionRecord), StoreError> {
        let record = SessionRecord {
            created_at: read_milliseconds(self.created_at)?,
            last_seen_at: read_milliseconds(self.last_seen_at)?,
            expires_at: read_milliseconds(self.expires_at)?,
            source: self.source,
            groups: parse(&self.asserted_groups)?,
        };
        Ok((TokenHash::from_stored(self.token_hash), record))
    }
}

/// Reads a time of a user.
fn read_seconds(seconds: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|e| corrupt(&e))
}

/// Reads a time of a session.
fn read_milliseconds(milliseconds: Option<i64>) -> Result<OffsetDateTime, StoreError> {
    let milliseconds = milliseconds.ok_or_else(|| corrupt(&"a time of a session is no time"))?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).map_err(|e| corrupt(&e))
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|e| corrupt(&format!("malformed at column {}", e.column())))
}

fn corrupt(reason: &dyn ToString) -> StoreError {
    StoreError::Corrupt(reason.to_string())
}

/// Reads a flag, which is false if it is 0 or null.
fn deserialize_flag<'de, D: Deserializer<'de>>(de: D) -> Result<bool, D::Error> {
    Ok(Option::<i64>::deserialize(de)?.is_some_and(|flag| flag != 0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::user::{Realms, Username, UsernameCase, UsernameForm, UsernameRules};

    fn read_by(json: &str, subject: Option<&str>) -> Result<Stored, StoreError> {
        let rules = UsernameRules {
            case: UsernameCase::Preserve,
            form: UsernameForm::Exact,
            realms: Realms::default(),
            max_length: 9,
        };
        let username = Username::canonical("ada".into(), &rules).expect("a user name");
        Ok(read_user(Some(json.into()), &UserKey::new(&username, subject))?.stored)
    }

    fn read(json: &str) -> Result<Stored, StoreError> {
        read_by(json, None)
    }

    #[test]
    fn a_record_is_read_whole() {
        let json = r#"[7,"ada","s-1","Ada",null,"{\"department\":\"R&D\"}",1,0,1,1000,null,{"a":"remote","b":"local"},{"p":1,"p":1},{"q":1},{"a":1,"c":1},"00","01"]"#;
        let stored = read(json).expect("a record");
        let user = stored.user.expect("a user");
        assert_eq!((user.id(), user.username(), user.name(), user.email()), (7, "ada", Some("Ada"), None));
        assert_eq!((user.subject(), user.attribute("department")), (Some("s-1"), Some("R&D")));
        assert_eq!((user.is_active(), user.is_staff(), user.is_superuser()), (true, false, true));
        assert_eq!((user.created_at().unix_timestamp(), user.last_login_at()), (1000, None));
        let memberships: Vec<_> = user.memberships().values().copied().collect();
        assert_eq!(
            (user.groups(), memberships),
            (vec!["a", "b"], vec![MembershipSource::Remote, MembershipSource::Local])
        );
        assert_eq!(user.permissions, BTreeSet::from(["p".into(), "q".into()]));
        assert_eq!(stored.groups, BTreeSet::from(["a".into(), "c".into()]));
    }

    #[test]
    fn no_user_is_no_error() {
        let json = r#"[null,null,null,null,null,null,null,null,null,null,null,{},{},{},{"a":1},null,"01"]"#;
        let expected = Stored { groups: BTreeSet::from(["a".into()]), ..Stored::default() };
        assert_eq!(read(json).expect("a record"), expected);
    }

    #[test]
    fn whether_another_user_has_the_name_is_told_with_a_subject_alone() {
        let user = r#"[7,"ada","s-1",null,null,"{}",1,0,0,1000,null,{},{},{},{},null,null]"#;
        for (others, is_name_taken) in [(0, false), (1, true)] {
            let stored = read_by(&format!("[{user},{others}]"), Some("s-1")).expect("a record");
            assert_eq!(stored.is_name_taken, is_name_taken);
        }
        assert!(!read(user).expect("a record").is_name_taken);
    }

    #[test]
    fn a_row_that_this_crate_never_writes_is_an_error_and_no_stranger() {
        let cases = [
            (
                r#"[7,"ada",null,null,null,"{}",1,0,0,null,null,{},{},{},{},null,null]"#,
                "`created_at` is no time",
            ),
            (r#"[7,null,null,null,null,"{}",1,0,0,1000,null,{},{},{},{},null,null]"#, "`username` is null"),
            (
                r#"[7,"ada",null,null,null,"{}",1,0,0,1e40,null,{},{},{},{},null,null]"#,
                "malformed at column 39",
            ),
            (
                r#"[7,"ada",null,null,null,"{\"a\":1}",1,0,0,1000,null,{},{},{},{},null,null]"#,
                "malformed at column 6",
            ),
        ];
        for (json, reason) in cases {
            let error = read(json).expect_err(json).to_string();
            assert_eq!(error, format!("a stored user cannot be read: {reason}"));
        }
    }
}
