CREATE TABLE remote_revisions (
    shard    BIGINT PRIMARY KEY,
    revision TEXT   COLLATE "C" NOT NULL DEFAULT md5(concat_ws(' ', txid_current(), clock_timestamp(), random()))
) WITH (fillfactor = 50);

INSERT INTO remote_revisions (shard)
VALUES (-1), (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15);
