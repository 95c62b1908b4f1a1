use std::str::FromStr;

use jsonwebtoken::Algorithm;

/// What [RFC 9864] calls the algorithm that is `EdDSA` in [RFC 8037], with the
/// only curve of it that is accepted.
///
/// [RFC 8037]: https://www.rfc-editor.org/rfc/rfc8037
/// [RFC 9864]: https://www.rfc-editor.org/rfc/rfc9864
const ED25519: &str = "Ed25519";

/// The older name of the algorithm that is called `name`.
pub(super) fn known_as(name: &str) -> &str {
    if name == ED25519 { "EdDSA" } else { name }
}

/// The algorithm of that name.
pub(crate) fn named(name: &str) -> Option<Algorithm> {
    Algorithm::from_str(known_as(name)).ok()
}
