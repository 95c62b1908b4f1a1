//! The file of an SQLite database: which one it is, and who may read it.
//!
//! Within this folder it depends on nothing.

use rocket_db_pools::Config;

/// The value of a parameter of the database's URL.
pub(super) fn parameter<'c>(config: &'c Config, name: &str) -> Option<&'c str> {
    let (_, query) = config.url.split_once('?')?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Whether the URL is that of a database that is in no file.
pub(super) fn is_in_memory(config: &Config) -> bool {
    let database = config.url.split('?').next().unwrap_or_default();
    matches!(database, "sqlite::memory:" | "sqlite://:memory:") || parameter(config, "mode") == Some("memory")
}

/// Whether the URL lets a database that is missing be created.
#[cfg(any(unix, test))]
pub(super) fn is_created_if_missing(config: &Config) -> bool {
    matches!(parameter(config, "mode"), None | Some("rwc")) && !is_in_memory(config)
}

#[cfg(unix)]
pub(super) use private::{create, warn_of_readers};

#[cfg(unix)]
mod private {
    use std::fs::{self, OpenOptions};
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    use std::path::{Path, PathBuf};

    use percent_encoding::percent_decode_str;
    use rocket::{info_, warn};

    /// What SQLite appends to the name of a database for the files beside it. It gives them
    /// the mode of the database's own.
    const SUFFIXES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

    /// Creates the file of a database that is missing, empty, so that only the user whom this
    /// process runs as can read it from its first moment. An error is left to SQLite, which
    /// fails the same way.
    pub(in super::super) fn create(filename: &Path) {
        if let Some(file) = path(filename)
            && !file.exists()
        {
            let _ = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file);
        }
    }

    /// Warns of the files of a database that others on this machine can read or change.
    pub(in super::super) fn warn_of_readers(filename: &Path) {
        let Some(file) = path(filename).and_then(|file| file.canonicalize().ok()) else { return };
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

    /// The path that SQLite makes of a file name, which may be a URI
    /// (<https://www.sqlite.org/uri.html>). There is none for a temporary database.
    fn path(filename: &Path) -> Option<PathBuf> {
        let name = filename.to_str()?;
        let path = match name.strip_prefix("file:") {
            Some(uri) => {
                let path = uri.split(['?', '#']).next().unwrap_or_default();
                let path = match path.strip_prefix("//") {
                    Some(rest) => &rest[rest.find('/')?..],
                    None => path,
                };
                PathBuf::from(&*percent_decode_str(path).decode_utf8_lossy())
            }
            None => filename.to_owned(),
        };
        Some(path).filter(|path| !path.as_os_str().is_empty())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_name_of_a_file_is_read_as_sqlite_reads_it() {
            let cases = [
                ("users.sqlite", Some("users.sqlite")),
                ("/srv/users.sqlite", Some("/srv/users.sqlite")),
                ("a?b", Some("a?b")),
                ("file:users.sqlite", Some("users.sqlite")),
                ("file:/srv/users.sqlite?cache=private", Some("/srv/users.sqlite")),
                ("file:///srv/a%20b#c", Some("/srv/a b")),
                ("file://localhost/srv/users.sqlite", Some("/srv/users.sqlite")),
                ("file://nowhere", None),
                ("", None),
                ("file:", None),
            ];
            for (name, expected) in cases {
                assert_eq!(path(Path::new(name)), expected.map(PathBuf::from), "{name}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_the_database_is_and_whether_it_is_created() {
        let cases = [
            ("sqlite:users.sqlite", false, true),
            ("sqlite://users.sqlite?mode=rwc", false, true),
            ("sqlite:users.sqlite?mode=rw", false, false),
            ("sqlite:users.sqlite?cache=private&mode=ro", false, false),
            ("sqlite:mode=ro/users.sqlite", false, true),
            ("sqlite:users.sqlite?cache=mode=ro", false, true),
            ("sqlite::memory:", true, false),
            ("sqlite://:memory:", true, false),
            ("sqlite:x?mode=memory", true, false),
            ("sqlite::memory:.sqlite", false, true),
        ];
        for (url, in_memory, created) in cases {
            let config = Config {
                url: url.into(),
                min_connections: None,
                max_connections: 1,
                connect_timeout: 1,
                idle_timeout: None,
                extensions: None,
            };
            assert_eq!(
                (is_in_memory(&config), is_created_if_missing(&config)),
                (in_memory, created),
                "{url}"
            );
        }
    }
}
