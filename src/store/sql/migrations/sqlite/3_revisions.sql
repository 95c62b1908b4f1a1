CREATE TABLE remote_revisions (
    shard    INTEGER PRIMARY KEY,
    revision TEXT    NOT NULL DEFAULT (lower(hex(randomblob(16))))
);

INSERT INTO remote_revisions (shard)
VALUES (-1), (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15);
