//! MySQL 8.0.17 and MariaDB 10.6, and later.
//!
//! MySQL executes what is in a comment `/*!80017 … */`, and MariaDB what is in a comment
//! `/*M!100600 … */`. The two have different names for the collation that compares
//! bytes and does not ignore trailing blanks.
//!
//! Within this folder it depends on `dialect`.

use sqlx::MySql;
use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use tokio::sync::Semaphore;

use super::dialect::Dialect;

/// A statement in which `names` stands for its next parameter, a JSON array of names,
/// as rows.
macro_rules! sql {
    ($before:literal names $after:literal) => {
        concat!(
            $before,
            "json_table(?, '$[*]' COLUMNS (value VARCHAR(640) CHARACTER SET utf8mb4 ",
            "/*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */ PATH '$'))",
            $after
        )
    };
}

/// The JSON array of a user `u`, as `FIND_USER` returns it. `$groups` is its last object. It
/// ends with the revisions of the user's shard and of the groups.
macro_rules! user {
    ($groups:expr) => {
        concat!(
            "json_array(
         u.id, u.username, u.subject, u.name, u.email, CAST(u.attributes AS CHAR), u.is_active, u.is_staff,
         u.is_superuser,
         timestampdiff(SECOND, '1970-01-01', u.created_at), timestampdiff(SECOND, '1970-01-01', u.last_login_at),
         (SELECT coalesce(json_objectagg(g.name, m.source), json_object())
            FROM remote_memberships m JOIN remote_groups g ON g.id = m.group_id
           WHERE m.user_id = u.id),
         (SELECT coalesce(json_objectagg(p.permission, 1), json_object())
            FROM remote_user_permissions p WHERE p.user_id = u.id),
         (SELECT coalesce(json_objectagg(p.permission, 1), json_object())
            FROM remote_memberships m JOIN remote_group_permissions p ON p.group_id = m.group_id
           WHERE m.user_id = u.id),
         ",
            $groups,
            ",
         (SELECT r.revision FROM remote_revisions r WHERE r.shard = u.id & 63),
         (SELECT r.revision FROM remote_revisions r WHERE r.shard = -1))"
        )
    };
}

/// The groups that exist of those that a parameter names, as the last object of `user!`.
macro_rules! existing_groups {
    () => {
        sql!("(SELECT coalesce(json_objectagg(g.name, 1), json_object())
            FROM " names " AS named STRAIGHT_JOIN remote_groups g
           WHERE g.name = named.value)")
    };
}

/// The JSON array of a session `s`, as `LIST_SESSIONS` returns it.
macro_rules! session {
    () => {
        "json_array(s.token_hash, s.source, s.asserted_groups,
         timestampdiff(MICROSECOND, '1970-01-01', s.created_at) DIV 1000,
         timestampdiff(MICROSECOND, '1970-01-01', s.last_seen_at) DIV 1000,
         timestampdiff(MICROSECOND, '1970-01-01', s.expires_at) DIV 1000)"
    };
}

impl Dialect for MySql {
    // sqlx asks for a lock with the time limit -1, which MariaDB refuses.
    const BEGIN_MIGRATION: Option<&'static str> =
        Some("SELECT get_lock(concat('rocket_remote_user ', sha1(database())), 600)");

    // `BEGIN` takes no isolation level. One level up, two transactions that create the same
    // user would each lock the gap that the other's row goes into.
    const BEGIN: &'static str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION";

    const LOCK_USER: Option<&'static str> = Some("SELECT id FROM remote_users WHERE username = ? FOR UPDATE");

    const LOCK_SUBJECT: Option<&'static str> =
        Some("SELECT id FROM remote_users WHERE subject = ? FOR UPDATE");

    // `JSON_ARRAYAGG` is not used, because MariaDB cuts it off at `group_concat_max_len`.
    const FIND_USER: &'static str = concat!(
        "SELECT CAST(",
        user!(existing_groups!()),
        " AS CHAR)
  FROM (SELECT 1) AS one LEFT JOIN remote_users u ON u.username = ?"
    );

    const FIND_USER_BY_SUBJECT: &'static str = concat!(
        "SELECT CAST(json_array(",
        user!(existing_groups!()),
        ",
         (SELECT count(*) FROM remote_users o WHERE o.username = ? AND o.id <> u.id)) AS CHAR)
  FROM (SELECT 1) AS one
       LEFT JOIN remote_users u ON u.id = coalesce((SELECT s.id FROM remote_users s WHERE s.subject = ?),
                                                   (SELECT n.id FROM remote_users n WHERE n.username = ?))"
    );

    const CREATE_USER: &'static str = "INSERT INTO remote_users (username, subject) VALUES (?, ?)";

    const RENAME_USER: &'static str = "UPDATE remote_users SET username = ? WHERE id = ?";

    const SET_SUBJECT: &'static str = "UPDATE remote_users SET subject = ? WHERE id = ?";

    const FIND_USER_ID: &'static str = "SELECT id FROM remote_users WHERE username = ?";

    const LIST_USERNAMES: &'static str =
        "SELECT username FROM remote_users WHERE username >= ? ORDER BY username LIMIT ?";

    const LIST_STALE_USERS: &'static str = "\
SELECT CAST(json_array(u.id, u.username, timestampdiff(SECOND, '1970-01-01', u.last_login_at)) AS CHAR)
  FROM remote_users u
 WHERE u.id > ?
   AND u.is_active
   AND coalesce(u.last_login_at, u.created_at) < '1970-01-01' + INTERVAL ? SECOND
   AND NOT EXISTS (SELECT 1 FROM remote_sessions s
                    WHERE s.user_id = u.id AND s.source = 'remote'
                      AND s.last_seen_at >= '1970-01-01' + INTERVAL ? SECOND)
 ORDER BY u.id LIMIT ?";

    const SET_PROFILE: &'static str = "\
UPDATE remote_users SET name = ?, email = ?, attributes = ?, is_staff = ?, is_superuser = ? WHERE id = ?";

    const SET_ACTIVE: &'static str = "UPDATE remote_users SET is_active = ? WHERE id = ?";

    const LOG_IN: &'static str = "\
UPDATE remote_users SET last_login_at = '1970-01-01' + INTERVAL ? SECOND WHERE id = ?";

    // `INSERT IGNORE` is not used, because it ignores every error.
    const CREATE_GROUPS: &'static str = sql!("\
INSERT INTO remote_groups (name)
SELECT named.value FROM " names " AS named
ON DUPLICATE KEY UPDATE remote_groups.name = remote_groups.name");

    const JOIN_GROUPS: &'static str = sql!("\
INSERT INTO remote_memberships (user_id, group_id, source)
SELECT ?, g.id, ?
  FROM " names " AS named STRAIGHT_JOIN remote_groups g
 WHERE g.name = named.value
ON DUPLICATE KEY UPDATE remote_memberships.source = remote_memberships.source");

    const GRANT: &'static str = sql!("\
INSERT INTO remote_user_permissions (user_id, permission)
SELECT ?, named.value FROM " names " AS named
ON DUPLICATE KEY UPDATE remote_user_permissions.permission = remote_user_permissions.permission");

    // A subquery would be executed again for each membership.
    const LEAVE_GROUPS: &'static str = sql!("\
DELETE m
  FROM " names " AS named STRAIGHT_JOIN remote_groups g STRAIGHT_JOIN remote_memberships m
 WHERE g.name = named.value
   AND m.group_id = g.id
   AND m.user_id = ?");

    const FIND_SESSIONS: &'static str = concat!(
        "SELECT CAST(json_array(",
        session!(),
        ", ",
        user!("json_object()"),
        ") AS CHAR)
  FROM ",
        sql!("" names " AS named STRAIGHT_JOIN remote_sessions s STRAIGHT_JOIN remote_users u
 WHERE s.token_hash = named.value
   AND u.id = s.user_id")
    );

    const LIST_SESSIONS: &'static str = concat!(
        "SELECT CAST(",
        session!(),
        " AS CHAR)
  FROM remote_sessions s WHERE s.user_id = ? ORDER BY s.created_at, s.token_hash"
    );

    const BEGIN_SESSION: &'static str = "\
INSERT INTO remote_sessions
       (token_hash, user_id, source, asserted_groups,
        created_at,
        last_seen_at,
        expires_at)
VALUES (?, ?, ?, ?,
        '1970-01-01' + INTERVAL ? * 1000 MICROSECOND,
        '1970-01-01' + INTERVAL ? * 1000 MICROSECOND,
        '1970-01-01' + INTERVAL ? * 1000 MICROSECOND)";

    const NOTE_SESSION_USE: &'static str = "\
UPDATE remote_sessions
   SET last_seen_at = '1970-01-01' + INTERVAL ? * 1000 MICROSECOND,
       expires_at = '1970-01-01' + INTERVAL ? * 1000 MICROSECOND
 WHERE token_hash = ?";

    const SET_SESSION_GROUPS: &'static str =
        "UPDATE remote_sessions SET asserted_groups = ? WHERE token_hash = ?";

    const END_SESSIONS: &'static str = sql!("\
DELETE s
  FROM " names " AS named STRAIGHT_JOIN remote_sessions s
 WHERE s.token_hash = named.value");

    // MySQL has no `LIMIT` in a subquery of `IN`, and no `OFFSET` without one.
    const END_OLDEST_SESSIONS: &'static str = "\
DELETE s
  FROM (SELECT token_hash
          FROM remote_sessions
         WHERE user_id = ?
         ORDER BY expires_at > '1970-01-01' + INTERVAL ? * 1000 MICROSECOND DESC,
                  created_at DESC, token_hash DESC
         LIMIT 9223372036854775807 OFFSET ?) AS ended STRAIGHT_JOIN remote_sessions s
 WHERE s.token_hash = ended.token_hash";

    const END_ALL_SESSIONS: &'static str = "DELETE FROM remote_sessions WHERE user_id = ?";

    const PURGE_SESSIONS: &'static str = "\
DELETE FROM remote_sessions
 WHERE expires_at <= '1970-01-01' + INTERVAL ? * 1000 MICROSECOND
 ORDER BY expires_at
 LIMIT 100";

    // `GROUP_CONCAT` is not used, because MySQL cuts it off at `group_concat_max_len`.
    const REVISIONS: &'static str = "SELECT revision FROM remote_revisions ORDER BY shard";

    const SHARDS: usize = 64;

    const LIST_REVISION_TRIGGERS: &'static str = "\
SELECT CAST(trigger_name AS CHAR)
  FROM information_schema.triggers
 WHERE trigger_schema = database() AND trigger_name LIKE 'remote\\_revise\\_%'";

    const REVISION_TRIGGERS: &'static str = include_str!("migrations/mysql/revision_triggers.sql");

    const TRIGGER_RIGHTS: &'static str = "grant TRIGGER on the database to this account, and if the server keeps a binary log, grant SUPER too, or set its `log_bin_trust_function_creators = 1`";

    const IS_REMOTE: bool = true;

    const CONNECTIONS_PER_PROCESSOR: usize = usize::MAX;

    const MAX_WRITERS: usize = Semaphore::MAX_PERMITS;

    // This is the width of the columns. An index holds up to 3072 bytes of a value.
    const MAX_NAME_LENGTH: usize = 640;

    const MIGRATIONS: &'static [(&'static str, &'static str)] = &[
        ("users and groups", include_str!("migrations/mysql/1_users_and_groups.sql")),
        ("permissions and sessions", include_str!("migrations/mysql/2_permissions_and_sessions.sql")),
        ("revisions", include_str!("migrations/mysql/3_revisions.sql")),
        ("subjects and attributes", include_str!("migrations/mysql/4_subjects_and_attributes.sql")),
    ];

    /// See <https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html>
    /// and <https://mariadb.com/kb/en/mariadb-error-codes/>.
    fn ends_session(error: &dyn DatabaseError) -> bool {
        const ER_SERVER_SHUTDOWN: u16 = 1053;
        const ER_CONNECTION_KILLED: u16 = 1927;
        const ER_SESSION_WAS_KILLED: u16 = 3169;
        const ER_CLIENT_INTERACTION_TIMEOUT: u16 = 4031;
        is_any_of(
            error,
            &[ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED, ER_SESSION_WAS_KILLED, ER_CLIENT_INTERACTION_TIMEOUT],
        )
    }

    /// Servers with `read_only` or `super_read_only`, and a node of Galera that has left its
    /// cluster, which answers no read either.
    fn is_not_primary(error: &dyn DatabaseError) -> bool {
        const ER_UNKNOWN_COM_ERROR: u16 = 1047;
        const ER_OPTION_PREVENTS_STATEMENT: u16 = 1290;
        const ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: u16 = 1792;
        const ER_READ_ONLY_MODE: u16 = 1836;
        is_any_of(
            error,
            &[
                ER_UNKNOWN_COM_ERROR,
                ER_OPTION_PREVENTS_STATEMENT,
                ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION,
                ER_READ_ONLY_MODE,
            ],
        )
    }

    fn is_transient(error: &dyn DatabaseError) -> bool {
        const ER_LOCK_WAIT_TIMEOUT: u16 = 1205;
        const ER_LOCK_DEADLOCK: u16 = 1213;
        const ER_TRANSACTION_ROLLBACK_DURING_COMMIT: u16 = 3101;
        is_any_of(error, &[ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_TRANSACTION_ROLLBACK_DURING_COMMIT])
    }
}

fn is_any_of(error: &dyn DatabaseError, numbers: &[u16]) -> bool {
    let number = error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number);
    number.is_some_and(|number| numbers.contains(&number))
}
