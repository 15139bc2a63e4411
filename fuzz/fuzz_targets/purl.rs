//! libFuzzer's way into the target `purl`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::purl(data);
});
