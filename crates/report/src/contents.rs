//! The members that hold entries: CBOR sequences (RFC 8742) of `[index, entry]`, in pieces that are read one at a time.

use evidence::cbor::{Reader, Writer};

/// Most entries of one member.
pub(crate) const PIECE: usize = 65_536;
/// Most bytes of one member, the last entry aside.
pub(crate) const PIECE_BYTES: usize = 32 << 20;

/// Name of the `n`th member.
pub(crate) fn member(n: usize) -> String {
    format!("entries/{n:06}.cborseq")
}

/// Whether a name is one of them.
pub(crate) fn is_member(name: &str) -> bool {
    name.strip_prefix("entries/")
        .and_then(|n| n.strip_suffix(".cborseq"))
        .is_some_and(|n| n.len() == 6 && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Appends an entry.
pub(crate) fn push(out: &mut Vec<u8>, index: u64, raw: &[u8]) {
    let mut w = Writer::with_capacity(raw.len() + 16);
    w.array(2);
    w.uint(index);
    w.bytes(raw);
    out.extend(w.into_bytes());
}

/// Reads a member: index and bytes of each entry.
pub(crate) fn parse(mut bytes: &[u8]) -> Result<Vec<(u64, &[u8])>, String> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let mut r = Reader::new(bytes);
        let item = (|| {
            r.array_of(2, "[index, entry]")?;
            let index = r.uint()?;
            let raw = r.bytes(evidence::MAX_ENTRY)?;
            r.leave();
            Ok((index, raw))
        })();
        out.push(item.map_err(|e: evidence::cbor::Malformed| format!("after {} entries: {e}", out.len()))?);
        if out.len() > PIECE {
            return Err("it holds more entries than a member may".into());
        }
        bytes = bytes.get(r.position()..).unwrap_or_default();
    }
    Ok(out)
}
