//! Permissions: from rows, from groups, from the configuration.

mod harness;

use harness::{App, Database, Headers, application, figment};
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_remote_user::{Permission, Permitted, RemoteUser};

const ADA: (&str, &str) = ("Remote-User", "ada");

on_every_database!(
    permissions_of_others_are_nobody_else_s,
    permissions_are_the_user_s_own_and_those_of_the_groups,
    permissions_follow_the_groups_within_the_request,
    a_superuser_has_every_permission_and_an_inactive_user_none,
    the_configuration_grants_by_group_without_a_row,
);

struct Edit;

impl Permission for Edit {
    const NAME: &'static str = "wiki.edit";
}

#[get("/edit")]
fn edit(user: Permitted<Edit>) -> String {
    user.username().into()
}

fn launch(database: Database, toml: &str) -> App {
    let rocket = application(figment(&database, toml)).attach(RemoteUser::fairing());
    App { client: Client::untracked(rocket.mount("/", routes![edit])).expect("a launch"), database }
}

const GROUPS: &str = "INSERT INTO remote_groups (name) VALUES ('editors'), ('authors')";

fn grant(app: &App, group: &str, permission: &str) {
    app.database.sql(&format!(
        "INSERT INTO remote_group_permissions (group_id, permission)
         SELECT id, '{permission}' FROM remote_groups WHERE name = '{group}'"
    ));
}

fn permissions_are_the_user_s_own_and_those_of_the_groups(database: Database) {
    let app = launch(database, "");
    app.database.sql(GROUPS);
    grant(&app, "editors", "wiki.edit");
    grant(&app, "editors", "wiki.read");
    grant(&app, "authors", "Wiki.edit");
    app.get("/edit", &[ADA]).is(403, "the user has no permission `wiki.edit`");
    app.get("/edit", &[]).is(401, "401 Unauthorized");
    app.get("/edit", &[ADA, ("Remote-Groups", "authors")]).is(403, "the user has no permission `wiki.edit`");
    app.get("/edit", &[ADA, ("Remote-Groups", "authors,editors")]).is(200, "ada");
    app.database
        .sql("INSERT INTO remote_user_permissions (user_id, permission) SELECT id, 'own' FROM remote_users");
    app.database.sql(
        "INSERT INTO remote_user_permissions (user_id, permission) SELECT id, 'wiki.read' FROM remote_users",
    );
    let both: Headers<'_> = &[ADA, ("Remote-Groups", "authors,editors")];
    app.get("/permissions", both).is(200, "Wiki.edit,own,wiki.edit,wiki.read");
    app.get("/permissions", &[("Remote-User", "bob")]).is(200, "");
}

fn permissions_follow_the_groups_within_the_request(database: Database) {
    let app = launch(database, "");
    app.database.sql(GROUPS);
    grant(&app, "editors", "wiki.edit");
    for _ in 0..2 {
        app.get("/edit", &[ADA, ("Remote-Groups", "editors")]).is(200, "ada");
        app.get("/edit", &[ADA, ("Remote-Groups", "")]).is(403, "the user has no permission `wiki.edit`");
    }
}

fn a_superuser_has_every_permission_and_an_inactive_user_none(database: Database) {
    let app = launch(database, "allow_inactive = true\ngroup_permissions = { editors = ['wiki.edit'] }");
    app.get("/edit", &[ADA]).is(403, "the user has no permission `wiki.edit`");
    app.database.sql("UPDATE remote_users SET is_superuser = TRUE");
    app.get("/edit", &[ADA]).is(200, "ada");
    app.database.sql(
        "INSERT INTO remote_user_permissions (user_id, permission) SELECT id, 'wiki.edit' FROM remote_users",
    );
    app.database.sql("UPDATE remote_users SET is_active = FALSE");
    let all = [ADA, ("Remote-Groups", "editors")];
    app.get("/edit", &all).is(403, "the user has no permission `wiki.edit`");
    app.get("/permissions", &all).is(200, "");
}

fn the_configuration_grants_by_group_without_a_row(database: Database) {
    let app = launch(
        database,
        "group_permissions = { editors = ['wiki.edit', 'wiki.read'], crew = ['sail'], local = ['here'] }
         excluded_groups = ['crew', 'local']\ngroup_map = { Writers = 'editors', editors = 'editors' }",
    );
    app.get("/edit", &[ADA]).is(403, "the user has no permission `wiki.edit`");
    app.get("/edit", &[ADA, ("Remote-Groups", "editors")]).is(200, "ada");
    app.get("/permissions", &[ADA, ("Remote-Groups", "Writers, crew")]).is(200, "wiki.edit,wiki.read");
    app.get("/permissions", &[ADA, ("Remote-Groups", "Editors")]).is(200, "");
    assert_eq!(app.database.sql("SELECT name FROM remote_groups").len(), 0);

    app.database.sql("INSERT INTO remote_groups (name) VALUES ('local')");
    app.database.sql(
        "INSERT INTO remote_memberships (user_id, group_id) SELECT u.id, g.id FROM remote_users u, remote_groups g",
    );
    app.get("/permissions", &[ADA]).is(200, "here");
}

fn permissions_of_others_are_nobody_else_s(database: Database) {
    let app = App::launch_on(database, "");
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada'), ('bob')");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('crew')");
    let member = "INSERT INTO remote_memberships (user_id, group_id) SELECT u.id, g.id";
    app.database.sql(&format!("{member} FROM remote_users u, remote_groups g WHERE u.username = 'bob'"));
    let own = "INSERT INTO remote_user_permissions (user_id, permission) SELECT id, 'dive'";
    app.database.sql(&format!("{own} FROM remote_users WHERE username = 'bob'"));
    app.database.sql(
        "INSERT INTO remote_group_permissions (group_id, permission) SELECT id, 'sail' FROM remote_groups",
    );
    app.get("/permissions", &[("Remote-User", "bob")]).is(200, "dive,sail");
    app.get("/permissions", &[("Remote-User", "ada")]).is(200, "");
}
