use std::net::IpAddr;

use rocket::figment::Figment;
use rocket::http::{Header, Method, Status};
use rocket::local::blocking::Client;
use rocket::response::Redirect;
use rocket::{Build, Rocket, get, post, routes};
use rocket_remote_user::{ActiveSession, AuthSession, Error, RemoteUser, User};

use super::{App, Database, Headers, PROXY, Reply, application, figment};

/// Sessions that the proxy begins, too.
pub const PERSISTENT: &str = "session.persistent = true";

/// Whoever holds a cookie, or has none yet.
pub struct Browser<'a> {
    pub app: &'a App,
    pub token: Option<String>,
}

impl Browser<'_> {
    pub fn new(app: &App) -> Browser<'_> {
        Browser { app, token: None }
    }

    pub fn get(&mut self, path: &str, headers: Headers<'_>) -> Reply {
        self.send(Method::Get, path, headers).0
    }

    /// Sends a request with the cookie, and does what the answer says of it.
    /// Returns the answer, and where it leads.
    pub fn send(&mut self, method: Method, path: &str, headers: Headers<'_>) -> (Reply, Option<String>) {
        let mut request = self
            .app
            .client
            .req(method, path.to_owned())
            .remote((PROXY.parse::<IpAddr>().expect("an address"), 9).into());
        for (name, value) in headers {
            request.add_header(Header::new(name.to_string(), value.to_string()));
        }
        if let Some(token) = &self.token {
            request.add_header(Header::new("Cookie", format!("other=1; remote_user={token}; more=2")));
        }
        let response = request.dispatch();
        if let Some(cookie) = response.cookies().get("remote_user") {
            self.token = Some(cookie.value().to_owned()).filter(|value| !value.is_empty());
        }
        let location = response.headers().get_one("Location").map(str::to_owned);
        let status = response.status().code;
        (Reply { status, body: response.into_string().unwrap_or_default() }, location)
    }

    pub fn post(&mut self, path: &str, headers: Headers<'_>) -> (u16, Option<String>) {
        let (reply, location) = self.send(Method::Post, path, headers);
        (reply.status, location)
    }

    /// The user of the session alone; `None` for nobody.
    pub fn user(&mut self) -> Option<String> {
        match self.get("/visitor", &[]) {
            Reply { status: 200, body } => Some(body).filter(|user| user != "nobody"),
            reply => panic!("{reply:?}"),
        }
    }
}

/// Launches with routes that sign in and out.
pub fn launch(database: Database, toml: &str) -> App {
    let figment = figment(&database, toml).merge(("databases.remote_user.connect_timeout", 10));
    App { client: Client::untracked(with_logins(figment)).expect("a launch"), database }
}

/// An application with routes that sign in and out.
pub fn with_logins(figment: Figment) -> Rocket<Build> {
    let routes = routes![login, logout, logout_everywhere, list, revoke, fail, stale, through, known];
    application(figment).attach(RemoteUser::fairing()).mount("/", routes)
}

/// Every session: its user, and who began it.
pub fn sessions(app: &App) -> Vec<String> {
    app.database.sql("SELECT concat_ws(' ', u.username, s.source) FROM remote_sessions s JOIN remote_users u ON u.id = s.user_id ORDER BY 1")
}

#[post("/login/<username>?<source>")]
async fn login(username: &str, source: Option<&str>, session: AuthSession<'_>) -> Result<Redirect, Error> {
    let user = session.find_user(username).await?.ok_or(Error::UnknownUser)?;
    session.login(&user, source.unwrap_or("password")).await?;
    Ok(Redirect::to("/me"))
}

#[post("/logout")]
async fn logout(session: AuthSession<'_>) -> Result<Redirect, Error> {
    session.logout().await
}

#[post("/logout-everywhere")]
async fn logout_everywhere(session: AuthSession<'_>) -> Result<Redirect, Error> {
    session.logout_everywhere().await
}

#[get("/sessions")]
async fn list(session: AuthSession<'_>) -> Result<String, Error> {
    let line = |s: &ActiveSession| format!("{} {} {}\n", s.id(), s.source(), s.is_current());
    Ok(session.list().await?.iter().map(line).collect())
}

#[post("/revoke/<id>")]
async fn revoke(id: &str, session: AuthSession<'_>) -> Result<String, Error> {
    Ok(session.revoke(id).await?.to_string())
}

/// Signs a user in who is another by now.
#[post("/stale/<id>/<username>")]
async fn stale(id: i64, username: &str, session: AuthSession<'_>) -> Result<(), Error> {
    session.login(&User::new(id, username), "password").await
}

/// Signs in twice and out again, in one request.
#[post("/through?<times>")]
async fn through(times: usize, user: RemoteUser, session: AuthSession<'_>) -> Result<String, Error> {
    for _ in 0..times {
        session.login(&user, "password").await?;
    }
    let current = session.list().await?.iter().filter(|session| session.is_current()).count();
    session.logout().await?;
    Ok(format!("{current} {}", user.last_login_at().is_some()))
}

/// What is known of a user who signs in here.
#[get("/known/<username>")]
async fn known(username: &str, session: AuthSession<'_>) -> Result<Option<String>, Error> {
    Ok(session.find_user(username).await?.map(|user| user.permissions().join(",")))
}

#[post("/fail")]
fn fail(_user: RemoteUser) -> Result<(), Status> {
    Err(Status::ImATeapot)
}
