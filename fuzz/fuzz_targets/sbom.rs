//! libFuzzer's way into the target `sbom`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::sbom(data);
});
