//! Which public keys of an issuer are taken.

mod harness;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use harness::Database;
use harness::issuer::{Kind, SigningKey, jwks, public_key};
use harness::launch::{TABLE, abort, expect, rocket};
use harness::log::Recording;
use rocket::local::blocking::Client;
use rocket::serde::json::{Value, json};
use rocket::{Build, Rocket};
use rocket_remote_user::RemoteUser;

/// An application that believes tokens of the keys in a file of this text.
fn rocket_of(database: &Database, key: &str, text: &str) -> Rocket<Build> {
    std::fs::write(database.directory.path().join("keys"), text).expect("a file");
    let table = format!("jwt = {{ header = 'X-Assertion', issuer = 'i', audience = 'a', {key} = 'keys' }}");
    rocket(database, &format!("{TABLE}{table}")).attach(RemoteUser::fairing())
}

/// A set of one RSA key whose modulus has so many bits.
fn rsa(bits: usize) -> String {
    rsa_with(bits, &[1, 0, 1])
}

fn rsa_with(bits: usize, exponent: &[u8]) -> String {
    let modulus: Vec<_> = (0..bits).step_by(8).map(|_| 0xff).collect();
    let first = 0xff_u8 >> (modulus.len() * 8 - bits);
    let modulus = [&[0, first], &modulus[1..]].concat();
    jwks(&[json!({ "kty": "RSA", "n": BASE64.encode(modulus), "e": BASE64.encode(exponent) })])
}

/// The two forms in PEM of an RSA key with this exponent: an `RSA PUBLIC KEY` (RFC 8017,
/// appendix A.1.1), and a `PUBLIC KEY` (RFC 5280, section 4.1.2.7).
fn rsa_pems_with(exponent: &[u8]) -> [String; 2] {
    let modulus = [&[0][..], &[0xff; 256]].concat();
    let key = der(0x30, &[der(0x02, &modulus), der(0x02, exponent)].concat());
    let of_rsa = der(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
    let algorithm = der(0x30, &[of_rsa, der(0x05, &[])].concat());
    let with_algorithm = der(0x30, &[algorithm, der(0x03, &[&[0], &key[..]].concat())].concat());
    [("RSA PUBLIC KEY", key), ("PUBLIC KEY", with_algorithm)].map(|(label, key)| {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(key))
    })
}

/// A value in DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short value");
    let head = match length {
        0..=127 => vec![tag, length as u8],
        128..=255 => vec![tag, 0x81, length as u8],
        _ => [&[tag, 0x82][..], &length.to_be_bytes()].concat(),
    };
    [&head[..], content].concat()
}

#[test]
fn a_key_that_is_weak_or_of_another_kind_stops_the_launch() {
    let p256 = SigningKey::new(Kind::P256, "1").jwk();
    let set = |jwk: Value| jwks(&[jwk]);
    let pem = "holds a key that is none of RSA of 2048 to 8192 bits, P-256, P-384 and Ed25519";
    let none = "holds no key that can verify a signature";
    let cases = [
        ("public_key_file", public_key("-algorithm RSA -pkeyopt rsa_keygen_bits:1024"), pem),
        ("public_key_file", public_key("-algorithm RSA -pkeyopt rsa_keygen_bits:2047"), pem),
        ("public_key_file", public_key("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"), pem),
        ("public_key_file", public_key("-algorithm EC -pkeyopt ec_paramgen_curve:P-521"), pem),
        ("public_key_file", public_key("-algorithm X25519"), pem),
        ("jwks_file", rsa(1024), none),
        ("jwks_file", rsa(2047), none),
        ("jwks_file", rsa(8193), none),
        ("jwks_file", rsa_with(2048, &[]), none),
        ("jwks_file", rsa_with(2048, &[0]), none),
        ("jwks_file", rsa_with(2048, &[1]), none),
        ("jwks_file", rsa_with(2048, &[2]), none),
        ("jwks_file", rsa_with(2048, &[1, 0, 0]), none),
        ("jwks_file", rsa_with(2048, &[2, 0, 0, 0, 1]), none),
        ("jwks_file", set(json!({ "kty": "EC", "crv": "P-256", "x": p256["x"], "y": p256["x"] })), none),
        ("jwks_file", set(json!({ "kty": "EC", "crv": "P-384", "x": p256["x"], "y": p256["y"] })), none),
        ("jwks_file", format!("[[{p256}]]"), "is not a JWK set (RFC 7517)"),
        ("jwks_file", format!(r#"{{"keys":[],"keys":[{p256}]}}"#), "is not a JWK set (RFC 7517)"),
        ("jwks_file", set(json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" })), none),
    ];
    let exponents = [&[0][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 0, 0, 0, 1]];
    let pems = exponents.into_iter().flat_map(rsa_pems_with).map(|text| ("public_key_file", text, pem));
    for (key, text, fault) in cases.into_iter().chain(pems) {
        let recording = Recording::start();
        let database = Database::new();
        let lines = abort(&recording, &database, rocket_of(&database, key, &text));
        expect(&lines, "jwt", &format!("`$DIRECTORY/keys` {fault}"));
    }
}

#[test]
fn a_key_of_rsa_has_2048_to_8192_bits_and_an_exponent_that_can_be() {
    let long = rsa_with(2048, &[1, 0, 0, 0, 1]);
    for set in [rsa(2048), rsa(2049), rsa(8192), rsa_with(2048, &[3]), rsa_with(2048, &[0, 3]), long] {
        let _recording = Recording::start();
        let database = Database::new();
        assert!(Client::untracked(rocket_of(&database, "jwks_file", &set)).is_ok(), "{set}");
    }
    for exponent in [&[3][..], &[1, 0, 1], &[1, 0, 0, 0, 1]] {
        for pem in rsa_pems_with(exponent) {
            let _recording = Recording::start();
            let database = Database::new();
            assert!(Client::untracked(rocket_of(&database, "public_key_file", &pem)).is_ok(), "{pem}");
        }
    }
}
