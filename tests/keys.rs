//! Which public keys of an issuer are taken.

mod harness;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
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
        ("jwks_file", set(json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" })), none),
    ];
    for (key, text, fault) in cases {
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
}
