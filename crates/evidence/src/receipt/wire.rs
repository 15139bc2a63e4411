//! The bytes of a receipt (`docs/spec/receipt.md`), written and read strictly. What they prove is `receipt.rs`'s to say.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;
use tlog::note::{KeyId, MAX_NOTE_BYTES};

use super::{MAX_PATH, MAX_RECEIPT, Proof, Receipt};
use crate::cbor::{Malformed, Reader, Reason, Writer};
use crate::proof::cose::TAG_SIGN1;

/// Header parameters: `alg`, `kid` (RFC 9052, 3.1), CWT claims (RFC 9597, 2), `vds` and `vdp` (RFC 9942, 2).
const ALG: i64 = 1;
const KID: i64 = 4;
const CWT_CLAIMS: i64 = 15;
const VDS: i64 = 395;
const VDP: i64 = 396;
/// The checkpoint with its cosignatures, as text. Below -65536 labels are for private use (RFC 9052, 11.1).
const CHECKPOINT: i64 = -65_537;
/// EdDSA (RFC 9053, 2.2), as entries use it; RFC 9864 would write Ed25519 as -19.
const EDDSA: i64 = -8;
/// RFC9162_SHA256 (RFC 9942, 5).
const RFC9162_SHA256: i64 = 1;
/// Proof types of RFC9162_SHA256.
const INCLUSION: i64 = -1;
const CONSISTENCY: i64 = -2;
/// CWT claims (RFC 8392, 3.1).
const ISS: i64 = 1;
const SUB: i64 = 2;
/// The subject: this, and the number of entries in decimal. What RFC 9942 leaves unsigned is signed here.
const SUBJECT: &str = "tree/";

/// The protected header: `{1: -8, 4: kid, 15: {1: origin, 2: "tree/SIZE"}, 395: 1}`.
pub(super) fn protected(origin: &str, kid: KeyId, size: u64) -> Vec<u8> {
    let mut w = Writer::with_capacity(origin.len() + 48);
    w.map(4);
    w.int(ALG);
    w.int(EDDSA);
    w.int(KID);
    w.bytes(&kid.0.to_be_bytes());
    w.int(CWT_CLAIMS);
    w.map(2);
    w.int(ISS);
    w.text(origin);
    w.int(SUB);
    w.text(&format!("{SUBJECT}{size}"));
    w.int(VDS);
    w.int(RFC9162_SHA256);
    w.into_bytes()
}

pub(super) fn encode(receipt: &Receipt) -> Vec<u8> {
    let (label, first, second) = match &receipt.proof {
        Proof::Inclusion { index, .. } => (INCLUSION, receipt.size, *index),
        Proof::Consistency { old, .. } => (CONSISTENCY, *old, receipt.size),
    };
    let mut proof = Writer::with_capacity(24 + 34 * receipt.proof.path().len());
    proof.array(3);
    proof.uint(first);
    proof.uint(second);
    proof.array(receipt.proof.path().len());
    receipt.proof.path().iter().for_each(|hash| proof.bytes(hash.as_bytes()));

    let mut w = Writer::new();
    w.tag(TAG_SIGN1);
    w.array(4);
    w.bytes(&protected(&receipt.origin, receipt.kid, receipt.size));
    w.map(1 + usize::from(receipt.checkpoint.is_some()));
    w.int(VDP);
    w.map(1);
    w.int(label);
    w.array(1);
    w.bytes(&proof.into_bytes());
    if let Some(checkpoint) = &receipt.checkpoint {
        w.int(CHECKPOINT);
        w.text(checkpoint);
    }
    w.null();
    w.bytes(&receipt.signature);
    w.into_bytes()
}

pub(super) fn decode(bytes: &[u8]) -> Result<Receipt, Malformed> {
    let mut r = Reader::new(bytes);
    if bytes.len() > MAX_RECEIPT {
        return Err(r.bad(Reason::TooLong { what: "a receipt", max: MAX_RECEIPT }));
    }
    if r.tag()? != TAG_SIGN1 {
        return Err(Malformed { at: 0, reason: Reason::Expected("the tag of a COSE_Sign1 (18)") });
    }
    r.array_of(4, "the four parts of a COSE_Sign1")?;
    let at = r.position();
    let header = r.bytes(1_024)?;
    // Offsets within the header are told from the beginning of the receipt: past the head of the byte string.
    let inner = at + (r.position() - at - header.len());
    let (origin, kid, size) =
        read_protected(header).map_err(|e| Malformed { at: inner + e.at, reason: e.reason })?;
    let (mut proof, mut checkpoint) = (None, None);
    let mut map = r.map()?;
    loop {
        let at = r.position();
        match map.next(&mut r)? {
            None => break,
            Some(VDP) => proof = Some(read_proofs(&mut r, size)?),
            Some(CHECKPOINT) => checkpoint = Some(r.text(MAX_NOTE_BYTES)?.to_owned()),
            Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
        }
    }
    let proof = proof.ok_or(r.bad(Reason::Missing("vdp")))?;
    r.null()?;
    let at = r.position();
    let signature = r.bytes(64)?.try_into();
    let signature =
        signature.map_err(|_| Malformed { at, reason: Reason::Expected("a signature of 64 bytes") })?;
    r.leave();
    r.finish()?;
    Ok(Receipt { origin, kid, size, proof, checkpoint, signature })
}

fn read_protected(raw: &[u8]) -> Result<(String, KeyId, u64), Malformed> {
    let mut r = Reader::new(raw);
    let expected = |at, what| Malformed { at, reason: Reason::Expected(what) };
    let (mut algorithm, mut kid, mut claims, mut structure) = (None, None, None, None);
    let mut map = r.map()?;
    loop {
        let at = r.position();
        match map.next(&mut r)? {
            None => break,
            Some(ALG) => {
                algorithm = Some(r.int()?).filter(|a| *a == EDDSA);
                algorithm.ok_or(expected(at, "algorithm EdDSA (-8)"))?;
            }
            Some(KID) => {
                let bytes = r.bytes(4)?.try_into().map_err(|_| expected(at, "a key ID of 4 bytes"))?;
                kid = Some(KeyId(u32::from_be_bytes(bytes)));
            }
            Some(CWT_CLAIMS) => claims = Some(read_claims(&mut r)?),
            Some(VDS) => {
                structure = Some(r.int()?).filter(|vds| *vds == RFC9162_SHA256);
                structure.ok_or(expected(at, "the structure RFC9162_SHA256 (1)"))?;
            }
            Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
        }
    }
    r.finish()?;
    let missing = |name| Malformed { at: 0, reason: Reason::Missing(name) };
    algorithm.ok_or(missing("alg"))?;
    structure.ok_or(missing("vds"))?;
    let (origin, size) = claims.ok_or(missing("CWT claims"))?;
    Ok((origin, kid.ok_or(missing("kid"))?, size))
}

fn read_claims(r: &mut Reader<'_>) -> Result<(String, u64), Malformed> {
    let start = r.position();
    let (mut origin, mut size) = (None, None);
    let mut map = r.map()?;
    loop {
        let at = r.position();
        match map.next(r)? {
            None => break,
            Some(ISS) => origin = Some(r.text(tlog::MAX_NAME_BYTES)?.to_owned()),
            Some(SUB) => {
                let text = r.text(SUBJECT.len() + 20)?.strip_prefix(SUBJECT);
                let plain = |digits: &&str| {
                    digits.bytes().all(|b| b.is_ascii_digit()) && (*digits == "0" || !digits.starts_with('0'))
                };
                size = text.filter(plain).and_then(|digits| digits.parse().ok());
                size.ok_or(Malformed { at, reason: Reason::Expected("`tree/` and a number of entries") })?;
            }
            Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
        }
    }
    let missing = |name| Malformed { at: start, reason: Reason::Missing(name) };
    Ok((origin.ok_or(missing("iss"))?, size.ok_or(missing("sub"))?))
}

/// The map of proofs: one type, one proof.
fn read_proofs(r: &mut Reader<'_>, size: u64) -> Result<Proof, Malformed> {
    let start = r.position();
    let mut found = None;
    let mut map = r.map()?;
    loop {
        let at = r.position();
        match map.next(r)? {
            None => break,
            Some(label @ (INCLUSION | CONSISTENCY)) if found.is_none() => {
                r.array_of(1, "one proof")?;
                let string = r.position();
                let raw = r.bytes(24 + 34 * MAX_PATH)?;
                let inner = string + (r.position() - string - raw.len());
                let proof = read_proof(label, raw, size);
                found = Some(proof.map_err(|e| Malformed { at: inner + e.at, reason: e.reason })?);
                r.leave();
            }
            Some(INCLUSION | CONSISTENCY) => {
                return Err(Malformed { at, reason: Reason::Expected("proofs of one type") });
            }
            Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
        }
    }
    found.ok_or(Malformed { at: start, reason: Reason::Missing("a proof of inclusion or consistency") })
}

fn read_proof(label: i64, raw: &[u8], size: u64) -> Result<Proof, Malformed> {
    let mut r = Reader::new(raw);
    r.array_of(3, "two numbers and a path")?;
    let (first, second) = (r.uint()?, r.uint()?);
    let n = r.array(MAX_PATH)?;
    let mut path = Vec::with_capacity(n);
    for _ in 0..n {
        let at = r.position();
        let hash = r.bytes(32)?.try_into();
        path.push(Hash(hash.map_err(|_| Malformed { at, reason: Reason::Expected("a hash of 32 bytes") })?));
    }
    r.leave();
    r.leave();
    r.finish()?;
    let (stated, proof) = match label {
        INCLUSION => (first, Proof::Inclusion { index: second, path }),
        _ => (second, Proof::Consistency { old: first, path }),
    };
    if stated != size {
        return Err(Malformed { at: 0, reason: Reason::Expected("the size that the subject states") });
    }
    check(size, &proof)?;
    Ok(proof)
}

/// What RFC 9942 and RFC 9162 ask of the numbers and the path, before any hash is computed. A path has at least one hash
/// (RFC 9942, `[ + bstr ]`): there is no receipt for a tree of one entry, nor of a tree with itself.
pub(super) fn check(size: u64, proof: &Proof) -> Result<(), Malformed> {
    let (number, least) = match proof {
        Proof::Inclusion { index, .. } => (*index, 0),
        Proof::Consistency { old, .. } => (*old, 1),
    };
    if !(least..size).contains(&number) {
        return Err(Malformed { at: 0, reason: Reason::OutOfRange("within the tree") });
    }
    match proof.path().len() {
        0 => Err(Malformed { at: 0, reason: Reason::Expected("a path of at least one hash") }),
        n if n > MAX_PATH => {
            Err(Malformed { at: 0, reason: Reason::TooLong { what: "a path", max: MAX_PATH } })
        }
        _ => Ok(()),
    }
}
