//! libFuzzer's way into the target `advisory`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::advisory(data);
});
