//! The kept corpus: valid examples of every format, and a few that are wrong in one place. Written by `vouchsafe-fuzz
//! corpus` into `corpus/TARGET/`; the same program writes the same bytes.

mod documents;

use ed25519_dalek::{Signer, SigningKey as Secret};
use evidence::sample::{Fill, Sampler};
use evidence::{Body, Entry, Fact, PublicKey};
use tlog::packet::LogProof;
use tlog::tile::EntryBundle;
use tlog::tree::{MemoryTree, consistency_proof, inclusion_proof};
use tlog::witness::AddCheckpoint;
use tlog::{Checkpoint, Hash, Note, SigningKey, cosignature, leaf_hash};
use world::{CONCERNS, World};

const ORIGIN: &str = "log.example/fuzz";
const PROOFS: &str = include_str!("../../testdata/golden/proofs.txt");
const REFUSED: &str = include_str!("../../testdata/golden/refused.txt");
const STATEMENTS: &str = include_str!("../../testdata/golden/statements.txt");

/// The log's key.
///
/// # Panics
/// Never.
#[must_use]
pub fn log_key() -> SigningKey {
    SigningKey::ed25519(ORIGIN, &[1; 32]).expect("a good origin")
}

/// A source's secret key.
#[must_use]
pub fn secret() -> Secret {
    Secret::from_bytes(&[2; 32])
}

/// Its public key.
#[must_use]
pub fn public_key() -> PublicKey {
    PublicKey::ed25519(secret().verifying_key().to_bytes())
}

/// Inputs of every target under its name.
#[must_use]
pub fn all() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let text = |texts: &[&str]| texts.iter().map(|t| t.as_bytes().to_vec()).collect::<Vec<_>>();
    let entries = entries();
    let bodies = entries.iter().filter_map(|e| Entry::decode(e).ok()).map(|e| e.body_bytes().to_vec());
    vec![
        ("add_checkpoint", requests()),
        ("advisory", text(documents::ADVISORIES)),
        ("body", bodies.collect()),
        ("bundle", bundles(&entries)),
        ("catalogue", text(documents::CATALOGUES)),
        ("checkpoint", checkpoints()),
        ("cosignatures", cosignatures()),
        ("entry", entries.into_iter().chain(refused()).collect()),
        ("junit", text(documents::JUNIT)),
        ("measured", text(documents::MEASURED)),
        ("note", notes()),
        ("packet", packets()),
        ("policy", policies()),
        ("purl", text(documents::PURLS)),
        ("receipt", receipts()),
        ("sbom", text(documents::SBOMS)),
        ("ssh", ssh()),
        ("state", states()),
        ("statement", signed().into_iter().map(|(_, statement, _)| statement).collect()),
        ("tile_path", text(documents::PATHS)),
        ("timestamp", timestamps()),
        ("udi", text(documents::UDIS)),
        ("vers", text(documents::RANGES)),
        ("webauthn", of_kind("webauthn")),
    ]
}

fn unhex(text: &str) -> Vec<u8> {
    let byte =
        |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap_or_default(), 16).unwrap_or(0);
    text.as_bytes().chunks(2).map(byte).collect()
}

fn lines(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(' ').collect())
}

/// An entry of every fact, bare and mixed, and one of every kind of proof.
fn entries() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for fill in [Fill::Bare, Fill::Mixed] {
        let mut sampler = Sampler::new(7, fill);
        for fact in Fact::samples(&mut sampler) {
            let body = sampler.body(fact);
            let entry = Entry::sign_cose(body, &public_key(), |m| secret().sign(m).to_bytes());
            all.extend(entry.ok().map(|e| e.encode()));
        }
    }
    all.extend(lines(PROOFS).filter_map(|l| l.get(1).map(|h| unhex(h))));
    all
}

/// Entries that are wrong in one place each; the first of many.
fn refused() -> Vec<Vec<u8>> {
    lines(REFUSED).filter_map(|l| l.last().map(|h| unhex(h))).filter(|e| e.len() < 1_000).take(60).collect()
}

fn bundles(entries: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let of = |entries: &[Vec<u8>]| {
        let width = u8::try_from(entries.len() - 1).unwrap_or(0);
        EntryBundle::encode(entries).map(|b| [&[width][..], &b].concat())
    };
    let short: Vec<Vec<u8>> = (0..=255u8).map(|n| vec![n; usize::from(n % 5)]).collect();
    [&entries[..1], &entries[..5], &short[..], &short[..17]].into_iter().filter_map(|e| of(e).ok()).collect()
}

fn tree(size: u64) -> MemoryTree {
    let mut tree = MemoryTree::default();
    (0..size).for_each(|n| tree.append(leaf_hash(format!("entry {n}").as_bytes())));
    tree
}

fn note(size: u64, extension: bool) -> Note {
    let mut checkpoint = Checkpoint::new(ORIGIN, size, tree(size).root());
    if extension {
        checkpoint.extensions.push("an extension".into());
    }
    let mut note = checkpoint.sign(&log_key()).expect("a good origin");
    for n in 0..size % 4 {
        let witness =
            SigningKey::cosigner(&format!("witness.example/{n}"), &[u8::try_from(n).unwrap_or(0); 32]);
        let signature = cosignature::sign(&note, &witness.expect("a good name"), 1_700_000_000 + n);
        note.push(signature.expect("a time")).expect("room");
    }
    note
}

/// The log's checkpoint of six entries, cosigned with keys of both types; one ML-DSA-44 cosignature states a time, one none.
fn post_quantum() -> Note {
    let mut note = note(6, false);
    for (key, time) in [(ml_dsa_key(), 1_700_000_000), (ml_dsa_key(), 0)] {
        note.push(cosignature::sign(&note, &key, time).expect("no extension")).expect("room");
    }
    note
}

/// A witness's key of type 0x06.
///
/// # Panics
/// Never.
#[must_use]
pub fn ml_dsa_key() -> SigningKey {
    SigningKey::ml_dsa_44("witness.example/pq", &[3; 32]).expect("a good name")
}

fn notes() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [0, 1, 6, 255].iter().map(|n| note(*n, n % 2 == 1).to_bytes()).collect();
    let note = Note::sign("A note.\n\nWith a blank line — and more.\n", &[&log_key()]).expect("a good text");
    all.push(note.to_bytes());
    all.push(log_key().verifier().to_string().into_bytes());
    all.push(log_key().to_skey().as_bytes().to_vec());
    all.push(post_quantum().to_bytes());
    all.push(ml_dsa_key().verifier().to_string().into_bytes());
    all.push(ml_dsa_key().to_skey().as_bytes().to_vec());
    all
}

fn checkpoints() -> Vec<Vec<u8>> {
    [0, 1, 6, 255]
        .iter()
        .flat_map(|n| [note(*n, n % 2 == 1).text().as_bytes().to_vec(), note(*n, false).to_bytes()])
        .collect()
}

fn packets() -> Vec<Vec<u8>> {
    let packet = |index, size, extra: Option<&[u8]>| {
        let hashes = inclusion_proof(&tree(size), index, size).expect("within the tree");
        let proof =
            LogProof { extra: extra.map(<[u8]>::to_vec), index, hashes, checkpoint: note(size, false) };
        proof.to_string().into_bytes()
    };
    vec![
        packet(0, 1, None),
        packet(5, 6, None),
        packet(5, 255, Some(b"some bytes")),
        packet(254, 255, Some(b"")),
    ]
}

fn requests() -> Vec<Vec<u8>> {
    let request = |old, new| {
        let proof = if old == 0 {
            Vec::new()
        } else {
            consistency_proof(&tree(new), old, new).expect("within the tree")
        };
        AddCheckpoint::new(old, proof, note(new, false)).expect("in order").to_string().into_bytes()
    };
    vec![request(0, 1), request(0, 255), request(3, 6), request(200, 255)]
}

fn cosignatures() -> Vec<Vec<u8>> {
    let lines = |size| -> Vec<u8> {
        note(size, false).signatures().iter().map(ToString::to_string).collect::<String>().into_bytes()
    };
    let both = post_quantum().signatures().iter().map(ToString::to_string).collect::<String>().into_bytes();
    vec![lines(1), lines(6), lines(255), both, b"0\n".to_vec(), b"123456\n".to_vec()]
}

fn receipts() -> Vec<Vec<u8>> {
    use evidence::receipt::{Proof, Receipt};
    let (six, many) = (tree(6), tree(255));
    let within = "within the tree";
    let of = |size, proof, carry| {
        Receipt::sign(&note(size, false), proof, carry, &log_key()).expect("signs").encode()
    };
    vec![
        of(6, Proof::Inclusion { index: 5, path: inclusion_proof(&six, 5, 6).expect(within) }, false),
        of(255, Proof::Inclusion { index: 5, path: inclusion_proof(&many, 5, 255).expect(within) }, true),
        of(255, Proof::Consistency { old: 6, path: consistency_proof(&many, 6, 255).expect(within) }, true),
    ]
}

/// A request, a refusal, and an answer that is well formed although nobody signed it.
fn timestamps() -> Vec<Vec<u8>> {
    let item = |tag: u8, parts: &[&[u8]]| {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
        let head = match length {
            [0, low] if low < 0x80 => vec![tag, low],
            [0, low] => vec![tag, 0x81, low],
            [high, low] => vec![tag, 0x82, high, low],
        };
        [head, content].concat()
    };
    let seq = |parts: &[&[u8]]| item(0x30, parts);
    let oid = |content: &[u8]| item(6, &[content]);
    let pkcs = |rest: &[u8]| oid(&[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1][..], rest].concat());
    let sha256 = seq(&[&oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1])]);
    let (tst_info, digest) = (pkcs(&[9, 16, 1, 4]), item(4, &[&[7; 32]]));
    let content = seq(&[
        &[2, 1, 1],
        &oid(&[0x2a, 3]),
        &seq(&[&sha256, &digest]),
        &[2, 1, 9],
        &item(0x18, &[b"20261120120000.5Z"]),
        &seq(&[&[2, 1, 1], &[0x80, 1, 5]]),
        &[1, 1, 0xff],
        &[2, 1, 0x40],
    ]);
    let certificate_id = seq(&[&seq(&[&seq(&[&digest])])]);
    let attribute = |name: &[u8], value: &[u8]| seq(&[name, &item(0x31, &[value])]);
    let attributes = item(
        0xa0,
        &[
            &attribute(&pkcs(&[9, 3]), &tst_info),
            &attribute(&pkcs(&[9, 4]), &digest),
            &attribute(&pkcs(&[9, 16, 2, 47]), &certificate_id),
        ],
    );
    let ecdsa = seq(&[&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])]);
    let signer = seq(&[&[2, 1, 1], &seq(&[]), &sha256, &attributes, &ecdsa, &item(4, &[&[8; 70]])]);
    let data = seq(&[
        &[2, 1, 3],
        &item(0x31, &[&sha256]),
        &seq(&[&tst_info, &item(0xa0, &[&item(4, &[&content])])]),
        &item(0xa0, &[&seq(&[&[5, 0]])]),
        &item(0x31, &[&signer]),
    ]);
    let token = seq(&[&pkcs(&[7, 2]), &item(0xa0, &[&data])]);
    let granted = seq(&[&seq(&[&[2, 1, 0]]), &token]);
    assert!(formats::timestamp::Response::from_der(&granted).is_ok(), "the example is an answer");
    let refused = seq(&[&seq(&[&[2, 1, 2], &seq(&[&item(0x0c, &[b"busy"])]), &[3, 2, 5, 0x20]])]);
    vec![formats::timestamp::Request::new(b"data", [1; 8]).to_der(), refused, granted]
}

fn policies() -> Vec<Vec<u8>> {
    let log = log_key().verifier().to_string();
    let witness = |n: u8| {
        let key = SigningKey::cosigner(&format!("witness.example/{n}"), &[n; 32]).expect("a good name");
        format!("witness w{n} {} https://witness.example/{n}\n", key.verifier())
    };
    let all: String = (0..4).map(witness).collect();
    let texts = [
        format!("log {log} https://log.example/\nquorum none\n"),
        format!(
            "# A policy.\n\nlog {log}\n{all}group two 2 w0 w1 w2\ngroup every all two w3\nquorum every\n"
        ),
        format!("log\t{log}\n{all}group some any w0 w1\nquorum some\n"),
        format!("log {log}\n{all}witness pq {}\ngroup g all w0 pq\nquorum g\n", ml_dsa_key().verifier()),
    ];
    texts.map(String::into_bytes).into()
}

/// Name of the key, statement, signature.
fn signed() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    lines(STATEMENTS).filter_map(|l| Some((*l.first()?, unhex(l.get(1)?), unhex(l.get(2)?)))).collect()
}

fn of_kind(kind: &str) -> Vec<Vec<u8>> {
    signed().into_iter().filter(|(name, ..)| name.contains(kind)).map(|(_, _, signature)| signature).collect()
}

fn ssh() -> Vec<Vec<u8>> {
    use evidence::proof::ssh;
    let mut all = of_kind("ssh");
    all.extend(of_kind("sk-"));
    let keys: Vec<PublicKey> = all.iter().filter_map(|blob| ssh::key_of(blob).ok()).collect();
    all.extend(keys.iter().filter_map(ssh::write_key));
    all.extend(keys.iter().filter_map(ssh::write_public_line).map(String::into_bytes));
    let armoured: Vec<Vec<u8>> = all.iter().take(2).map(|blob| ssh::armour(blob).into_bytes()).collect();
    all.extend(armoured);
    all
}

/// States of a world to which every kind of fact was applied.
fn states() -> Vec<Vec<u8>> {
    let mut world = World::new();
    for (seed, fill) in [(7, Fill::Mixed), (8, Fill::Full)] {
        let mut sampler = Sampler::new(seed, fill);
        for fact in Fact::samples(&mut sampler) {
            let body: Body = sampler.body(fact);
            let entry = Entry::sign_cose(body, &public_key(), |m| secret().sign(m).to_bytes());
            if let Ok(entry) = entry {
                world.apply(&entry, entry.hash());
            }
        }
    }
    world.freeze();
    let mut all = Vec::new();
    for (n, concern) in (0u8..).zip(CONCERNS) {
        for state in world.frozen(concern, None, usize::MAX).unwrap_or_default().into_iter().take(40) {
            let length = u16::try_from(state.key.len()).unwrap_or(0).to_be_bytes();
            all.push([&[n][..], &length, &state.key, &state.value].concat());
        }
    }
    all.push([&[1, 0, 2, 0xff, 0xff][..], &Hash([0; 32]).0].concat());
    all
}
