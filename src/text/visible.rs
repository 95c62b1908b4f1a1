//! Characters that nobody can see, and those of them that change how others look.
//!
//! Within this folder it depends on nothing.

use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, EmojiModifierBase,
    ExtendedPictographic, GeneralCategory, JoiningType,
};
use icu_properties::{CodePointMapData, CodePointSetData};

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Asks for the coloured picture of the character before it (VS16).
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';
const TAGS: std::ops::RangeInclusive<char> = '\u{e0020}'..='\u{e007f}';

/// The flags of England, Scotland and Wales, the tag sequences of [UTS #51]: what the tags
/// after the black flag spell, before the tag that ends them.
///
/// [UTS #51]: https://www.unicode.org/reports/tr51/#def_emoji_tag_sequence
const TAGGED_FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// Characters that fonts draw as nothing, or as nothing by themselves, although Unicode has no
/// property that says so: the mirror of hieroglyphs and their two blanks, a filler of Khitan,
/// and a selector of Duployan.
const UNDRAWN: [char; 5] = ['\u{13440}', '\u{13441}', '\u{13442}', '\u{16fe4}', '\u{1bc9d}'];

/// Symbols that fonts draw as a blank, although Unicode has no property that says so: the
/// Braille cell without a dot, the null notehead, and what stands for an object that is not
/// there.
const BLANK_SYMBOLS: [char; 3] = ['\u{2800}', '\u{1d159}', '\u{fffc}'];

/// Whether every character of `value` can be seen.
pub(super) fn is_visible(value: &str) -> bool {
    if value.is_ascii() {
        !value.bytes().any(|byte| byte.is_ascii_control())
    } else {
        // The properties of a character cost more to look up than all of ASCII to rule out.
        !value.chars().any(|c| if c.is_ascii() { c.is_ascii_control() } else { is_invisible(c) })
    }
}

/// Whether every character of `value` can be seen, or changes how the characters beside it
/// look: the joiners where [RFC 5892, appendices A.1 and A.2] allow them, and what emoji
/// sequences ([UTS #51]) are made of. A sequence counts by its grammar, whether or not
/// Unicode recommends it, so that next year's emoji count, too.
///
/// [RFC 5892, appendices A.1 and A.2]: https://www.rfc-editor.org/rfc/rfc5892#appendix-A
/// [UTS #51]: https://www.unicode.org/reports/tr51/#Definitions
pub(super) fn is_visible_in_context(value: &str) -> bool {
    if is_visible(value) {
        return true;
    }
    let characters: Vec<char> = value.chars().collect();
    (0..characters.len()).all(|at| !is_invisible(characters[at]) || has_effect(&characters, at))
}

/// Whether `c` is a control, a format character (the bidirectional ones are among
/// them), a line or paragraph separator, has the Unicode property
/// `Default_Ignorable_Code_Point`, or is drawn as nothing without it.
pub(super) fn is_invisible(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};

    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || UNDRAWN.contains(&c)
}

/// Whether `c` is white space, or a symbol that is as blank.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || BLANK_SYMBOLS.contains(&c)
}

/// Whether the invisible character at `at` changes how those beside it look.
fn has_effect(characters: &[char], at: usize) -> bool {
    let (before, after) = (&characters[..at], &characters[at + 1..]);
    match characters[at] {
        ZERO_WIDTH_NON_JOINER => is_inside(after) && (follows_virama(before) || parts(before, after)),
        ZERO_WIDTH_JOINER => follows_virama(before) || joins_emoji(before, after),
        EMOJI_STYLE => is_keycap(before, after) || before.last().is_some_and(|c| is_picture(*c)),
        c if TAGS.contains(&c) => is_in_tagged_flag(before, &characters[at..]),
        _ => false,
    }
}

/// Whether a word goes on in `after`.
fn is_inside(after: &[char]) -> bool {
    after.first().is_some_and(|c| !is_blank(*c))
}

fn follows_virama(before: &[char]) -> bool {
    let class = CodePointMapData::<CanonicalCombiningClass>::new();
    before.last().is_some_and(|c| class.get(*c) == CanonicalCombiningClass::Virama)
}

/// Whether letters that would otherwise be joined are on both sides.
fn parts(before: &[char], after: &[char]) -> bool {
    let joining = CodePointMapData::<JoiningType>::new();
    let is_opaque = |joining_type: &JoiningType| *joining_type != JoiningType::Transparent;
    let left = before.iter().rev().map(|c| joining.get(*c)).find(is_opaque);
    let right = after.iter().map(|c| joining.get(*c)).find(is_opaque);
    matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// Whether an element of an emoji ZWJ sequence is on both sides.
fn joins_emoji(before: &[char], after: &[char]) -> bool {
    let left = match before {
        [.., base, modifier] if is_modifier(*modifier) => {
            CodePointSetData::new::<EmojiModifierBase>().contains(*base)
        }
        [.., base, EMOJI_STYLE] => is_picture(*base),
        [.., base] => is_picture(*base),
        [] => false,
    };
    left && after.first().is_some_and(|c| is_picture(*c))
}

fn is_modifier(c: char) -> bool {
    CodePointSetData::new::<EmojiModifier>().contains(c)
}

fn is_picture(c: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(c)
        && CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

fn is_keycap(before: &[char], after: &[char]) -> bool {
    matches!(before.last(), Some('0'..='9' | '#' | '*')) && after.first() == Some(&KEYCAP)
}

/// Whether all the tags around are those of a flag. `from` begins with one of them.
fn is_in_tagged_flag(before: &[char], from: &[char]) -> bool {
    let is_tag = |c: &&char| TAGS.contains(*c);
    let seen = before.iter().rev().take_while(is_tag).count();
    let (base, seen) = before.split_at(before.len() - seen);
    let tags = seen.iter().chain(from.iter().take_while(is_tag));
    let spelt: String = tags.filter_map(|tag| char::from_u32(u32::from(*tag) - 0xe0000)).collect();
    base.last() == Some(&BLACK_FLAG)
        && spelt.strip_suffix('\u{7f}').is_some_and(|flag| TAGGED_FLAGS.contains(&flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_nobody_sees_is_refused() {
        let unseen = [
            '\0',
            '\t',
            '\n',
            '\u{1f}',
            '\u{7f}',
            '\u{85}',
            '\u{9f}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0e}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{e0100}',
        ];
        for c in unseen {
            let value = format!("a{c}b");
            assert!(!is_visible(&value) && !is_visible_in_context(&value), "{c:?}");
        }
    }

    #[test]
    fn a_joiner_that_a_script_needs_is_seen() {
        let names = [
            ("Persian", "علی\u{200c}رضا"),
            ("Persian, before marks", "می\u{200c}\u{64e}خواهم"),
            ("Persian, after a mark", "مهی\u{64e}\u{200c}ن"),
            ("Sinhala", "ශ\u{dca}\u{200d}රී"),
            ("Hindi, a half letter", "क\u{94d}\u{200d}ष"),
            ("Hindi, an explicit virama", "क\u{94d}\u{200c}ष"),
            ("Malayalam, a chillu at the end", "അവന\u{d4d}\u{200d}"),
            ("Malayalam, within a word", "ന\u{d4d}\u{200d}മ"),
            ("Bengali", "উদ\u{9cd}\u{200c}যোগ"),
        ];
        for (script, name) in names {
            assert!(is_visible_in_context(name) && !is_visible(name), "{script}: {name:?}");
        }
    }

    #[test]
    fn an_emoji_sequence_is_seen() {
        let sequences = [
            "❤\u{fe0f}",
            "I ❤\u{fe0f} Rust",
            "☀\u{fe0f}☁\u{fe0f}",
            "™\u{fe0f}",
            "⭐\u{fe0f}",
            "👍\u{fe0f}",
            "👨\u{200d}👩\u{200d}👧\u{200d}👦",
            "👩🏽\u{200d}💻",
            "❤\u{fe0f}\u{200d}🔥",
            "🏳\u{fe0f}\u{200d}🌈",
            "🏴\u{200d}☠\u{fe0f}",
            "🕵🏽\u{200d}♂\u{fe0f}",
            "🧑🏻\u{200d}🤝\u{200d}🧑🏿",
            "1\u{fe0f}\u{20e3}",
            "#\u{fe0f}\u{20e3}*\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        ];
        for sequence in sequences {
            assert!(is_visible_in_context(sequence) && !is_visible(sequence), "{sequence:?}");
        }
        for sequence in ["🇸🇪", "👋🏽", "🙂", "1\u{20e3}"] {
            assert!(is_visible(sequence), "{sequence:?}");
        }
    }

    #[test]
    fn a_joiner_or_a_selector_without_effect_is_not_seen() {
        let unseen = [
            ("between Latin letters", "a\u{200d}b"),
            ("between Latin letters", "a\u{200c}b"),
            ("at the beginning", "\u{200c}علی"),
            ("at the end", "علی\u{200c}"),
            ("at the end, after a virama", "क\u{94d}\u{200c}"),
            ("before a space, after a virama", "क\u{94d}\u{200c} ष"),
            ("before a blank, after a virama", "क\u{94d}\u{200c}\u{2800}ष"),
            ("twice", "علی\u{200c}\u{200c}رضا"),
            ("twice", "ශ\u{dca}\u{200d}\u{200d}රී"),
            ("both", "ක\u{dca}\u{200d}\u{200c}ර"),
            ("after a letter that joins to the right only", "کار\u{200c}ها"),
            ("before a Latin letter", "علی\u{200c}a"),
            ("between Arabic letters", "عل\u{200d}ی"),
            ("after a consonant", "क\u{200d}ष"),
            ("at the beginning", "\u{200d}👩"),
            ("at the end", "👩\u{200d}"),
            ("twice", "👩\u{200d}\u{200d}👧"),
            ("beside a letter", "👩\u{200d}a"),
            ("beside a letter", "a\u{200d}👩"),
            ("between digits", "1\u{200d}2"),
            ("between tiles that are no emoji", "🀀\u{200d}🀀"),
            ("between flags", "🇸🇪\u{200d}🇸🇪"),
            ("a modifier of nothing", "❤🏽\u{200d}🔥"),
            ("a style of a letter", "a\u{fe0f}"),
            ("a keycap of a letter", "a\u{fe0f}\u{20e3}"),
            ("a style of a digit alone", "1\u{fe0f}"),
            ("a style of a picture that has it", "👨\u{fe0f}\u{fe0f}"),
            ("a style twice", "❤\u{fe0f}\u{fe0f}"),
            ("a style of nothing", "\u{fe0f}"),
            ("a style of a flag", "🇸🇪\u{fe0f}"),
            ("a text style", "❤\u{fe0e}"),
            ("tags of nothing", "a\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"),
            ("tags of another flag", "🏴\u{e0075}\u{e0073}\u{e0074}\u{e0078}\u{e007f}"),
            ("tags without an end", "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}"),
            ("tags after the end", "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}\u{e0061}"),
            ("the end alone", "🏴\u{e007f}"),
            (
                "a space of no width after a flag",
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}\u{200b}",
            ),
        ];
        for (place, value) in unseen {
            assert!(!is_visible_in_context(value), "{place}: {value:?}");
        }
    }
}
