//! Which enrolled device holds a key or a UDI instance, so that no second one is taken for it.
//!
//! Eight bytes of a hash and the first eight of the UEID, twice a device; a hit is looked up and compared in full where
//! what is compared is kept. Not here: the parts of a UDI (`formats`); a station states the serial beside the UDI as
//! scanned.

use evidence::{KeyId, SourceId};

use super::record::{Enrolled, Log, Record};
use super::runs::Runs;

/// Marks of keys and UDI instances, each with the beginning of the UEID it belongs to.
#[derive(Debug, Clone, Default)]
pub(super) struct Identities {
    set: Runs<(u64, u64)>,
}

impl Identities {
    pub(super) fn insert(&mut self, mark: u64, device: &SourceId) {
        self.set.insert((mark, prefix(device)));
    }

    /// Beginnings of the UEIDs under a mark.
    pub(super) fn of(&self, mark: u64) -> impl Iterator<Item = u64> {
        self.set.range((mark, 0)..=(mark, u64::MAX)).map(|(_, prefix)| prefix)
    }

    /// Notes again what the records of a restored device say.
    pub(super) fn restore(&mut self, device: &SourceId, log: &Log) {
        marks(log).for_each(|mark| self.insert(mark, device));
    }
}

/// The marks in a device's records.
pub(super) fn marks(log: &Log) -> impl Iterator<Item = u64> {
    log.records()
        .flat_map(|(_, record)| match record {
            Record::Enrolled(e) => [Some(e.key), instance(e.udi.as_deref(), e.serial.as_deref())],
            Record::Reenrolled(key) => [Some(key), None],
            _ => [None, None],
        })
        .flatten()
}

/// The beginning of a UEID, as if followed by zeros.
pub(super) fn prefix(device: &SourceId) -> u64 {
    let padded = device.as_bytes().iter().copied().chain(std::iter::repeat(0));
    padded.take(8).fold(0, |prefix, byte| prefix << 8 | u64::from(byte))
}

/// The first UEID in order that begins so: shorter ones come first.
pub(super) fn first_of(prefix: u64) -> Option<SourceId> {
    let mut padded = prefix.to_be_bytes().to_vec();
    padded.resize(17, 0);
    [7, 9, 15, 17].iter().find_map(|len| {
        let id = SourceId::from_bytes(padded.get(..*len)?).ok()?;
        (self::prefix(&id) == prefix).then_some(id)
    })
}

/// Mark of a key: the first bytes of its id, a SHA-256.
pub(super) fn key(id: &KeyId) -> u64 {
    first_bytes(&id.0)
}

/// Whether a carrier shows a serial number: GS1 `(21)`, in a link `/21/`, between separators or after the identifiers of
/// known length; HIBCC `$+`, `$$+` or `/S`; ICCBBA `=,`. What `formats` makes of a carrier agrees (it has the test).
#[must_use]
pub fn shows_serial(udi: &str) -> bool {
    let udi = udi.trim();
    let hibc = udi.strip_prefix('*').unwrap_or(udi);
    if udi.starts_with('(') {
        udi.contains("(21)")
    } else if hibc.starts_with('+') {
        hibc.contains("/S")
            || ["+$+", "+$$+"].iter().any(|m| hibc.starts_with(m))
            || hibc.contains("/$+")
            || hibc.contains("/$$+")
    } else if udi.starts_with(['=', '&', '\\']) {
        udi.contains("=,")
    } else if udi.contains("://") {
        udi.contains("/21/") || udi.contains("/ser/")
    } else {
        in_message(udi).is_some()
    }
}

/// The serial number that a carrier shows, where that is plain to see: what a device may be looked for by. `formats` reads more
/// of them, and strictly.
pub(super) fn serial_in(udi: &str) -> Option<&str> {
    let udi = udi.trim();
    let until = |rest: &'_ str, ends: &[char]| rest.find(ends).unwrap_or(rest.len());
    let after = |mark: &str, ends: &[char]| {
        let (_, rest) = udi.split_once(mark)?;
        rest.get(..until(rest, ends)).filter(|serial| !serial.is_empty())
    };
    if udi.starts_with('(') {
        after("(21)", &['('])
    } else if udi.starts_with(['+', '*']) {
        after("/S", &['/', '*'])
    } else if udi.starts_with(['=', '&', '\\']) {
        udi.split_once("=,").and_then(|(_, rest)| rest.get(..6))
    } else if udi.contains("://") {
        after("/21/", &['/', '?', '#'])
    } else {
        in_message(udi).map(|rest| rest.get(..until(rest, &['\u{1d}', '^'])).unwrap_or(rest))
    }
}

/// From the serial number on, of a message of elements without brackets, which begins with a GTIN, where it has one.
fn in_message(udi: &str) -> Option<&str> {
    let data = ["]C1", "]d2", "]e0", "]Q3", "]J1"].iter().find_map(|p| udi.strip_prefix(p)).unwrap_or(udi);
    let separators: &[char] = if data.contains('\u{1d}') { &['\u{1d}'] } else { &['^'] };
    let mut rest = data;
    loop {
        rest = rest.strip_prefix(separators).unwrap_or(rest);
        let fixed = match rest.get(..2) {
            Some("21") => return rest.get(2..).filter(|serial| !serial.is_empty()),
            Some("01" | "02") => 16,
            Some("11" | "12" | "13" | "15" | "16" | "17") => 8,
            Some("20") => 4,
            _ => 0,
        };
        // Anything else ends at the next separator.
        let end = if fixed > 0 { Some(fixed) } else { rest.find(separators) };
        match end.and_then(|end| rest.get(end..)) {
            Some(next) if !next.is_empty() => rest = next,
            _ => return None,
        }
    }
}

/// Mark of a UDI instance; `None` where the UDI names a kind of device only: no serial beside it and none that shows.
pub(super) fn instance(udi: Option<&str>, serial: Option<&str>) -> Option<u64> {
    let udi = udi?;
    let shown = shows_serial(udi);
    let serial = serial.unwrap_or_default();
    if serial.is_empty() && !shown {
        return None;
    }
    let mut said = udi.as_bytes().to_vec();
    // What the carrier shows already names the instance; the serial beside it adds nothing then.
    if !shown {
        said.push(0);
        said.extend_from_slice(serial.as_bytes());
    }
    Some(first_bytes(&tlog::leaf_hash(&said).0))
}

/// Whether an enrolment names this UDI instance.
pub(super) fn same(e: &Enrolled, udi: Option<&str>, serial: Option<&str>) -> bool {
    e.udi.as_deref() == udi && instance(e.udi.as_deref(), e.serial.as_deref()) == instance(udi, serial)
}

fn first_bytes(hash: &[u8; 32]) -> u64 {
    hash.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}
