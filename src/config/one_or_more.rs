use serde::Deserialize;

/// A string, or a list of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Either")]
pub(super) struct OneOrMore(pub(super) Vec<String>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a string or a list of strings")]
enum Either {
    One(String),
    More(Vec<String>),
}

impl From<Either> for OneOrMore {
    fn from(either: Either) -> Self {
        match either {
            Either::One(string) => Self(vec![string]),
            Either::More(strings) => Self(strings),
        }
    }
}
