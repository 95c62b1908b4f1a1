//! How little it takes to write a secret down, which is much if the secret is random.
//!
//! Within this folder it depends on nothing.

/// The fewest bits that it may take to write a secret down.
///
/// A description says which secret it is, so there are fewer than 2^80 secrets of one length
/// with a description of fewer bits. A secret that is one of 2^122 by chance, such as a UUID
/// of version 4 (RFC 9562), is among them with a probability of less than 2^-42. With 32
/// random hexadecimal digits it is less than 2^-48.
const LEAST_BITS: f64 = 80.0;

/// How many characters of a secret are looked at. The rest could only add to them.
const MAX_CHARACTERS: usize = 128;

/// What everybody knows by heart: the digits and the letters in their order, and as they are
/// on a keyboard.
const KNOWN_TEXT: &str = "0123456789abcdefghijklmnopqrstuvwxyz1234567890qwertyuiopasdfghjklzxcvbnm";

/// What people write where a secret should be.
const KNOWN_WORDS: &str = include_str!("words.txt");

/// The characters between words.
const SEPARATORS: [Option<char>; 5] = [None, Some('-'), Some('_'), Some('.'), Some(' ')];

/// In how many columns a secret is read, one after the other: `0011223344` is `01234` twice.
const COLUMNS: std::ops::RangeInclusive<usize> = 1..=4;
const COLUMNS_BITS: f64 = 2.0;

/// How many alphabets there are, in bits, with or without a list of the characters in use.
const ALPHABET_BITS: f64 = 4.0;

/// The most new characters that one piece of a description has, and their number in bits.
const MAX_NEW: usize = 32;
const MAX_NEW_BITS: f64 = 5.0;

/// The most characters that one piece copies, and their number in bits.
const MAX_COPIED: usize = 64;
const MAX_COPIED_BITS: f64 = 6.0;

/// What says of which kind a piece of a description is: `0` is a word, `10` a copy, and `11`
/// new characters.
const WORD_BITS: f64 = 1.0;
const COPY_BITS: f64 = 2.0;
const NEW_BITS: f64 = 2.0;

/// Whether `secret` has too little in it to be random: it repeats itself, has few different
/// characters, or is made of sequences and of words that are known.
pub(super) fn is_too_regular(secret: &str) -> bool {
    described_bits(secret) < LEAST_BITS
}

/// Returns how many bits the shortest description of `secret` has, without regard to the
/// case of letters.
///
/// A description is a list of pieces of the secret, or of its columns: new characters of one
/// alphabet; a copy of what is before, in either direction, where [`KNOWN_TEXT`] is before
/// everything; and words of [`KNOWN_WORDS`], with or without a separator after each.
fn described_bits(secret: &str) -> f64 {
    let secret: Vec<char> = secret.chars().take(MAX_CHARACTERS).map(|c| c.to_ascii_lowercase()).collect();
    let alphabets = alphabets(&secret);
    let words: Vec<Vec<char>> = KNOWN_WORDS.split_whitespace().map(|word| word.chars().collect()).collect();
    let mut shortest = f64::INFINITY;
    for columns in COLUMNS {
        let secret: Vec<char> =
            (0..columns).flat_map(|first| secret.iter().skip(first).step_by(columns)).copied().collect();
        let copies = longest_copies(&secret);
        for separator in SEPARATORS.iter().filter(|separator| separator.is_none_or(|c| secret.contains(&c))) {
            for (list_bits, character_bits) in alphabets {
                let pieces_bits = pieces_bits(&secret, &copies, &words, *separator, character_bits);
                shortest = shortest.min(list_bits + pieces_bits);
            }
        }
    }
    COLUMNS_BITS + (SEPARATORS.len() as f64).log2() + ALPHABET_BITS + shortest
}

/// Returns two alphabets for the new characters of `secret`: the smallest one of those that
/// everybody knows, and the characters in use. For each it is how many bits the list of its
/// characters has, and how many one character of it.
fn alphabets(secret: &[char]) -> [(f64, f64); 2] {
    let known = secret.iter().map(|c| size_of_alphabet(*c)).max().unwrap_or(1);
    let mut used = secret.to_vec();
    used.sort_unstable();
    used.dedup();
    let known_bits = f64::from(known).log2();
    let list_bits = (used.len() + 1) as f64 * known_bits;
    [(0.0, known_bits), (list_bits, (used.len() as f64).log2())]
}

/// Returns how many characters the smallest alphabet with this one has: the digits, the
/// hexadecimal digits, those and the letters, ASCII without capitals, or Unicode.
fn size_of_alphabet(c: char) -> u32 {
    match c {
        '0'..='9' => 10,
        'a'..='f' => 16,
        'g'..='z' => 36,
        ' '..='~' => 69,
        _ => 0x11_0000,
    }
}

/// Returns how many bits the fewest and shortest pieces have that make `secret`, if the
/// longest copy from each place on has one of these lengths, a word is one of `words`, and a
/// new character has `character_bits`.
fn pieces_bits(
    secret: &[char],
    copies: &[usize],
    words: &[Vec<char>],
    separator: Option<char>,
    character_bits: f64,
) -> f64 {
    let word_bits = WORD_BITS + (words.len() as f64).log2();

    let mut shortest = vec![f64::INFINITY; secret.len() + 1];
    shortest[0] = 0.0;
    for begin in 0..secret.len() {
        let (so_far, rest) = (shortest[begin], &secret[begin..]);
        let mut reach = |length: usize, bits: f64| {
            let end = &mut shortest[begin + length];
            *end = end.min(so_far + bits);
        };
        for length in 1..=rest.len().min(MAX_NEW) {
            reach(length, NEW_BITS + MAX_NEW_BITS + length as f64 * character_bits);
        }
        let copy_bits = COPY_BITS + MAX_COPIED_BITS + 1.0 + ((KNOWN_TEXT.len() + begin) as f64).log2();
        for length in 1..=copies[begin].min(MAX_COPIED) {
            reach(length, copy_bits);
        }
        for word in words.iter().filter(|word| rest.starts_with(word)) {
            match (rest.get(word.len()), separator) {
                (Some(next), Some(separator)) if *next == separator => reach(word.len() + 1, word_bits),
                (Some(_), Some(_)) => {}
                _ => reach(word.len(), word_bits),
            }
        }
    }
    shortest[secret.len()]
}

/// Returns for each place of `secret` how many characters from there on are also before it,
/// in one direction or the other.
fn longest_copies(secret: &[char]) -> Vec<usize> {
    let text: Vec<char> = KNOWN_TEXT.chars().chain(secret.iter().copied()).collect();
    let longest_copy = |begin: usize| {
        let rest = &text[begin..];
        let lengths = (0..begin).map(|source| {
            let forwards = common_length(&text[source..], rest);
            forwards.max(common_length(text[..=source].iter().rev(), rest))
        });
        lengths.max().unwrap_or(0)
    };
    (KNOWN_TEXT.len()..text.len()).map(longest_copy).collect()
}

/// Returns how many characters are the same from the beginning on.
fn common_length<'c>(one: impl IntoIterator<Item = &'c char>, other: &[char]) -> usize {
    one.into_iter().zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// As many random characters of `alphabet`.
    fn random(alphabet: &'static str, length: usize) -> impl Strategy<Value = String> {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let character = proptest::sample::select(alphabet);
        proptest::collection::vec(character, length).prop_map(|characters| characters.into_iter().collect())
    }

    /// A UUID of version 4.
    fn uuid() -> impl Strategy<Value = String> {
        any::<u128>().prop_map(|bits| {
            let bits = bits & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
            let hex = format!("{bits:032x}");
            [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_random_secret_of_each_common_alphabet_is_accepted(
            hex in random("0123456789abcdef", 32),
            upper_hex in random("0123456789ABCDEF", 32),
            base64 in random(BASE64, 32),
            long_base64 in random(BASE64, 43),
            alphanumeric in random(&BASE64[..62], 32),
            letters in random(&BASE64[26..52], 32),
            digits in random(&BASE64[52..62], 32),
            uuid in uuid(),
        ) {
            for secret in [hex, upper_hex, base64, long_base64, alphanumeric, letters, digits, uuid] {
                prop_assert!(!is_too_regular(&secret), "{secret}: {}", described_bits(&secret));
            }
        }
    }

    #[test]
    fn the_smallest_alphabet_of_each_character_is_known() {
        let cases = [("09", 10), ("af", 16), ("gz", 36), (" -~", 69), ("\t\u{7f}é", 0x11_0000)];
        for (characters, size) in cases {
            for c in characters.chars() {
                assert_eq!(size_of_alphabet(c), size, "{c:?}");
            }
        }
    }

    #[test]
    fn the_bits_of_a_description_are_those_of_its_shortest_pieces() {
        let bits = |choices: usize| (choices as f64).log2();
        let known_length = KNOWN_TEXT.len();
        let new = |characters: f64, character_bits: f64| 2.0 + 5.0 + characters * character_bits;
        let copy = |place: usize| 2.0 + 6.0 + 1.0 + bits(known_length + place);
        let word = 1.0 + bits(KNOWN_WORDS.split_whitespace().count());
        let (hyphen, e) = (bits(69), bits(0x11_0000));
        let cases = [
            ("", 0.0),
            ("7", new(1.0, bits(10))),
            ("k", new(1.0, bits(36))),
            ("é", new(1.0, e)),
            // A list of the two characters in use, each of which is then one bit.
            ("éüéé", 3.0 * e + new(4.0, 1.0)),
            ("efghijkl", copy(0)),
            ("lkjihgfe", copy(0)),
            ("ébcdefghi", new(1.0, e) + copy(1)),
            ("password", word),
            ("password-password", 2.0 * word),
            ("passwordpassword", word + word),
            // A word that another follows without the hyphen between them is none with a hyphen.
            ("password-changemepassword", 3.0 * word + new(1.0, hyphen)),
        ];
        for (secret, pieces_bits) in cases {
            let expected = 2.0 + bits(5) + 4.0 + pieces_bits;
            let described = described_bits(secret);
            assert!((described - expected).abs() < 1e-9, "{secret}: {described}, and not {expected}");
        }
    }

    /// A secret is refused by chance if it is one of fewer than 2^80, of which each is drawn
    /// with the greatest probability of all.
    #[test]
    fn a_random_secret_is_refused_less_often_than_anything_that_happens() {
        // Two of 64 characters are the same but for their case, and of 62 characters too.
        let cases = [
            ("hex", 32.0 * 16f64.log2(), 1e-14),
            ("base64", 32.0 * (64f64 / 2.0).log2(), 1e-23),
            ("long base64", 43.0 * (64f64 / 2.0).log2(), 1e-40),
            ("alphanumeric", 32.0 * (62f64 / 2.0).log2(), 1e-23),
            ("letters", 32.0 * 26f64.log2(), 1e-21),
            ("uuid", 122.0, 1e-12),
        ];
        for (name, random_bits, bound) in cases {
            assert!((LEAST_BITS - random_bits).exp2() < bound, "{name}");
        }
    }

    #[test]
    fn what_is_not_random_takes_little_to_write_down() {
        let regular = [
            "a".repeat(32),
            "a".repeat(500),
            "é".repeat(32),
            "ab".repeat(16),
            "aB".repeat(16),
            "abc".repeat(11),
            "0f3a".repeat(8),
            "x7Qz9k".repeat(6),
            "k3v9x2m8".repeat(4),
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb".into(),
            "abbabaabbaababbabaababbaabbabaab".into(),
            "01101001100101101001011001101001".into(),
            "0123456789abcdef0123456789abcdef".into(),
            "0123456789ABCDEF0123456789ABCDEF".into(),
            "fedcba9876543210fedcba9876543210".into(),
            "fedcba9876543210fedcba9876543210-and-longer".into(),
            "0123456789abcdeffedcba9876543210".into(),
            "00112233445566778899aabbccddeeff".into(),
            "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6".into(),
            "aaaabbbbccccddddeeeeffffgggghhhh".into(),
            "0123456789abcdefghijklmnopqrstuvwxyz".into(),
            "abcdefghijklmnopqrstuvwxyz012345".into(),
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".into(),
            "zyxwvutsrqponmlkjihgfedcba987654".into(),
            "12345678901234567890123456789012".into(),
            "qwertyuiopasdfghjklzxcvbnm123456".into(),
            "00000000-0000-0000-0000-000000000000".into(),
            "12345678-1234-1234-1234-123456789012".into(),
            "passwordpasswordpasswordpassword".into(),
            "changemechangemechangemechangeme".into(),
            "CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME".into(),
            "please-change-me-to-a-random-secret".into(),
            "replace-this-with-a-random-string".into(),
            "this-is-my-very-secret-proxy-secret".into(),
            "a-secret-of-32-characters-or-more".into(),
            "A Secret Of 32 Characters Or More".into(),
            "an-old-secret-of-the-proxy-0123456789".into(),
            "supersecretsupersecretsupersecret".into(),
            "correct-horse-battery-staple-correct-horse".into(),
            "secret".repeat(6) + "1",
            " ".repeat(32),
            String::new(),
        ];
        for secret in regular {
            assert!(is_too_regular(&secret), "{secret}: {}", described_bits(&secret));
        }
    }

    #[test]
    fn what_may_well_be_random_is_accepted_in_any_form() {
        let random = [
            "a8f5f167f44f4964e6c998dee827110c",
            "A8F5F167F44F4964E6C998DEE827110C",
            "a8:f5:f1:67:f4:4f:49:64:e6:c9:98:de:e8:27:11:0c",
            "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
            "9b2d6e0c-5f1a-4c7e-8d3b-2a1f0e9c7b64",
            "proxy-9b2d6e0c5f1a4c7e8d3b2a1f0e9c7b64",
            "zebra-clutch-ironing-plural-unwed-stooge-marxism-undergrad",
            "žšč9đ4ćwř7ěýáíé8ůúňťďóěščřžýáíéů",
        ];
        for secret in random {
            assert!(!is_too_regular(secret), "{secret}: {}", described_bits(secret));
        }
    }
}
