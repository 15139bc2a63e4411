//! libFuzzer's way into the target `packet`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::packet(data);
});
