//! The hooks: takes the realm off user names, accepts groups of one kind only, gives new
//! users an address, and logs who is new.
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
    /// Kerberos says `ada@EXAMPLE.COM`. Users of any other realm are refused.
    fn clean_username<'a>(&self, username: &'a str) -> Option<Cow<'a, str>> {
        username.strip_suffix("@EXAMPLE.COM").map(Cow::Borrowed)
    }

    /// The directory says `role:editors`. Any other group means nothing here.
    fn clean_group<'a>(&self, group: &'a str) -> Option<Cow<'a, str>> {
        group.strip_prefix("role:").map(Cow::Borrowed)
    }

    /// A new user whose address is not known gets a placeholder.
    fn configure(&self, _: &Request<'_>, profile: &mut Profile, created: bool) {
        if created && profile.email.is_none() {
            profile.email = Some("to-be-confirmed@example.com".into());
        }
    }

    /// Logs each new user.
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
