ALTER TABLE remote_users
    ADD COLUMN subject    VARCHAR(255) UNIQUE,
    ADD COLUMN attributes JSON NOT NULL DEFAULT (json_object());
