use sqlx::IntoArguments;
use sqlx::error::DatabaseError;
use sqlx::migrate::Migrate;

/// A database that the SQL store speaks: what differs from one to the next,
/// and nothing else.
///
/// A list of names goes in as one JSON array, and all that is known of a user
/// comes out as another, so that a user with any number of groups is one value
/// of one statement. Times are Unix seconds on the way in and out, or milliseconds
/// where they are of a session, and flags are 0 or 1 on the way out, whatever
/// the columns are.
pub(crate) trait Dialect: sqlx::Database<Connection: Migrate, Arguments: IntoArguments<Self>> {
    /// → 1 when the session may change the schema. It ends when it has.
    const BEGIN_MIGRATION: Option<&'static str>;
    /// Begins a transaction that will write.
    const BEGIN: &'static str;
    /// `username`. Locks the user's row, where [`BEGIN`](Self::BEGIN) does not.
    const LOCK_USER: Option<&'static str>;
    /// `groups`, `username` → one JSON array: `id`, null if there is no such
    /// user, `username`, `name`, `email`, `is_active`, `is_staff`,
    /// `is_superuser`, `created_at`, `last_login_at`, the memberships as an object
    /// of names and sources, and three whose names are the permissions of the
    /// user, those of the user's groups, and those of `groups` that exist.
    const FIND: &'static str;
    /// `username`. Violates a unique constraint where the user exists.
    const CREATE_USER: &'static str;
    /// `username` → `id`.
    const FIND_ID: &'static str;
    /// `name`, `email`, `is_staff`, `is_superuser`, `user_id`.
    const SET_PROFILE: &'static str;
    /// `last_login_at`, `user_id`.
    const LOG_IN: &'static str;
    /// `groups`. Does nothing for those that exist.
    const CREATE_GROUPS: &'static str;
    /// `user_id`, `groups`. Does nothing where the membership exists.
    const JOIN: &'static str;
    /// `groups`, `user_id`.
    const LEAVE: &'static str;
    /// `token_hash` → one JSON array of two: the session as of
    /// [`SESSIONS_OF`](Self::SESSIONS_OF), and its user as of
    /// [`FIND`](Self::FIND), without groups.
    const FIND_SESSION: &'static str;
    /// `user_id` → one JSON array a session: `token_hash`, `source`,
    /// `asserted_groups`, `created_at`, `last_seen_at`, `expires_at`. The oldest
    /// first.
    const SESSIONS_OF: &'static str;
    /// `token_hash`, `user_id`, `source`, `asserted_groups`, `created_at`,
    /// `last_seen_at`, `expires_at`. Violates a foreign key where there is no such
    /// user.
    const BEGIN_SESSION: &'static str;
    /// `last_seen_at`, `expires_at`, `token_hash`.
    const USE_SESSION: &'static str;
    /// `asserted_groups`, `token_hash`.
    const REMEMBER_GROUPS: &'static str;
    /// `token_hash`.
    const END_SESSION: &'static str;
    /// `user_id`.
    const END_SESSIONS: &'static str;
    /// `now`: deletes 100 at most of those that expired by then, the oldest first.
    const PURGE_SESSIONS: &'static str;
    /// Whether a server is asked, which can end a session, or not answer at all.
    const REMOTE: bool;
    /// How many connections are worth having for each processor: SQLite runs
    /// in this process, and what it reads it keeps for each connection.
    const CONNECTIONS_PER_PROCESSOR: usize;
    /// How many transactions may write at once.
    const WRITERS: usize;
    /// How many characters a name can have, which is unique.
    const MAX_NAME_LENGTH: usize;
    /// The name and the SQL of each migration, beginning with version 1.
    const MIGRATIONS: &'static [(&'static str, &'static str)];

    /// Whether the server ended the session with this error.
    fn ends_session(error: &dyn DatabaseError) -> bool;

    /// Whether the same transaction may succeed if it is tried again.
    fn is_transient(error: &dyn DatabaseError) -> bool;
}
