//! libFuzzer's way into the target `webauthn`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::webauthn(data);
});
