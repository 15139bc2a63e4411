//! libFuzzer's way into the target `timestamp`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::timestamp(data);
});
