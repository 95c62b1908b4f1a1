//! What was refused in a request, whom it was refused to, and what a catcher may read
//! of it.
//!
//! Within this folder it depends on nothing.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rocket::Request;
use rocket::http::Status;

use super::Error;
use crate::lock::ignore_poison;

/// Why a request failed, and who was refused.
///
/// # Example
///
/// A catcher counts the refusals of each person. The answer tells the client no name.
///
/// ```rust
/// # use rocket::http::Header;
/// # use rocket::local::blocking::Client;
/// # use rocket::{catchers, get, routes};
/// # use rocket_remote_user::{RemoteUser, Staff};
/// use std::collections::HashMap;
/// use std::sync::Mutex;
///
/// use rocket::http::Status;
/// use rocket::{Request, catch};
/// use rocket_remote_user::Refusal;
///
/// type Counts = Mutex<HashMap<(String, &'static str), u32>>;
///
/// #[catch(403)]
/// fn forbidden(status: Status, request: &Request<'_>) -> &'static str {
///     if let Some(refusal) = Refusal::of(status, request)
///         && let Some(counts) = request.rocket().state::<Counts>()
///     {
///         let username = refusal.username().unwrap_or("somebody").to_owned();
///         *counts.lock().unwrap().entry((username, refusal.error().code())).or_default() += 1;
///     }
///     "You may not enter."
/// }
/// # #[get("/")]
/// # fn index(_staff: Staff) {}
/// # let figment = rocket::figment::Figment::from(rocket::Config::default())
/// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing()).manage(Counts::default());
/// # let client = Client::tracked(rocket.mount("/", routes![index]).register("/", catchers![forbidden]));
/// # let client = client.unwrap();
/// # let request = client.get("/").remote("127.0.0.1:1024".parse().unwrap());
/// # let response = request.header(Header::new("Remote-User", "ada")).dispatch();
/// # assert_eq!(response.into_string().unwrap(), "You may not enter.");
/// # let counts = client.rocket().state::<Counts>().unwrap().lock().unwrap();
/// # assert_eq!(counts[&("ada".into(), "not_staff")], 1);
/// ```
#[derive(Debug, Clone)]
pub struct Refusal {
    username: Option<Arc<str>>,
    error: Error,
}

impl Refusal {
    /// Returns why `request` failed with `status`, for a catcher.
    ///
    /// There is nothing to return if nobody signed in, or if the failure is not one of
    /// this crate: see [`Error::of`].
    pub fn of(status: Status, request: &Request<'_>) -> Option<Refusal> {
        Refusals::of(request).failure(status, RouteId::of(request))
    }

    /// The reason.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Who was refused: the person that a trusted proxy, a verified token or a session
    /// named, or that [`AuthSession::login`](crate::AuthSession::login) was asked to sign
    /// in. `None` if nobody who can be believed named anybody.
    ///
    /// A user name that was refused itself, for example by
    /// [`Policy::clean_username`](crate::policy::Policy::clean_username), is the one that
    /// the proxy sent. The name is for logs and events: whoever sent the request may be
    /// somebody else, so keep it out of the answer, and escape it where a page or a line
    /// of a log shows it.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }
}

/// How many refusals were noted and not reported yet, in all requests. Almost always there is
/// none, and then a request need not be asked for its own.
static UNREPORTED: AtomicUsize = AtomicUsize::new(0);

/// What was refused in one request. It is kept with the request.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    /// Who is named in the request, by somebody who can be believed.
    username: Option<Arc<str>>,
    /// Each refusal once, in their order.
    refusals: Vec<Refusal>,
    /// How many of the refusals were reported.
    reported: usize,
    /// The last refusal that may be why the request failed.
    failure: Option<Failure>,
}

/// A refusal that may be why a request failed.
#[derive(Debug, Clone, Copy)]
struct Failure {
    /// Its place among the refusals.
    index: usize,
    /// The route that was tried then.
    route: RouteId,
    /// Whether the fairing rejected the request, so that it fails whatever is tried.
    is_rejection: bool,
}

/// The route that is tried while something is refused, if any.
///
/// Rocket ends the request where a guard or a handler fails. So if another route was tried
/// since, the failure was passed over, for example by an `Option` around the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RouteId(Option<usize>);

impl RouteId {
    fn of(request: &Request<'_>) -> Self {
        Self(request.route().map(|route| ptr::from_ref(route).addr()))
    }
}

impl Refusals {
    /// Returns what was refused in `request`.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    /// Says whom somebody who can be believed named in the request: what is refused from
    /// now on is refused to this person.
    pub(crate) fn set_username(&self, username: impl Into<Arc<str>>) {
        self.lock().username = Some(username.into());
    }

    /// Notes a refusal that is no reason for the request to fail, unless its error is
    /// returned. It is to be reported. `username` is who is refused, if that is another
    /// than the request names.
    pub(crate) fn add(&self, error: &Error, username: Option<&str>) {
        self.lock().add(error, username);
    }

    /// Notes that `request` fails with `error`, or would without an `Option` around a
    /// guard. It is to be reported, unless it was.
    pub(super) fn fail(request: &Request<'_>, error: &Error) {
        Self::note(request, error, false);
    }

    /// Notes that the fairing rejected `request` with `error`, which no later failure
    /// replaces. It is to be reported.
    pub(super) fn reject(request: &Request<'_>, error: &Error) {
        Self::note(request, error, true);
    }

    fn note(request: &Request<'_>, error: &Error, is_rejection: bool) {
        let mut noted = Self::of(request).lock();
        let index = noted.add(error, None);
        if is_rejection || !noted.failure.is_some_and(|failure| failure.is_rejection) {
            noted.failure = Some(Failure { index, route: RouteId::of(request), is_rejection });
        }
    }

    /// Whether there is a request with refusals that were not reported yet. A request that has
    /// any is among them.
    pub(crate) fn may_be_unreported() -> bool {
        UNREPORTED.load(Ordering::Relaxed) != 0
    }

    /// Takes the refusals that were not reported yet.
    pub(crate) fn take_unreported(&self) -> Vec<Refusal> {
        let mut noted = self.lock();
        let unreported = noted.unreported().to_vec();
        UNREPORTED.fetch_sub(unreported.len(), Ordering::Relaxed);
        noted.reported = noted.refusals.len();
        unreported
    }

    /// The last refusal, if it is why the request failed with `status` at `route`.
    fn failure(&self, status: Status, route: RouteId) -> Option<Refusal> {
        let noted = self.lock();
        let failure = noted.failure?;
        let refusal = &noted.refusals[failure.index];
        let is_of_route = failure.is_rejection || failure.route == route;
        if is_of_route && refusal.error.status() == status { Some(refusal.clone()) } else { None }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        ignore_poison(self.0.lock())
    }
}

impl Noted {
    /// Adds a refusal, unless the same one was noted before. Returns its index.
    fn add(&mut self, error: &Error, username: Option<&str>) -> usize {
        let text = error.to_string();
        let is_same = |noted: &Refusal| {
            noted.error.to_string() == text && username.is_none_or(|name| noted.username() == Some(name))
        };
        if let Some(index) = self.refusals.iter().rposition(is_same) {
            return index;
        }
        let username = username.map(Arc::from).or_else(|| self.username.clone());
        self.refusals.push(Refusal { username, error: error.clone() });
        UNREPORTED.fetch_add(1, Ordering::Relaxed);
        self.refusals.len() - 1
    }

    fn unreported(&self) -> &[Refusal] {
        &self.refusals[self.reported..]
    }
}

/// What a request takes with it unreported, as one does whose client went away, is no longer
/// counted.
impl Drop for Noted {
    fn drop(&mut self) {
        let unreported = self.unreported().len();
        if unreported > 0 {
            UNREPORTED.fetch_sub(unreported, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_refusal_of_the_same_person_is_one_and_of_another_is_another() {
        let mut noted = Noted::default();
        let indices = [
            noted.add(&Error::Inactive, Some("ada")),
            noted.add(&Error::Inactive, Some("bob")),
            noted.add(&Error::Inactive, Some("ada")),
            noted.add(&Error::UnknownUser, Some("ada")),
            noted.add(&Error::Inactive, None),
        ];
        assert_eq!(indices, [0, 1, 0, 2, 1], "of the last one, if nobody is named");
    }
}
