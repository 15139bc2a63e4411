//! libFuzzer's way into the target `add_checkpoint`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::add_checkpoint(data);
});
