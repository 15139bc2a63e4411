//! libFuzzer's way into the target `policy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::policy(data);
});
