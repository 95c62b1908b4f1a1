//! The file of an SQLite database: which one it is, and who may read it.
//!
//! Within this folder it depends on nothing.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use rocket_db_pools::Config;

/// What the URL of an SQLite database asks for, read as the driver reads it: with every
/// parameter decoded, and each of several that are there.
#[derive(Debug, Default)]
pub(super) struct SqliteUrl {
    /// Whether the driver keeps the database in memory.
    pub(super) is_in_memory: bool,
    pub(super) is_read_only: bool,
    /// Whether a database that is missing is created.
    pub(super) is_created_if_missing: bool,
    pub(super) is_immutable: bool,
    pub(super) has_private_cache: bool,
    vfs: Option<String>,
}

impl SqliteUrl {
    /// Reads the URL of the configuration.
    pub(super) fn of(config: &Config) -> Self {
        let rest = config.url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
        let (database, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut url = Self { is_in_memory: database == ":memory:", ..Self::default() };
        let mut is_mode_given = false;
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            is_mode_given |= key == "mode";
            match (&*key, &*value) {
                ("mode", "ro") => url.is_read_only = true,
                ("mode", "rwc") => url.is_created_if_missing = true,
                ("mode", "memory") => url.is_in_memory = true,
                ("immutable", value) => url.is_immutable = matches!(value, "true" | "1"),
                ("cache", value) => url.has_private_cache = value == "private",
                ("vfs", value) => url.vfs = Some(value.into()),
                _ => {}
            }
        }
        url.is_created_if_missing |= !is_mode_given;
        url.is_created_if_missing &= !url.is_in_memory && !url.is_read_only;
        url
    }

    /// What is at the file name that the driver made of the URL.
    pub(super) fn content(&self, filename: &Path) -> Content {
        if self.is_in_memory {
            return Content::Memory;
        }
        let (path, parameters) = self.read(filename);
        let is_memory =
            |(key, value): (&str, &str)| matches!((key, value), ("mode", "memory") | ("vfs", "memdb"));
        let parameters = parameters.iter().map(|(key, value)| (&**key, &**value));
        if path == ":memory:" || parameters.chain(self.vfs.as_deref().map(|vfs| ("vfs", vfs))).any(is_memory)
        {
            Content::OtherMemory
        } else if path.is_empty() {
            Content::Nothing
        } else {
            Content::File(path.into())
        }
    }

    /// The path and the parameters that SQLite makes of a file name, which may be a URI
    /// (<https://www.sqlite.org/uri.html>). With a parameter of its own for SQLite, the
    /// driver escapes the name, so that it is no URI.
    fn read(&self, filename: &Path) -> (String, Vec<(String, String)>) {
        let name = filename.to_string_lossy();
        let Some(uri) = name.strip_prefix("file:").filter(|_| !self.is_immutable && self.vfs.is_none())
        else {
            return (name.into_owned(), Vec::new());
        };
        let uri = uri.split('#').next().unwrap_or_default();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let path = match path.strip_prefix("//") {
            Some(rest) => rest.find('/').map_or("", |at| &rest[at..]),
            None => path,
        };
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        (decode(path), pairs.map(|(key, value)| (decode(key), decode(value))).collect())
    }
}

/// Decodes a part of a URI as SQLite does, for which it ends at a NUL.
fn decode(part: &str) -> String {
    let decoded = percent_decode_str(part).decode_utf8_lossy();
    decoded.split('\0').next().unwrap_or_default().into()
}

/// Where a database is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// In memory that the connections of a pool share.
    Memory,
    /// In memory, by a name of which only SQLite knows, so that each connection may have a
    /// database of its own.
    OtherMemory,
    /// In a temporary file of each connection.
    Nothing,
    File(PathBuf),
}

#[cfg(unix)]
pub(super) use private::{create, warn_of_readers};

#[cfg(unix)]
mod private {
    use std::fs::{self, OpenOptions};
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    use std::path::{Path, PathBuf};

    use rocket::{info_, warn};

    /// What SQLite appends to the name of a database for the files beside it. It gives them
    /// the mode of the database's own.
    const SUFFIXES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

    /// Creates the file of a database that is missing, empty, so that only the user whom this
    /// process runs as can read it from its first moment. An error is left to SQLite, which
    /// fails the same way.
    pub(in super::super) fn create(file: &Path) {
        if !file.exists() {
            let _ = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file);
        }
    }

    /// Warns of the files of a database that others on this machine can read or change.
    pub(in super::super) fn warn_of_readers(file: &Path) {
        let Ok(file) = file.canonicalize() else { return };
        for suffix in SUFFIXES {
            let file = PathBuf::from(format!("{}{suffix}", file.display()));
            let what = match others_may(&file) {
                0 => continue,
                mode if mode & 0o2 == 0 => "read",
                _ => "change",
            };
            warn!("Everybody on this machine can {} the database file `{}`.", what, file.display());
            info_!("Keep it to the user of this application: `chmod 600`");
        }
    }

    /// What everybody may do with a file: its mode, or 0 if no one else gets to its folder.
    fn others_may(file: &Path) -> u32 {
        let mode = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
        let is_reachable = file.ancestors().skip(1).all(|folder| mode(folder) & 0o1 != 0);
        if is_reachable { mode(file) & 0o6 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::str::FromStr;

    use sqlx::sqlite::SqliteConnectOptions;

    fn read(url: &str) -> (SqliteUrl, Content) {
        let config = Config {
            url: url.into(),
            min_connections: None,
            max_connections: 1,
            connect_timeout: 1,
            idle_timeout: None,
            extensions: None,
        };
        let options = SqliteConnectOptions::from_str(url).expect("a URL");
        let url = SqliteUrl::of(&config);
        let content = url.content(options.get_filename());
        (url, content)
    }

    #[test]
    fn a_url_says_whether_its_database_is_created() {
        let cases = [
            ("sqlite:users.sqlite", true),
            ("sqlite://users.sqlite?mode=rwc", true),
            ("sqlite:users.sqlite?mode=%72wc", true),
            ("sqlite:users.sqlite?m%6fde=rwc", true),
            ("sqlite:users.sqlite?mode=rw&mode=rwc", true),
            ("sqlite:users.sqlite?mode=rwc&mode=rw", true),
            ("sqlite:users.sqlite?mode=rwc&mode=ro", false),
            ("sqlite:users.sqlite?mode=rw", false),
            ("sqlite:users.sqlite?mode=r%77", false),
            ("sqlite:users.sqlite?cache=private&mode=ro", false),
            ("sqlite:mode=ro/users.sqlite", true),
            ("sqlite:users.sqlite?immutable=0", true),
            ("sqlite::memory:", false),
            ("sqlite:x?mode=memory", false),
            ("sqlite:x?mode=rwc&mode=memor%79", false),
            ("sqlite::memory:.sqlite", true),
        ];
        for (url, expected) in cases {
            assert_eq!(read(url).0.is_created_if_missing, expected, "{url}");
        }
    }

    #[test]
    fn a_url_is_read_as_the_driver_and_sqlite_read_it() {
        let file = |path: &str| Content::File(path.into());
        let cases = [
            ("sqlite:users.sqlite", file("users.sqlite")),
            ("sqlite:/srv/users.sqlite", file("/srv/users.sqlite")),
            ("sqlite:a%3Fb", file("a?b")),
            ("sqlite:file:users.sqlite", file("users.sqlite")),
            ("sqlite:file:/srv/users.sqlite%3Fcache=private", file("/srv/users.sqlite")),
            ("sqlite:file:///srv/a%2520b#c", file("/srv/a b")),
            ("sqlite:file://localhost/srv/users.sqlite", file("/srv/users.sqlite")),
            ("sqlite:file:users.sqlite%2500.old", file("users.sqlite")),
            ("sqlite:file:users.sqlite?immutable=1", file("file:users.sqlite")),
            ("sqlite:file:users.sqlite?vfs=unix-dotfile", file("file:users.sqlite")),
            ("sqlite::memory:.sqlite", file(":memory:.sqlite")),
            ("sqlite:./:memory:", file("./:memory:")),
            ("sqlite:", Content::Nothing),
            ("sqlite:file:", Content::Nothing),
            ("sqlite:file://nowhere", Content::Nothing),
            ("sqlite::memory:", Content::Memory),
            ("sqlite://:memory:", Content::Memory),
            ("sqlite:sqlite::memory:", Content::Memory),
            ("sqlite:x?mode=memory", Content::Memory),
            ("sqlite:?m%6Fde=m%65mory", Content::Memory),
            ("sqlite:x?mode=rwc&mode=memory", Content::Memory),
            ("sqlite:%3Amemory%3A", Content::OtherMemory),
            ("sqlite::memory%3a", Content::OtherMemory),
            ("sqlite:%3Amemory%3A?immutable=1", Content::OtherMemory),
            ("sqlite:file::memory:", Content::OtherMemory),
            ("sqlite:file::memory:?cache=shared", Content::OtherMemory),
            ("sqlite:file:%3Amemory%3A", Content::OtherMemory),
            ("sqlite:file:%253Amemory%253A", Content::OtherMemory),
            ("sqlite:file::memory:%2500x", Content::OtherMemory),
            ("sqlite:file:///:memory:", file("/:memory:")),
            ("sqlite:file:x%3Fmode=memory", Content::OtherMemory),
            ("sqlite:file:x%3Fcache=shared%26m%256fde=memory", Content::OtherMemory),
            ("sqlite:file:/x%3Fvfs=memdb", Content::OtherMemory),
            ("sqlite:x?vfs=memdb", Content::OtherMemory),
        ];
        for (url, expected) in cases {
            assert_eq!(read(url).1, expected, "{url}");
        }
    }
}
