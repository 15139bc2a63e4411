//! The worked example of `docs/spec/device-protocol.md`: made here, compared with the document.
//! `UPDATE_GOLDEN=1` writes it there.

use std::cell::RefCell;
use std::rc::Rc;

use device::enrol::{Enrolment, Particulars, ueid_of};
use device::sim::RamFlash;
use device::wire::{Answer, Freshness, Outcome, Statement};
use device::{Anchor, Device, Identity, Layer, Mode, Start, UniqueSecret, measured};
use ed25519_dalek::Signer;
use evidence::body::DebugStatus;
use evidence::facts::fleet::KeyOrigin;
use evidence::facts::log::Recovered;
use evidence::keys::Algorithm;
use evidence::proof::attached::Attached;
use evidence::types::Bytes;
use evidence::{Entry, Evidence, Field, Hash, PublicKey, SourceKind, Time};
use testkit::Author;
use tlog::{Checkpoint, Note, SigningKey, leaf_hash};

use crate::bench::PAGE;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec/device-protocol.md");
const BEGIN: &str = "<!-- worked example: begin -->\n";
const END: &str = "<!-- worked example: end -->";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

struct Lines(String);

impl Lines {
    fn put(&mut self, name: &str, bytes: &[u8]) {
        self.0 += &format!("{name} {}\n", hex(bytes));
    }
}

fn checkpoint(key: &SigningKey, size: u64, root: u8) -> String {
    Checkpoint::new(key.name(), size, Hash([root; 32])).sign(key).expect("a checkpoint").to_string()
}

fn example() -> String {
    let mut out = Lines(String::new());
    // What is given.
    let origin = "log.example/pumps";
    let udi = "(01)04012345004007(21)SN-1";
    let log = SigningKey::ed25519(origin, &[0x22; 32]).expect("a name");
    let next_log = SigningKey::ed25519(origin, &[0x23; 32]).expect("a name");
    let successor = SigningKey::ed25519("log.example/pumps-2", &[0x24; 32]).expect("a name");
    let recovery = ed25519_dalek::SigningKey::from_bytes(&[0x25; 32]);
    let recovery_key = PublicKey::ed25519(recovery.verifying_key().to_bytes());
    let layer = Layer {
        code: measured("pump", None, b"firmware image").digest,
        configuration: measured("pump", None, b"configuration").digest,
        mode: Mode::Normal,
    };
    out.put("unique-secret", &[0x11; 32]);
    out.put("origin", origin.as_bytes());
    out.put("log-key", log.verifier().to_string().as_bytes());
    out.put("recovery-key", &recovery_key.canonical());
    out.put("udi", udi.as_bytes());
    out.put("code", &layer.code.0);
    out.put("configuration", &layer.configuration.0);
    out.put("entropy", &[0x33; 32]);
    out.put("station-seed", &[0x44; 32]);
    // Identity and enrolment.
    let identity = Identity::new(&UniqueSecret::new([0x11; 32].into()), Algorithm::Ed25519).expect("a key");
    let alias = identity.alias(&layer).expect("an alias key");
    let id = ueid_of(identity.device().public());
    out.put("device-key", &identity.device().public().canonical());
    out.put("ueid", id.as_bytes());
    out.put("layer", &layer.digest().0);
    out.put("alias-key", &alias.public().canonical());
    let p256 = Identity::new(&UniqueSecret::new([0x11; 32].into()), Algorithm::P256).expect("a key");
    out.put("device-key-p256", &p256.device().public().canonical());
    out.put("alias-key-p256", &p256.alias(&layer).expect("an alias key").public().canonical());
    out.put("possession-signed", Attached::possession(origin, &id, Some(udi)).message());
    let enrolment = Enrolment::new(&identity, origin, id, Some(udi), KeyOrigin::File, None);
    out.put("possession", &enrolment.possession.0);
    let mut station = Author::new(SourceKind::Station, 0x44);
    let fact = enrolment.into_fact(Particulars {
        product: "pump".into(),
        model: "PX-200".into(),
        serial: Some("SN-1".into()),
        hardware_version: None,
        report: None,
    });
    out.put("enrolment-entry", &station.state(fact));
    // Freshness.
    let fresh =
        |generation, checkpoint, statements| Freshness { generation, checkpoint, statements }.encode();
    let first = fresh(0, checkpoint(&log, 1_000, 0x66), vec![]);
    out.put("freshness", &first);
    // Two entries.
    let anchor =
        Anchor { log_key: log.verifier().to_string(), generation: 0, recovery_key: recovery_key.clone() };
    let flash = Rc::new(RefCell::new(RamFlash::new(4, PAGE)));
    let start = Start { device: id, anchor: &anchor, layer, entropy: [0x33; 32], boots: 0 };
    let mut device = Device::start(flash, &identity, &start).expect("it starts");
    device.fresh(&first).expect("fresh");
    let evidence = Evidence {
        hardware_model: Some(Bytes(b"PX-200".to_vec())),
        uptime: Some(60),
        debug: Some(DebugStatus::DisabledPermanently),
        software_name: Some("pump".into()),
        software_version: Some("2.1.0".into()),
        measurements: vec![measured("pump", Some("2.1.0"), b"firmware image")],
        ..Evidence::default()
    };
    device.attest(Time::from_seconds(1_795_176_000), evidence).expect("room");
    let batch = device.outbox(9, 9_999).expect("readable");
    let stream = device.stream().expect("a stream");
    out.put("stream", &stream.to_be_bytes());
    let over = Attached::stream_key(origin, &id, stream, 0, alias.public());
    out.put("certificate-signed", over.message());
    let items: Vec<Entry> = batch.items.iter().map(|i| Entry::decode(&i.bytes).expect("an entry")).collect();
    out.put("stream-entry", &items[0].encode());
    out.put("stream-entry-hash", &items[0].hash().0);
    out.put("evidence-entry", &items[1].encode());
    out.put("evidence-entry-hash", &items[1].hash().0);
    // Two answers: both entries alone in a log of two.
    let leaf: Vec<Hash> = items.iter().map(|e| leaf_hash(&e.encode())).collect();
    let head = Checkpoint::new(origin, 2, tlog::node_hash(&leaf[0], &leaf[1])).sign(&log).expect("a head");
    let receipt = |n: usize| tlog::packet::LogProof {
        extra: None,
        index: n as u64,
        hashes: vec![leaf[1 - n]],
        checkpoint: head.clone(),
    };
    let answers: Vec<u8> = (0..2)
        .flat_map(|n| {
            let answer = Answer {
                entry: Some(items[n].hash()),
                index: Some(n as u64),
                receipt: Some(receipt(n).to_string()),
                ..Answer::bare(Outcome::Logged)
            };
            answer.encode()
        })
        .collect();
    out.put("answers", &answers);
    let later =
        Answer { code: Some("unavailable".into()), retry_after: Some(30), ..Answer::bare(Outcome::Later) };
    out.put("answer-later", &later.encode());
    // Other freshness statements, each after `freshness`.
    let text =
        format!("vouchsafe-log-key@v1\n{origin}\nfrom {}\nto {}\n", log.verifier(), next_log.verifier());
    let handover = Statement::Handover(Note::sign(&text, &[&log]).expect("a note").to_string());
    let mut recovered = Recovered {
        origin: successor.name().into(),
        generation: 1,
        log_key: successor.verifier().to_string(),
        ledger_key: Author::new(SourceKind::Ledger, 0x26).key,
        old_checkpoint: checkpoint(&log, 1_000, 0x66),
        held: 900,
        held_root: Hash([0x67; 32]),
        missing: 100,
        account: "a disk was lost".into(),
        signature: Bytes::default(),
    };
    let signed = Attached::recovery(&recovered).cose_signed(&recovery_key);
    recovered.signature = Bytes(recovery.sign(&signed).to_bytes().to_vec());
    let mut w = evidence::cbor::Writer::new();
    recovered.write(&mut w);
    let recovery = Statement::Recovered(w.into_bytes());
    let forged = match &recovery {
        Statement::Recovered(raw) => {
            let mut raw = raw.clone();
            *raw.last_mut().expect("a signature") ^= 1;
            Statement::Recovered(raw)
        }
        Statement::Handover(_) => unreachable!(),
    };
    let cases = [
        ("believed-newer", fresh(0, checkpoint(&log, 1_001, 0x68), vec![])),
        ("believed-handover", fresh(0, checkpoint(&next_log, 1_001, 0x68), vec![handover.clone()])),
        ("believed-recovery", fresh(1, checkpoint(&successor, 901, 0x69), vec![handover, recovery.clone()])),
        ("shrunk", fresh(0, checkpoint(&log, 999, 0x65), vec![])),
        ("forked", fresh(0, checkpoint(&log, 1_000, 0x65), vec![])),
        ("bad-checkpoint", fresh(0, checkpoint(&next_log, 1_001, 0x68), vec![])),
        ("unproven-generation", fresh(1, checkpoint(&successor, 901, 0x69), vec![])),
        ("bad-statement", fresh(1, checkpoint(&successor, 901, 0x69), vec![forged])),
        ("shrunk-recovery", fresh(1, checkpoint(&successor, 900, 0x69), vec![recovery])),
        ("malformed", [first, vec![0]].concat()),
    ];
    for (name, raw) in cases {
        let want = name.split_once("-recovery").map_or(name, |(n, _)| n);
        let known = device.beacon();
        let start = Start { entropy: [0x34; 32], ..start };
        let flash = Rc::new(RefCell::new(RamFlash::new(4, PAGE)));
        let mut other = Device::start(flash, &identity, &start).expect("it starts");
        other.fresh(&fresh(0, checkpoint(&log, 1_000, 0x66), vec![])).expect("fresh");
        assert_eq!(other.beacon(), known);
        let code = match other.fresh(&raw) {
            Ok(_) => "believed",
            Err(device::Error::NotFresh(e)) => e.code(),
            Err(e) => panic!("{e}"),
        };
        assert!(code == want || (code == "believed" && name.starts_with("believed-")), "{name}: {code}");
        out.put(name, &raw);
    }
    out.0
}

#[test]
fn the_document_shows_what_the_code_does() {
    let text = std::fs::read_to_string(DOCUMENT).expect("the specification");
    let (head, rest) = text.split_once(BEGIN).expect("a worked example");
    let (kept, tail) = rest.split_once(END).expect("its end");
    let fresh = format!("\n```text\n{}```\n\n", example());
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|v| v == "1") {
        std::fs::write(DOCUMENT, format!("{head}{BEGIN}{fresh}{END}{tail}")).expect("writable");
        return;
    }
    for (kept, fresh) in kept.lines().zip(fresh.lines()) {
        assert_eq!(kept, fresh, "UPDATE_GOLDEN=1 rewrites it");
    }
    assert_eq!(kept, fresh, "UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn the_document_lists_every_code() {
    let text = std::fs::read_to_string(DOCUMENT).expect("the specification");
    // Of the ledger's rejections that a device's entry can meet, and of freshness.
    for code in [
        "malformed",
        "bad_proof",
        "bad_attached",
        "unknown_source",
        "unknown_key",
        "out_of_order",
        "other_previous",
        "stream_closed",
        "too_many_gaps",
        "future_beacon",
        "wrong_kind",
        "ledger_only",
        "precondition_failed",
        "equivocation",
        "quarantined",
        "foreign_beacon",
        "too_much",
        "unavailable",
        "outcome_unknown",
        "old-generation",
        "unproven-generation",
        "bad-statement",
        "bad-checkpoint",
        "shrunk",
        "forked",
    ] {
        assert!(text.contains(&format!("| `{code}` |")), "{code} is not in the document");
    }
}
