//! Canonical user names, and the key `username_case`.
//!
//! Within this folder it depends on nothing.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};
use serde::Deserialize;

use crate::error::Fault;
use crate::text;

/// A canonical user name: every spelling of one person's name becomes the same
/// string. It dereferences to [`str`].
///
/// Each part of the name between single spaces is enforced as a `userpart` of
/// [RFC 8265, section 3.1](https://www.rfc-editor.org/rfc/rfc8265#section-3.1): wide
/// and narrow characters are mapped, the result is normalised (NFC), and symbols,
/// invisible characters and mixed directions are refused. The case is kept unless
/// `username_case = "lower"`.
///
/// # Example
///
/// [`AuthSession::canonical`](crate::AuthSession::canonical) makes a name canonical
/// that somebody typed:
///
/// ```rust
/// # use rocket::http::Status;
/// # use rocket::local::blocking::Client;
/// # use rocket::{get, routes};
/// # use rocket_remote_user::RemoteUser;
/// use rocket_remote_user::{AuthSession, Username};
///
/// #[get("/invite?<name>")]
/// fn invite(session: AuthSession<'_>, name: &str) -> Option<String> {
///     let username: Username = session.canonical(name)?;
///     let home = format!("/home/{}", username.to_lowercase());
///     Some(format!("{username} will find their files in {home}."))
/// }
/// # let figment = rocket::figment::Figment::from(rocket::Config::default())
/// #     .merge(("databases.remote_user.url", "sqlite::memory:"))
/// #     .merge(("remote_user.trusted_proxies", ["127.0.0.1"]));
/// # let rocket = rocket::custom(figment).attach(RemoteUser::fairing()).mount("/", routes![invite]);
/// # let client = Client::tracked(rocket).unwrap();
/// # let body = client.get("/invite?name=%EF%BC%A1da").dispatch().into_string().unwrap();
/// # assert_eq!(body, "Ada will find their files in /home/ada.");
/// # assert_eq!(client.get("/invite?name=a,b").dispatch().status(), Status::NotFound);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

impl Username {
    /// Makes `name` canonical.
    ///
    /// # Errors
    ///
    /// - [`Fault::NotAUsername`] if RFC 8265 does not allow the name;
    /// - the faults of [`text::check`] and [`text::check_comma`], which look at the
    ///   canonical form: in it, a fullwidth comma has become a comma.
    pub(crate) fn canonical(name: String, case: UsernameCase, limit: usize) -> Result<Self, Fault> {
        // The profile leaves printable ASCII as it is.
        let name = if case == UsernameCase::Preserve && is_printable_ascii(&name) {
            name
        } else {
            enforce_stable(&name, case)?
        };
        text::check(&name, limit)?;
        text::check_comma(&name)?;
        Ok(Self(name))
    }

    /// The name as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Username {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether `Ada` and `ada` are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"preserve\" or \"lower\"")]
pub(crate) enum UsernameCase {
    Preserve,
    Lower,
}

impl UsernameCase {
    /// Enforces the profile of RFC 8265 for this case on one `userpart`.
    fn enforce(self, userpart: &str) -> Result<Cow<'_, str>, Fault> {
        let enforced = match self {
            UsernameCase::Preserve => UsernameCasePreserved::enforce(userpart),
            UsernameCase::Lower => UsernameCaseMapped::enforce(userpart),
        };
        enforced.map_err(|_| Fault::NotAUsername)
    }
}

fn is_printable_ascii(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Enforces the profile, and refuses a name whose result the profile would change
/// again or refuse: lower case can produce a letter that the profile does not allow.
fn enforce_stable(name: &str, case: UsernameCase) -> Result<String, Fault> {
    let enforced = enforce(name, case)?;
    if enforce(&enforced, case)? == enforced { Ok(enforced) } else { Err(Fault::NotAUsername) }
}

fn enforce(name: &str, case: UsernameCase) -> Result<String, Fault> {
    let userparts: Result<Vec<_>, _> = name.split(' ').map(|userpart| case.enforce(userpart)).collect();
    Ok(userparts?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(name: &str) -> Result<String, Fault> {
        Username::canonical(name.into(), UsernameCase::Preserve, 20).map(|name| name.to_string())
    }

    #[test]
    fn spellings_of_one_name_are_one_name() {
        let twins = [
            ("ada", "ada"),
            ("Ada", "Ada"),
            ("ａｄａ", "ada"),
            ("Zoe\u{308}", "Zoë"),
            ("Å", "Å"),
            ("ada lovelace", "ada lovelace"),
            ("ada@example.com", "ada@example.com"),
            ("CORP\\ada", "CORP\\ada"),
        ];
        for (name, expected) in twins {
            assert_eq!(canonical(name).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn lower_case_joins_what_preserve_keeps_apart() {
        let lower =
            |name: &str| Username::canonical(name.into(), UsernameCase::Lower, 20).map(|n| n.to_string());
        assert_eq!(lower("ADA"), Ok("ada".into()));
        assert_eq!(lower("Ａda"), Ok("ada".into()));
        assert_ne!(canonical("ADA"), canonical("ada"));
        // Its lower case, U+AB70, is refused, so it is refused at once.
        assert_eq!(lower("\u{13a0}"), Err(Fault::NotAUsername));
        assert_eq!(lower("\u{ab70}"), Err(Fault::NotAUsername));
    }

    #[test]
    fn what_is_no_user_name_is_refused() {
        let cases = [
            ("", Fault::NotAUsername),
            ("ada  lovelace", Fault::NotAUsername),
            ("♥", Fault::NotAUsername),
            ("ada\u{3000}lovelace", Fault::NotAUsername),
            ("ada\u{a0}lovelace", Fault::NotAUsername),
            ("אda", Fault::NotAUsername),
            ("ada，bob", Fault::Comma),
            ("（null）", Fault::Placeholder),
            ("－", Fault::Placeholder),
            ("abcdefghijklmnopqrstu", Fault::TooLong { limit: 20 }),
        ];
        for (name, fault) in cases {
            assert_eq!(canonical(name), Err(fault), "{name:?}");
        }
    }

    #[test]
    fn printable_ascii_is_canonical_as_the_profile_has_it() {
        for byte in 0..=0x7f_u8 {
            let name = format!("a{}b", char::from(byte));
            let enforced = UsernameCasePreserved::enforce(name.as_str()).ok().map(|name| name.into_owned());
            assert_eq!(byte.is_ascii_graphic().then_some(name), enforced, "{byte:#x}");
        }
    }

    #[test]
    fn a_canonical_name_is_its_own_canonical_name() {
        for name in ["ada", "Zoe\u{308}", "ａｄａ lovelace"] {
            let once = canonical(name).expect("a user name");
            assert_eq!(canonical(&once), Ok(once));
        }
    }
}
