CREATE TABLE remote_user_permissions (
    user_id    BIGINT NOT NULL REFERENCES remote_users (id) ON DELETE CASCADE,
    permission TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, permission)
);

CREATE TABLE remote_group_permissions (
    group_id   BIGINT NOT NULL REFERENCES remote_groups (id) ON DELETE CASCADE,
    permission TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (group_id, permission)
);

CREATE TABLE remote_sessions (
    token_hash      TEXT        COLLATE "C" NOT NULL PRIMARY KEY,
    user_id         BIGINT      NOT NULL REFERENCES remote_users (id) ON DELETE CASCADE,
    source          TEXT        NOT NULL DEFAULT 'remote',
    asserted_groups TEXT        NOT NULL DEFAULT '[]',
    created_at      TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_seen_at    TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    expires_at      TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX remote_sessions_of_user ON remote_sessions (user_id);

CREATE INDEX remote_sessions_by_end ON remote_sessions (expires_at);
