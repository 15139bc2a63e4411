//! libFuzzer's way into the target `tile_path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vouchsafe_fuzz::tile_path(data);
});
