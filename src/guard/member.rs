use std::marker::PhantomData;
use std::ops::Deref;

use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::RemoteUser;
use crate::error::Error;

/// A group that [`Member`] can ask for.
pub trait Group: Send + Sync + 'static {
    /// The name of the group, as the store has it.
    const NAME: &'static str;
}

/// A user who is in group `G`: a request guard. As [`RemoteUser`], and an
/// error, 403, for a user who is not in it.
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
pub struct Member<G: Group> {
    user: RemoteUser,
    group: PhantomData<fn() -> G>,
}

#[rocket::async_trait]
impl<'r, G: Group> FromRequest<'r> for Member<G> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let is_member = |user: &crate::User| match user.is_member(G::NAME) {
            true => Ok(()),
            false => Err(Error::NotAMember(G::NAME)),
        };
        RemoteUser::admit(request, is_member).await.map(|user| Self { user, group: PhantomData })
    }
}

impl<G: Group> Deref for Member<G> {
    type Target = RemoteUser;

    fn deref(&self) -> &RemoteUser {
        &self.user
    }
}
