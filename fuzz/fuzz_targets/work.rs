//! A network that is parsed, written and parsed again is the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rocket_remote_user::fuzzing::work;

fuzz_target!(|data: &[u8]| {
    work(data);
});
