//! Claims that are accepted are accepted as the same when they are rendered again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rocket_remote_user::fuzzing::claims;

fuzz_target!(|data: &[u8]| {
    claims(data);
});
