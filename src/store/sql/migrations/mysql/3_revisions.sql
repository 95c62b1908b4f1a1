CREATE TABLE remote_revisions (
    shard    BIGINT   PRIMARY KEY,
    revision CHAR(32) NOT NULL DEFAULT (md5(concat(uuid(), rand())))
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */;

INSERT INTO remote_revisions (shard)
VALUES (-1), (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15),
       (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30),
       (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45),
       (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60),
       (61), (62), (63);

CREATE TABLE remote_no_truncate (
    user_id    BIGINT,
    group_id   BIGINT,
    permission VARCHAR(640),
    token_hash CHAR(64),
    FOREIGN KEY (user_id, group_id) REFERENCES remote_memberships (user_id, group_id),
    FOREIGN KEY (user_id, permission) REFERENCES remote_user_permissions (user_id, permission),
    FOREIGN KEY (group_id, permission) REFERENCES remote_group_permissions (group_id, permission),
    FOREIGN KEY (token_hash) REFERENCES remote_sessions (token_hash)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100600 COLLATE utf8mb4_nopad_bin */;
