//! libFuzzer's way into the target `junit`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::junit(data);
});
