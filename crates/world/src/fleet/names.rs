//! Finding devices by what they are called: a serial number, a UDI, the identifier of the importing system, whole or by how it
//! begins.
//!
//! The first sixteen letters and digits of a name and eight bytes that lead to the device, once or twice a device. What is found
//! is looked up and compared in full. Derived from the records, so no part of a state: it comes back with them. Not here: what
//! UDIs mean (`formats`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::identity::{self, serial_in};
use super::record::{Log, Record};
use super::runs::Runs;
use super::subject::Subject;
use super::view::FleetView;
use super::{Enrolled, Fleet};

/// Letters and digits of a name that are in the index.
const KEY: usize = 16;
/// Subjects that are looked at for one question.
const MAX_LOOKED: usize = 20_000;
/// Marks what leads to a declared device: no UEID begins so.
const DECLARED: u64 = 1 << 63;

type Key = [u8; KEY];

/// Names and whom they lead to.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    set: Runs<(Key, u64)>,
    /// Declared devices by the beginning of the hash of their identifier.
    assets: BTreeSet<(u64, Arc<str>)>,
}

/// Letters and digits alone, in one case: UDIs are scanned with and without what is printed around their parts.
fn plain(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase())
}

/// The key of a name, and how much of it is used; `None` where it has neither letters nor digits.
fn key(text: &str) -> Option<(Key, usize)> {
    let mut key = [0; KEY];
    let used = key.iter_mut().zip(plain(text)).map(|(to, from)| *to = from).count();
    (used > 0).then_some((key, used))
}

/// Whether a name begins so, or is this, letters and digits alone.
fn fits(name: &str, wanted: &str, whole: bool) -> bool {
    let (mut name, mut wanted) = (plain(name), plain(wanted));
    loop {
        match (wanted.next(), name.next()) {
            (None, rest) => return !whole || rest.is_none(),
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

/// What a UDI and a serial number beside it are found by: the serial number of either, and the UDI where it shows none.
fn called<'a>(udi: Option<&'a str>, serial: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let of_udi = udi.map(|udi| serial_in(udi).unwrap_or(udi));
    let same = |name: &&str| serial.is_some_and(|serial| fits(serial, name, true));
    serial.into_iter().chain(of_udi.filter(|name| !same(name)))
}

/// The names in a record, and all that somebody may ask for it by.
fn names_in<'a>(subject: &'a Subject, record: &'a Record) -> [Option<&'a str>; 3] {
    let asset = match subject {
        Subject::Asset(asset) => Some(asset.as_str()),
        Subject::Device(_) => None,
    };
    match record {
        Record::Enrolled(Enrolled { udi, serial, .. }) => [udi.as_deref(), serial.as_deref(), None],
        Record::Declared { udi, serial, .. } => [udi.as_deref(), serial.as_deref(), asset],
        _ => [None; 3],
    }
}

fn hash(asset: &str) -> u64 {
    let digest = tlog::leaf_hash(asset.as_bytes()).0;
    digest.iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte)) | DECLARED
}

impl Names {
    /// Takes what a record says.
    pub(super) fn take(&mut self, subject: &Subject, record: &Record) {
        let [udi, serial, asset] = names_in(subject, record);
        if udi.is_none() && serial.is_none() && asset.is_none() {
            return;
        }
        let leads = match subject {
            Subject::Device(device) => identity::prefix(device),
            Subject::Asset(asset) => {
                self.assets.insert((hash(asset), asset.as_str().into()));
                hash(asset)
            }
        };
        for name in called(udi, serial).chain(asset) {
            if let Some((key, _)) = key(name) {
                self.set.insert((key, leads));
            }
        }
    }

    /// Notes again what the records of a restored subject say.
    pub(super) fn restore(&mut self, subject: &Subject, log: &Log) {
        log.records().for_each(|(_, record)| self.take(subject, &record));
    }

    /// What names that begin like this lead to, each perhaps several times.
    fn of(&self, key: Key, used: usize) -> impl Iterator<Item = u64> {
        let mut last = key;
        last.iter_mut().skip(used).for_each(|byte| *byte = u8::MAX);
        self.set.range((key, 0)..=(last, u64::MAX)).map(|(_, leads)| leads)
    }
}

impl Fleet {
    /// The subjects that something in the index leads to: those that were meant, seldom others.
    fn led_to(&self, leads: u64) -> impl Iterator<Item = (&Subject, &Log)> {
        let asset = (leads & DECLARED != 0).then(|| self.names.assets.range((leads, "".into())..));
        let assets = asset.into_iter().flatten().take_while(move |(hash, _)| *hash == leads);
        let assets = assets.filter_map(|(_, asset)| {
            let subject = Subject::Asset(asset.as_ref().to_owned());
            self.devices
                .range_from(subject)
                .next()
                .filter(|(s, _)| matches!(s, Subject::Asset(a) if **a == **asset))
        });
        let first = if leads & DECLARED == 0 { identity::first_of(leads) } else { None };
        let from = first.into_iter().flat_map(|first| self.devices.range_from(Subject::Device(first)));
        let devices = from.take_while(
            move |(s, _)| matches!(s, Subject::Device(device) if identity::prefix(device) == leads),
        );
        assets.chain(devices).map(|(subject, log)| (subject, log.as_ref()))
    }
}

impl FleetView<'_> {
    /// Up to `limit` subjects that were called so by any known entry, in the order of their names: by serial number, by UDI or by
    /// the identifier of the importing system, letters and digits alone. `whole`, or by how it begins. A UDI that shows a serial
    /// number is found by itself and by that.
    ///
    /// `None` where only looking at every device helps: the text has no letter or digit, or too many names begin as it does.
    /// Logarithmic in the fleet, linear in what begins with the same sixteen letters and digits, at most some
    /// milliseconds.
    #[must_use]
    pub fn called(&self, text: &str, whole: bool, limit: usize) -> Option<Vec<Subject>> {
        let known = self.known.size();
        let (mut out, mut seen, mut looked) = (Vec::new(), BTreeSet::new(), 0);
        key(text)?;
        let ways = [Some(text), serial_in(text)];
        for (key, used) in ways.into_iter().flatten().filter_map(key) {
            for (subject, log) in self.fleet.names.of(key, used).flat_map(|leads| self.fleet.led_to(leads)) {
                if out.len() >= limit {
                    return Some(out);
                }
                looked += 1;
                if looked > MAX_LOOKED {
                    return None;
                }
                let records = log.records().take_while(|(index, _)| *index < known);
                let meant = records.map(|(_, record)| record).any(|record| {
                    let [udi, serial, asset] = names_in(subject, &record);
                    let mut names = called(udi, serial).chain(udi).chain(asset);
                    names.any(|name| fits(name, text, whole))
                });
                if meant && seen.insert(subject) {
                    out.push(subject.clone());
                }
            }
        }
        Some(out)
    }

    /// As [`Self::called`] with `whole` and every subject that the answer about one of them may be about: an enrolled device bears
    /// the names of the declared one that it is. In order.
    pub(super) fn called_exactly(&self, text: &str) -> Option<BTreeSet<Subject>> {
        let found = self.called(text, true, usize::MAX)?;
        let sides = found.iter().filter_map(|subject| self.fleet.attachment(subject)).collect::<Vec<_>>();
        Some(found.into_iter().chain(sides).collect())
    }
}
