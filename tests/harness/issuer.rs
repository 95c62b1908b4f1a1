use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rocket::serde::json::{Value, json};
use tempfile::TempDir;

use super::authority::run;

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "the-app";

/// A key of an issuer of tokens, which `openssl` makes and signs with.
pub struct SigningKey {
    directory: TempDir,
    kind: Kind,
    /// Its name in a key set.
    pub id: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// A public key in PEM, which `openssl genpkey` makes with `options`.
pub fn public_key(options: &str) -> String {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let openssl = |command: String| {
        run(Command::new("openssl").args(command.split_whitespace()).current_dir(directory.path()));
    };
    openssl(format!("genpkey {options} -out key.pem"));
    openssl("pkey -in key.pem -pubout -out public.pem".into());
    fs::read_to_string(directory.path().join("public.pem")).expect("a key")
}

impl SigningKey {
    pub fn new(kind: Kind, id: &str) -> SigningKey {
        let options = match kind {
            Kind::Rsa => "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            Kind::P256 => "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
            Kind::P384 => "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
            Kind::Ed25519 => "-algorithm ED25519",
        };
        let directory = tempfile::tempdir().expect("a temporary directory");
        let key = SigningKey { directory, kind, id: id.into() };
        key.openssl(&format!("genpkey {options} -out key.pem"));
        key.openssl("pkey -in key.pem -pubout -out public.pem");
        key.openssl("pkey -in key.pem -pubout -outform DER -out public.der");
        key
    }

    /// The file with the public key in PEM.
    pub fn public_key_file(&self) -> PathBuf {
        self.directory.path().join("public.pem")
    }

    pub fn private_key_file(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let der = fs::read(self.directory.path().join("public.der")).expect("a key");
        let last = |n: usize| &der[der.len() - n..];
        let encode = |bytes: &[u8]| BASE64.encode(bytes);
        match self.kind {
            Kind::Rsa => {
                // The modulus of 256 bytes, and then the exponent, 65537.
                let n = &last(261)[..256];
                json!({ "kty": "RSA", "kid": self.id, "n": encode(n), "e": "AQAB" })
            }
            Kind::P256 | Kind::P384 => {
                let (curve, size) = if self.kind == Kind::P256 { ("P-256", 32) } else { ("P-384", 48) };
                let (x, y) = last(2 * size).split_at(size);
                json!({ "kty": "EC", "crv": curve, "kid": self.id, "x": encode(x), "y": encode(y) })
            }
            Kind::Ed25519 => json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.id, "x": encode(last(32)) }),
        }
    }

    /// A token with `claims`, signed with `algorithm`.
    pub fn token(&self, algorithm: &str, claims: &Value) -> String {
        self.sign(&json!({ "typ": "JWT", "alg": algorithm, "kid": self.id }), claims)
    }

    /// A token with this JOSE header, which names its algorithm.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        self.sign_message(header["alg"].as_str().expect("an algorithm"), message)
    }

    /// A token with a header and claims of this text, which need not be good JSON.
    pub fn sign_text(&self, algorithm: &str, header: &str, claims: &str) -> String {
        self.sign_message(algorithm, format!("{}.{}", BASE64.encode(header), BASE64.encode(claims)))
    }

    /// Signs a message of two parts that are encoded already.
    pub fn sign_message(&self, algorithm: &str, message: String) -> String {
        let signature = self.signature(algorithm, &message);
        format!("{message}.{}", BASE64.encode(signature))
    }

    pub fn signature(&self, algorithm: &str, message: &str) -> Vec<u8> {
        let bits = &algorithm[algorithm.len() - 3..];
        let command = match &algorithm[..2] {
            "RS" | "ES" => format!("dgst -sha{bits} -sign key.pem -out signature message"),
            "PS" => format!(
                "dgst -sha{bits} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -sign key.pem \
                 -out signature message"
            ),
            "Ed" => "pkeyutl -sign -inkey key.pem -rawin -in message -out signature".into(),
            other => panic!("`{other}` is no algorithm of the tests"),
        };
        fs::write(self.directory.path().join("message"), message).expect("a file");
        self.openssl(&command);
        let signature = fs::read(self.directory.path().join("signature")).expect("a signature");
        match self.kind {
            Kind::P256 => concatenated(&signature, 32),
            Kind::P384 => concatenated(&signature, 48),
            Kind::Rsa | Kind::Ed25519 => signature,
        }
    }

    fn openssl(&self, command: &str) {
        run(Command::new("openssl").args(command.split_whitespace()).current_dir(self.directory.path()));
    }
}

/// A JWK set of `keys`.
pub fn jwks(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// Claims that are good, about `ada`.
pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": now(), "nbf": now(), "exp": now() + 300,
        "name": "Ada Lovelace", "email": "ada@example.com", "groups": ["editors", "authors"],
    })
}

/// Those, but for one claim: null takes it away.
pub fn claims_but(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().expect("claims").remove(claim)),
        value => claims[claim] = value,
    }
    claims
}

/// The time in seconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs() as i64
}

pub fn encode(part: &Value) -> String {
    BASE64.encode(part.to_string())
}

/// A signature of ECDSA as JWS has it (RFC 7518, section 3.4), from DER.
fn concatenated(der: &[u8], size: usize) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut integers = Vec::new();
    for _ in 0..2 {
        let (integer, after) = rest[2..].split_at(rest[1].into());
        let integer = &integer[integer.len().saturating_sub(size)..];
        integers.extend(std::iter::repeat_n(0, size - integer.len()));
        integers.extend(integer);
        rest = after;
    }
    integers
}
