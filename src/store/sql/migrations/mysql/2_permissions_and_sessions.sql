CREATE TABLE remote_user_permissions (
    user_id    BIGINT       NOT NULL,
    permission VARCHAR(640) NOT NULL,
    PRIMARY KEY (user_id, permission),
    FOREIGN KEY (user_id) REFERENCES remote_users (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE remote_group_permissions (
    group_id   BIGINT       NOT NULL,
    permission VARCHAR(640) NOT NULL,
    PRIMARY KEY (group_id, permission),
    FOREIGN KEY (group_id) REFERENCES remote_groups (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE remote_sessions (
    token_hash      CHAR(64)    NOT NULL PRIMARY KEY,
    user_id         BIGINT      NOT NULL,
    source          VARCHAR(64) NOT NULL DEFAULT 'remote',
    asserted_groups MEDIUMTEXT  NOT NULL DEFAULT ('[]'),
    created_at      DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    last_seen_at    DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    expires_at      DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    FOREIGN KEY (user_id) REFERENCES remote_users (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE INDEX remote_sessions_by_end ON remote_sessions (expires_at);
