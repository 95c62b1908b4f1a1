//! Canonical user names, and the keys `username_case` and `username_form`.
//!
//! Within this folder it depends on `realms`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};
use serde::Deserialize;

use super::realms::Realms;
use crate::error::Fault;
use crate::text;

/// A canonical user name: the one form of a person's name that is stored. It
/// dereferences to [`str`].
///
/// Each part of the name between single spaces is a `userpart` of
/// [RFC 8265, section 3.1](https://www.rfc-editor.org/rfc/rfc8265#section-3.1): it is in
/// Unicode's form NFC, and holds no wide or narrow characters, symbols, invisible
/// characters or mixed directions. A name that the proxy sends in another form is refused,
/// as a provider that keeps two forms apart may have two people. With
/// `username_form = "map"` it is brought into the canonical form instead. The case is kept
/// unless `username_case = "lower"`.
///
/// # Example
///
/// [`AuthSession::canonical`](crate::AuthSession::canonical) makes a name canonical
/// that somebody typed, whatever the `username_form`:
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
pub struct Username(Arc<str>);

impl Username {
    /// Makes `name` canonical, or refuses it if `rules` allow no change. Its realm is removed.
    ///
    /// # Errors
    ///
    /// - [`Fault::WrongRealm`] and [`Fault::NotAPerson`], as
    ///   [`Realms::strip`] says;
    /// - [`Fault::NotAUsername`] if RFC 8265 does not allow the name;
    /// - [`Fault::NotCanonical`] if the name is in another form, and must not be;
    /// - the faults of [`text::check_username`] and [`text::check_comma`], which look at the
    ///   canonical form: in it, a fullwidth comma has become a comma.
    pub(crate) fn canonical(name: String, rules: &UsernameRules) -> Result<Self, Fault> {
        let name = rules.realms.strip(name)?;
        let name = if rules.keep(&name) { name } else { rules.enforce(&name)? };
        rules.realms.check_person(&name)?;
        text::check_username(&name, rules.max_length)?;
        text::check_comma(&name)?;
        Ok(Self(name.into()))
    }

    /// Takes over the name of a stored user, which need not be canonical by the rules of now.
    pub(crate) fn of_store(name: &str) -> Self {
        Self(name.into())
    }

    /// Whether `name` is a canonical user name already, as a stored one is that can be found.
    pub(crate) fn is_canonical(name: &str, rules: &UsernameRules) -> bool {
        Self::canonical(name.into(), rules).is_ok_and(|canonical| canonical.as_str() == name)
    }

    /// The name, to keep without a copy of it.
    pub(crate) fn to_shared(&self) -> Arc<str> {
        self.0.clone()
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

/// Whether a user name may be sent in a form other than the canonical one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"exact\", \"map\" or \"dn\"")]
pub(crate) enum UsernameForm {
    /// It may not: a name in another width or normalisation is refused.
    Exact,
    /// It may, and is brought into the canonical form.
    Map,
    /// It may not, and is one attribute of a distinguished name (RFC 4514).
    Dn,
}

/// What makes a user name canonical.
#[derive(Debug, Clone)]
pub(crate) struct UsernameRules {
    pub(crate) case: UsernameCase,
    pub(crate) form: UsernameForm,
    /// The realms whose people are known without them.
    pub(crate) realms: Realms,
    /// The greatest length of a user name, in characters.
    pub(crate) max_length: usize,
}

impl UsernameRules {
    /// The rules for a name that somebody types: what a keyboard makes of it is mapped, as
    /// there is nobody whose name is kept in another form.
    pub(crate) fn typed(&self) -> Self {
        Self { form: UsernameForm::Map, ..self.clone() }
    }

    /// Whether the profile keeps a name as it is, as far as that is seen at once: it does so
    /// with printable ASCII, but for capitals that become lower case.
    fn keep(&self, name: &str) -> bool {
        let has_capitals = || name.bytes().any(|byte| byte.is_ascii_uppercase());
        is_printable_ascii(name) && (self.case == UsernameCase::Preserve || !has_capitals())
    }

    /// Enforces the profile on each part of a name.
    fn enforce(&self, name: &str) -> Result<String, Fault> {
        // Of the two profiles, this one changes width and normalisation only.
        if self.form != UsernameForm::Map && enforce(name, UsernameCase::Preserve)? != name {
            return Err(Fault::NotCanonical);
        }
        enforce_stable(name, self.case)
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

    use UsernameCase::{Lower, Preserve};
    use UsernameForm::{Exact, Map};

    fn canonical_by(case: UsernameCase, form: UsernameForm, name: &str) -> Result<String, Fault> {
        let rules = UsernameRules { case, form, realms: Realms::default(), max_length: 20 };
        Username::canonical(name.into(), &rules).map(|name| name.to_string())
    }

    #[test]
    fn what_is_in_canonical_form_is_kept() {
        let names = [
            "ada",
            "Ada",
            "Zoë",
            "ada lovelace",
            "ada@example.com",
            "CORP\\ada",
            "PC01$",
            "李小龍",
            "가",
            "שלום",
        ];
        for name in names {
            for form in [Exact, Map] {
                assert_eq!(canonical_by(Preserve, form, name).as_deref(), Ok(name), "{name}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_kept_at_once_is_what_the_profile_keeps(name in "[!-~]{0,9}") {
            for case in [Preserve, Lower] {
                let rules = UsernameRules { case, form: Exact, realms: Realms::default(), max_length: 20 };
                let kept = rules.enforce(&name).is_ok_and(|enforced| enforced == name);
                proptest::prop_assert_eq!(rules.keep(&name), kept);
            }
        }

        #[test]
        fn what_is_made_canonical_is_canonical_and_nothing_else_is(name in "[a-cA-C ,ａéµſΣ\u{301}\u{308}]{0,5}") {
            for (case, form) in [(Preserve, Exact), (Preserve, Map), (Lower, Exact), (Lower, Map)] {
                let rules = UsernameRules { case, form, realms: Realms::default(), max_length: 4 };
                if let Ok(canonical) = Username::canonical(name.clone(), &rules) {
                    proptest::prop_assert!(Username::is_canonical(&canonical, &rules), "{:?}", canonical);
                    proptest::prop_assert_eq!(Username::is_canonical(&name, &rules), *canonical == *name);
                } else {
                    proptest::prop_assert!(!Username::is_canonical(&name, &rules));
                }
            }
        }
    }

    #[test]
    fn another_spelling_is_refused_or_mapped() {
        let twins = [
            ("ａｄａ", "ada"),
            ("ada ｌovelace", "ada lovelace"),
            ("Zoe\u{308}", "Zoë"),
            ("ｱ", "ア"),
            ("e\u{302}\u{323}", "\u{1ec7}"),
        ];
        for (name, expected) in twins {
            assert_eq!(canonical_by(Preserve, Map, name).as_deref(), Ok(expected), "{name}");
            for case in [Preserve, Lower] {
                assert_eq!(canonical_by(case, Exact, name), Err(Fault::NotCanonical), "{name}");
            }
        }
    }

    #[test]
    fn lower_case_joins_what_preserve_keeps_apart() {
        for form in [Exact, Map] {
            assert_eq!(canonical_by(Lower, form, "ADA"), Ok("ada".into()));
            assert_eq!(canonical_by(Lower, form, "ZOË"), Ok("zoë".into()));
            assert_ne!(canonical_by(Preserve, form, "ADA"), canonical_by(Preserve, form, "ada"));
            // Its lower case, U+AB70, is refused, so it is refused at once.
            assert_eq!(canonical_by(Lower, form, "\u{13a0}"), Err(Fault::NotAUsername));
            assert_eq!(canonical_by(Lower, form, "\u{ab70}"), Err(Fault::NotAUsername));
        }
        assert_eq!(canonical_by(Lower, Map, "Ａda"), Ok("ada".into()));
        assert_eq!(canonical_by(Lower, Exact, "ZOE\u{308}"), Err(Fault::NotCanonical));
    }

    #[test]
    fn what_becomes_a_mark_of_a_realm_is_none_of_a_person() {
        let realms = Realms::of(&["CORP"]);
        let rules = UsernameRules { case: Preserve, form: Map, realms, max_length: 20 };
        let canonical = |name: &str| Username::canonical(name.into(), &rules).map(|name| name.to_string());
        assert_eq!(canonical("ａｄａ@CORP"), Ok("ada".into()));
        for name in ["ada＠CORP", "ada＠OTHER", "CORP＼ada", "host／x", "x＠OTHER@CORP"] {
            assert_eq!(canonical(name), Err(Fault::NotAPerson), "{name}");
        }
    }

    #[test]
    fn what_is_no_user_name_is_refused() {
        let cases = [
            ("", Fault::NotAUsername),
            ("ada  lovelace", Fault::NotAUsername),
            ("♥", Fault::NotAUsername),
            ("ada\u{a0}lovelace", Fault::NotAUsername),
            ("ada\u{200c}", Fault::NotAUsername),
            ("אda", Fault::NotAUsername),
            // The signs for ångström and kelvin, of which NFC makes letters.
            ("\u{212b}", Fault::NotAUsername),
            ("\u{212a}evin", Fault::NotAUsername),
            ("ada,bob", Fault::Comma),
            ("CORP\\(null)", Fault::Placeholder),
            ("abcdefghijklmnopqrstu", Fault::TooLong { limit: 20 }),
        ];
        for (name, fault) in cases {
            for form in [Exact, Map] {
                assert_eq!(canonical_by(Preserve, form, name), Err(fault), "{name:?}");
            }
        }
        let cases =
            [("ada，bob", Fault::Comma), ("（null）", Fault::Placeholder), ("－", Fault::Placeholder)];
        for (name, fault) in cases {
            assert_eq!(canonical_by(Preserve, Map, name), Err(fault), "{name:?}");
            assert_eq!(canonical_by(Preserve, Exact, name), Err(Fault::NotCanonical), "{name:?}");
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
            let once = canonical_by(Preserve, Map, name).expect("a user name");
            assert_eq!(canonical_by(Preserve, Exact, &once), Ok(once));
        }
    }
}
