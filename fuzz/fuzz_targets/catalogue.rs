//! libFuzzer's way into the target `catalogue`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::catalogue(data);
});
