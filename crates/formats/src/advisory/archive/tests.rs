//! Archives made here and by standard tools: all files come out, broken ones by themselves, bounds hold, nothing panics.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use miniz_oxide::deflate::compress_to_vec;
use proptest::prelude::*;

use super::{ArchiveError, ArchiveLimits, Gzip, Kind, each, kind};
use crate::crc32::crc32;

type Files = Vec<(String, Result<Vec<u8>, String>)>;

fn read(bytes: &[u8], limits: &ArchiveLimits) -> (Files, Result<(), ArchiveError>) {
    let mut files = Vec::new();
    let done = each(&mut Cursor::new(bytes), limits, &mut |name, bytes| {
        files.push((name.to_owned(), bytes.map_err(|e| e.to_string())));
        ControlFlow::Continue(())
    });
    (files, done)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0x08, 0, 0, 0, 0, 0, 3];
    out.extend(b"name\0");
    out.extend(compress_to_vec(bytes, 6));
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len()).expect("small").to_le_bytes());
    out
}

fn header(name: &str, size: usize, kind: u8) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn tar(files: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, kind, bytes) in files {
        out.extend(header(name, bytes.len(), *kind));
        out.extend(*bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// A ZIP of deflated files; `zip64` puts lengths and places into the extra field.
fn zip(files: &[(&str, &[u8])], zip64: bool) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let packed = compress_to_vec(bytes, 6);
        let at = out.len();
        let short = |n: usize| u16::try_from(n).expect("small").to_le_bytes();
        let long = |n: usize| if zip64 { [0xff; 4] } else { u32::try_from(n).expect("small").to_le_bytes() };
        let mut common = vec![20, 0, 0, 8, 8, 0, 0, 0, 0x21, 0];
        common.extend(crc32(bytes).to_le_bytes());
        common.extend([long(packed.len()), long(bytes.len())].concat());
        common.extend(short(name.len()));
        let mut extra = Vec::new();
        if zip64 {
            extra.extend([1, 0, 24, 0]);
            for n in [bytes.len(), packed.len(), at] {
                extra.extend((n as u64).to_le_bytes());
            }
        }
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend([0, 0]);
        out.extend(name.as_bytes());
        out.extend(packed);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend(short(extra.len()));
        directory.extend([0; 10]);
        directory.extend(long(at));
        directory.extend(name.as_bytes());
        directory.extend(extra);
    }
    let (place, length, count) = (out.len() as u64, directory.len() as u64, files.len() as u64);
    out.extend(directory);
    if zip64 {
        let record = out.len() as u64;
        out.extend(b"PK\x06\x06");
        out.extend([44, 0, 0, 0, 0, 0, 0, 0, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for n in [count, count, length, place] {
            out.extend(n.to_le_bytes());
        }
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(record.to_le_bytes());
        out.extend([1, 0, 0, 0]);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend([0xff; 12]);
        out.extend([0, 0]);
        return out;
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(count).expect("small").to_le_bytes();
    out.extend([count, count].concat());
    let small = |n: u64| u32::try_from(n).expect("small").to_le_bytes();
    out.extend([small(length), small(place)].concat());
    out.extend([0, 0]);
    out
}

const LONG: [u8; 3_000] = [b'x'; 3_000];

#[test]
fn every_kind_gives_its_files() {
    let limits = ArchiveLimits::default();
    let plain: [(&str, &[u8]); 3] = [("a.json", b"{}"), ("b/c.json", &LONG), ("empty", b"")];
    let mut members: Vec<(&str, u8, &[u8])> = vec![("folder/", b'5', b"")];
    members.extend(plain.iter().map(|(name, bytes)| (*name, b'0', *bytes)));
    let all = |files: Files| {
        files.into_iter().map(|(name, bytes)| (name, bytes.expect("bytes"))).collect::<Vec<_>>()
    };
    let expected: Vec<(String, Vec<u8>)> =
        plain.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    let cases = [
        (Kind::Tar, tar(&members)),
        (Kind::TarGzip, gzip(&tar(&members))),
        (Kind::Zip, zip(&plain, false)),
        (Kind::Zip, zip(&plain, true)),
    ];
    for (expect, bytes) in cases {
        assert_eq!(kind(&mut Cursor::new(&bytes)).expect("readable"), expect);
        let (files, done) = read(&bytes, &limits);
        done.expect("read to its end");
        assert_eq!(all(files), expected, "{expect:?}");
    }
    let (files, done) = read(&gzip(b"{}"), &limits);
    done.expect("read to its end");
    assert_eq!(all(files), [(String::new(), b"{}".to_vec())]);
    assert_eq!(kind(&mut Cursor::new(b"{}")).expect("readable"), Kind::None);
}

#[test]
fn long_names_come_from_the_records_before_the_file() {
    let long = "d/".repeat(100) + "name.json";
    let record = |key: &str, value: &str| {
        let body = format!(" {key}={value}\n");
        let length = (body.len()..).find(|n| n.to_string().len() + body.len() == *n).expect("a length");
        format!("{length}{body}")
    };
    let pax = record("mtime", "1.5") + &record("path", &long);
    let gnu = format!("{long}\0");
    for (kind, bytes) in [(b'x', pax.as_bytes()), (b'L', gnu.as_bytes())] {
        let archive = tar(&[("head", kind, bytes), ("short", b'0', b"1"), ("next", b'0', b"2")]);
        let (files, done) = read(&archive, &ArchiveLimits::default());
        done.expect("read to its end");
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [long.as_str(), "next"]);
    }
}

#[test]
fn gzip_members_follow_each_other_and_damage_is_told() {
    let two = [gzip(b"one "), gzip(b"two")].concat();
    let unpack = |bytes: &[u8]| {
        let mut out = Vec::new();
        Gzip::new(bytes).read_to_end(&mut out).map(|_| out)
    };
    assert_eq!(unpack(&two).expect("reads"), b"one two");
    let mut padded = two.clone();
    padded.extend([0; 40]);
    assert_eq!(unpack(&padded).expect("reads"), b"one two");
    let whole = gzip(&LONG);
    for cut in [1, 9, 12, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        unpack(&whole[..cut]).expect_err("it is cut short");
    }
    let mut wrong = whole.clone();
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    assert!(unpack(&wrong).expect_err("a wrong checksum").to_string().contains("checksum"));
}

#[test]
fn one_broken_file_does_not_hide_the_rest() {
    let mut bytes = zip(&[("a", b"first file"), ("b", b"second file"), ("c", b"third file")], false);
    let second = bytes.windows(4).enumerate().filter(|(_, w)| w == b"PK\x03\x04").nth(1).expect("there").0;
    bytes[second + 33] ^= 0xff;
    let (files, done) = read(&bytes, &ArchiveLimits::default());
    done.expect("read to its end");
    let good: Vec<bool> = files.iter().map(|(_, bytes)| bytes.is_ok()).collect();
    assert_eq!(good, [true, false, true]);
    // What is too large is named, and the rest goes on.
    let limits = ArchiveLimits { file_bytes: 100, ..ArchiveLimits::default() };
    for archive in
        [zip(&[("a", &LONG), ("b", b"small")], false), tar(&[("a", b'0', &LONG), ("b", b'0', b"small")])]
    {
        let (files, done) = read(&archive, &limits);
        done.expect("read to its end");
        assert!(files[0].1.as_ref().is_err_and(|e| e.contains("more than 100 bytes")), "{files:?}");
        assert_eq!(files[1].1.as_deref(), Ok(&b"small"[..]));
    }
}

#[test]
fn bounds_hold() {
    let files: Vec<(String, u8, &[u8])> = (0..20).map(|n| (n.to_string(), b'0', &LONG[..100])).collect();
    let files: Vec<(&str, u8, &[u8])> = files.iter().map(|(n, k, b)| (n.as_str(), *k, *b)).collect();
    let archive = tar(&files);
    let few = ArchiveLimits { files: 10, ..ArchiveLimits::default() };
    assert!(matches!(read(&archive, &few).1, Err(ArchiveError::TooLarge { what: "files", .. })));
    let small = ArchiveLimits { bytes: 1_000, ..ArchiveLimits::default() };
    assert!(matches!(read(&archive, &small).1, Err(ArchiveError::TooLarge { what: "unpacked bytes", .. })));
    let (_, cut) = read(&archive[..700], &ArchiveLimits::default());
    assert!(matches!(cut, Err(ArchiveError::Damaged { .. })), "{cut:?}");
}

proptest! {
    #[test]
    fn nothing_panics(at in 0usize..2_000, byte in any::<u8>(), cut in 0usize..2_000, which in 0usize..4) {
        let plain: [(&str, &[u8]); 2] = [("a.json", b"{}"), ("b/c.json", &LONG)];
        let members: [(&str, u8, &[u8]); 2] = [("a.json", b'0', b"{}"), ("x", b'x', b"12 path=abc\n")];
        let mut bytes = match which {
            0 => tar(&members),
            1 => gzip(&tar(&members)),
            2 => zip(&plain, false),
            _ => zip(&plain, true),
        };
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(&bytes, &ArchiveLimits::default());
        bytes.truncate(cut);
        let _ = read(&bytes, &ArchiveLimits::default());
    }
}
