//! libFuzzer's way into the target `ssh`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::ssh(data);
});
