ALTER TABLE remote_users ADD COLUMN subject TEXT;

ALTER TABLE remote_users ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';

CREATE UNIQUE INDEX remote_users_by_subject ON remote_users (subject);
