use sqlx::IntoArguments;
use sqlx::error::DatabaseError;
use sqlx::migrate::Migrate;

/// A database that the SQL store speaks: what differs from one to the next,
/// and nothing else.
///
/// A list of names goes in as one JSON array, and groups come out as JSON, so
/// that a user with any number of groups is one row of one statement. Times are
/// Unix seconds on the way in and out, whatever the column is.
pub(crate) trait Dialect: sqlx::Database<Connection: Migrate, Arguments: IntoArguments<Self>> {
    /// Begins a transaction that will write.
    const BEGIN: &'static str;
    /// `username`. Locks the user's row, where [`BEGIN`](Self::BEGIN) does not.
    const LOCK_USER: Option<&'static str>;
    /// `groups`, `username` → one row: the columns of the user, null if there
    /// is none; the memberships as a JSON object of names and sources; and the
    /// `groups` that exist as a JSON array.
    const FIND: &'static str;
    /// `username`. Does nothing where the user exists.
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
    /// `user_id`, `groups`.
    const LEAVE: &'static str;
    /// How many transactions may write at once.
    const WRITERS: usize;
    /// The name and the SQL of each migration, beginning with version 1.
    const MIGRATIONS: &'static [(&'static str, &'static str)];

    /// How many rows a statement changed.
    fn rows_affected(result: &Self::QueryResult) -> u64;

    /// Whether the same transaction may succeed if it is tried again.
    fn is_transient(error: &dyn DatabaseError) -> bool;
}
