//! libFuzzer's way into the target `measured`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::measured(data);
});
