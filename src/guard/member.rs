use std::marker::PhantomData;
use std::ops::Deref;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::remote_user::RemoteUser;
use super::sentinel::is_fairing_missing;
use crate::error::Error;

/// A group that [`Member`] can ask for. Implement it for a type of your own, as the
/// example of [`Member`] shows.
pub trait Group: Send + Sync + 'static {
    /// The name of the group, as the store has it.
    const NAME: &'static str;
}

/// A request guard for a user who is in the group `G`.
///
/// Its outcomes are those of [`RemoteUser`], and an error, 403, for a user who is not in
/// the group.
///
/// # Example
///
/// ```rust
/// # use rocket::get;
/// use rocket_remote_user::{Group, Member};
///
/// struct Editors;
///
/// impl Group for Editors {
///     const NAME: &'static str = "editors";
/// }
///
/// #[get("/drafts")]
/// fn drafts(editor: Member<Editors>) -> String {
///     format!("The drafts of {}", editor.username())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Member<G: Group>(RemoteUser, PhantomData<fn() -> G>);

#[rocket::async_trait]
impl<'r, G: Group> FromRequest<'r> for Member<G> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        RemoteUser::admit_if(request, |user| user.is_member(G::NAME), Error::NotAMember(G::NAME))
            .await
            .map(|user| Self(user, PhantomData))
    }
}

impl<G: Group> Sentinel for Member<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_fairing_missing(rocket, "Member")
    }
}

impl<G: Group> Deref for Member<G> {
    type Target = RemoteUser;

    fn deref(&self) -> &RemoteUser {
        &self.0
    }
}
