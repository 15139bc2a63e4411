//! Pieces that the public interface does not reach alone: archives, ids, fragments, stamps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets what it does not expect must stop")]
use super::archive::{Archive, write};
use super::xhtml::{markdown, plain};
use super::{Error, File, Limits, stamp};

fn file(bytes: &[u8]) -> File<'_> {
    File { name: "a.zip", bytes }
}

fn packed() -> Vec<u8> {
    write(&[("a/one.txt", b"one".to_vec()), ("two.txt", vec![b'x'; 10_000])]).unwrap()
}

fn refusal(bytes: &[u8], limits: &Limits) -> String {
    let outcome = Archive::open(file(bytes), limits).and_then(|archive| {
        archive.entries().iter().try_for_each(|entry| archive.read(entry).map(drop))
    });
    outcome.unwrap_err().to_string()
}

#[test]
fn archives_come_back() {
    let bytes = packed();
    let archive = Archive::open(file(&bytes), &Limits::default()).unwrap();
    let names: Vec<&str> = archive.entries().iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["a/one.txt", "two.txt"]);
    assert_eq!(archive.read(archive.find("two.txt").unwrap()).unwrap(), vec![b'x'; 10_000]);
    assert_eq!(write(&[]).map(|empty| Archive::open(file(&empty), &Limits::default()).unwrap().entries().len()), Some(0));
}

#[test]
fn every_cut_and_every_flip_is_refused_or_harmless() {
    let bytes = packed();
    for end in 0..bytes.len() {
        assert!(Archive::open(file(&bytes[..end]), &Limits::default()).is_err(), "cut at {end}");
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x41;
        if let Ok(archive) = Archive::open(file(&damaged), &Limits::default()) {
            for entry in archive.entries() {
                // What is still read is what was packed: the checksum stands between.
                if let Ok(content) = archive.read(entry) {
                    assert!(content == b"one" || content == vec![b'x'; 10_000], "flip at {at}");
                }
            }
        }
    }
}

#[test]
fn bombs_are_refused_before_they_unpack() {
    let limits = Limits { bytes: 3 << 20, ..Limits::default() };
    let bomb = write(&[("bomb", vec![0; 2 << 20])]).unwrap();
    assert!(refusal(&bomb, &limits).contains("more than 200 unpacked bytes for each packed byte"));
    let two = write(&[("a", vec![0; 1 << 20]), ("b", vec![0; 1 << 20]), ("c", vec![0; 1 << 20]), ("d", vec![1])]).unwrap();
    assert!(refusal(&two, &limits).contains("more than 3145728 unpacked bytes in one archive"));
    let large = write(&[("a", vec![0; 4 << 20])]).unwrap();
    assert!(refusal(&large, &limits).contains("in one entry"));
    let many = write(&[("a", vec![]), ("b", vec![])]).unwrap();
    assert!(refusal(&many, &Limits { files: 1, ..limits }).contains("more than 1 files in one archive"));
    // A size that lies: the directory says one byte, the data unpacks to more.
    let mut lying = write(&[("a", vec![7; 5000])]).unwrap();
    let directory = lying.windows(4).position(|w| w == [0x50, 0x4b, 1, 2]).unwrap();
    lying[directory + 24..directory + 28].copy_from_slice(&1u32.to_le_bytes());
    assert!(refusal(&lying, &limits).contains("more than it states"));
}

#[test]
fn names_and_overlaps_are_refused() {
    let limits = Limits::default();
    for name in ["/etc/passwd", "../up", "a/../../b", "a\\b"] {
        assert!(refusal(&write(&[(name, vec![1])]).unwrap(), &limits).contains("leads out"), "{name}");
    }
    assert!(refusal(&write(&[("a", vec![1]), ("a", vec![2])]).unwrap(), &limits).contains("given twice"));
    // Both entries point at the first one's data.
    let mut overlapping = write(&[("a", vec![1; 100]), ("b", vec![1; 100])]).unwrap();
    let at: Vec<usize> =
        (0..overlapping.len() - 4).filter(|&n| overlapping[n..n + 4] == [0x50, 0x4b, 1, 2]).collect();
    overlapping[at[1] + 42..at[1] + 46].copy_from_slice(&0u32.to_le_bytes());
    assert!(refusal(&overlapping, &limits).contains("overlap"));
    assert!(matches!(Archive::open(file(b"no archive"), &limits), Err(Error::Archive { .. })));
}

#[test]
fn fragments_become_text() {
    let markup = "<xhtml:div>A <xhtml:b>b</xhtml:b>\n  c<xhtml:br/>d*<xhtml:ul><xhtml:li>x</xhtml:li>\
                  <xhtml:li>y<xhtml:ol><xhtml:li>z</xhtml:li></xhtml:ol></xhtml:li></xhtml:ul>\
                  <xhtml:p>end &lt;&amp;</xhtml:p></xhtml:div>";
    assert_eq!(plain(markup), "A b c\nd*\n\n- x\n- y\n  1. z\n\nend <&");
    assert_eq!(markdown(markup), "A **b** c\nd\\*\n\n- x\n- y\n  1. z\n\nend \\<&");
    let table = "<xhtml:table><xhtml:tr><xhtml:td>a</xhtml:td><xhtml:td>b</xhtml:td></xhtml:tr></xhtml:table>";
    assert_eq!(plain(table), "a | b");
    assert_eq!(plain("broken <"), "broken <");
}

#[test]
fn stamps_are_those_of_doorstop() {
    // SHA-256 of nothing and of "abc", in URL-safe base64.
    assert_eq!(stamp::doorstop([]), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_eq!(stamp::doorstop(["a", "bc"]), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=");
    assert_eq!(stamp::hex_sha256(b"abc").len(), 64);
}
