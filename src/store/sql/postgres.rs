//! PostgreSQL 12 and later, and databases that speak its protocol and its SQL.
//!
//! Within this folder it depends on `dialect`.

use sqlx::Postgres;
use sqlx::error::DatabaseError;
use tokio::sync::Semaphore;

use super::dialect::Dialect;

/// The JSON array of a user `u`, as `FIND_USER` returns it. `$groups` is its last object. It
/// ends with the revisions of the user's shard and of the groups.
macro_rules! user {
    ($groups:expr) => {
        concat!(
            "json_build_array(
         u.id, u.username, u.subject, u.name, u.email, u.attributes::text, u.is_active::int, u.is_staff::int,
         u.is_superuser::int,
         floor(extract(epoch FROM u.created_at))::bigint, floor(extract(epoch FROM u.last_login_at))::bigint,
         (SELECT coalesce(json_object_agg(g.name, m.source), '{}')
            FROM remote_memberships m JOIN remote_groups g ON g.id = m.group_id
           WHERE m.user_id = u.id),
         (SELECT coalesce(json_object_agg(p.permission, 1), '{}')
            FROM remote_user_permissions p WHERE p.user_id = u.id),
         (SELECT coalesce(json_object_agg(p.permission, 1), '{}')
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
        "(SELECT coalesce(json_object_agg(g.name, 1), '{}')
            FROM remote_groups g
           WHERE g.name = ANY (ARRAY(SELECT json_array_elements_text($1::json))))"
    };
}

/// The JSON array of a session `s`, as `LIST_SESSIONS` returns it.
macro_rules! session {
    () => {
        "json_build_array(s.token_hash, s.source, s.asserted_groups,
         round(extract(epoch FROM s.created_at) * 1000)::bigint,
         round(extract(epoch FROM s.last_seen_at) * 1000)::bigint,
         round(extract(epoch FROM s.expires_at) * 1000)::bigint)"
    };
}

/// Names are compared with an array. Given a join instead, the planner knows too little
/// about it and reads all groups.
impl Dialect for Postgres {
    // sqlx locks other instances out. Without this, the server would send each launch a notice
    // that the table of migrations exists.
    const BEGIN_MIGRATION: Option<&'static str> =
        Some("SELECT 1::bigint FROM set_config('client_min_messages', 'warning', false)");

    // A server looks for a client that is gone when a statement is over, and one that waits for a
    // lock may be for long. Since version 14 it can look meanwhile, but not on every system.
    const BEGIN: &'static str = "\
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT set_config('client_connection_check_interval', '500ms', true)
 WHERE current_setting('client_connection_check_interval', true) IS NOT NULL
   AND version() LIKE '%linux%'";

    const LOCK_USER: Option<&'static str> =
        Some("SELECT id FROM remote_users WHERE username = $1 FOR NO KEY UPDATE");

    const LOCK_SUBJECT: Option<&'static str> =
        Some("SELECT id FROM remote_users WHERE subject = $1 FOR NO KEY UPDATE");

    const FIND_USER: &'static str = concat!(
        "SELECT (",
        user!(existing_groups!()),
        ")::text
  FROM (SELECT 1) AS one LEFT JOIN remote_users u ON u.username = $2"
    );

    const FIND_USER_BY_SUBJECT: &'static str = concat!(
        "SELECT json_build_array(",
        user!(existing_groups!()),
        ",
         (SELECT count(*) FROM remote_users o WHERE o.username = $2 AND o.id <> u.id))::text
  FROM (SELECT 1) AS one
       LEFT JOIN remote_users u ON u.id = coalesce((SELECT s.id FROM remote_users s WHERE s.subject = $3),
                                                   (SELECT n.id FROM remote_users n WHERE n.username = $4))"
    );

    const CREATE_USER: &'static str = "INSERT INTO remote_users (username, subject) VALUES ($1, $2)";

    const RENAME_USER: &'static str = "UPDATE remote_users SET username = $1 WHERE id = $2";

    const SET_SUBJECT: &'static str = "UPDATE remote_users SET subject = $1 WHERE id = $2";

    const FIND_USER_ID: &'static str = "SELECT id FROM remote_users WHERE username = $1";

    const LIST_USERNAMES: &'static str =
        "SELECT username FROM remote_users WHERE username >= $1 ORDER BY username LIMIT $2";

    const LIST_STALE_USERS: &'static str = "\
SELECT json_build_array(u.id, u.username, floor(extract(epoch FROM u.last_login_at))::bigint)::text
  FROM remote_users u
 WHERE u.id > $1
   AND u.is_active
   AND coalesce(u.last_login_at, u.created_at) < to_timestamp($2::bigint)
   AND NOT EXISTS (SELECT 1 FROM remote_sessions s
                    WHERE s.user_id = u.id AND s.source = 'remote' AND s.last_seen_at >= to_timestamp($3::bigint))
 ORDER BY u.id LIMIT $4";

    const SET_PROFILE: &'static str = "\
UPDATE remote_users
   SET name = $1, email = $2, attributes = $3::jsonb, is_staff = $4, is_superuser = $5
 WHERE id = $6";

    const SET_ACTIVE: &'static str = "UPDATE remote_users SET is_active = $1 WHERE id = $2";

    const LOG_IN: &'static str = "\
UPDATE remote_users SET last_login_at = to_timestamp($1::bigint) WHERE id = $2";

    const CREATE_GROUPS: &'static str = "\
INSERT INTO remote_groups (name)
SELECT named.value FROM json_array_elements_text($1::json) AS named
ON CONFLICT DO NOTHING";

    const JOIN_GROUPS: &'static str = "\
INSERT INTO remote_memberships (user_id, group_id, source)
SELECT $1, g.id, $2
  FROM remote_groups g
 WHERE g.name = ANY (ARRAY(SELECT json_array_elements_text($3::json)))
ON CONFLICT DO NOTHING";

    const GRANT: &'static str = "\
INSERT INTO remote_user_permissions (user_id, permission)
SELECT $1, named.value FROM json_array_elements_text($2::json) AS named
ON CONFLICT DO NOTHING";

    const LEAVE_GROUPS: &'static str = "\
DELETE FROM remote_memberships
 WHERE user_id = $2
   AND group_id IN (SELECT g.id
                      FROM remote_groups g
                     WHERE g.name = ANY (ARRAY(SELECT json_array_elements_text($1::json))))";

    const FIND_SESSIONS: &'static str = concat!(
        "SELECT (json_build_array(",
        session!(),
        ", ",
        user!("'{}'::json"),
        "))::text
  FROM remote_sessions s JOIN remote_users u ON u.id = s.user_id
 WHERE s.token_hash = ANY (ARRAY(SELECT json_array_elements_text($1::json)))"
    );

    const LIST_SESSIONS: &'static str = concat!(
        "SELECT (",
        session!(),
        ")::text
  FROM remote_sessions s WHERE s.user_id = $1 ORDER BY s.created_at, s.token_hash"
    );

    const BEGIN_SESSION: &'static str = "\
INSERT INTO remote_sessions
       (token_hash, user_id, source, asserted_groups,
        created_at,
        last_seen_at,
        expires_at)
VALUES ($1, $2, $3, $4,
        to_timestamp($5::bigint / 1000.0),
        to_timestamp($6::bigint / 1000.0),
        to_timestamp($7::bigint / 1000.0))";

    const NOTE_SESSION_USE: &'static str = "\
UPDATE remote_sessions
   SET last_seen_at = to_timestamp($1::bigint / 1000.0),
       expires_at = to_timestamp($2::bigint / 1000.0)
 WHERE token_hash = $3";

    const SET_SESSION_GROUPS: &'static str =
        "UPDATE remote_sessions SET asserted_groups = $1 WHERE token_hash = $2";

    const END_SESSIONS: &'static str = "\
DELETE FROM remote_sessions
 WHERE token_hash = ANY (ARRAY(SELECT json_array_elements_text($1::json)))";

    const END_OLDEST_SESSIONS: &'static str = "\
DELETE FROM remote_sessions
 WHERE token_hash IN (SELECT token_hash
                        FROM remote_sessions
                       WHERE user_id = $1
                       ORDER BY expires_at > to_timestamp($2::bigint / 1000.0) DESC,
                                created_at DESC, token_hash DESC
                      OFFSET $3)";

    const END_ALL_SESSIONS: &'static str = "DELETE FROM remote_sessions WHERE user_id = $1";

    const PURGE_SESSIONS: &'static str = "\
DELETE FROM remote_sessions
 WHERE token_hash IN (SELECT token_hash
                        FROM remote_sessions
                       WHERE expires_at <= to_timestamp($1::bigint / 1000.0)
                       ORDER BY expires_at
                       LIMIT 100
                         FOR UPDATE SKIP LOCKED)";

    const REVISIONS: &'static str =
        "SELECT coalesce(string_agg(revision, '' ORDER BY shard), '') FROM remote_revisions";

    const SHARDS: usize = 16;

    const LIST_REVISION_TRIGGERS: &'static str = "\
SELECT tgname::text
  FROM pg_trigger
 WHERE tgenabled IN ('O', 'A')
   AND tgrelid IN ('remote_users'::regclass, 'remote_groups'::regclass, 'remote_memberships'::regclass,
                   'remote_user_permissions'::regclass, 'remote_group_permissions'::regclass,
                   'remote_sessions'::regclass)";

    const REVISION_TRIGGERS: &'static str = include_str!("migrations/postgres/revision_triggers.sql");

    const TRIGGER_RIGHTS: &'static str =
        "let this account own the tables `remote_*`, and create functions and triggers in their schema";

    const IS_REMOTE: bool = true;

    const CONNECTIONS_PER_PROCESSOR: usize = usize::MAX;

    const MAX_WRITERS: usize = Semaphore::MAX_PERMITS;

    // An index holds up to a third of a page of a value, which is 2704 bytes.
    const MAX_NAME_LENGTH: usize = 640;

    const MIGRATIONS: &'static [(&'static str, &'static str)] = &[
        ("users and groups", include_str!("migrations/postgres/1_users_and_groups.sql")),
        ("permissions and sessions", include_str!("migrations/postgres/2_permissions_and_sessions.sql")),
        ("revisions", include_str!("migrations/postgres/3_revisions.sql")),
        ("subjects and attributes", include_str!("migrations/postgres/4_subjects_and_attributes.sql")),
    ];

    /// See class 57 of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn ends_session(error: &dyn DatabaseError) -> bool {
        const ADMIN_SHUTDOWN: &str = "57P01";
        const CRASH_SHUTDOWN: &str = "57P02";
        const CANNOT_CONNECT_NOW: &str = "57P03";
        const DATABASE_DROPPED: &str = "57P04";
        const IDLE_SESSION_TIMEOUT: &str = "57P05";
        let ends =
            [ADMIN_SHUTDOWN, CRASH_SHUTDOWN, CANNOT_CONNECT_NOW, DATABASE_DROPPED, IDLE_SESSION_TIMEOUT];
        error.code().is_some_and(|code| ends.contains(&&*code))
    }

    /// A standby, or a server whose `default_transaction_read_only` is on.
    fn is_not_primary(error: &dyn DatabaseError) -> bool {
        const READ_ONLY_SQL_TRANSACTION: &str = "25006";
        error.code().is_some_and(|code| code == READ_ONLY_SQL_TRANSACTION)
    }

    /// See class 40 of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn is_transient(error: &dyn DatabaseError) -> bool {
        const SERIALIZATION_FAILURE: &str = "40001";
        const DEADLOCK_DETECTED: &str = "40P01";
        let transient = [SERIALIZATION_FAILURE, DEADLOCK_DETECTED];
        error.code().is_some_and(|code| transient.contains(&&*code))
    }
}
