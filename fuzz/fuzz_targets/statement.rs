//! libFuzzer's way into the target `statement`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::statement(data);
});
