#![no_main]

use libfuzzer_sys::fuzz_target;
use rocket_remote_user::fuzzing::claims;

fuzz_target!(|data: &[u8]| {
    claims(data);
});
