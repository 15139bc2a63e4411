//! Fuzz targets as plain functions: each takes any bytes, must not panic, asserts that what it can read it writes back as
//! the same bytes (or, where a format leaves freedom, that reading what was written gives the same value), and says
//! whether the input was accepted. Not here: where inputs come from (`corpus`, `mutate`) and who runs them (`main`).
#![forbid(unsafe_code)]

pub mod corpus;
pub mod mutate;

use std::io::Cursor;
use std::str::from_utf8;

use evidence::json::{body_from_json, body_json, entry_json, from_json};
use evidence::keys::{Algorithm, KeyUse};
use evidence::proof::{ssh as sshsig, webauthn as assertion};
use evidence::statement::Statement;
use evidence::types::Bytes;
use evidence::{Body, Entry, Hash, PublicKey, SourceId};
use tlog::packet::LogProof;
use tlog::policy::Policy;
use tlog::tile::{EntryBundle, TilePath};
use tlog::witness::{AddCheckpoint, parse_conflict, parse_cosignatures};
use tlog::{Checkpoint, Note, SigningKey, VerifierKey};
use world::{CONCERNS, State, World};

/// A target: whether the input was accepted.
pub type Target = fn(&[u8]) -> bool;

/// Every target under its name, which is also the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("add_checkpoint", add_checkpoint),
    ("advisory", advisory),
    ("body", body),
    ("bundle", bundle),
    ("catalogue", catalogue),
    ("checkpoint", checkpoint),
    ("cosignatures", cosignatures),
    ("entry", entry),
    ("junit", junit),
    ("measured", measured),
    ("note", note),
    ("packet", packet),
    ("policy", policy),
    ("purl", purl),
    ("receipt", receipt),
    ("sbom", sbom),
    ("ssh", ssh),
    ("state", state),
    ("statement", statement),
    ("tile_path", tile_path),
    ("timestamp", timestamp),
    ("udi", udi),
    ("vers", vers),
    ("webauthn", webauthn),
];

/// Largest input of the readers of foreign formats: larger ones only take longer.
const MAX_DOCUMENT: usize = 1 << 16;

/// A signed note, and the keys in text that may stand in one.
pub fn note(data: &[u8]) -> bool {
    if let Ok(text) = from_utf8(data) {
        if let Ok(key) = VerifierKey::parse(text) {
            assert_eq!(key.to_string(), text);
        }
        let _ = SigningKey::parse(text);
    }
    let Ok(note) = Note::parse(data) else { return false };
    assert_eq!(note.to_bytes(), data);
    let _ = note.verify([corpus::log_key().verifier()]);
    let pq = corpus::ml_dsa_key();
    for line in note.signatures() {
        let _ = tlog::cosignature::verify(&note, line, pq.verifier());
    }
    true
}

/// The text of a checkpoint.
pub fn checkpoint(data: &[u8]) -> bool {
    let _ = Checkpoint::open(data, corpus::log_key().verifier());
    let Ok(text) = from_utf8(data) else { return false };
    let Ok(checkpoint) = Checkpoint::parse(text) else { return false };
    assert_eq!(checkpoint.to_string(), text);
    true
}

/// A C2SP tlog-proof.
pub fn packet(data: &[u8]) -> bool {
    let Ok(proof) = LogProof::parse(data) else { return false };
    assert_eq!(proof.to_string().as_bytes(), data);
    let mut policy = Policy::new();
    let _ = policy.add_log(corpus::log_key().verifier().clone(), None);
    let _ = proof.verify_entry(b"entry 5", &policy);
    true
}

/// A C2SP tlog-policy; comments and spacing are free, so the second writing must be the first.
pub fn policy(data: &[u8]) -> bool {
    let Ok(policy) = Policy::parse(data) else { return false };
    let written = policy.to_bytes();
    let again = Policy::parse(&written).expect("what was written can be read");
    assert_eq!(again.to_bytes(), written);
    let all: Vec<usize> = (0..policy.witnesses().len()).collect();
    let _ = policy.evaluate(&all);
    true
}

/// The path of a tile or bundle.
pub fn tile_path(data: &[u8]) -> bool {
    let Ok(text) = from_utf8(data) else { return false };
    let Ok(path) = TilePath::parse(text) else { return false };
    assert_eq!(path.to_string(), text);
    true
}

/// An entry bundle; the first byte is its width less one.
pub fn bundle(data: &[u8]) -> bool {
    let Some((width, bytes)) = data.split_first() else { return false };
    let Ok(bundle) = EntryBundle::decode(bytes, u16::from(*width) + 1) else { return false };
    assert_eq!(bundle.entries().len(), usize::from(*width) + 1);
    assert_eq!(EntryBundle::encode(bundle.entries()).expect("entries that fit"), bytes);
    true
}

/// What a witness is sent.
pub fn add_checkpoint(data: &[u8]) -> bool {
    let Ok(request) = AddCheckpoint::parse(data) else { return false };
    assert_eq!(request.to_string().as_bytes(), data);
    let _ = tlog::witness::decide(&request, None);
    true
}

/// What a witness answers.
pub fn cosignatures(data: &[u8]) -> bool {
    if let Ok(size) = parse_conflict(data) {
        assert_eq!(format!("{size}\n").as_bytes(), data);
        return true;
    }
    let Ok(signatures) = parse_cosignatures(data) else { return false };
    let written: String = signatures.iter().map(ToString::to_string).collect();
    // Whether the last line feed must be there is left open.
    assert_eq!(written.trim_end_matches('\n').as_bytes(), data.strip_suffix(b"\n").unwrap_or(data));
    true
}

/// An entry, and its rendering as JSON.
pub fn entry(data: &[u8]) -> bool {
    let Ok(entry) = Entry::decode(data) else { return false };
    assert_eq!(entry.encode(), data);
    assert_eq!(entry.hash(), Body::hash(entry.body_bytes()));
    let json = entry_json(&entry);
    assert_eq!(from_json(&json).expect("its own JSON").encode(), data);
    let _ = entry.verify(&corpus::public_key());
    true
}

/// A COSE receipt, verified against the log's key and against what it may be about.
pub fn receipt(data: &[u8]) -> bool {
    use evidence::receipt::Receipt;
    let Ok(receipt) = Receipt::decode(data) else { return false };
    assert_eq!(receipt.encode(), data);
    let (key, leaf) = (corpus::log_key(), tlog::leaf_hash(b"entry 5"));
    let _ = receipt.verify_inclusion(&leaf, key.verifier());
    let _ = receipt.verify_consistency(&leaf, &leaf, key.verifier());
    true
}

/// The body of an entry.
pub fn body(data: &[u8]) -> bool {
    if let Ok(source) = SourceId::from_bytes(data) {
        assert_eq!(source.to_string().parse::<SourceId>().ok(), Some(source));
    }
    let Ok(body) = Body::decode(data) else { return false };
    assert_eq!(body.encode(), data);
    assert_eq!(body_from_json(&body_json(&body)).expect("its own JSON"), body);
    true
}

/// What a person signs.
pub fn statement(data: &[u8]) -> bool {
    let Ok(text) = from_utf8(data) else { return false };
    let Ok(statement) = Statement::parse(text) else { return false };
    assert_eq!(statement.text().as_deref(), Ok(text));
    true
}

/// SSH signatures, keys and their armour.
pub fn ssh(data: &[u8]) -> bool {
    let mut accepted = sshsig::key_of(data).is_ok();
    let own = PublicKey {
        algorithm: Algorithm::Ed25519,
        point: Bytes(corpus::secret().verifying_key().to_bytes().to_vec()),
        purpose: KeyUse::Ssh,
        scope: None,
    };
    let _ = sshsig::verify(&own, sshsig::RECORD_NAMESPACE, b"message", data);
    let _ = sshsig::names_key(data, &own);
    if let Ok(key) = sshsig::read_key(data) {
        assert_eq!(sshsig::write_key(&key).as_deref(), Some(data));
        accepted = true;
    }
    if let Ok(text) = from_utf8(data) {
        if let Ok(blob) = sshsig::unarmour(text) {
            assert_eq!(sshsig::unarmour(&sshsig::armour(&blob)).as_ref(), Ok(&blob));
            accepted = true;
        }
        if let Ok(key) = sshsig::read_public_line(text) {
            let line = sshsig::write_public_line(&key).expect("it was read");
            assert_eq!(sshsig::read_public_line(&line).as_ref(), Ok(&key));
            accepted = true;
        }
    }
    accepted
}

/// WebAuthn assertions as a fact carries them.
pub fn webauthn(data: &[u8]) -> bool {
    let point = Bytes(corpus::secret().verifying_key().to_bytes().to_vec());
    let scope = Some("vouchsafe.example".into());
    let key = PublicKey { algorithm: Algorithm::Ed25519, point, purpose: KeyUse::WebAuthn, scope };
    let _ = assertion::verify_parts(&key, &Hash([7; 32]), data);
    let Ok(parts) = assertion::Parts::decode(data) else { return false };
    assert_eq!(parts.encode(), data);
    let _ = assertion::verify(
        &key,
        &Hash([7; 32]),
        &parts.authenticator_data,
        &parts.client_data,
        &parts.signature,
    );
    true
}

/// A state of a snapshot: the concern's number, the length of the key in two bytes, key, value. What a concern takes, it
/// gives back as the same bytes, or a snapshot would not have the root that its seal states.
pub fn state(data: &[u8]) -> bool {
    let Some((concern, rest)) = data.split_first() else { return false };
    let Some((length, rest)) = rest.split_first_chunk::<2>() else { return false };
    let Some((key, value)) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))) else {
        return false;
    };
    let concern = CONCERNS[usize::from(*concern) % CONCERNS.len()];
    let state = State { key: key.to_vec(), value: value.to_vec() };
    let mut world = World::new();
    if world.restore(concern, &state).is_err() {
        return false;
    }
    world.restored(1);
    world.freeze();
    let back = world.frozen(concern, None, 64).expect("a concern");
    if concern == "clock" || concern == "places" {
        // Blocks are cut at the size of the log, which is not known here.
        return true;
    }
    assert!(back.contains(&state), "{concern}: {state:?} came back as {back:?}");
    true
}

/// Software bills of materials in any of their formats.
pub fn sbom(data: &[u8]) -> bool {
    if data.len() > MAX_DOCUMENT {
        return false;
    }
    let limits = formats::sbom::Limits::default();
    if let Ok(sbom) = formats::sbom::from_canonical(data) {
        assert_eq!(formats::sbom::to_canonical(&sbom), data);
    }
    let _ = formats::sbom::list::read_esp_idf(data, &limits);
    let _ = formats::sbom::list::read_manifest(data, &limits);
    let _ = formats::sbom::list::pkg_stats(data, &limits);
    let Ok(document) = formats::sbom::read(Cursor::new(data), &limits) else { return false };
    let canonical = formats::sbom::to_canonical(&document.sbom);
    let again = formats::sbom::from_canonical(&canonical).expect("its own normal form");
    assert_eq!(again, document.sbom);
    let _ = formats::sbom::quality(&document.sbom);
    let _ = formats::sbom::write_spdx_json(&document.sbom);
    let _ = formats::sbom::write_spdx_tag_value(&document.sbom);
    let _ = formats::sbom::write_cyclonedx_xml(&document.sbom);
    let written = formats::sbom::write_cyclonedx_json(&document.sbom);
    formats::sbom::read(Cursor::new(&written), &limits).expect("what was written can be read");
    true
}

/// Advisories and statements about them in any of their formats.
pub fn advisory(data: &[u8]) -> bool {
    data.len() <= MAX_DOCUMENT && formats::advisory::read(data).is_ok()
}

/// The catalogue of exploited vulnerabilities, JSON or CSV.
pub fn catalogue(data: &[u8]) -> bool {
    if data.len() > MAX_DOCUMENT {
        return false;
    }
    formats::kev::from_json(data).is_ok() | formats::kev::from_csv(data).is_ok()
}

/// Test results.
pub fn junit(data: &[u8]) -> bool {
    if data.len() > MAX_DOCUMENT {
        return false;
    }
    if let Ok(run) = formats::junit::from_canonical(data) {
        assert_eq!(formats::junit::to_canonical(&run), data);
    }
    let Ok(run) = formats::junit::read(data, &formats::junit::Limits::default()) else { return false };
    let canonical = formats::junit::to_canonical(&run);
    assert_eq!(formats::junit::from_canonical(&canonical).expect("its own normal form"), run);
    let _ = run.summary();
    true
}

/// Coverage and findings of static analysis.
pub fn measured(data: &[u8]) -> bool {
    if data.len() > MAX_DOCUMENT {
        return false;
    }
    let coverage = formats::coverage::read(data, &formats::coverage::Limits::default());
    if let Ok(coverage) = &coverage {
        for file in coverage.files.values() {
            let (ran, all) = file.counts();
            assert!(ran <= all);
        }
    }
    coverage.is_ok() | formats::analysis::read(data).is_ok()
}

/// Answers and requests of RFC 3161.
pub fn timestamp(data: &[u8]) -> bool {
    use formats::timestamp::{Request, Response};
    if let Ok(request) = Request::from_der(data) {
        assert_eq!(request.to_der(), data);
        return true;
    }
    Response::from_der(data).is_ok()
}

/// Package URLs; the canonical form is a fixed point. An encoded slash in a subpath is settled by the second writing only.
pub fn purl(data: &[u8]) -> bool {
    let Ok(text) = from_utf8(data) else { return false };
    let Ok((purl, _)) = formats::purl::Purl::read(text) else { return false };
    // Read, not parsed: what a type asks for and the text lacks is a finding, and still one after writing.
    let again = |text: &str| formats::purl::Purl::read(text).expect("its own form").0.to_string();
    let written = purl.to_string();
    assert_eq!(again(&written), written);
    true
}

/// Carriers of device identifiers: nothing is refused or dropped, and what the strict readers of GS1 take is written and read
/// again as the same.
pub fn udi(data: &[u8]) -> bool {
    use formats::udi::gs1::{self, link, scan};
    let Ok(text) = from_utf8(data) else { return false };
    let udi = formats::udi::parse(text);
    assert_eq!(udi.scanned, text);
    let again = formats::udi::parse(&udi.scanned);
    assert_eq!(again, udi);
    if let Ok(elements) = gs1::bracketed(text, false) {
        assert_eq!(gs1::bracketed(&gs1::brackets(&elements), false).expect("its own form"), elements);
    }
    if let Ok(elements) = gs1::message(text, '^') {
        assert_eq!(gs1::message(&gs1::compose(&elements, '^'), '^').expect("its own form"), elements);
    }
    if let Ok(elements) = link::parse(text, link::Leniency::ALL) {
        let written = link::generate(&elements, link::STEM, link::Leniency::ALL).expect("it was a link");
        let mut read = link::parse(&written, link::Leniency::ALL).expect("its own form");
        let mut elements = elements;
        read.sort_by(|a, b| a.ai.cmp(&b.ai));
        elements.sort_by(|a, b| a.ai.cmp(&b.ai));
        assert_eq!(read, elements);
    }
    let _ = scan::read(text);
    udi.agency.is_some()
}

/// Ranges of versions, in their own and in native notations, and what they say about a version.
pub fn vers(data: &[u8]) -> bool {
    use formats::version::{Scheme, compare};
    let Ok(text) = from_utf8(data) else { return false };
    let (range, version) = text.split_once('\n').unwrap_or((text, "1.2.3"));
    for scheme in ["npm", "maven", "pypi", "deb", "rpm", "gem", "semver", "generic", "alpine", "openssl"] {
        let Some(scheme) = Scheme::from_vers(scheme) else { continue };
        let _ = formats::vers::from_native(scheme, range);
        let _ = formats::vers::from_gitlab(scheme, range);
        let (there, back) = (compare(scheme, range, version), compare(scheme, version, range));
        if let (Ok(there), Ok(back)) = (there, back) {
            assert_eq!(there, back.reverse(), "{scheme:?}: {range:?} and {version:?}");
        }
    }
    let Ok(vers) = formats::vers::Vers::read(range) else { return false };
    let written = vers.to_string();
    let again = formats::vers::Vers::read(&written).expect("its own form");
    assert_eq!(again.to_string(), written);
    let _ = vers.contains(version);
    true
}
