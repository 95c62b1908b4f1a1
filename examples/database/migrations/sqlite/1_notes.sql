CREATE TABLE authors (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES remote_users (id) ON DELETE CASCADE,
    notes   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE notes (
    id      INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES authors (user_id) ON DELETE CASCADE,
    text    TEXT    NOT NULL CHECK (text <> '')
);
