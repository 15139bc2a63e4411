//! A bill of materials of 300 MB through the real binary: taken in whole, in memory that follows what is kept of it.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::kit::House;
use crate::release::house;

const SIGNED: [&str; 4] = ["--key", "recovery", "--passphrase-file", "pass"];
/// Components, and bytes of each that nothing is kept of.
const COMPONENTS: usize = 20_000;
const BULK: usize = 15_000;

fn write(house: &House) -> u64 {
    let file = File::create(house.path("huge.cdx.json")).expect("made");
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let notice = "x".repeat(BULK);
    write!(out, r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":["#)
        .expect("written");
    for n in 0..COMPONENTS {
        let comma = if n > 0 { "," } else { "" };
        write!(out, r#"{comma}{{"type":"library","bom-ref":"c{n}","name":"component-{n}","version":"1.{n}","purl":"pkg:generic/component-{n}@1.{n}","evidence":{{"copyright":[{{"text":"{notice}"}}]}}}}"#).expect("written");
    }
    out.write_all(b"]}").expect("written");
    out.flush().expect("written");
    std::fs::metadata(house.path("huge.cdx.json")).expect("there").len()
}

/// Most bytes that a process held, so far.
fn held(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
}

#[test]
fn three_hundred_megabytes_are_read_and_kept_in_bounded_memory() {
    let house = house();
    let length = write(&house);
    assert!(length > 300_000_000, "{length}");
    let make = [
        "release",
        "make",
        "1.0",
        "--item",
        "firmware",
        "--product",
        "pump",
        "--line",
        "main",
        "--sbom",
        "huge.cdx.json",
    ];
    let all = [&make[..], &SIGNED].concat();
    let mut child = house.command(&all).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    let mut most = 0;
    let status = loop {
        most = held(child.id()).unwrap_or(0).max(most);
        match child.try_wait().expect("asked") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(status.code(), Some(0));
    assert!(most > 1 << 20, "it was looked at");
    assert!(most < length / 2, "{most} bytes held for {length}");
    // All of it is there: document and components.
    let shown: Value = house.json(&["release", "show", "firmware@1.0"]);
    let sbom = &shown["release"]["sboms"][0];
    assert_eq!(sbom["raw"]["length"], length, "{shown}");
    let kept = sbom["raw"]["digest"].as_str().or(sbom["raw"]["sha256"].as_str()).expect("a digest");
    let stored = walk(&house.path("vouchsafe-data/blobs"))
        .into_iter()
        .find(|p| p.to_string_lossy().replace('/', "").contains(kept));
    assert_eq!(std::fs::metadata(stored.expect("kept")).expect("there").len(), length);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("reads") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
