CREATE TABLE remote_users (
    id            BIGINT       AUTO_INCREMENT PRIMARY KEY,
    username      VARCHAR(640) NOT NULL UNIQUE,
    name          MEDIUMTEXT,
    email         MEDIUMTEXT,
    is_active     BOOLEAN      NOT NULL DEFAULT TRUE,
    is_staff      BOOLEAN      NOT NULL DEFAULT FALSE,
    is_superuser  BOOLEAN      NOT NULL DEFAULT FALSE,
    created_at    DATETIME     NOT NULL DEFAULT (UTC_TIMESTAMP),
    last_login_at DATETIME
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE remote_groups (
    id   BIGINT       AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(640) NOT NULL UNIQUE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE remote_memberships (
    user_id  BIGINT     NOT NULL,
    group_id BIGINT     NOT NULL,
    source   VARCHAR(6) NOT NULL DEFAULT 'local' CHECK (source IN ('remote', 'local')),
    PRIMARY KEY (user_id, group_id),
    FOREIGN KEY (user_id) REFERENCES remote_users (id) ON DELETE CASCADE,
    FOREIGN KEY (group_id) REFERENCES remote_groups (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */;

CREATE INDEX remote_memberships_of_group ON remote_memberships (group_id);
