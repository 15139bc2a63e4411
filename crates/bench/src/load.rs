//! A ledger on the embedded stores, and devices with attestations signed beforehand.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::Signer;
use evidence::body::Measured;
use evidence::facts::fleet::{DeviceEnrolled, KeyOrigin};
use evidence::facts::sources::SourceEnrolled;
use evidence::proof::attached::Attached;
use evidence::types::Bytes;
use evidence::{Evidence, Fact, SourceKind, Time};
use ledger::authorise::Roles;
use ledger::ports::{Clock, Log};
use ledger::{Ledger, Options, Parts, Snapshots};
use store_sqlite::{DirBlobs, FileGuard, SqliteLog, SqliteVault};
use testkit::{Author, ORIGIN};
use tlog::Hash;

/// The machine's clock, as the program uses it.
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Time::from_seconds(since.map_or(0, |d| d.as_secs())).unwrap_or_default()
    }
}

/// Where a log and its guard lie.
pub(crate) struct Place(PathBuf);

impl Place {
    /// Makes a log in a new directory.
    pub(crate) fn make(directory: &Path, name: &str) -> Self {
        let place = Self(directory.join(name));
        fs::create_dir_all(place.data()).unwrap();
        let log = SqliteLog::open(&place.data()).unwrap();
        let mut init = testkit::init();
        init.created = Wall.now();
        init.run(&log, &place.guard(), &testkit::keys()).unwrap();
        place
    }

    /// A log that is there.
    pub(crate) const fn at(root: PathBuf) -> Self {
        Self(root)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn guard(&self) -> FileGuard {
        FileGuard::new(&self.0.join("guard"), &self.data()).unwrap()
    }

    pub(crate) fn snapshots(&self) -> Snapshots {
        Snapshots::new(self.data().join("snapshots"))
    }

    pub(crate) fn open(&self) -> Ledger {
        let data = self.data();
        let log: Arc<dyn Log> = Arc::new(SqliteLog::open(&data).unwrap());
        let parts = Parts {
            log,
            blobs: Arc::new(DirBlobs::open(&data.join("blobs")).unwrap()),
            vault: Arc::new(SqliteVault::open(&data).unwrap()),
            guard: Arc::new(self.guard()),
            clock: Arc::new(Wall),
            authorise: Arc::new(Roles),
            keys: testkit::keys(),
            snapshots: Some(self.snapshots()),
        };
        let options = Options { idle_tick: Duration::from_secs(1), ..Options::default() };
        Ledger::open(parts, options).unwrap()
    }

    pub(crate) fn remove(self) {
        fs::remove_dir_all(self.0).unwrap();
    }
}

/// Enrols devices by a station, each with proof that it holds its key.
pub(crate) fn devices(ledger: &Ledger, n: u64) -> Vec<Author> {
    let mut station = Author::new(SourceKind::Station, 20);
    let enrol = SourceEnrolled {
        source: station.id,
        key: station.key.clone(),
        name: "Station".into(),
        roles: vec!["station".into()],
        possession: None,
    };
    accept(ledger, vec![Author::person(10).state(enrol)]);
    let devices: Vec<Author> = (0..n).map(Author::device).collect();
    let entries: Vec<Arc<[u8]>> = devices.iter().map(|d| station.state(enrolled(d))).collect();
    entries.chunks(100).for_each(|batch| accept(ledger, batch.to_vec()));
    devices
}

fn enrolled(device: &Author) -> DeviceEnrolled {
    let over = Attached::possession(ORIGIN, &device.id, None).cose_signed(&device.key);
    DeviceEnrolled {
        device: device.id,
        key: device.key.clone(),
        possession: Bytes(device.secret.sign(&over).to_bytes().to_vec()),
        udi: None,
        serial: None,
        model: "IP-400".into(),
        hardware_version: None,
        key_origin: KeyOrigin::Puf,
        helper: None,
        report: None,
        product: "pump".into(),
    }
}

/// Submits a batch, all of which must be accepted.
pub(crate) fn accept(ledger: &Ledger, batch: Vec<Arc<[u8]>>) {
    for outcome in ledger.submit(batch) {
        if let Err(e) = outcome {
            panic!("{e}");
        }
    }
}

/// What a pump attests.
pub(crate) fn attestation() -> Fact {
    let measured =
        |name: &str, n| Measured { name: name.into(), version: Some("2.1.0".into()), digest: Hash([n; 32]) };
    Fact::Attested(Evidence {
        uptime: Some(86_400),
        boot_count: Some(17),
        software_name: Some("pump".into()),
        software_version: Some("2.1.0".into()),
        measurements: vec![measured("boot", 1), measured("pump", 2), measured("drug-library", 3)],
        ..Evidence::default()
    })
}

/// `n` attestations, signed beforehand, of one device after the other in turn.
pub(crate) fn presigned(devices: &mut [Author], n: usize) -> Vec<Arc<[u8]>> {
    let count = devices.len();
    (0..n).map(|i| devices[i % count].state(attestation())).collect()
}
