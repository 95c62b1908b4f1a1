//! The guards: who is let in, forwarded, refused.

mod harness;

use harness::{App, Database, figment};
use rocket::http::Status;
use rocket::{get, routes};
use rocket_remote_user::{
    Error, Group, Member, Permission, Permitted, RemoteUser, Staff, Superuser, Visitor,
};

const ADA: (&str, &str) = ("Remote-User", "ada");

#[test]
fn nobody_is_forwarded_and_a_route_of_lower_rank_can_answer() {
    let app = App::launch("");
    app.get("/nobody", &[]).is(200, "nobody");
    app.get("/nobody", &[ADA]).is(200, "ada");
    for path in ["/me", "/editors", "/staff", "/superuser", "/twice"] {
        app.get(path, &[]).is(401, "401 Unauthorized");
    }
    app.get("/visitor", &[]).is(200, "nobody");
    app.get("/optional", &[]).is(200, "none");
}

#[test]
fn a_member_needs_the_group() {
    let app = App::launch("");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('editors'), ('authors')");
    app.get("/editors", &[ADA]).is(403, "the user is not in group `editors`");
    app.get("/editors", &[ADA, ("Remote-Groups", "authors")]).is(403, "the user is not in group `editors`");
    app.get("/editors", &[ADA, ("Remote-Groups", "editors")]).is(200, "ada");
    app.get("/editors", &[ADA, ("Remote-Groups", "")]).is(403, "the user is not in group `editors`");
}

#[test]
fn a_group_that_exists_nowhere_makes_no_member() {
    let app = App::launch("");
    app.get("/editors", &[ADA, ("Remote-Groups", "editors")]).is(403, "the user is not in group `editors`");
}

#[test]
fn staff_and_superusers_need_their_flag() {
    let app = App::launch("");
    for (path, column, name) in
        [("/staff", "is_staff", "staff"), ("/superuser", "is_superuser", "a superuser")]
    {
        app.get(path, &[ADA]).is(403, &format!("the user is not {name}"));
        app.database.sql(&format!("UPDATE remote_users SET {column} = TRUE"));
        app.get(path, &[ADA]).is(200, "ada");
        app.database.sql(&format!("UPDATE remote_users SET {column} = FALSE"));
    }
}

#[test]
fn every_guard_of_a_request_sees_one_user() {
    let app = App::launch("");
    app.database.sql("INSERT INTO remote_groups (name) VALUES ('editors')");
    app.get("/twice", &[ADA, ("Remote-Groups", "editors")]).is(200, "1 1 1");
}

#[test]
fn a_visitor_stays_refused_where_an_option_is_none() {
    let app = App::launch("create_users = false");
    app.get("/visitor", &[ADA]).is(403, "the user is unknown and `create_users` is false");
    app.get("/optional", &[ADA]).is(200, "none");
    app.database.sql("INSERT INTO remote_users (username) VALUES ('ada')");
    app.get("/visitor", &[ADA]).is(200, "ada");
    app.get("/optional", &[ADA]).is(200, "ada");
}

#[get("/result")]
fn result(user: Result<RemoteUser, Error>) -> (Status, String) {
    match user {
        Ok(user) => (Status::Ok, user.username().into()),
        Err(error) => (Status::ImATeapot, error.to_string()),
    }
}

#[test]
fn a_route_can_take_the_error_itself() {
    let database = Database::new();
    let rocket = rocket::custom(figment(&database, "create_users = false")).mount("/", routes![result]);
    let client = rocket::local::blocking::Client::untracked(rocket.attach(RemoteUser::fairing()));
    let client = client.expect("a launch");
    let request = client.get("/result").remote(([127, 0, 0, 1], 9).into());
    let response = request.header(rocket::http::Header::new("Remote-User", "ada")).dispatch();
    assert_eq!(response.status(), Status::ImATeapot);
    assert_eq!(response.into_string().as_deref(), Some("the user is unknown and `create_users` is false"));
}

/// A marker that is neither `Clone` nor `Debug`.
struct Readers;

impl Group for Readers {
    const NAME: &'static str = "readers";
}

impl Permission for Readers {
    const NAME: &'static str = "read";
}

/// What a guard and its clone say of themselves.
fn describe<G: Clone + std::fmt::Debug + Send + Sync + 'static>(guard: &G) -> String {
    let described = format!("{guard:?}");
    assert_eq!(format!("{:?}", guard.clone()), described);
    described.split('{').next().unwrap_or_default().trim_end().to_owned()
}

#[get("/described")]
fn described(
    member: Member<Readers>,
    permitted: Permitted<Readers>,
    staff: Staff,
    superuser: Superuser,
    visitor: Visitor,
) -> String {
    [
        describe(&member),
        describe(&permitted),
        describe(&staff),
        describe(&superuser),
        describe(&visitor),
        describe(visitor.user().expect("a user")),
    ]
    .join(" ")
}

#[test]
fn a_guard_is_clone_and_debug_whatever_its_marker_is() {
    let database = Database::new();
    let figment = figment(&database, "create_groups = true\nsuperuser_groups = ['*']\nstaff_groups = ['*']");
    let rocket = rocket::custom(figment).mount("/", routes![described]).attach(RemoteUser::fairing());
    let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
    let mut request = client.get("/described").remote(([127, 0, 0, 1], 9).into());
    for (name, value) in [ADA, ("Remote-Groups", "readers")] {
        request.add_header(rocket::http::Header::new(name, value));
    }
    let expected = "Member(RemoteUser(User Permitted(RemoteUser(User Staff(RemoteUser(User \
                    Superuser(RemoteUser(User User(RemoteUser(User RemoteUser(User";
    assert_eq!(request.dispatch().into_string().as_deref(), Some(expected));
}
