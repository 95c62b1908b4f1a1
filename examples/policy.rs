//! The hooks: names without their realm, staff by address, a log of new users.
//!
//! ```sh
//! cargo run --example policy
//! curl -H 'Remote-User: ada@EXAMPLE.COM' 127.0.0.1:8000
//! ```

#[macro_use]
extern crate rocket;

use std::borrow::Cow;

use rocket::Request;
use rocket_remote_user::policy::{Event, Policy};
use rocket_remote_user::{Profile, RemoteUser};

struct Company;

#[rocket::async_trait]
impl Policy for Company {
    /// Kerberos says `ada@EXAMPLE.COM`. Nobody from elsewhere may come in.
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        username.strip_suffix("@EXAMPLE.COM").map(Cow::Borrowed)
    }

    /// The directory says `role:editors`; other groups mean nothing here.
    fn clean_group<'a>(&self, group: &'a str) -> Option<Cow<'a, str>> {
        group.strip_prefix("role:").map(Cow::Borrowed)
    }

    /// A new user begins with an address.
    fn configure(&self, _: &Request<'_>, profile: &mut Profile, created: bool) {
        if created && profile.email.is_none() {
            profile.email = Some("to-be-confirmed@example.com".into());
        }
    }

    async fn event(&self, event: Event<'_>) {
        if let Event::Created { user } = event {
            info!("{} is here for the first time.", user.username());
        }
    }
}

#[get("/")]
fn index(user: RemoteUser) -> String {
    format!("{} <{}>\n", user.username(), user.email().unwrap_or("unknown"))
}

#[launch]
fn rocket() -> _ {
    rocket::build().attach(RemoteUser::fairing().policy(Company)).mount("/", routes![index])
}
