//! PostgreSQL 12 and later, and what speaks its protocol and its SQL.

use sqlx::Postgres;
use sqlx::error::DatabaseError;
use tokio::sync::Semaphore;

use super::dialect::Dialect;

impl Dialect for Postgres {
    // sqlx locks out other instances; each launch would be told that the bookkeeping table exists.
    const BEGIN_MIGRATION: Option<&'static str> =
        Some("SELECT 1::bigint FROM set_config('client_min_messages', 'warning', false)");

    const BEGIN: &'static str = "BEGIN ISOLATION LEVEL READ COMMITTED";

    const LOCK_USER: Option<&'static str> =
        Some("SELECT id FROM remote_users WHERE username = $1 FOR NO KEY UPDATE");

    const FIND: &'static str = "\
SELECT json_build_array(
         u.id, u.username, u.name, u.email, u.is_active::int, u.is_staff::int, u.is_superuser::int,
         floor(extract(epoch FROM u.created_at))::bigint, floor(extract(epoch FROM u.last_login_at))::bigint,
         (SELECT coalesce(json_object_agg(g.name, m.source), '{}')
            FROM remote_memberships m JOIN remote_groups g ON g.id = m.group_id
           WHERE m.user_id = u.id),
         (SELECT coalesce(json_object_agg(g.name, 1), '{}')
            FROM json_array_elements_text($1::json) AS named CROSS JOIN remote_groups g
           WHERE g.name = named.value))::text
  FROM (SELECT 1) AS one LEFT JOIN remote_users u ON u.username = $2";

    const CREATE_USER: &'static str = "INSERT INTO remote_users (username) VALUES ($1)";

    const FIND_ID: &'static str = "SELECT id FROM remote_users WHERE username = $1";

    const SET_PROFILE: &'static str = "\
UPDATE remote_users SET name = $1, email = $2, is_staff = $3, is_superuser = $4 WHERE id = $5";

    const LOG_IN: &'static str = "\
UPDATE remote_users SET last_login_at = to_timestamp($1::bigint) WHERE id = $2";

    const CREATE_GROUPS: &'static str = "\
INSERT INTO remote_groups (name)
SELECT named.value FROM json_array_elements_text($1::json) AS named
ON CONFLICT DO NOTHING";

    const JOIN: &'static str = "\
INSERT INTO remote_memberships (user_id, group_id, source)
SELECT $1, g.id, 'remote'
  FROM json_array_elements_text($2::json) AS named CROSS JOIN remote_groups g
 WHERE g.name = named.value
ON CONFLICT DO NOTHING";

    const LEAVE: &'static str = "\
DELETE FROM remote_memberships
 WHERE user_id = $2
   AND group_id IN (SELECT g.id
                      FROM json_array_elements_text($1::json) AS named CROSS JOIN remote_groups g
                     WHERE g.name = named.value)";

    const REMOTE: bool = true;

    const CONNECTIONS_PER_PROCESSOR: usize = usize::MAX;

    const WRITERS: usize = Semaphore::MAX_PERMITS;

    // A third of a page, 2704 bytes, is the most that an index holds of a value.
    const LONGEST_NAME: usize = 640;

    const MIGRATIONS: &'static [(&'static str, &'static str)] =
        &[("users and groups", include_str!("migrations/postgres/1_users_and_groups.sql"))];

    /// Class 57 of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn ends_session(error: &dyn DatabaseError) -> bool {
        const ADMIN_SHUTDOWN: &str = "57P01";
        const CRASH_SHUTDOWN: &str = "57P02";
        const IDLE_SESSION_TIMEOUT: &str = "57P05";
        let ends = [ADMIN_SHUTDOWN, CRASH_SHUTDOWN, IDLE_SESSION_TIMEOUT];
        error.code().is_some_and(|code| ends.contains(&&*code))
    }

    /// Class 40 of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn is_transient(error: &dyn DatabaseError) -> bool {
        const SERIALIZATION_FAILURE: &str = "40001";
        const DEADLOCK_DETECTED: &str = "40P01";
        let transient = [SERIALIZATION_FAILURE, DEADLOCK_DETECTED];
        error.code().is_some_and(|code| transient.contains(&&*code))
    }
}
