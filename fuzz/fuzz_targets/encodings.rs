//! A value that is decoded, encoded again and decoded again is the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rocket_remote_user::fuzzing::encodings;

fuzz_target!(|data: &[u8]| {
    encodings(data);
});
