//! The file of secrets, which is read again when it changes.
//!
//! Within this folder it depends on `secret_value`.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rocket::{error, info, warn};
use secrecy::{ExposeSecret, SecretString};

#[cfg(not(unix))]
use self::without_modes as access;
use super::secret_value::SecretValue;
use crate::lock::ignore_poison;
use crate::text::Escaped;

/// The most bytes that are read of a file.
const MAX_BYTES: u64 = 65_536;

/// How long after a change of a file there may be another one that leaves no trace in its
/// metadata, as a file system counts time in ticks.
const LONGEST_TICK: Duration = Duration::from_secs(2);

/// The file of `values_file`, which has one secret a line.
///
/// It is looked at whenever its secrets are asked for, and read again if it is another file
/// then, or was changed. What cannot be used, because it is half written, for example,
/// changes nothing: the secrets that were read before still count.
#[derive(Debug)]
pub(super) struct SecretFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The secrets of the last text that could be used.
    secrets: Arc<[SecretValue]>,
    /// The text that they are from.
    text: SecretString,
    /// Whether others could read the file when that text was read.
    is_readable_by_others: bool,
    /// The trace of the last file that was read, even if it could not be used. `None` if
    /// there was no file, or if it may change without another trace.
    trace: Option<Trace>,
    /// Why the last file could not be used, if so.
    problem: Option<String>,
}

/// What was read of a file, which may not be usable.
struct Content {
    text: SecretString,
    is_readable_by_others: bool,
}

impl SecretFile {
    /// Reads the secrets of the file at `path`.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the file: it cannot be read, others can write it, or a
    /// line of it is no secret.
    pub(super) fn open(path: PathBuf) -> Result<Self, String> {
        let trace = Trace::of(&path);
        let Content { text, is_readable_by_others } = Content::read(&path)?;
        let secrets = parse(&path, text.expose_secret())?;
        let state = State { secrets, text, is_readable_by_others, trace, problem: None };
        Ok(Self { path, state: Mutex::new(state) })
    }

    /// Returns the secrets that count now.
    pub(super) fn secrets(&self) -> Arc<[SecretValue]> {
        let trace = Trace::of(&self.path);
        let mut state = ignore_poison(self.state.lock());
        if trace.is_none() || trace != state.trace {
            state.trace = trace;
            self.read_again(&mut state);
        }
        state.secrets.clone()
    }

    /// Reads the file again, and logs what comes of it if that is news.
    fn read_again(&self, state: &mut State) {
        match Content::read(&self.path).and_then(|content| self.accept(content, state)) {
            Ok(()) => state.problem = None,
            Err(problem) if state.problem.as_ref() == Some(&problem) => {}
            Err(problem) => {
                error!(
                    "The secrets of the proxy were not read again, and those from before still count: {}.",
                    Escaped::line(&problem)
                );
                state.problem = Some(problem);
            }
        }
    }

    /// Has the secrets of `content` count from now on.
    fn accept(&self, content: Content, state: &mut State) -> Result<(), String> {
        let is_same = content.text.expose_secret() == state.text.expose_secret();
        if !is_same {
            state.secrets = parse(&self.path, content.text.expose_secret())?;
            state.text = content.text;
        }
        if !is_same || state.problem.is_some() {
            let (path, count) = (self.path.display().to_string(), state.secrets.len());
            info!("The secrets of the proxy were read again from `{}`: {}.", Escaped::line(&path), count);
        }
        let was_readable = std::mem::replace(&mut state.is_readable_by_others, content.is_readable_by_others);
        if content.is_readable_by_others && !was_readable {
            warn!("{}.", self.readers_warning());
        }
        Ok(())
    }

    /// Returns the warning that others can read the file, if they can.
    pub(super) fn warning(&self) -> Option<String> {
        let state = ignore_poison(self.state.lock());
        if state.is_readable_by_others { Some(self.readers_warning()) } else { None }
    }

    fn readers_warning(&self) -> String {
        let path = self.path.display().to_string();
        format!(
            "everybody on this machine can read the secrets of the proxy in `{}`: `chmod o-r` it",
            Escaped::line(&path)
        )
    }
}

/// Parses the secrets of the file at `path`, one a line. Blank lines are skipped. No secret
/// may begin as a comment would: a line that was meant as a comment would be a secret that
/// others can guess.
fn parse(path: &Path, text: &str) -> Result<Arc<[SecretValue]>, String> {
    let place = format!("`{}`", path.display());
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return Err(format!("{place} holds no secret"));
    }
    if let Some(index) = lines.iter().position(|line| line.starts_with('#')) {
        return Err(format!("secret {} of {place} begins as a comment, of which there are none", index + 1));
    }
    SecretValue::check_all(lines, &place).map(Arc::from)
}

impl Content {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the file, other than what is in it.
    fn read(path: &Path) -> Result<Self, String> {
        let place = format!("`{}`", path.display());
        let unreadable = |error: std::io::Error| format!("{place} cannot be read: {error}");
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(format!("{place} is no regular file"));
        }
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        access::check_writers(path, &metadata).map_err(|reason| format!("{place} {reason}"))?;
        let mut text = String::new();
        let result = file.take(MAX_BYTES + 1).read_to_string(&mut text);
        let text = SecretString::from(text);
        if result.map_err(unreadable)? as u64 > MAX_BYTES {
            return Err(format!("{place} has more than {MAX_BYTES} bytes"));
        }
        Ok(Self { text, is_readable_by_others: access::is_readable_by_others(&metadata) })
    }
}

/// Which file is at a path, and when it was changed, as its metadata has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trace {
    identity: access::Identity,
    length: u64,
    modified: SystemTime,
}

impl Trace {
    /// Returns the trace of the file at `path`. There is none without a file, or if it was
    /// changed so lately that it may be changed again without another trace.
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let modified = metadata.modified().ok()?;
        let identity = access::identity(&metadata);
        let is_old = |time: SystemTime| time.elapsed().is_ok_and(|age| age > LONGEST_TICK);
        if is_old(modified) && is_old(access::changed(&metadata)?) {
            Some(Self { identity, length: metadata.len(), modified })
        } else {
            None
        }
    }
}

/// Who may do what with a file, and which one it is.
#[cfg(unix)]
mod access {
    use std::os::unix::fs::MetadataExt;
    use std::path::Component;

    use super::*;

    /// The write bits of a file's group and of everybody else.
    const OTHER_WRITERS: u32 = 0o022;
    /// The read bit of those who are neither the owner nor in the file's group: as the
    /// member of a group, an application can read what is not its own.
    const OTHER_READERS: u32 = 0o004;
    /// The write bit of those who are neither the owner nor in the folder's group.
    const EVERYBODY_WRITES: u32 = 0o002;
    /// As many links as Linux follows.
    const MAX_LINKS: usize = 40;
    /// In a folder with this bit, only the owner of a file can remove or rename it.
    const STICKY: u32 = 0o1000;

    /// The device, the inode, and when it changed, its mode included.
    pub(super) type Identity = (u64, u64, i64, i64);

    pub(super) fn identity(metadata: &Metadata) -> Identity {
        (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
    }

    pub(super) fn changed(metadata: &Metadata) -> Option<SystemTime> {
        let seconds = u64::try_from(metadata.ctime()).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }

    pub(super) fn is_readable_by_others(metadata: &Metadata) -> bool {
        metadata.mode() & OTHER_READERS != 0
    }

    /// Checks that nobody but its owner can write the file, or put another one in its place.
    pub(super) fn check_writers(path: &Path, metadata: &Metadata) -> Result<(), String> {
        if metadata.mode() & OTHER_WRITERS != 0 {
            let mode = metadata.mode() & 0o777;
            return Err(format!(
                "can be written by others than its owner (mode {mode:04o}): `chmod go-w` it"
            ));
        }
        check_folders(path)
    }

    /// Checks every folder that `path` goes through, from the root on, and with each link
    /// followed where it stands: nobody but its owner may replace the file, or a link to it,
    /// and not everybody may replace a folder, or a link to one.
    fn check_folders(path: &Path) -> Result<(), String> {
        let lost = |error: std::io::Error| format!("cannot be found: {error}");
        let mut links = 0;
        let mut folder = PathBuf::new();
        let mut rest = std::path::absolute(path).map_err(lost)?;
        loop {
            let mut components = rest.components();
            match components.next() {
                None => return Ok(()),
                Some(Component::ParentDir) => {
                    folder.pop();
                }
                Some(Component::Normal(name)) => {
                    let after = components.as_path();
                    check_folder(&folder, after.as_os_str().is_empty())?;
                    let entry = folder.join(name);
                    if entry.symlink_metadata().map_err(lost)?.is_symlink() {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err("cannot be found: it has too many links".into());
                        }
                        let target = entry.read_link().map_err(lost)?;
                        rest = if after.as_os_str().is_empty() { target } else { target.join(after) };
                        continue;
                    }
                    folder = entry;
                }
                Some(root) => folder.push(root),
            }
            rest = components.as_path().to_owned();
        }
    }

    /// Checks that others cannot replace what is in a folder: if that `is_file`, or a link to
    /// one, no one else may write the folder, and otherwise not everybody.
    fn check_folder(folder: &Path, is_file: bool) -> Result<(), String> {
        let metadata = std::fs::metadata(folder).map_err(|error| format!("cannot be found: {error}"))?;
        let (folder, mode) = (folder.display(), metadata.mode());
        if mode & STICKY != 0 {
            Ok(())
        } else if is_file && mode & OTHER_WRITERS != 0 {
            Err(format!(
                "can be replaced by others, who can write its folder `{folder}` (mode {:04o}): `chmod go-w` \
                 that",
                mode & 0o777
            ))
        } else if mode & EVERYBODY_WRITES != 0 {
            Err(format!(
                "can be replaced by others: its path goes through `{folder}`, which everybody can write (mode \
                 {:04o}): `chmod o-w` that",
                mode & 0o777
            ))
        } else {
            Ok(())
        }
    }
}

/// Without modes nothing is known of who may do what with a file.
#[cfg(not(unix))]
mod without_modes {
    use super::*;

    pub(super) type Identity = ();

    pub(super) fn identity(_: &Metadata) -> Identity {}

    pub(super) fn changed(metadata: &Metadata) -> Option<SystemTime> {
        metadata.modified().ok()
    }

    pub(super) fn is_readable_by_others(_: &Metadata) -> bool {
        false
    }

    pub(super) fn check_writers(_: &Path, _: &Metadata) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Waits until the last change of the file at `path` is so long ago that the next one shows.
    fn wait_for_trace(path: &Path) {
        let started = Instant::now();
        while Trace::of(path).is_none() {
            assert!(started.elapsed() < 10 * LONGEST_TICK, "there is no trace");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn shown(file: &SecretFile) -> Vec<bool> {
        let texts = ["uQ3xVt8pLk2ZrWn6YbHs9DgJm4CfKe7A", "Gx5RbNw1TzPq8LdVh3JkYs6MfCu9EaQ2"];
        let secrets = file.secrets();
        texts.map(|text| secrets.iter().any(|secret| bool::from(secret.ct_eq(text)))).into()
    }

    fn written(directory: &Path, name: &str, text: &str) -> PathBuf {
        let path = directory.join(name);
        std::fs::write(&path, text).expect("to write");
        path
    }

    #[test]
    fn a_file_of_the_greatest_size_is_read_and_no_greater_one() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let text = "a".repeat(65_536);
        assert!(Content::read(&written(directory.path(), "secrets", &text)).is_ok());
        let reason = Content::read(&written(directory.path(), "secrets", &(text + "a"))).err();
        assert!(reason.is_some_and(|reason| reason.ends_with(" has more than 65536 bytes")));
    }

    #[test]
    fn a_file_that_was_just_changed_has_no_trace_whichever_time_it_claims() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = written(directory.path(), "secrets", "a");
        let an_hour_ago = SystemTime::now() - Duration::from_secs(3_600);
        File::open(&path).and_then(|file| file.set_modified(an_hour_ago)).expect("to set the time");
        assert_eq!(Trace::of(&path), None);
    }

    #[cfg(unix)]
    #[test]
    fn no_two_files_are_the_same() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let identities = ["one", "other"].map(|name| {
            let path = written(directory.path(), name, "a");
            access::identity(&path.metadata().expect("its metadata"))
        });
        assert_ne!(identities[0], identities[1]);
    }

    /// A file that opens may be put behind links without end before its folders are looked at.
    #[cfg(unix)]
    #[test]
    fn forty_links_are_followed_and_no_more() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let folder = directory.path().canonicalize().expect("its path");
        let mut path = written(&folder, "secrets", "a");
        let metadata = path.metadata().expect("its metadata");
        for count in 1..=41 {
            let link = folder.join(format!("link-{count}"));
            std::os::unix::fs::symlink(&path, &link).expect("to link");
            path = link;
            let outcome = access::check_writers(&path, &metadata);
            let expected =
                if count <= 40 { Ok(()) } else { Err("cannot be found: it has too many links".into()) };
            assert_eq!(outcome, expected, "{count}");
        }
    }

    #[test]
    fn a_file_is_read_again_when_it_changed_and_only_then() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("secrets");
        let write = |text| std::fs::write(&path, text).expect("to write");
        write("uQ3xVt8pLk2ZrWn6YbHs9DgJm4CfKe7A\n");
        let file = SecretFile::open(path.clone()).expect("secrets");
        wait_for_trace(&path);
        assert_eq!(shown(&file), [true, false]);
        // What is kept of the file now is told by its trace alone, until that changes.
        let unread = SecretString::from("never read");
        ignore_poison(file.state.lock()).text = unread;
        assert_eq!(shown(&file), [true, false]);
        assert_eq!(ignore_poison(file.state.lock()).text.expose_secret(), "never read");
        write("Gx5RbNw1TzPq8LdVh3JkYs6MfCu9EaQ2\n");
        wait_for_trace(&path);
        assert_eq!(shown(&file), [false, true]);
        assert_eq!(
            ignore_poison(file.state.lock()).text.expose_secret(),
            "Gx5RbNw1TzPq8LdVh3JkYs6MfCu9EaQ2\n"
        );
    }
}
