//! The rules for a clean piece of text, whichever header, token or form it is from.
//!
//! This module depends on the errors only.

mod escaped;
mod placeholder;
pub(crate) mod steps;
mod visible;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::error::Fault;

pub(crate) use escaped::Escaped;

/// Trims the white space around a field value (RFC 9110, section 5.5).
pub(crate) fn trim(value: &str) -> &str {
    let trimmed = value.trim_matches([' ', '\t']);
    steps::note(value.len() - trimmed.len());
    trimmed
}

/// Checks that `value` can be an address or a secret.
///
/// # Errors
///
/// - [`Fault::Placeholder`] for a variable that a proxy did not expand;
/// - [`Fault::TooLong`] for more than `limit` characters;
/// - [`Fault::InvisibleCharacter`] for a character that nobody can see, or a blank at an
///   edge that is no space.
pub(crate) fn check(value: &str, limit: usize) -> Result<(), Fault> {
    check_expanded(value)?;
    check_length(value, limit)?;
    check_that(visible::is_visible(value), Fault::InvisibleCharacter)?;
    check_that(!has_blank_at_an_edge(value), Fault::InvisibleCharacter)
}

/// Checks that `username` can be the name of a user, although it need not be in canonical
/// form yet.
///
/// # Errors
///
/// Returns the faults of [`check`], but [`Fault::NotAUsername`] for a blank at an edge, and
/// [`Fault::Placeholder`] for a placeholder anywhere in the name.
pub(crate) fn check_username(username: &str, limit: usize) -> Result<(), Fault> {
    steps::note(username.len());
    check_that(!placeholder::holds_placeholder(username), Fault::Placeholder)?;
    check_length(username, limit)?;
    check_that(visible::is_visible(username), Fault::InvisibleCharacter)?;
    check_that(!has_blank_at_an_edge(username), Fault::NotAUsername)
}

/// Checks that `name` can be what a person is called. Joiners and other characters that
/// cannot be seen are allowed where a script or an emoji needs them.
///
/// # Errors
///
/// Returns the faults of [`check`].
pub(crate) fn check_name(name: &str, limit: usize) -> Result<(), Fault> {
    check_expanded(name)?;
    check_length(name, limit)?;
    check_that(visible::is_visible_in_context(name), Fault::InvisibleCharacter)?;
    check_that(!has_blank_at_an_edge(name), Fault::InvisibleCharacter)
}

/// Checks that `group` can be the name of a group: as the name of a person, and in NFC
/// ([UAX #15]), so that no two spellings of one name look the same.
///
/// # Errors
///
/// Returns the faults of [`check`], and [`Fault::NotNormalized`] for a name that is not in
/// NFC.
///
/// [UAX #15]: https://www.unicode.org/reports/tr15/
pub(crate) fn check_group(group: &str, limit: usize) -> Result<(), Fault> {
    check_name(group, limit)?;
    let is_normalized = group.is_ascii() || ComposingNormalizerBorrowed::new_nfc().is_normalized(group);
    check_that(is_normalized, Fault::NotNormalized)
}

/// Whether every part of `list` is visible and in NFC, whichever way it is split: no character
/// needs another beside it to be allowed, and a part of what is in NFC is in NFC.
pub(crate) fn is_clean_throughout(list: &str) -> bool {
    steps::note(list.len());
    let is_normalized = || list.is_ascii() || ComposingNormalizerBorrowed::new_nfc().is_normalized(list);
    visible::is_visible(list) && is_normalized()
}

/// Checks what [`check_group`] does of a part of a list that is
/// [clean throughout](is_clean_throughout).
///
/// # Errors
///
/// Returns the faults of [`check_group`].
pub(crate) fn check_group_of_clean_list(group: &str, limit: usize) -> Result<(), Fault> {
    check_expanded(group)?;
    check_length(group, limit)?;
    check_that(!has_blank_at_an_edge(group), Fault::InvisibleCharacter)
}

/// Checks that `group` is the whole name of a group, as a key or a hook gives it: no list is
/// around it to which spaces or tabs at an edge could belong.
///
/// # Errors
///
/// Returns the faults of [`check_group`], and [`Fault::InvisibleCharacter`] for a name that is
/// blank, or has any blank at an edge.
pub(crate) fn check_whole_group(group: &str, limit: usize) -> Result<(), Fault> {
    check_group(group, limit)?;
    check_that(!group.is_empty() && trim(group) == group, Fault::InvisibleCharacter)
}

/// Checks that `subject` can be the stable identifier of a person: what names everybody names
/// nobody, and no blank belongs to it. It holds no comma, for the reason that a user name holds
/// none.
///
/// # Errors
///
/// Returns the faults of [`check_username`] and of [`check_comma`], and
/// [`Fault::InvisibleCharacter`] for a blank at an edge.
pub(crate) fn check_subject(subject: &str, limit: usize) -> Result<(), Fault> {
    check_username(subject, limit)?;
    check_that(trim(subject) == subject, Fault::InvisibleCharacter)?;
    check_comma(subject)
}

/// Checks that `value` is not a variable that a proxy did not expand.
///
/// # Errors
///
/// Returns [`Fault::Placeholder`] if it is.
pub(crate) fn check_expanded(value: &str) -> Result<(), Fault> {
    steps::note(value.len());
    check_that(!placeholder::is_placeholder(value), Fault::Placeholder)
}

/// Checks that a user name holds no comma: a proxy that joins two headers puts one between
/// their values (RFC 9110, section 5.3).
///
/// # Errors
///
/// Returns [`Fault::Comma`] if it holds one.
pub(crate) fn check_comma(username: &str) -> Result<(), Fault> {
    check_that(!username.contains(','), Fault::Comma)
}

/// Checks that `value` has at most `limit` characters, of which it counts no more.
fn check_length(value: &str, limit: usize) -> Result<(), Fault> {
    steps::note(value.len().min(limit));
    // A character is a byte or more.
    check_that(value.len() <= limit || value.chars().nth(limit).is_none(), Fault::TooLong { limit })
}

/// Whether a blank other than spaces and tabs is at an edge of `value`, where trimming it
/// would make another name of the value.
fn has_blank_at_an_edge(value: &str) -> bool {
    let value = trim(value);
    value.starts_with(visible::is_blank) || value.ends_with(visible::is_blank)
}

fn check_that(holds: bool, fault: Fault) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault) }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&str, usize) -> Result<(), Fault>;

    const CHECKS: [Check; 4] = [check, check_username, check_name, check_group];

    #[test]
    fn an_ordinary_value_is_clean() {
        let ordinary = [
            "",
            "ada",
            "ada@example.com",
            "Ada Lovelace",
            "Zoë",
            "李小龍",
            "O'Brien-Smith",
            "--",
            "a-b",
            "$",
            "null",
            "(none)",
            "100%",
            "DOMAIN\\ada",
            "👋",
            " ada ",
            "a\u{a0}b",
        ];
        for value in ordinary {
            for check in CHECKS {
                assert_eq!(check(value, 99), Ok(()), "{value}");
            }
        }
    }

    #[test]
    fn the_limit_counts_characters_and_is_itself_allowed() {
        for check in CHECKS {
            assert_eq!(check("ëëë", 3), Ok(()));
            assert_eq!(check("ëëëë", 3), Err(Fault::TooLong { limit: 3 }));
        }
    }

    #[test]
    fn a_placeholder_is_refused_and_in_a_user_name_anywhere() {
        for check in CHECKS {
            assert_eq!(check("(null)", 99), Err(Fault::Placeholder));
        }
        for value in ["$5 off", "{a} b", "(null) b"] {
            let faults = CHECKS.map(|check| check(value, 99).err());
            assert_eq!(faults, [None, Some(Fault::Placeholder), None, None], "{value}");
        }
    }

    #[test]
    fn a_blank_that_is_no_space_is_refused_at_an_edge() {
        let blanks = [
            "\u{85}",
            "\u{a0}",
            "\u{1680}",
            "\u{2000}",
            "\u{2003}",
            "\u{2009}",
            "\u{200a}",
            "\u{202f}",
            "\u{205f}",
            "\u{3000}",
            "\u{2800}",
            "\u{1d159}",
            "\u{fffc}",
        ];
        for blank in blanks {
            let values = [
                format!("{blank}a"),
                format!("a{blank}"),
                format!(" {blank} a"),
                format!("a {blank} "),
                blank.into(),
            ];
            for value in values {
                for check in CHECKS {
                    let fault = check(&value, 99).expect_err("a fault");
                    assert!(matches!(fault, Fault::InvisibleCharacter | Fault::NotAUsername), "{value:?}");
                }
            }
        }
    }

    /// Every character that is drawn as nothing or as a blank, by the ranges that it is in.
    const NOTHING_TO_SEE: [(char, char); 26] = [
        ('\0', '\u{1f}'),
        ('\u{7f}', '\u{a0}'),
        ('\u{ad}', '\u{ad}'),
        ('\u{34f}', '\u{34f}'),
        ('\u{61c}', '\u{61c}'),
        ('\u{115f}', '\u{1160}'),
        ('\u{1680}', '\u{1680}'),
        ('\u{17b4}', '\u{17b5}'),
        ('\u{180b}', '\u{180f}'),
        ('\u{2000}', '\u{200f}'),
        ('\u{2028}', '\u{202f}'),
        ('\u{205f}', '\u{206f}'),
        ('\u{2800}', '\u{2800}'),
        ('\u{3000}', '\u{3000}'),
        ('\u{3164}', '\u{3164}'),
        ('\u{fe00}', '\u{fe0f}'),
        ('\u{feff}', '\u{feff}'),
        ('\u{ffa0}', '\u{ffa0}'),
        ('\u{fff0}', '\u{fffc}'),
        ('\u{13430}', '\u{13442}'),
        ('\u{16fe4}', '\u{16fe4}'),
        ('\u{1bc9d}', '\u{1bc9d}'),
        ('\u{1bca0}', '\u{1bca3}'),
        ('\u{1d159}', '\u{1d159}'),
        ('\u{1d173}', '\u{1d17a}'),
        ('\u{e0000}', '\u{e0fff}'),
    ];

    #[test]
    fn what_is_drawn_as_nothing_or_as_a_blank_is_no_edge_and_is_escaped() {
        for c in NOTHING_TO_SEE.into_iter().flat_map(|(first, last)| first..=last) {
            let values = [format!("{c}a"), format!("a{c}"), c.into()];
            for value in values.iter().filter(|_| c != '\t') {
                for check in CHECKS {
                    let fault = check(value, 99).expect_err("a fault");
                    assert!(matches!(fault, Fault::InvisibleCharacter | Fault::NotAUsername), "{value:?}");
                }
            }
            assert_eq!(Escaped::line(&format!("a{c}b")).to_string(), format!("a{}b", c.escape_unicode()));
        }
    }

    #[test]
    fn a_joiner_is_allowed_in_names_and_groups_only() {
        for value in ["علی\u{200c}رضا", "❤\u{fe0f}", "ශ\u{dca}\u{200d}රී"] {
            let unseen = Some(Fault::InvisibleCharacter);
            let faults = CHECKS.map(|check| check(value, 99).err());
            assert_eq!(faults, [unseen, unseen, None, None], "{value}");
        }
    }

    #[test]
    fn a_list_of_ordinary_names_is_clean_throughout() {
        for list in ["", "editors, staff", "Zoë,가"] {
            assert!(is_clean_throughout(list), "{list}");
        }
        for list in ["Zoe\u{308}", "a,b\u{200d}"] {
            assert!(!is_clean_throughout(list), "{list:?}");
        }
    }

    #[test]
    fn a_whole_group_is_not_blank_and_has_no_blank_at_an_edge() {
        for group in ["", " ", " editors", "editors\t"] {
            assert_eq!(check_whole_group(group, 9), Err(Fault::InvisibleCharacter), "{group:?}");
        }
        assert_eq!(check_whole_group("the staff", 9), Ok(()));
    }

    #[test]
    fn what_is_trimmed_is_walked_over_and_nothing_else() {
        assert_eq!(steps::count(|| assert_eq!(trim("  ada\t"), "ada")), 1 + 3);
    }

    proptest::proptest! {
        #[test]
        fn a_part_of_a_list_that_is_clean_throughout_is_checked_as_any_other(
            list in "[a,\u{301}\u{eb}\u{200d}\u{a0}\u{1161}\u{1100}\u{1f44b} {}\t-]{0,12}",
        ) {
            for group in list.split(',').filter(|_| is_clean_throughout(&list)) {
                proptest::prop_assert_eq!(check_group_of_clean_list(group, 5), check_group(group, 5));
            }
        }
    }

    #[test]
    fn a_group_that_is_not_in_nfc_is_refused() {
        for group in ["Zoe\u{308}", "\u{212b}", "\u{1100}\u{1161}", "\u{340}a", "e\u{302}\u{323}"] {
            assert_eq!(check_group(group, 9), Err(Fault::NotNormalized), "{group:?}");
            assert_eq!(check_name(group, 9), Ok(()), "{group:?}");
        }
        for group in ["Zoë", "가", "ａｄａ", "ﬁ", "q\u{308}"] {
            assert_eq!(check_group(group, 9), Ok(()), "{group:?}");
        }
    }
}
