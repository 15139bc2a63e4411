//! libFuzzer's way into the target `receipt`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::receipt(data);
});
