ALTER TABLE remote_users
    ADD COLUMN subject    TEXT  COLLATE "C" UNIQUE,
    ADD COLUMN attributes JSONB NOT NULL DEFAULT '{}';
