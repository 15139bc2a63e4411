use std::io::Cursor;

use super::{Archive, Method, Writer, ZipError, good_name};

fn made() -> Vec<u8> {
    let mut w = Writer::new(Vec::new());
    w.member("mimetype", b"application/x", Method::Stored).expect("written");
    w.member("a/b.txt", &b"again and again ".repeat(500), Method::Deflated).expect("written");
    w.member("empty", b"", Method::Deflated).expect("written");
    w.finish().expect("finished").0
}

fn open(bytes: &[u8]) -> Result<Archive<Cursor<Vec<u8>>>, ZipError> {
    Archive::open(Cursor::new(bytes.to_vec()))
}

fn all(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ZipError> {
    let mut archive = open(bytes)?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    names.into_iter().map(|n| archive.read(&n).map(|b| (n, b))).collect()
}

#[test]
fn what_was_written_is_read() {
    let bytes = made();
    assert_eq!(bytes, made(), "the same bytes each time");
    let members = all(&bytes).expect("reads");
    assert_eq!(members.len(), 3);
    assert_eq!(members[1], ("a/b.txt".into(), b"again and again ".repeat(500)));
    assert!(bytes.len() < 700, "deflated: {}", bytes.len());
}

#[test]
fn every_cut_and_every_changed_bit_is_refused() {
    let bytes = made();
    for n in 0..bytes.len() {
        assert!(all(&bytes[..n]).is_err(), "cut at {n}");
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[n] ^= 1 << bit;
            assert!(all(&other).is_err(), "bit {bit} of byte {n}");
        }
    }
    assert!(all(&[bytes.as_slice(), b"x"].concat()).is_err(), "a byte after the end");
    assert!(all(&[b"x", bytes.as_slice()].concat()).is_err(), "a byte before the beginning");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in
        ["../x", "/x", "a//b", "a/./b", "a/../b", "", "A", "a b", "a\\b", "c:", ".hidden", "a/", "\u{e4}"]
    {
        assert!(!good_name(name), "{name}");
        let mut w = Writer::new(Vec::new());
        assert!(w.member(name, b"", Method::Stored).is_err());
    }
    // As another tool would write it: the name in place of one that is as long.
    let bytes = made();
    for hostile in ["../b.tx", "/b.txtx", "a/b.TXT", "a/..txt"] {
        let text: Vec<u8> = replace(&bytes, b"a/b.txt", hostile.as_bytes());
        let error = all(&text).expect_err(hostile).to_string();
        assert!(error.contains("a name that no member may have"), "{error}");
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let places: Vec<usize> =
        bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(i, _)| i).collect();
    assert!(!places.is_empty());
    for at in places {
        out[at..at + to.len()].copy_from_slice(to);
    }
    out
}

#[test]
fn twice_the_same_name_is_refused() {
    let mut w = Writer::new(Vec::new());
    w.member("one", b"1", Method::Stored).expect("written");
    w.member("two", b"2", Method::Stored).expect("written");
    assert!(w.member("one", b"1", Method::Stored).is_err());
    let bytes = w.finish().expect("finished").0;
    let error = all(&replace(&bytes, b"two", b"one")).expect_err("a double").to_string();
    assert!(error.contains("two members have one name"), "{error}");
}

#[test]
fn sizes_that_lie_are_refused_before_anything_is_inflated() {
    let bytes = made();
    let size = 16 * 500_u32;
    for (claimed, says) in [
        (u32::MAX, "larger than a member may be"),
        (300 << 20, "larger"),
        (size + 1, "damaged"),
        (size - 1, "damaged"),
    ] {
        let other = replace(&bytes, &size.to_le_bytes(), &claimed.to_le_bytes());
        let error = all(&other).expect_err("a lie").to_string();
        assert!(error.contains(says), "{claimed}: {error}");
    }
}
