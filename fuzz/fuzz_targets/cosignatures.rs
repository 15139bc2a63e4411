//! libFuzzer's way into the target `cosignatures`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::cosignatures(data);
});
