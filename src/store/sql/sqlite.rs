//! SQLite 3.38 and later.
//!
//! Within this folder it depends on `dialect`.

use sqlx::Sqlite;
use sqlx::error::DatabaseError;

use super::dialect::Dialect;

/// The JSON array of a user `u`, as `FIND_USER` returns it. `$groups` is its last object. It
/// ends with the revisions of the user's shard and of the groups.
macro_rules! user {
    ($groups:expr) => {
        concat!(
            "json_array(
         u.id, u.username, u.subject, u.name, u.email, u.attributes, u.is_active, u.is_staff, u.is_superuser,
         unixepoch(u.created_at), unixepoch(u.last_login_at),
         (SELECT json_group_object(g.name, m.source)
            FROM remote_memberships m JOIN remote_groups g ON g.id = m.group_id
           WHERE m.user_id = u.id),
         (SELECT json_group_object(p.permission, 1)
            FROM remote_user_permissions p WHERE p.user_id = u.id),
         (SELECT json_group_object(p.permission, 1)
            FROM remote_memberships m JOIN remote_group_permissions p ON p.group_id = m.group_id
           WHERE m.user_id = u.id),
         ",
            $groups,
            ",
         (SELECT r.revision FROM remote_revisions r WHERE r.shard = u.id & 15),
         (SELECT r.revision FROM remote_revisions r WHERE r.shard = -1))"
        )
    };
}

/// The groups that exist of those that a parameter names, as the last object of `user!`.
macro_rules! existing_groups {
    () => {
        "(SELECT json_group_object(g.name, 1)
            FROM json_each(?1) AS named CROSS JOIN remote_groups g
           WHERE g.name = named.value)"
    };
}

/// The JSON array of a session `s`, as `LIST_SESSIONS` returns it.
macro_rules! session {
    () => {
        "json_array(s.token_hash, s.source, s.asserted_groups,
         CAST(round(unixepoch(s.created_at, 'subsec') * 1000) AS INTEGER),
         CAST(round(unixepoch(s.last_seen_at, 'subsec') * 1000) AS INTEGER),
         CAST(round(unixepoch(s.expires_at, 'subsec') * 1000) AS INTEGER))"
    };
}

impl Dialect for Sqlite {
    const BEGIN_MIGRATION: Option<&'static str> = None;

    const BEGIN: &'static str = "BEGIN IMMEDIATE";

    // `BEGIN IMMEDIATE` locks the whole database.
    const LOCK_USER: Option<&'static str> = None;

    const LOCK_SUBJECT: Option<&'static str> = None;

    const FIND_USER: &'static str = concat!(
        "SELECT ",
        user!(existing_groups!()),
        "
  FROM (SELECT 1) AS one LEFT JOIN remote_users u ON u.username = ?2"
    );

    const FIND_USER_BY_SUBJECT: &'static str = concat!(
        "SELECT json_array(",
        user!(existing_groups!()),
        ",
         (SELECT count(*) FROM remote_users o WHERE o.username = ?2 AND o.id <> u.id))
  FROM (SELECT 1) AS one
       LEFT JOIN remote_users u ON u.id = coalesce((SELECT s.id FROM remote_users s WHERE s.subject = ?3),
                                                   (SELECT n.id FROM remote_users n WHERE n.username = ?4))"
    );

    const CREATE_USER: &'static str = "INSERT INTO remote_users (username, subject) VALUES (?, ?)";

    const RENAME_USER: &'static str = "UPDATE remote_users SET username = ? WHERE id = ?";

    const SET_SUBJECT: &'static str = "UPDATE remote_users SET subject = ? WHERE id = ?";

    const FIND_USER_ID: &'static str = "SELECT id FROM remote_users WHERE username = ?";

    const LIST_USERNAMES: &'static str =
        "SELECT username FROM remote_users WHERE username >= ? ORDER BY username LIMIT ?";

    const LIST_STALE_USERS: &'static str = "\
SELECT json_array(u.id, u.username, unixepoch(u.last_login_at))
  FROM remote_users u
 WHERE u.id > ?
   AND u.is_active
   AND coalesce(u.last_login_at, u.created_at) < datetime(?, 'unixepoch')
   AND NOT EXISTS (SELECT 1 FROM remote_sessions s
                    WHERE s.user_id = u.id AND s.source = 'remote' AND s.last_seen_at >= datetime(?, 'unixepoch'))
 ORDER BY u.id LIMIT ?";

    const SET_PROFILE: &'static str = "\
UPDATE remote_users SET name = ?, email = ?, attributes = ?, is_staff = ?, is_superuser = ? WHERE id = ?";

    const SET_ACTIVE: &'static str = "UPDATE remote_users SET is_active = ? WHERE id = ?";

    const LOG_IN: &'static str = "\
UPDATE remote_users SET last_login_at = datetime(?, 'unixepoch') WHERE id = ?";

    const CREATE_GROUPS: &'static str = "\
INSERT INTO remote_groups (name)
SELECT named.value FROM json_each(?) AS named WHERE TRUE
ON CONFLICT DO NOTHING";

    const JOIN_GROUPS: &'static str = "\
INSERT INTO remote_memberships (user_id, group_id, source)
SELECT ?, g.id, ?
  FROM json_each(?) AS named CROSS JOIN remote_groups g
 WHERE g.name = named.value
ON CONFLICT DO NOTHING";

    const GRANT: &'static str = "\
INSERT INTO remote_user_permissions (user_id, permission)
SELECT ?, named.value FROM json_each(?) AS named WHERE TRUE
ON CONFLICT DO NOTHING";

    const LEAVE_GROUPS: &'static str = "\
DELETE FROM remote_memberships
 WHERE user_id = ?2
   AND group_id IN (SELECT g.id
                      FROM json_each(?1) AS named CROSS JOIN remote_groups g
                     WHERE g.name = named.value)";

    const FIND_SESSIONS: &'static str = concat!(
        "SELECT json_array(",
        session!(),
        ", ",
        user!("json_object()"),
        ")
  FROM json_each(?) AS named CROSS JOIN remote_sessions s CROSS JOIN remote_users u
 WHERE s.token_hash = named.value
   AND u.id = s.user_id"
    );

    const LIST_SESSIONS: &'static str = concat!(
        "SELECT ",
        session!(),
        "
  FROM remote_sessions s WHERE s.user_id = ? ORDER BY s.created_at, s.token_hash"
    );

    const BEGIN_SESSION: &'static str = "\
INSERT INTO remote_sessions
       (token_hash, user_id, source, asserted_groups,
        created_at,
        last_seen_at,
        expires_at)
VALUES (?, ?, ?, ?,
        strftime('%Y-%m-%d %H:%M:%f', ? / 1000.0, 'unixepoch'),
        strftime('%Y-%m-%d %H:%M:%f', ? / 1000.0, 'unixepoch'),
        strftime('%Y-%m-%d %H:%M:%f', ? / 1000.0, 'unixepoch'))";

    const NOTE_SESSION_USE: &'static str = "\
UPDATE remote_sessions
   SET last_seen_at = strftime('%Y-%m-%d %H:%M:%f', ? / 1000.0, 'unixepoch'),
       expires_at = strftime('%Y-%m-%d %H:%M:%f', ? / 1000.0, 'unixepoch')
 WHERE token_hash = ?";

    const SET_SESSION_GROUPS: &'static str =
        "UPDATE remote_sessions SET asserted_groups = ? WHERE token_hash = ?";

    const END_SESSIONS: &'static str = "\
DELETE FROM remote_sessions WHERE token_hash IN (SELECT named.value FROM json_each(?) AS named)";

    const END_OLDEST_SESSIONS: &'static str = "\
DELETE FROM remote_sessions
 WHERE token_hash IN (SELECT token_hash
                        FROM remote_sessions
                       WHERE user_id = ?
                       ORDER BY expires_at > strftime('%Y-%m-%d %H:%M:%f', ? / 1000.0, 'unixepoch') DESC,
                                created_at DESC, token_hash DESC
                       LIMIT -1 OFFSET ?)";

    const END_ALL_SESSIONS: &'static str = "DELETE FROM remote_sessions WHERE user_id = ?";

    const PURGE_SESSIONS: &'static str = "\
DELETE FROM remote_sessions
 WHERE token_hash IN (SELECT token_hash
                        FROM remote_sessions
                       WHERE expires_at <= strftime('%Y-%m-%d %H:%M:%f', ? / 1000.0, 'unixepoch')
                       ORDER BY expires_at
                       LIMIT 100)";

    const REVISIONS: &'static str = "SELECT coalesce(group_concat(revision, ''), '') FROM (SELECT revision FROM remote_revisions ORDER BY shard)";

    const SHARDS: usize = 16;

    const LIST_REVISION_TRIGGERS: &'static str = "\
SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'remote_revise_*'";

    const REVISION_TRIGGERS: &'static str = include_str!("migrations/sqlite/revision_triggers.sql");

    const TRIGGER_RIGHTS: &'static str = "let this process write to the database";

    const IS_REMOTE: bool = false;

    const CONNECTIONS_PER_PROCESSOR: usize = 2;

    const MAX_WRITERS: usize = 1;

    const MAX_NAME_LENGTH: usize = usize::MAX;

    const MIGRATIONS: &'static [(&'static str, &'static str)] = &[
        ("users and groups", include_str!("migrations/sqlite/1_users_and_groups.sql")),
        ("permissions and sessions", include_str!("migrations/sqlite/2_permissions_and_sessions.sql")),
        ("revisions", include_str!("migrations/sqlite/3_revisions.sql")),
        ("subjects and attributes", include_str!("migrations/sqlite/4_subjects_and_attributes.sql")),
    ];

    fn ends_session(_: &dyn DatabaseError) -> bool {
        false
    }

    /// `SQLITE_READONLY` and its kin: a file that was moved away, or that could not be
    /// written to when the connection was opened.
    fn is_not_primary(error: &dyn DatabaseError) -> bool {
        const SQLITE_READONLY: i32 = 8;
        let code = error.code().and_then(|code| code.parse::<i32>().ok());
        code.is_some_and(|code| code & 0xff == SQLITE_READONLY)
    }

    /// SQLite returns these errors at once, and a plain `SQLITE_BUSY` only after trying
    /// for `busy_timeout` (<https://www.sqlite.org/rescode.html>).
    fn is_transient(error: &dyn DatabaseError) -> bool {
        const SQLITE_BUSY_RECOVERY: &str = "261";
        const SQLITE_LOCKED_SHAREDCACHE: &str = "262";
        const SQLITE_BUSY_SNAPSHOT: &str = "517";
        let transient = [SQLITE_BUSY_RECOVERY, SQLITE_LOCKED_SHAREDCACHE, SQLITE_BUSY_SNAPSHOT];
        error.code().is_some_and(|code| transient.contains(&&*code))
    }
}
