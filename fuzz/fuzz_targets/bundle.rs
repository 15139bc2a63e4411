//! libFuzzer's way into the target `bundle`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::bundle(data);
});
