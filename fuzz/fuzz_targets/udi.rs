//! libFuzzer's way into the target `udi`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::udi(data);
});
