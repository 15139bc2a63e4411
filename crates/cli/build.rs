//! Embeds the example product file, so that the demo runs from the binary alone: writes a table of its files, sorted by path.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Most files looked at; the example has a few hundred.
const MAX_FILES: usize = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let root =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../examples/infusion-pump").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    walk(&root, &mut files)?;
    let mut named = Vec::new();
    for file in &files {
        let name =
            file.strip_prefix(&root)?.to_str().ok_or("a file name that is not UTF-8")?.replace('\\', "/");
        named.push((name, file.to_str().ok_or("a path that is not UTF-8")?));
    }
    named.sort();
    let mut table = String::from("&[\n");
    for (name, path) in named {
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    table.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("example.rs"), table)?;
    Ok(())
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    // A new file changes its directory, not the root.
    println!("cargo::rerun-if-changed={}", directory.display());
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err("more files than an example should have".into());
        }
    }
    Ok(())
}
