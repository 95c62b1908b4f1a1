//! The guards: who is let in, forwarded, refused.

mod harness;

use harness::{App, Database, application, figment};
use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rocket::request::{FromRequest, Outcome};
use rocket::serde::json::{Json, Value, json};
use rocket::{Request, get, routes};
use rocket_remote_user::{
    All, Error, Group, Member, Permission, Permitted, RemoteUser, Staff, Superuser, User, Visitor,
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

rocket_remote_user::groups! {
    Pilots = "pilots";
    Crew = "crew";
    Ground = "ground";
}

rocket_remote_user::permissions! {
    Fly = "fly";
    Land = "land";
}

#[get("/any")]
fn any(user: Member<(Pilots, Crew, Ground)>) -> String {
    user.username().into()
}

#[get("/all")]
fn all(user: Member<All<(Pilots, Crew)>>) -> String {
    user.username().into()
}

#[get("/may-any")]
fn may_any(user: Permitted<(Fly, Land)>) -> String {
    user.username().into()
}

#[get("/may-all")]
fn may_all(user: Permitted<All<(Fly, Land)>>) -> String {
    user.username().into()
}

/// Whoever has an address.
struct Reachable(RemoteUser);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reachable {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let check = |user: &User| match user.email() {
            Some(_) => Ok(()),
            None => Err(Error::Denied("nobody can reach the user".into())),
        };
        RemoteUser::admit(request, check).await.map(Reachable)
    }
}

#[get("/reachable")]
fn reachable(user: Reachable) -> String {
    user.0.username().into()
}

#[get("/json")]
fn as_json(user: RemoteUser, visitor: Visitor, staff: Option<Staff>) -> Json<Value> {
    assert_eq!(visitor.user(), Some(&user));
    Json(json!([user, visitor, staff, user.as_ref().id()]))
}

/// Answers `GET path` of `ada` in these groups, with an address if there is one.
fn ask(client: &Client, path: &str, groups: &str, email: &str) -> (u16, String) {
    let mut request = client.get(path.to_owned()).remote(([127, 0, 0, 1], 9).into());
    for (name, value) in [ADA, ("Remote-Groups", groups), ("Remote-Email", email)] {
        request.add_header(Header::new(name, value.to_owned()));
    }
    let response = request.dispatch();
    (response.status().code, response.into_string().unwrap_or_default())
}

#[test]
fn a_guard_may_ask_for_one_of_several_or_for_all() {
    let database = Database::new();
    let toml = "create_groups = true\ngroup_permissions = { pilots = ['fly', 'land'], crew = ['land'] }";
    let rocket = application(figment(&database, toml)).attach(RemoteUser::fairing());
    let routes = routes![any, all, may_any, may_all, reachable];
    let client = Client::untracked(rocket.mount("/", routes)).expect("a launch");
    let none = "the user is in none of the groups `pilots`, `crew`, `ground`";
    let cases = [
        ("/any", "ground", 200, "ada"),
        ("/any", "pilots, crew", 200, "ada"),
        ("/any", "others", 403, none),
        ("/all", "pilots, crew", 200, "ada"),
        ("/all", "pilots", 403, "the user is not in group `crew`"),
        ("/all", "crew", 403, "the user is not in group `pilots`"),
        ("/may-any", "crew", 200, "ada"),
        ("/may-any", "ground", 403, "the user has none of the permissions `fly`, `land`"),
        ("/may-all", "pilots", 200, "ada"),
        ("/may-all", "crew", 403, "the user has no permission `fly`"),
        ("/reachable", "", 403, "the user is not admitted: nobody can reach the user"),
    ];
    for (path, groups, status, body) in cases {
        assert_eq!(ask(&client, path, groups, ""), (status, body.into()), "{path} {groups}");
    }
    assert_eq!(ask(&client, "/reachable", "", "ada@example.com"), (200, "ada".into()));
    for path in ["/any", "/reachable"] {
        let request = client.get(path).remote(([127, 0, 0, 1], 9).into());
        assert_eq!(request.dispatch().status().code, 401, "{path}");
    }
}

#[test]
fn a_guard_is_what_json_and_templates_show_of_a_user() {
    let database = Database::new();
    let rocket = application(figment(&database, "create_groups = true\nstaff_groups = ['crew']"));
    let rocket = rocket.attach(RemoteUser::fairing()).mount("/", routes![as_json]);
    let client = Client::untracked(rocket).expect("a launch");
    let (status, body) = ask(&client, "/json", "crew", "ada@example.com");
    let mut shown: Value = rocket::serde::json::from_str(&body).expect("JSON");
    assert_eq!(status, 200);
    assert!(shown[0]["created_at"].as_i64().is_some() && shown[0]["last_login_at"].as_i64().is_some());
    assert_eq!((&shown[1], &shown[2], &shown[3]), (&shown[0], &shown[0], &json!(1)));
    let fields = shown[0].as_object_mut().expect("an object");
    fields.remove("created_at");
    fields.remove("last_login_at");
    let expected = json!({
        "id": 1, "username": "ada", "name": null, "email": "ada@example.com", "attributes": {}, "is_active": true,
        "is_staff": true, "is_superuser": false, "groups": ["crew"], "permissions": [],
    });
    assert_eq!(shown[0], expected);
}
