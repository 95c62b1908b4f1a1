use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::local::blocking::Client;
use rocket::{Build, Rocket};
use rocket_remote_user::RemoteUser;

use super::Database;
use super::log::Recording;

/// The beginning of a `Rocket.toml`, up to the keys of `[default.remote_user]`.
pub const TABLE: &str = "[default.databases.remote_user]\nurl = '$URL'\n[default.remote_user]\n";

/// Rocket with a `Rocket.toml` of this text.
pub fn rocket(database: &Database, toml: &str) -> Rocket<Build> {
    let file = database.directory.path().join("Rocket.toml");
    std::fs::write(&file, toml.replace("$URL", &database.url())).expect("a file");
    rocket::custom(Figment::from(rocket::Config::debug_default()).merge(Toml::file(&file).nested()))
}

/// What an aborted launch of `rocket` says. Its directory is `$DIRECTORY`.
pub fn abort(recording: &Recording, database: &Database, rocket: Rocket<Build>) -> Vec<String> {
    recording.clear();
    let error = Client::untracked(rocket).map(|_| ()).expect_err("an aborted launch");
    assert_eq!(error.to_string(), "launch fairing(s) failed");
    let directory = database.directory.path();
    let file = format!("{}/Rocket.toml", directory.file_name().expect("a name").display());
    let lines = recording.lines().into_iter();
    let lines = lines.map(|line| if line.contains(&file) { "in Rocket.toml TOML file".into() } else { line });
    lines.map(|line| line.replace(&directory.display().to_string(), "$DIRECTORY")).collect()
}

/// What a launch that a `Rocket.toml` of this text aborts says.
pub fn abort_by(toml: &str) -> Vec<String> {
    let recording = Recording::start();
    let database = Database::new();
    let rocket = rocket(&database, toml).attach(RemoteUser::fairing());
    abort(&recording, &database, rocket)
}

/// Expects that `lines` say what is wrong with the `key` of the table.
pub fn expect(lines: &[String], key: &str, message: &str) {
    let expected = [
        "Failed to extract valid configuration.",
        message,
        &format!("for key default.remote_user.{key}"),
        "in Rocket.toml TOML file",
    ];
    assert_eq!(lines, expected);
}
