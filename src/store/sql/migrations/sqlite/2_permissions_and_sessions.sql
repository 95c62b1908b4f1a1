CREATE TABLE remote_user_permissions (
    user_id    INTEGER NOT NULL REFERENCES remote_users (id) ON DELETE CASCADE,
    permission TEXT    NOT NULL,
    PRIMARY KEY (user_id, permission)
) WITHOUT ROWID;

CREATE TABLE remote_group_permissions (
    group_id   INTEGER NOT NULL REFERENCES remote_groups (id) ON DELETE CASCADE,
    permission TEXT    NOT NULL,
    PRIMARY KEY (group_id, permission)
) WITHOUT ROWID;

CREATE TABLE remote_sessions (
    token_hash      TEXT    NOT NULL PRIMARY KEY,
    user_id         INTEGER NOT NULL REFERENCES remote_users (id) ON DELETE CASCADE,
    source          TEXT    NOT NULL DEFAULT 'remote',
    asserted_groups TEXT    NOT NULL DEFAULT '[]',
    created_at      TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f')),
    last_seen_at    TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f')),
    expires_at      TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f'))
) WITHOUT ROWID;

CREATE INDEX remote_sessions_of_user ON remote_sessions (user_id);

CREATE INDEX remote_sessions_by_end ON remote_sessions (expires_at);
