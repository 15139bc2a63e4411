//! The product file of the example pump, as it was when this program was built, and the place it is written to.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// Path below `examples/infusion-pump`, with `/`, and content; sorted by path.
pub(super) const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/example.rs"));

/// Writes the files whose path `wanted` gives a name, below a directory.
pub(super) fn write<'a>(
    to: &Path,
    wanted: impl Fn(&'a str, &'a [u8]) -> Option<&'a str>,
) -> Result<u64, Failure> {
    let mut written = 0;
    for (name, bytes) in FILES {
        let Some(name) = wanted(name, bytes) else { continue };
        let path = to.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, bytes)).map_err(|e| Failure::file("writing", &path, &e))?;
        written += 1;
    }
    Ok(written)
}

/// One file.
pub(super) fn file(name: &str) -> Result<&'static [u8], Failure> {
    let found = FILES.binary_search_by(|(path, _)| (*path).cmp(name)).ok().and_then(|at| FILES.get(at));
    found
        .map(|(_, bytes)| *bytes)
        .ok_or_else(|| Failure::environment("reading the example", format!("it has no {name}")))
}

#[cfg(test)]
mod tests {
    use super::{FILES, file};

    #[test]
    fn the_example_is_whole_and_sorted() {
        assert!(FILES.len() > 100 && FILES.is_sorted_by(|a, b| a.0 < b.0));
        for name in [
            "vouchsafe.toml",
            "vouchsafe.lock",
            "sbom/firmware-2.1.1.cdx.json",
            "results/2.1.1/unit-gtest.xml",
        ] {
            assert!(file(name).is_ok_and(|bytes| !bytes.is_empty()), "{name}");
        }
        assert!(file("no-such-file").is_err());
    }
}
