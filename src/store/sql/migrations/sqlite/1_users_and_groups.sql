CREATE TABLE remote_users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    username      TEXT    NOT NULL UNIQUE,
    name          TEXT,
    email         TEXT,
    is_active     BOOLEAN NOT NULL DEFAULT TRUE,
    is_staff      BOOLEAN NOT NULL DEFAULT FALSE,
    is_superuser  BOOLEAN NOT NULL DEFAULT FALSE,
    created_at    TEXT    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_login_at TEXT
);

CREATE TABLE remote_groups (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT    NOT NULL UNIQUE
);

CREATE TABLE remote_memberships (
    user_id  INTEGER NOT NULL REFERENCES remote_users (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES remote_groups (id) ON DELETE CASCADE,
    source   TEXT    NOT NULL DEFAULT 'local' CHECK (source IN ('remote', 'local')),
    PRIMARY KEY (user_id, group_id)
) WITHOUT ROWID;

CREATE INDEX remote_memberships_of_group ON remote_memberships (group_id);
