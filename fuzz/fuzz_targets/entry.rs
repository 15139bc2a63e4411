//! libFuzzer's way into the target `entry`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::entry(data);
});
