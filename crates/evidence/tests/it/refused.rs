//! What must be refused, each with its reason: the golden file that readers in other languages are held to as well.
//!
//! Malformed bodies are signed properly, so that a reader which verifies first and parses loosely fails here.

use std::fmt::Write;

use curve25519_dalek::constants::EIGHT_TORSION;
use evidence::cbor::Writer;
use evidence::entry::{Proof, kid};
use evidence::keys::{Algorithm, KeyUse};
use evidence::proof::{cose, ssh};
use evidence::types::{Bytes, Fixed};
use evidence::{Body, Entry, PublicKey, SourceKind};

use crate::data::{compare, hex, unhex};
use crate::golden::{attestation, revision};
use crate::signers::{self, Browser, Signer, SshCall};

const HEADER: &str = "\
# What must be refused: name, stage, reason, hexadecimal.
# `malformed`: the bytes are no entry. `proof`: an entry whose proof does not hold under the key of keys.txt that it names.
";

/// Keys that stand in keys.txt and that no reader may accept a proof under.
pub(crate) fn unusable_keys() -> Vec<(&'static str, PublicKey)> {
    let not_reduced = {
        // y = p + 3, which libraries that reduce y take for the point with y = 3.
        let mut point = [0xff; 32];
        (point[0], point[31]) = (0xf0, 0x7f);
        point
    };
    vec![
        ("small-order", PublicKey::ed25519(EIGHT_TORSION[1].compress().0)),
        ("identity", PublicKey::ed25519(EIGHT_TORSION[0].compress().0)),
        ("not-canonical", PublicKey::ed25519(not_reduced)),
    ]
}

/// The claims of a small body of the ledger, each already encoded: a Tick at place 0.
fn tick() -> Vec<(i64, Vec<u8>)> {
    let source = evidence::sample::Sampler::new(1, evidence::sample::Fill::Bare).source(SourceKind::Ledger);
    let mut w = Writer::new();
    w.bytes(source.as_bytes());
    vec![
        (-70_001, w.into_bytes()),
        (-70_002, vec![0]),
        (-70_003, vec![0]),
        (-70_006, vec![2]),
        (-70_007, unhex("a1011a6a000000")),
    ]
}

/// The claims of a device's evidence.
fn evidence_claims() -> Vec<(i64, Vec<u8>)> {
    let mut w = Writer::new();
    w.bytes(attestation().source.as_bytes());
    vec![(256, w.into_bytes()), (-70_002, vec![0]), (-70_003, vec![0]), (-70_006, vec![0x18, 103])]
}

fn map(pairs: &[(i64, Vec<u8>)]) -> Vec<u8> {
    let mut w = Writer::new();
    w.map(pairs.len());
    let mut out = w.into_bytes();
    for (key, value) in pairs {
        let mut w = Writer::new();
        w.int(*key);
        out.extend(w.into_bytes());
        out.extend_from_slice(value);
    }
    out
}

/// The pairs with one claim set, in its place.
fn with(mut pairs: Vec<(i64, Vec<u8>)>, key: i64, value: &str) -> Vec<u8> {
    pairs.retain(|(k, _)| *k != key);
    pairs.push((key, unhex(value)));
    pairs.sort_by_key(|(k, _)| (*k < 0, k.unsigned_abs()));
    map(&pairs)
}

fn without(mut pairs: Vec<(i64, Vec<u8>)>, key: i64) -> Vec<u8> {
    pairs.retain(|(k, _)| *k != key);
    map(&pairs)
}

/// A COSE_Sign1 of these parts, signed properly; `header` and `unprotected` are encoded already.
fn cose_sign1(signer: &Signer, tag: u64, header: &[u8], unprotected: &[u8], body: &[u8]) -> Vec<u8> {
    let signature = signer.raw(&cose::sig_structure(header, &[], body));
    let mut w = Writer::new();
    w.tag(tag);
    w.array(4);
    w.bytes(header);
    let mut out = w.into_bytes();
    out.extend_from_slice(unprotected);
    let mut w = Writer::new();
    w.bytes(body);
    w.bytes(&signature);
    out.extend(w.into_bytes());
    out
}

fn header(signer: &Signer) -> Vec<u8> {
    cose::protected_header(signer.public.algorithm, &kid(&signer.public.id()))
}

fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let good = map(&tick());
    let mut swapped = tick();
    swapped.swap(1, 2);
    let mut twice = tick();
    twice.insert(2, (-70_002, vec![0]));
    let pairs = &good[1..];
    let measured = |item: &str| format!("8182190127{item}");
    let both = {
        let mut claims = evidence_claims();
        claims.insert(1, tick().swap_remove(0));
        map(&claims)
    };
    vec![
        ("integer-not-shortest", "not-shortest", with(tick(), -70_002, "1800")),
        ("length-not-shortest", "not-shortest", with(tick(), -70_008, "780141")),
        ("map-head-not-shortest", "not-shortest", [&[0xb8, 5][..], pairs].concat()),
        ("map-indefinite", "indefinite", [&[0xbf][..], pairs, &[0xff]].concat()),
        ("text-indefinite", "indefinite", with(tick(), -70_008, "7f6141ff")),
        ("time-as-float", "unsupported", with(tick(), 6, "fb41da8000000000")),
        ("reason-null", "unexpected", with(tick(), -70_008, "f6")),
        ("time-tagged", "unexpected", with(tick(), 6, "c11a6a000000")),
        ("integer-as-bignum", "unexpected", with(tick(), -70_002, "c24101")),
        ("integer-negative", "unexpected", with(tick(), -70_002, "20")),
        ("integer-as-text", "unexpected", with(tick(), -70_002, "6130")),
        ("text-not-utf8", "not-utf8", with(tick(), -70_008, "62c328")),
        ("keys-out-of-order", "key-order", map(&swapped)),
        ("key-twice", "duplicate-key", map(&twice)),
        ("key-as-text", "unexpected", [&[0xa6, 0x61, 0x41, 0][..], pairs].concat()),
        ("claim-unknown", "unknown-key", with(tick(), 7, "00")),
        ("content-key-unknown", "unknown-key", with(tick(), -70_007, "a2011a6a0000000200")),
        ("content-key-missing", "missing", with(tick(), -70_007, "a0")),
        ("source-missing", "missing", without(tick(), -70_001)),
        ("stream-missing", "missing", without(tick(), -70_002)),
        ("sequence-missing", "missing", without(tick(), -70_003)),
        ("fact-missing", "missing", without(tick(), -70_006)),
        ("content-missing", "missing", without(tick(), -70_007)),
        ("fact-unknown", "unknown-code", with(tick(), -70_006, "194e1f")),
        ("code-unknown", "unknown-code", {
            // PolicySet with a kind that does not exist.
            let content = format!("a2011863 02a3015820{}0200036174", "00".repeat(32)).replace(' ', "");
            let mut claims = tick();
            claims[3].1 = vec![15];
            with(claims, -70_007, &content)
        }),
        ("time-beyond-9999", "out-of-range", with(tick(), 6, "1b0000003afff44180")),
        ("list-empty", "out-of-range", {
            let mut claims = tick();
            claims[3].1 = vec![17];
            with(claims, -70_007, "a3011a6a00000002800300")
        }),
        ("previous-at-place-0", "unexpected", with(tick(), -70_004, &format!("5820{}", "00".repeat(32)))),
        ("previous-missing", "unexpected", with(tick(), -70_003, "01")),
        ("previous-too-short", "unexpected", {
            let mut claims = tick();
            claims[2].1 = vec![1];
            with(claims, -70_004, "4100")
        }),
        ("source-too-short", "unexpected", with(tick(), -70_001, "420000")),
        ("source-of-no-kind", "unexpected", with(tick(), -70_001, "4b8600000000000000000000")),
        (
            "source-is-a-device",
            "unexpected",
            with(tick(), -70_001, &format!("51 01{}", "11".repeat(16)).replace(' ', "")),
        ),
        ("device-is-a-person", "unexpected", with(evidence_claims(), 256, "4b8100000000000000000000")),
        ("device-and-source", "unexpected", both),
        ("evidence-from-the-ledger", "unexpected", {
            let mut claims = tick();
            claims.pop();
            with(claims, -70_006, "1867")
        }),
        ("evidence-with-content", "unexpected", with(evidence_claims(), -70_007, "a0")),
        ("evidence-claim-in-another-fact", "unexpected", with(tick(), 261, "00")),
        ("nonce-too-short", "out-of-range", with(evidence_claims(), 10, "4700000000000000")),
        ("boot-seed-too-long", "too-long", with(evidence_claims(), 268, &format!("5841{}", "00".repeat(65)))),
        ("debug-state-unknown", "unknown-code", with(evidence_claims(), 263, "05")),
        ("version-with-scheme", "unexpected", with(evidence_claims(), 271, "82613101")),
        ("measurements-empty", "out-of-range", with(evidence_claims(), 273, "80")),
        ("measurement-of-another-format", "unexpected", with(evidence_claims(), 273, "818219012840")),
        ("measurement-without-name", "unexpected", {
            let item = format!("5828a2018061 6102820158 20{}", "00".repeat(32)).replace(' ', "");
            with(evidence_claims(), 273, &measured(&item))
        }),
        ("measurement-with-sha-512", "unknown-code", {
            with(
                evidence_claims(),
                273,
                &measured(&format!("582ba201816161028207 5820{}", "00".repeat(32)).replace(' ', "")),
            )
        }),
        ("reason-too-long", "too-long", with(tick(), -70_008, &format!("791001{}", "41".repeat(4_097)))),
        ("body-trailing", "trailing", [&good[..], &[0]].concat()),
        ("body-truncated", "truncated", good[..good.len() - 1].to_vec()),
        ("body-empty", "truncated", vec![]),
        ("body-not-a-map", "unexpected", vec![0x80]),
    ]
}

fn envelopes() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let signer = signers::named("cose-ed25519");
    let body = map(&tick());
    let sound = header(&signer);
    let sign1 = |header: &[u8]| cose_sign1(&signer, 18, header, &[0xa0], &body);
    let good = sign1(&sound);
    assert!(Entry::decode(&good).is_ok());
    let person = signers::named("webauthn-es256");
    let assertion = person.prove(revision(&person)).encode();
    let ssh = signers::named("ssh-ed25519");
    let sshsig = ssh.prove(revision(&ssh)).encode();
    let set = |raw: &[u8], at: usize, byte: u8| {
        let mut out = raw.to_vec();
        out[at] = byte;
        out
    };
    vec![
        ("empty", "truncated", vec![]),
        ("not-cbor-of-an-entry", "unexpected", vec![0x80]),
        ("untagged", "unexpected", good[1..].to_vec()),
        ("tag-98", "unexpected", [&[0xd8, 98][..], &good[1..]].concat()),
        ("tag-not-shortest", "unexpected", [&[0xd8, 18][..], &good[1..]].concat()),
        ("array-not-shortest", "not-shortest", [&[0xd2, 0x98, 4][..], &good[2..]].concat()),
        ("array-indefinite", "indefinite", [&[0xd2, 0x9f][..], &good[2..], &[0xff]].concat()),
        ("entry-trailing", "trailing", [&good[..], &[0]].concat()),
        ("entry-truncated", "truncated", good[..good.len() - 1].to_vec()),
        ("header-empty", "truncated", sign1(&[])),
        ("header-without-kid", "missing", sign1(&unhex("a10127"))),
        ("header-without-alg", "missing", sign1(&[&[0xa1][..], &sound[3..]].concat())),
        ("header-with-more", "unknown-key", {
            let mut more = sound.clone();
            more[0] = 0xa3;
            more.extend_from_slice(&[5, 0x40]);
            sign1(&more)
        }),
        ("header-keys-out-of-order", "key-order", {
            sign1(&[&[0xa2, 4][..], &sound[4..], &sound[1..3]].concat())
        }),
        (
            "algorithm-es384",
            "unexpected",
            sign1(&set(&[&sound[..2], &[0x38, 34], &sound[3..]].concat(), 0, 0xa2)),
        ),
        ("algorithm-as-text", "unexpected", sign1(&[&sound[..2], &[0x65], b"EdDSA", &sound[3..]].concat())),
        ("kid-too-short", "unexpected", sign1(&unhex("a20127044100"))),
        ("unprotected-not-empty", "unexpected", cose_sign1(&signer, 18, &sound, &[0xa1, 4, 0x40], &body)),
        ("payload-detached", "unexpected", {
            let mut detached = vec![0xd2, 0x84, 0x4d];
            detached.extend_from_slice(&sound);
            detached.extend_from_slice(&[0xa0, 0xf6]);
            detached.extend_from_slice(&good[good.len() - 66..]);
            detached
        }),
        ("signature-of-63-bytes", "unexpected", {
            let mut short = good[..good.len() - 66].to_vec();
            short.extend_from_slice(&[0x58, 63]);
            short.extend_from_slice(&[7; 63]);
            short
        }),
        ("form-unknown", "unknown-code", set(&assertion, 1, 2)),
        ("form-of-webauthn-on-ssh", "unknown-code", set(&sshsig, 1, 1)),
        ("five-parts", "unexpected", set(&assertion, 0, 0x85)),
        ("sshsig-too-long", "too-long", {
            let mut w = Writer::new();
            w.array(3);
            w.uint(2);
            w.bytes(&body);
            w.bytes(&[0; 1_025]);
            w.into_bytes()
        }),
    ]
}

fn ssh_entry(signer: &Signer, change: &dyn Fn(&[u8; 32]) -> Vec<u8>) -> Entry {
    let body = revision(signer);
    let blob = change(&Body::hash(&body.encode()).0);
    Entry::new(body, Proof::Ssh { blob: Bytes(blob) }).expect("a readable entry")
}

fn asserted(signer: &Signer, browser: &Browser) -> Entry {
    let body = revision(signer);
    let parts = signer.assert(&Body::hash(&body.encode()), browser);
    webauthn_entry(signer, body, parts)
}

fn webauthn_entry(signer: &Signer, body: Body, parts: evidence::proof::webauthn::Parts) -> Entry {
    let proof = Proof::WebAuthn {
        kid: kid(&signer.public.id()),
        authenticator_data: Bytes(parts.authenticator_data),
        client_data: Bytes(parts.client_data),
        signature: Bytes(parts.signature),
    };
    Entry::new(body, proof).expect("a readable entry")
}

fn flipped(entry: &Entry) -> Entry {
    // The last byte belongs to the signature in every form but that of security keys, where it belongs to the counter.
    let mut raw = entry.encode();
    let last = raw.len() - 1;
    raw[last] ^= 1;
    Entry::decode(&raw).expect("still an entry")
}

fn proofs() -> Vec<(String, &'static str, Entry)> {
    let mut out = Vec::new();
    for signer in signers::all() {
        let body = if signer.name.starts_with("cose") { attestation() } else { revision(&signer) };
        let entry = signer.prove(body.clone());
        // A changed last byte of DER or of an mpint is a wrong signature; so is one of the counter.
        out.push((format!("changed-signature-{}", signer.name), "wrong-signature", flipped(&entry)));
        let other = Body { stream: body.stream + 1, ..body };
        let moved = Entry::new(other, entry.proof().clone()).expect("a readable entry");
        let reason =
            if signer.public.purpose == KeyUse::WebAuthn { "other-purpose" } else { "wrong-signature" };
        out.push((format!("changed-body-{}", signer.name), reason, moved));
    }
    let unknown = Signer::new("unknown", Algorithm::Ed25519, KeyUse::Cose, None, 99);
    out.push(("key-unknown-cose".into(), "other-key", unknown.prove(attestation())));
    let unknown = Signer::new("unknown", Algorithm::Ed25519, KeyUse::Ssh, None, 99);
    out.push(("key-unknown-ssh".into(), "other-key", unknown.prove(revision(&unknown))));

    // COSE: a header that names one key and the algorithm of another.
    let (ed, es) = (signers::named("cose-ed25519"), signers::named("cose-es256"));
    let hint = kid(&ed.public.id());
    let head = cose::protected_header(Algorithm::P256, &hint);
    let signature = Fixed(es.raw(&cose::sig_structure(&head, &[], &attestation().encode())));
    let proof = Proof::Cose { algorithm: Algorithm::P256, kid: hint, signature };
    let entry = Entry::new(attestation(), proof).expect("a readable entry");
    out.push(("algorithm-of-another-key".into(), "other-key", entry));

    // Ed25519: keys that no signature may verify under.
    // The first two are crafted so that the plain equation holds.
    for ((name, key), torsion) in unusable_keys().into_iter().zip([1, 0, 1]) {
        let crafted = |m: &[u8]| crate::torsion::under_small_key(EIGHT_TORSION[torsion], m);
        let entry = Entry::sign_cose(attestation(), &key, crafted).expect("a readable entry");
        out.push((format!("key-{name}"), "bad-key", entry));
    }
    out.push(("r-of-small-order".into(), "wrong-signature", crate::torsion::crafted_r(&ed, &attestation())));
    out.push(("r-with-torsion".into(), "wrong-signature", crate::torsion::crafted(&ed, &attestation())));
    let zero =
        Proof::Cose { algorithm: Algorithm::P256, kid: kid(&es.public.id()), signature: Fixed([0; 64]) };
    let entry = Entry::new(attestation(), zero).expect("a readable entry");
    out.push(("es256-of-zeros".into(), "malformed-signature", entry));

    for name in ["webauthn-es256", "webauthn-eddsa"] {
        let signer = signers::named(name);
        let b = Browser::default;
        let framed = r#","crossOrigin":true"#;
        for (what, reason, browser) in [
            ("created", "other-purpose", Browser { kind: "webauthn.create", ..b() }),
            ("framed", "other-purpose", Browser { rest: framed, ..b() }),
            ("frame-unsaid", "other-purpose", Browser { rest: "", ..b() }),
            ("origin-empty", "malformed-signature", Browser { origin: "", ..b() }),
            ("origin-escaped", "malformed-signature", Browser { origin: r"https:\/\/a", ..b() }),
            ("other-relying-party", "other-purpose", Browser { rp_id: "elsewhere.example", ..b() }),
            ("user-absent", "not-present", Browser { flags: 4, ..b() }),
        ] {
            out.push((format!("{what}-{name}"), reason, asserted(&signer, &browser)));
        }
        let body = revision(&signer);
        let hash = Body::hash(&body.encode());
        let mut short = signer.assert(&hash, &b());
        short.authenticator_data.truncate(36);
        out.push((
            format!("authenticator-data-short-{name}"),
            "malformed-signature",
            webauthn_entry(&signer, body.clone(), short),
        ));
        let mut raw = signer.assert(&hash, &b());
        raw.signature = vec![1; 65];
        out.push((
            format!("signature-form-{name}"),
            "malformed-signature",
            webauthn_entry(&signer, body, raw),
        ));
    }

    for name in ["ssh-ed25519", "ssh-ecdsa", "sk-ssh-ed25519", "sk-ecdsa"] {
        let signer = signers::named(name);
        let call = || SshCall::new(ssh::ENTRY_NAMESPACE);
        let mut push = |what: &str, reason, change: &dyn Fn(&[u8; 32]) -> Vec<u8>| {
            out.push((format!("{what}-{name}"), reason, ssh_entry(&signer, change)));
        };
        push("other-namespace", "other-purpose", &|m| {
            signer.ssh_blob(&SshCall { namespace: ssh::RECORD_NAMESPACE, ..call() }, m)
        });
        push("hash-unknown", "malformed-signature", &|m| {
            signer.ssh_blob(&SshCall { hash: "sha1", ..call() }, m)
        });
        push("reserved", "malformed-signature", &|m| {
            signer.ssh_blob(&SshCall { reserved: b"x", ..call() }, m)
        });
        push("sshsig-trailing", "malformed-signature", &|m| [signer.ssh_blob(&call(), m), vec![0]].concat());
        push("sshsig-truncated", "malformed-signature", &|m| {
            let mut blob = signer.ssh_blob(&call(), m);
            blob.pop();
            blob
        });
        push("sshsig-version-2", "malformed-signature", &|m| {
            let mut blob = signer.ssh_blob(&call(), m);
            blob[9] = 2;
            blob
        });
        if signer.public.scope.is_some() {
            push("untouched", "not-present", &|m| signer.ssh_blob(&SshCall { flags: 4, ..call() }, m));
        }
    }
    out
}

/// The key that an entry names, if it is one of ours.
fn named_by(entry: &Entry) -> Option<PublicKey> {
    let keys =
        signers::all().into_iter().map(|s| s.public).chain(unusable_keys().into_iter().map(|(_, k)| k));
    keys.into_iter().find(|k| entry.hints_at(&k.id(), k))
}

/// Why an entry names none of our keys: its SSHSIG cannot be read, or the key is another.
fn unnamed(entry: &Entry) -> &'static str {
    match entry.proof() {
        Proof::Ssh { blob } => ssh::key_of(&blob.0).map_or_else(|e| e.code(), |_| "other-key"),
        _ => "other-key",
    }
}

/// Every refused example: name, stage, reason, bytes.
pub(crate) fn all() -> Vec<(String, &'static str, &'static str, Vec<u8>)> {
    let signer = signers::named("cose-ed25519");
    let mut out = Vec::new();
    for (name, reason, body) in bodies() {
        let raw = cose_sign1(&signer, 18, &header(&signer), &[0xa0], &body);
        out.push((name.to_owned(), "malformed", reason, raw));
    }
    for (name, reason, raw) in envelopes() {
        out.push((name.to_owned(), "malformed", reason, raw));
    }
    for (name, reason, entry) in proofs() {
        out.push((name, "proof", reason, entry.encode()));
    }
    out
}

#[test]
fn each_is_refused_for_its_reason_and_kept_as_golden_bytes() {
    let mut out = String::from(HEADER);
    let mut wrong = Vec::new();
    for (name, stage, reason, raw) in all() {
        let said = match Entry::decode(&raw) {
            Err(e) => ("malformed", e.code()),
            Ok(entry) => {
                assert_eq!(entry.encode(), raw);
                let verdict = named_by(&entry).map(|key| entry.verify(&key));
                match verdict {
                    None => ("proof", unnamed(&entry)),
                    Some(Err(e)) => ("proof", e.code()),
                    Some(Ok(())) => ("accepted", "accepted"),
                }
            }
        };
        if said != (stage, reason) {
            wrong.push(format!("{name}: {said:?} instead of {stage} {reason}: {}", hex(&raw)));
        }
        writeln!(out, "{name} {stage} {reason} {}", if raw.is_empty() { "-".into() } else { hex(&raw) })
            .expect("a String");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    compare("testdata/golden/refused.txt", &out);
}

#[test]
fn the_small_bodies_these_are_made_from_are_sound() {
    for pairs in [tick(), evidence_claims()] {
        let raw = map(&pairs);
        assert_eq!(Body::decode(&raw).map(|b| b.encode()), Ok(raw));
    }
}
