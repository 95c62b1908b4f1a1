//! What differs from one database to the next.
//!
//! Within this folder it depends on nothing.

use sqlx::IntoArguments;
use sqlx::error::DatabaseError;
use sqlx::migrate::Migrate;

/// What differs from one SQL database to the next: the statements of the store, and how
/// errors are told apart.
///
/// A list of names goes in as one JSON array, and all that is known of a user comes out
/// as another, so a user with any number of groups is one value of one row. Whatever the
/// types of the columns are, times go in and out as Unix time, in seconds for users and
/// in milliseconds for sessions, and flags come out as 0 or 1.
///
/// The documentation of each statement lists its parameters in their order, and the one
/// column that it returns, if any.
pub(crate) trait Dialect: sqlx::Database<Connection: Migrate, Arguments: IntoArguments<Self>> {
    /// Prepares a connection for migrations, where sqlx does not do enough. The
    /// connection is closed after them.
    ///
    /// Result: 1 if the connection may change the schema.
    const BEGIN_MIGRATION: Option<&'static str>;

    /// Begins a transaction that writes.
    const BEGIN: &'static str;

    /// Locks the row of a user, where [`BEGIN`](Self::BEGIN) does not lock enough.
    ///
    /// Parameters: `username`.
    const LOCK_USER: Option<&'static str>;

    /// Locks the row of the user with a subject, as [`LOCK_USER`](Self::LOCK_USER) does the one
    /// with a name.
    ///
    /// Parameters: `subject`.
    const LOCK_SUBJECT: Option<&'static str>;

    /// Finds a user by name, and which of `groups` exist. There is always one row.
    ///
    /// Parameters: `groups`, `username`.
    ///
    /// Result: a JSON array of `id` (null if there is no such user), `username`, `subject`,
    /// `name`, `email`, `attributes` (an object, as text), `is_active`, `is_staff`,
    /// `is_superuser`, `created_at`, `last_login_at`, an object that maps the names of the user's groups to the sources of the
    /// memberships, and three objects whose keys are names: the user's own permissions,
    /// the permissions of the user's groups, and those of `groups` that exist. Then come two
    /// texts: the revision of the user's shard, and that of the groups.
    const FIND_USER: &'static str;

    /// Finds a user by subject, or by name if nobody has the subject.
    ///
    /// Parameters: `groups`, `username`, `subject`, `username`.
    ///
    /// Result: a JSON array of the array of [`FIND_USER`](Self::FIND_USER), and of how many
    /// other users have the name.
    const FIND_USER_BY_SUBJECT: &'static str;

    /// Creates a user. Violates a unique constraint if the user exists.
    ///
    /// Parameters: `username`, `subject`.
    const CREATE_USER: &'static str;

    /// Gives a user another name. Violates a unique constraint if somebody has it.
    ///
    /// Parameters: `username`, `user_id`.
    const RENAME_USER: &'static str;

    /// Gives a user a subject. Violates a unique constraint if somebody has it.
    ///
    /// Parameters: `subject`, `user_id`.
    const SET_SUBJECT: &'static str;

    /// Finds the `id` of a user who exists.
    ///
    /// Parameters: `username`.
    ///
    /// Result: `id`.
    const FIND_USER_ID: &'static str;

    /// Lists the names of users that are not less than the first parameter, in the order of
    /// their bytes.
    ///
    /// Parameters: `username`, and how many are listed at most.
    ///
    /// Result: `username`.
    const LIST_USERNAMES: &'static str;

    /// Lists active users who have not signed in, and whose sessions that the proxy began were
    /// not used, since a time. Whoever never signed in counts from the creation.
    ///
    /// Parameters: the `id` before the first one, the time, the same time, and how many are listed
    /// at most.
    ///
    /// Result: a JSON array of `id`, `username` and `last_login_at`.
    const LIST_STALE_USERS: &'static str;

    /// Sets the profile of a user.
    ///
    /// Parameters: `name`, `email`, `attributes`, `is_staff`, `is_superuser`, `user_id`.
    const SET_PROFILE: &'static str;

    /// Sets whether a user is active: `is_active`, `id`.
    const SET_ACTIVE: &'static str;

    /// Records a login of a user.
    ///
    /// Parameters: `last_login_at`, `user_id`.
    const LOG_IN: &'static str;

    /// Creates those of `groups` that do not exist.
    ///
    /// Parameters: `groups`.
    const CREATE_GROUPS: &'static str;

    /// Makes a user a member of those of `groups` that exist, with a `source`. Memberships that
    /// exist stay as they are.
    ///
    /// Parameters: `user_id`, `source`, `groups`.
    const JOIN_GROUPS: &'static str;

    /// Grants a user `permissions`, unless the user has them.
    ///
    /// Parameters: `user_id`, `permissions`, as names.
    const GRANT: &'static str;

    /// Ends a user's memberships in `groups`.
    ///
    /// Parameters: `groups`, `user_id`.
    const LEAVE_GROUPS: &'static str;

    /// Finds sessions and their users, a row each.
    ///
    /// Parameters: `token_hashes`, as names.
    ///
    /// Result: a JSON array of two arrays, the session as in
    /// [`LIST_SESSIONS`](Self::LIST_SESSIONS) and the user as in
    /// [`FIND_USER`](Self::FIND_USER), of whom no groups are asked for.
    const FIND_SESSIONS: &'static str;

    /// Lists the sessions of a user, oldest first, a row each.
    ///
    /// Parameters: `user_id`.
    ///
    /// Result: a JSON array of `token_hash`, `source`, `asserted_groups`, `created_at`,
    /// `last_seen_at` and `expires_at`.
    const LIST_SESSIONS: &'static str;

    /// Begins a session. Violates a foreign key if there is no such user.
    ///
    /// Parameters: `token_hash`, `user_id`, `source`, `asserted_groups`, `created_at`,
    /// `last_seen_at`, `expires_at`.
    const BEGIN_SESSION: &'static str;

    /// Records that a session was used.
    ///
    /// Parameters: `last_seen_at`, `expires_at`, `token_hash`.
    const NOTE_SESSION_USE: &'static str;

    /// Sets the groups that a session remembers.
    ///
    /// Parameters: `asserted_groups`, `token_hash`.
    const SET_SESSION_GROUPS: &'static str;

    /// Ends sessions.
    ///
    /// Parameters: `token_hashes`, as names.
    const END_SESSIONS: &'static str;

    /// Ends all but `kept` sessions of a user: first those that have expired by `now`, and
    /// then the oldest.
    ///
    /// Parameters: `user_id`, `now`, `kept`.
    const END_OLDEST_SESSIONS: &'static str;

    /// Ends all sessions of a user.
    ///
    /// Parameters: `user_id`.
    const END_ALL_SESSIONS: &'static str;

    /// Deletes up to 100 sessions that have expired by `now`, the first to expire first.
    ///
    /// Parameters: `now`.
    const PURGE_SESSIONS: &'static str;

    /// Reads every revision: that of the groups, and then that of each shard in its order, as
    /// one text or as several.
    ///
    /// Result: revisions, one directly after the other.
    const REVISIONS: &'static str;

    /// In how many shards users are. It is a power of two, and the shard of a user is the
    /// remainder of its `id`. Two transactions that change users of one shard may have to wait
    /// for each other.
    const SHARDS: usize;

    /// Lists the triggers that make revisions and that are enabled.
    ///
    /// Result: the name of a trigger.
    const LIST_REVISION_TRIGGERS: &'static str;

    /// The triggers that make revisions, and the functions that they call. A blank line is
    /// between two statements.
    const REVISION_TRIGGERS: &'static str;

    /// What allows an account to create [`REVISION_TRIGGERS`](Self::REVISION_TRIGGERS), for
    /// the log of the launch.
    const TRIGGER_RIGHTS: &'static str;

    /// Whether the database is a server, which can end a session or not answer at all.
    const IS_REMOTE: bool;

    /// How many connections are worth having for each processor. SQLite runs in this
    /// process, and each of its connections has a cache of its own.
    const CONNECTIONS_PER_PROCESSOR: usize;

    /// How many transactions may write at once.
    const MAX_WRITERS: usize;

    /// The longest name that its column and its index can hold, in characters.
    const MAX_NAME_LENGTH: usize;

    /// The name and the SQL of each migration, beginning with version 1.
    const MIGRATIONS: &'static [(&'static str, &'static str)];

    /// Whether the server ended the session with this error.
    fn ends_session(error: &dyn DatabaseError) -> bool;

    /// Whether the server takes no writes, because it is a replica now, or no part of its
    /// cluster. Another connection may lead to the one that does.
    fn is_not_primary(error: &dyn DatabaseError) -> bool;

    /// Whether a transaction that failed with this error may succeed if it is tried
    /// again.
    fn is_transient(error: &dyn DatabaseError) -> bool;
}
