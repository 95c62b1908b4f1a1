use std::collections::BTreeMap;

use rocket::time::OffsetDateTime;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::StoreError;
use crate::session::{Digest, Held, SessionRecord};
use crate::sync::Stored;
use crate::user::{Flags, Profile, Source, User};

/// What [`FIND`](super::dialect::Dialect::FIND) finds, in its order. All but
/// the memberships and the groups are null where there is no user.
#[derive(Deserialize)]
struct Record(
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    #[serde(deserialize_with = "flag")] bool,
    #[serde(deserialize_with = "flag")] bool,
    #[serde(deserialize_with = "flag")] bool,
    Option<i64>,
    Option<i64>,
    BTreeMap<String, Source>,
    Names,
    Names,
    Names,
);

/// What is remembered of a session: its `token_hash`, `source`,
/// `asserted_groups`, which are JSON again, `created_at`, `last_seen_at` and
/// `expires_at`.
#[derive(Deserialize)]
struct Session(String, String, String, Option<i64>, Option<i64>, Option<i64>);

/// Names, as the keys of an object: MySQL cannot make an array of any length.
type Names = BTreeMap<String, IgnoredAny>;

/// Reads the record of a user, and which groups exist.
pub(super) fn read(json: &str) -> Result<Stored, StoreError> {
    parse::<Record>(json)?.read()
}

/// Reads a session and its user.
pub(super) fn read_held(json: &str) -> Result<Held, StoreError> {
    let (session, user): (Session, Record) = parse(json)?;
    let (digest, record) = session.read()?;
    let user = user.read()?.user.ok_or_else(|| corrupt(&"a session of nobody"))?;
    Ok(Held { digest, record, user })
}

/// Reads a session.
pub(super) fn read_session(json: &str) -> Result<(Digest, SessionRecord), StoreError> {
    parse::<Session>(json)?.read()
}

impl Record {
    fn read(self) -> Result<Stored, StoreError> {
        let Record(id, username, name, email, active, staff, superuser, ..) = self;
        let Record(.., created, login, memberships, own, of_groups, groups) = self;
        let groups = groups.into_keys().collect();
        let Some(id) = id else {
            return Ok(Stored { user: None, groups });
        };
        let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(|e| corrupt(&e));
        let user = User {
            id,
            username: username.ok_or_else(|| corrupt(&"`username` is null"))?,
            profile: Profile { name, email, flags: Flags { staff, superuser } },
            is_active: active,
            created_at: time(created.ok_or_else(|| corrupt(&"`created_at` is no time"))?)?,
            last_login_at: login.map(time).transpose()?,
            memberships,
            permissions: own.into_keys().chain(of_groups.into_keys()).collect(),
        };
        Ok(Stored { user: Some(user), groups })
    }
}

impl Session {
    fn read(self) -> Result<(Digest, SessionRecord), StoreError> {
        let Session(digest, source, groups, created, seen, expires) = self;
        let time = |milliseconds: Option<i64>| {
            let milliseconds = milliseconds.ok_or_else(|| corrupt(&"a time of a session is no time"))?;
            let nanoseconds = i128::from(milliseconds) * 1_000_000;
            OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map_err(|e| corrupt(&e))
        };
        let (created_at, last_seen_at, expires_at) = (time(created)?, time(seen)?, time(expires)?);
        let record = SessionRecord { source, created_at, last_seen_at, expires_at, groups: parse(&groups)? };
        Ok((Digest::stored(digest), record))
    }
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|e| corrupt(&format!("malformed at column {}", e.column())))
}

fn corrupt(what: &dyn ToString) -> StoreError {
    StoreError::Corrupt(what.to_string())
}

/// A number that is 0 for false, or null.
fn flag<'de, D: Deserializer<'de>>(de: D) -> Result<bool, D::Error> {
    Ok(Option::<i64>::deserialize(de)?.is_some_and(|flag| flag != 0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_record_is_read_whole() {
        let json = r#"[7,"ada","Ada",null,1,0,1,1000,null,{"a":"remote","b":"local"},{"p":1,"p":1},{"q":1},{"a":1,"c":1}]"#;
        let stored = read(json).expect("a record");
        let user = stored.user.expect("a user");
        assert_eq!((user.id(), user.username(), user.name(), user.email()), (7, "ada", Some("Ada"), None));
        assert_eq!((user.is_active(), user.is_staff(), user.is_superuser()), (true, false, true));
        assert_eq!((user.created_at().unix_timestamp(), user.last_login_at()), (1000, None));
        let memberships: Vec<_> = user.memberships().values().copied().collect();
        assert_eq!((user.groups(), memberships), (vec!["a", "b"], vec![Source::Remote, Source::Local]));
        assert_eq!(user.permissions, BTreeSet::from(["p".into(), "q".into()]));
        assert_eq!(stored.groups, BTreeSet::from(["a".into(), "c".into()]));
    }

    #[test]
    fn no_user_is_no_error() {
        let json = r#"[null,null,null,null,null,null,null,null,null,{},{},{},{"a":1}]"#;
        let expected = Stored { user: None, groups: BTreeSet::from(["a".into()]) };
        assert_eq!(read(json).expect("a record"), expected);
    }

    #[test]
    fn a_row_that_this_crate_never_writes_is_an_error_and_no_stranger() {
        let cases = [
            (r#"[7,"ada",null,null,1,0,0,null,null,{},{},{},{}]"#, "`created_at` is no time"),
            (r#"[7,null,null,null,1,0,0,1000,null,{},{},{},{}]"#, "`username` is null"),
            (r#"[7,"ada",null,null,1,0,0,1e40,null,{},{},{},{}]"#, "malformed at column 29"),
        ];
        for (json, reason) in cases {
            let error = read(json).expect_err(json).to_string();
            assert_eq!(error, format!("a stored user cannot be read: {reason}"));
        }
    }
}
