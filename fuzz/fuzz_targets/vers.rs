//! libFuzzer's way into the target `vers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::vers(data);
});
