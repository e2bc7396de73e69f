//! Bytes from a stranger are one JSON document or a problem; what was read can be written and
//! read again as the same value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_model::json;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = json::parse(bytes) else { return };
    let written = value.to_string();
    assert_eq!(json::parse(written.as_bytes()), Ok(value), "{written}");
});
