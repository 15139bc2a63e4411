//! libFuzzer's way into the target `note`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::note(data);
});
