//! The file of secrets: who may write and read it, and that it is read again when it
//! changes.
#![cfg(unix)]

mod harness;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::launch::{TABLE, abort, expect, rocket};
use harness::log::Recording;
use harness::{App, Database, eventually};
use rocket::local::blocking::Client;
use rocket_remote_user::RemoteUser;
use tempfile::TempDir;

const OLD: &str = "3f9ac1d07be2485690bd17fe64a8c32d";
const NEW: &str = "c27e10f8b5a94d36e7103bfa82dc5649";
const OTHER: &str = "Zk4vQ9rT2mXw7HsBn6PyLc3JdG8fUe1A";
const ADA: (&str, &str) = ("Remote-User", "ada");

/// A file of secrets in a folder of its own, and an application that reads it.
struct Rotation {
    folder: TempDir,
    app: App,
    recording: Recording,
}

impl Rotation {
    /// Begins with a file that holds `OLD`.
    fn launch(beside: &str) -> Rotation {
        Self::launch_with(beside, |file| write(file, OLD))
    }

    fn launch_with(beside: &str, make: impl FnOnce(&Path)) -> Rotation {
        let recording = Recording::start();
        let folder = tempfile::tempdir().expect("a directory");
        let file = folder.path().join("secrets");
        make(&file);
        let table = format!("proxy_secret = {{ {beside}values_file = '{}' }}", file.display());
        let app = App::launch(&table);
        recording.clear();
        Rotation { folder, app, recording }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("secrets")
    }

    fn status(&self, secret: &str) -> u16 {
        self.app.get("/me", &[ADA, ("X-Proxy-Secret", secret)]).status
    }

    /// Expects that exactly `accepted` of the three secrets are accepted.
    #[track_caller]
    fn accepts(&self, accepted: &[&str]) {
        for secret in [OLD, NEW, OTHER] {
            let expected = if accepted.contains(&secret) { 200 } else { 403 };
            assert_eq!(self.status(secret), expected, "{secret}");
        }
    }

    /// What was logged of the file since this was asked before.
    fn news(&self) -> Vec<String> {
        let lines = self.recording.lines_of("rocket_remote_user");
        self.recording.clear();
        let folder = self.folder.path().display().to_string();
        let lines = lines.into_iter().filter(|line| line.contains("secrets of the proxy"));
        lines.map(|line| line.replace(&folder, "$FOLDER")).collect()
    }
}

/// Writes a file that only its owner can read.
fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("a file");
    set_mode(file, 0o600);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

fn read_again(count: usize) -> String {
    format!("The secrets of the proxy were read again from `$FOLDER/secrets`: {count}.")
}

fn not_read_again(reason: &str) -> String {
    format!("The secrets of the proxy were not read again, and those from before still count: {reason}.")
}

#[test]
fn a_file_that_changes_is_read_at_the_next_request() {
    let rotation = Rotation::launch("");
    rotation.accepts(&[OLD]);
    assert_eq!(rotation.news(), [""; 0]);
    write(&rotation.file(), &format!("{OLD}\n{NEW}\n"));
    rotation.accepts(&[OLD, NEW]);
    assert_eq!(rotation.news(), [read_again(2)]);
    write(&rotation.file(), NEW);
    rotation.accepts(&[NEW]);
    assert_eq!(rotation.news(), [read_again(1)]);
}

#[test]
fn every_change_counts_however_many_come_in_one_tick_of_the_clock() {
    let rotation = Rotation::launch("");
    for (now, before) in [(NEW, OLD), (OTHER, NEW), (OLD, OTHER)].repeat(20) {
        fs::write(rotation.file(), now).expect("a file");
        assert_eq!((rotation.status(before), rotation.status(now)), (403, 200));
    }
}

#[test]
fn a_file_that_was_left_alone_is_read_again_too_whichever_time_it_claims() {
    let rotation = Rotation::launch("");
    let file = rotation.file();
    let modified = fs::metadata(&file).expect("a file").modified().expect("a time");
    eventually(|| modified.elapsed().expect("a past time").as_secs() >= 4);
    rotation.accepts(&[OLD]);
    fs::write(&file, NEW).expect("a file");
    let handle = fs::File::options().write(true).open(&file).expect("a file");
    handle.set_modified(modified).expect("a time");
    rotation.accepts(&[NEW]);
    assert_eq!(rotation.news(), [read_again(1)]);
}

#[test]
fn another_file_in_its_place_is_read_by_a_name_or_by_a_link() {
    let rotation = Rotation::launch("");
    let next = rotation.folder.path().join("next");
    write(&next, NEW);
    fs::rename(&next, rotation.file()).expect("a file");
    rotation.accepts(&[NEW]);
    drop(rotation);

    // As Kubernetes does: `secrets` is `..data/secrets`, and `..data` a folder of a version.
    let version = |folder: &Path, name: &str, secret: &str| {
        fs::create_dir(folder.join(name)).expect("a folder");
        write(&folder.join(name).join("secrets"), secret);
        symlink(name, folder.join("..next")).expect("a link");
        fs::rename(folder.join("..next"), folder.join("..data")).expect("a link");
    };
    let rotation = Rotation::launch_with("", |file| {
        set_mode(file.parent().expect("a folder"), 0o1777);
        version(file.parent().expect("a folder"), "..1", OLD);
        symlink("..data/secrets", file).expect("a link");
    });
    rotation.accepts(&[OLD]);
    version(rotation.folder.path(), "..2", NEW);
    fs::remove_dir_all(rotation.folder.path().join("..1")).expect("a folder");
    rotation.accepts(&[NEW]);
    assert_eq!(rotation.news(), [read_again(1)]);
}

#[test]
fn what_cannot_be_used_changes_nothing_and_is_logged_once() {
    let rotation = Rotation::launch("");
    let remedy = "make one with `openssl rand -base64 32`";
    let documented = "a-secret-of-32-characters-or-more";
    let texts = [
        ("".to_owned(), "`$FOLDER/secrets` holds no secret".to_owned()),
        (NEW[..20].into(), "secret 1 of `$FOLDER/secrets` is shorter than 32 characters".into()),
        (format!("{NEW}\n{OTHER:.9}"), "secret 2 of `$FOLDER/secrets` is shorter than 32 characters".into()),
        (
            format!("{NEW}\n{}", "a".repeat(32)),
            format!("secret 2 of `$FOLDER/secrets` is too regular to be random: {remedy}"),
        ),
        (
            documented.into(),
            format!(
                "secret 1 of `$FOLDER/secrets` is in the documentation of `rocket_remote_user`: {remedy}"
            ),
        ),
        (
            format!("# {NEW}"),
            "secret 1 of `$FOLDER/secrets` begins as a comment, of which there are none".into(),
        ),
        (format!("{NEW}\n").repeat(2000), "`$FOLDER/secrets` has more than 65536 bytes".into()),
        ("\n \r\n".into(), "`$FOLDER/secrets` holds no secret".into()),
    ];
    for (text, reason) in texts {
        write(&rotation.file(), &text);
        rotation.accepts(&[OLD]);
        assert_eq!(rotation.news(), [not_read_again(&reason)]);
        rotation.accepts(&[OLD]);
        assert_eq!(rotation.news(), [""; 0], "{reason}");
        assert_eq!(rotation.app.get("/public", &[ADA]).status, 403);
    }
    let file = rotation.file();
    let broken: [(&dyn Fn(), &str); 6] = [
        (
            &|| fs::write(&file, [NEW.as_bytes(), b"\xff"].concat()).expect("a file"),
            "cannot be read: stream did not contain valid UTF-8",
        ),
        (
            &|| fs::remove_file(&file).expect("a file"),
            "cannot be read: No such file or directory (os error 2)",
        ),
        (&|| fs::create_dir(&file).expect("a folder"), "is no regular file"),
        (
            &|| {
                fs::remove_dir(&file).expect("a folder");
                assert!(Command::new("mkfifo").arg(&file).status().expect("mkfifo").success());
            },
            "is no regular file",
        ),
        (
            &|| {
                fs::remove_file(&file).expect("a file");
                write(&file, NEW);
                set_mode(&file, 0o666);
            },
            "can be written by others than its owner (mode 0666): `chmod go-w` it",
        ),
        (
            &|| {
                set_mode(&file, 0o600);
                set_mode(rotation.folder.path(), 0o777);
            },
            "can be replaced by others, who can write its folder `$FOLDER` (mode 0777): `chmod go-w` that",
        ),
    ];
    let mut last = "";
    for (break_it, reason) in broken {
        break_it();
        rotation.accepts(&[OLD]);
        let expected = if reason == last {
            vec![]
        } else {
            vec![not_read_again(&format!("`$FOLDER/secrets` {reason}"))]
        };
        assert_eq!(rotation.news(), expected);
        last = reason;
    }
    set_mode(rotation.folder.path(), 0o700);
    rotation.accepts(&[NEW]);
    assert_eq!(rotation.news(), [read_again(1)]);
}

#[test]
fn the_same_secrets_after_a_problem_are_said_to_be_read() {
    let rotation = Rotation::launch("");
    fs::remove_file(rotation.file()).expect("a file");
    rotation.accepts(&[OLD]);
    assert_eq!(rotation.news().len(), 1);
    write(&rotation.file(), OLD);
    rotation.accepts(&[OLD]);
    assert_eq!(rotation.news(), [read_again(1)]);
}

#[test]
fn the_secrets_beside_a_file_count_whatever_becomes_of_it() {
    let rotation = Rotation::launch(&format!("values = ['{OTHER}'], "));
    rotation.accepts(&[OLD, OTHER]);
    write(&rotation.file(), NEW);
    rotation.accepts(&[NEW, OTHER]);
    write(&rotation.file(), "");
    rotation.accepts(&[NEW, OTHER]);
}

#[test]
fn a_file_that_others_may_write_or_replace_stops_the_launch() {
    let recording = Recording::start();
    let written = |mode| {
        format!("`$DIRECTORY/secrets` can be written by others than its owner (mode {mode}): `chmod go-w` it")
    };
    let replaced = |folder, mode| {
        format!(
            "`$DIRECTORY/{folder}/secrets` can be replaced by others, who can write its folder `$DIRECTORY/{folder}` \
             (mode {mode}): `chmod go-w` that"
        )
    };
    let linked = "`$DIRECTORY/link` can be replaced by others, who can write its folder `$DIRECTORY/open` (mode \
                  0777): `chmod go-w` that";
    let cases = [
        ("secrets", 0o666, 0o700, written("0666")),
        ("secrets", 0o660, 0o700, written("0660")),
        ("secrets", 0o620, 0o700, written("0620")),
        ("secrets", 0o602, 0o700, written("0602")),
        ("secrets", 0o422, 0o700, written("0422")),
        ("open/secrets", 0o600, 0o777, replaced("open", "0777")),
        ("open/secrets", 0o600, 0o770, replaced("open", "0770")),
        ("open/secrets", 0o600, 0o703, replaced("open", "0703")),
        ("link", 0o600, 0o777, linked.into()),
    ];
    for (path, mode, folder_mode, message) in cases {
        let database = Database::new();
        let folder = database.directory.path();
        fs::create_dir(folder.join("open")).expect("a folder");
        for file in ["secrets", "open/secrets"] {
            write(&folder.join(file), OLD);
            set_mode(&folder.join(file), mode);
        }
        symlink("open/secrets", folder.join("link")).expect("a link");
        set_mode(&folder.join("open"), folder_mode);
        let toml = format!("{TABLE}proxy_secret = {{ values_file = '{path}' }}");
        let lines = abort(&recording, &database, rocket(&database, &toml).attach(RemoteUser::fairing()));
        expect(&lines, "proxy_secret", &message);
    }
}

/// Makes a folder for each kind of way to a file, in which `open` is the folder on each way
/// that is not the file's own.
fn make_ways(folder: &Path) {
    for inner in ["open/inner", "safe", "real"] {
        fs::create_dir_all(folder.join(inner)).expect("a folder");
    }
    write(&folder.join("open/inner/secrets"), OLD);
    write(&folder.join("real/secrets"), OLD);
    let absolute = folder.join("open/back").display().to_string();
    for (link, target) in [
        ("safe/link", "../open/link"),
        ("open/link", "../real/secrets"),
        ("safe/folder", "./../open/back"),
        ("safe/absolute", &absolute),
        ("open/back", "../safe/../real"),
        ("safe/loop", "../safe/pool"),
        ("safe/pool", "loop"),
    ] {
        symlink(target, folder.join(link)).expect("a link");
    }
}

#[test]
fn every_folder_on_the_way_to_a_file_is_one_that_not_everybody_may_write() {
    let recording = Recording::start();
    let through = |path, mode| {
        Some(format!(
            "`$DIRECTORY/{path}` can be replaced by others: its path goes through `$DIRECTORY/open`, which everybody \
             can write (mode {mode}): `chmod o-w` that"
        ))
    };
    let own = |path, mode| {
        Some(format!(
            "`$DIRECTORY/{path}` can be replaced by others, who can write its folder `$DIRECTORY/open` (mode {mode}): \
             `chmod go-w` that"
        ))
    };
    let cases = [
        ("open/inner/secrets", 0o777, through("open/inner/secrets", "0777")),
        ("open/inner/secrets", 0o702, through("open/inner/secrets", "0702")),
        ("open/inner/secrets", 0o770, None),
        ("open/inner/secrets", 0o1777, None),
        ("open/inner/../../real/secrets", 0o777, through("open/inner/../../real/secrets", "0777")),
        ("open/../real/secrets", 0o777, None),
        ("safe/link", 0o777, own("safe/link", "0777")),
        ("safe/link", 0o770, own("safe/link", "0770")),
        ("safe/link", 0o1777, None),
        ("safe/folder/secrets", 0o777, through("safe/folder/secrets", "0777")),
        ("safe/folder/secrets", 0o770, None),
        ("safe/absolute/secrets", 0o777, through("safe/absolute/secrets", "0777")),
        ("safe/absolute/secrets", 0o755, None),
    ];
    for (path, mode, message) in cases {
        let database = Database::new();
        let folder = database.directory.path();
        make_ways(folder);
        set_mode(&folder.join("open"), mode);
        let toml = format!("{TABLE}proxy_secret = {{ values_file = '{path}' }}");
        let rocket = rocket(&database, &toml).attach(RemoteUser::fairing());
        if let Some(message) = message {
            expect(&abort(&recording, &database, rocket), "proxy_secret", &message);
        } else {
            assert!(Client::untracked(rocket).is_ok(), "{path} {mode:o}");
        }
    }
}

#[test]
fn links_that_lead_in_a_circle_stop_the_launch() {
    let recording = Recording::start();
    let database = Database::new();
    make_ways(database.directory.path());
    let file = database.directory.path().join("safe/loop");
    let error = fs::metadata(&file).expect_err("a circle");
    let toml = format!("{TABLE}proxy_secret = {{ values_file = 'safe/loop' }}");
    let lines = abort(&recording, &database, rocket(&database, &toml).attach(RemoteUser::fairing()));
    expect(&lines, "proxy_secret", &format!("`$DIRECTORY/safe/loop` cannot be read: {error}"));
}

#[test]
fn a_folder_on_the_way_that_everybody_may_write_now_keeps_the_file_from_being_read_again() {
    let rotation = Rotation::launch_with("", |file| {
        make_ways(file.parent().expect("a folder"));
        symlink("open/inner/secrets", file).expect("a link");
    });
    rotation.accepts(&[OLD]);
    let open = rotation.folder.path().join("open");
    set_mode(&open, 0o777);
    write(&open.join("inner/secrets"), NEW);
    rotation.accepts(&[OLD]);
    let reason = "`$FOLDER/secrets` can be replaced by others: its path goes through `$FOLDER/open`, which everybody \
                  can write (mode 0777): `chmod o-w` that";
    assert_eq!(rotation.news(), [not_read_again(reason)]);
    set_mode(&open, 0o1777);
    rotation.accepts(&[NEW]);
    assert_eq!(rotation.news(), [read_again(1)]);
}

#[test]
fn a_file_that_others_may_read_is_warned_of() {
    let recording = Recording::start();
    let cases = [
        (0o644, 0o755, true),
        (0o444, 0o1777, true),
        (0o604, 0o700, true),
        (0o640, 0o755, false),
        (0o600, 0o1777, false),
        (0o400, 0o700, false),
    ];
    for (mode, folder_mode, is_warned_of) in cases {
        let database = Database::new();
        let folder = database.directory.path();
        write(&folder.join("secrets"), OLD);
        set_mode(&folder.join("secrets"), mode);
        set_mode(folder, folder_mode);
        let toml = format!("{TABLE}proxy_secret = {{ values_file = 'secrets' }}");
        let rocket = rocket(&database, &toml).attach(RemoteUser::fairing());
        recording.clear();
        let _client = Client::untracked(rocket).expect("a launch");
        let warning = format!(
            "everybody on this machine can read the secrets of the proxy in `{}`: `chmod o-r` it",
            folder.join("secrets").display()
        );
        let lines = recording.lines_of("rocket_remote_user");
        assert_eq!(lines.contains(&warning), is_warned_of, "{mode:o}: {lines:?}");
    }
}

#[test]
fn a_file_that_others_may_read_from_now_on_is_warned_of_once() {
    let rotation = Rotation::launch("");
    set_mode(&rotation.file(), 0o644);
    rotation.accepts(&[OLD]);
    let warning =
        "everybody on this machine can read the secrets of the proxy in `$FOLDER/secrets`: `chmod o-r` it.";
    assert_eq!(rotation.news(), [warning]);
    write(&rotation.file(), NEW);
    set_mode(&rotation.file(), 0o644);
    rotation.accepts(&[NEW]);
    assert_eq!(rotation.news(), [read_again(1)]);
}
