//! The strict reader beside minicbor, for `docs/adr/0002-own-strict-cbor.md`: time for one attestation body, and which of
//! the malformed golden entries minicbor alone lets through. Prints a table; run it optimised.
#![expect(clippy::expect_used, reason = "a measurement that meets what it does not expect must stop")]

use std::hint::black_box;
use std::time::Duration;

use evidence::body::{DebugStatus, Evidence, MAX_REASON, Measured, claim};
use evidence::facts::log::Tick;
use evidence::types::{Beacon, Bytes};
use evidence::{Body, Entry, Fact, Hash, SourceId, SourceKind, Time};
use minicbor::Decoder;
use minicbor::decode::Error;

/// A reader as one writes it with minicbor and ordinary care: types, lengths, required and unknown keys, and the end of
/// the input are checked; determinism is not.
mod with_minicbor {
    use super::*;

    fn bad(what: &'static str) -> Error {
        Error::message(what)
    }

    /// Calls `pair` for each key of a map, of definite length or not.
    fn pairs<'b>(
        d: &mut Decoder<'b>,
        mut pair: impl FnMut(i64, &mut Decoder<'b>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let length = d.map()?;
        let mut n = 0;
        loop {
            match length {
                Some(length) if n == length => return Ok(()),
                None if d.datatype()? == minicbor::data::Type::Break => return d.skip(),
                _ => {}
            }
            let key = d.i64()?;
            pair(key, d)?;
            n += 1;
        }
    }

    fn hash(d: &mut Decoder<'_>) -> Result<Hash, Error> {
        d.bytes()?.try_into().map(Hash).map_err(|_| bad("a digest has 32 bytes"))
    }

    fn time(d: &mut Decoder<'_>) -> Result<Time, Error> {
        Time::from_seconds(d.u64()?).ok_or(bad("a time"))
    }

    fn source(d: &mut Decoder<'_>) -> Result<SourceId, Error> {
        SourceId::from_bytes(d.bytes()?).map_err(|_| bad("a source"))
    }

    fn sized(d: &mut Decoder<'_>, least: usize, most: usize) -> Result<Option<Bytes>, Error> {
        let raw = d.bytes()?;
        if (least..=most).contains(&raw.len()) { Ok(Some(Bytes(raw.to_vec()))) } else { Err(bad("a length")) }
    }

    fn version(d: &mut Decoder<'_>) -> Result<String, Error> {
        if d.array()? == Some(1) { Ok(d.str()?.into()) } else { Err(bad("a version")) }
    }

    fn measured(d: &mut Decoder<'_>) -> Result<Measured, Error> {
        if d.array()? != Some(2) || d.u16()? != 295 {
            return Err(bad("[295, measured component]"));
        }
        let (mut id, mut digest) = (None, None);
        pairs(&mut Decoder::new(d.bytes()?), |key, d| {
            match key {
                1 => {
                    let n = d.array()?;
                    id = Some((d.str()?.into(), if n == Some(2) { Some(version(d)?) } else { None }));
                }
                2 if d.array()? == Some(2) && d.u8()? == 1 => digest = Some(hash(d)?),
                _ => return Err(bad("a key")),
            }
            Ok(())
        })?;
        let (name, version) = id.ok_or(bad("a name"))?;
        Ok(Measured { name, version, digest: digest.ok_or(bad("a digest"))? })
    }

    fn beacon(d: &mut Decoder<'_>) -> Result<Beacon, Error> {
        let (mut generation, mut size, mut root) = (None, None, None);
        pairs(d, |key, d| {
            match key {
                1 => generation = Some(d.u64()?),
                2 => size = Some(d.u64()?),
                3 => root = Some(hash(d)?),
                _ => return Err(bad("a key")),
            }
            Ok(())
        })?;
        let missing = bad("missing");
        match (generation, size, root) {
            (Some(generation), Some(size), Some(root)) => Ok(Beacon { generation, size, root }),
            _ => Err(missing),
        }
    }

    /// Reads a body of evidence or a Tick; skips the content of other facts.
    pub(super) fn body(raw: &[u8]) -> Result<Body, Error> {
        let mut d = Decoder::new(raw);
        let (mut who, mut stream, mut sequence, mut tag, mut tick) = (None, None, None, None, None);
        let (mut previous, mut when, mut seen, mut reason, mut behalf) = (None, None, None, None, None);
        let mut e = Evidence::default();
        pairs(&mut d, |key, d| {
            match key {
                claim::IAT => when = Some(time(d)?),
                claim::NONCE => e.nonce = sized(d, 8, 64)?,
                claim::UEID | claim::SOURCE if who.is_none() => {
                    who = Some(source(d)?)
                        .filter(|id| (id.kind() == SourceKind::Device) == (key == claim::UEID));
                    who.ok_or(bad("another kind of source"))?;
                }
                claim::HWMODEL => e.hardware_model = sized(d, 1, 32)?,
                claim::HWVERSION => e.hardware_version = Some(version(d)?),
                claim::UPTIME => e.uptime = Some(d.u64()?),
                claim::DBGSTAT => e.debug = Some(DebugStatus::from_code(d.u64()?).ok_or(bad("a code"))?),
                claim::PROFILE => e.profile = Some(d.str()?.into()),
                claim::BOOTCOUNT => e.boot_count = Some(d.u64()?),
                claim::BOOTSEED => e.boot_seed = sized(d, 32, 64)?,
                claim::SWNAME => e.software_name = Some(d.str()?.into()),
                claim::SWVERSION => e.software_version = Some(version(d)?),
                claim::MEASUREMENTS => {
                    for _ in 0..d.array()?.filter(|n| (1..=64).contains(n)).ok_or(bad("a list"))? {
                        e.measurements.push(measured(d)?);
                    }
                }
                claim::STREAM => stream = Some(d.u64()?),
                claim::SEQUENCE => sequence = Some(d.u64()?),
                claim::PREVIOUS => previous = Some(hash(d)?),
                claim::BEACON => seen = Some(beacon(d)?),
                claim::FACT => tag = Some(d.u64()?),
                claim::CONTENT if tag == Some(2) => pairs(d, |key, d| match key {
                    1 => time(d).map(|time| tick = Some(time)),
                    _ => Err(bad("a key")),
                })?,
                claim::CONTENT if tag != Some(103) => d.skip()?,
                claim::REASON => {
                    let text = Some(d.str()?).filter(|r| r.len() <= MAX_REASON);
                    reason = Some(text.ok_or(bad("a long reason"))?.into());
                }
                claim::ON_BEHALF_OF => behalf = Some(source(d)?),
                _ => return Err(bad("a claim")),
            }
            Ok(())
        })?;
        if d.position() != raw.len() {
            return Err(bad("more behind"));
        }
        let fact = match tag {
            Some(103) if who.is_some_and(|id| id.kind() == SourceKind::Device) => Fact::Attested(e),
            Some(2) if e == Evidence::default() => Fact::Tick(Tick { time: tick.ok_or(bad("missing"))? }),
            _ => return Err(bad("a fact")),
        };
        match (who, stream, sequence) {
            (Some(source), Some(stream), Some(sequence)) if (sequence == 0) == previous.is_none() => {
                Ok(Body {
                    source,
                    stream,
                    sequence,
                    previous,
                    time: when,
                    beacon: seen,
                    reason,
                    on_behalf_of: behalf,
                    fact,
                })
            }
            _ => Err(bad("missing")),
        }
    }

    /// Reads a COSE_Sign1 around a body; gives the body and its bytes.
    pub(super) fn entry(raw: &[u8]) -> Result<(Body, &[u8]), Error> {
        let mut d = Decoder::new(raw);
        if u64::from(d.tag()?) != 18 || d.array()? != Some(4) {
            return Err(bad("a COSE_Sign1"));
        }
        let (mut alg, mut kid) = (None, None);
        pairs(&mut Decoder::new(d.bytes()?), |key, d| {
            match key {
                1 => alg = Some(d.i64()?),
                4 => kid = Some(d.bytes()?.len()),
                _ => return Err(bad("a header")),
            }
            Ok(())
        })?;
        if !matches!(alg, Some(-8 | -7)) || kid != Some(8) || d.map()? != Some(0) {
            return Err(bad("headers"));
        }
        let encoded = d.bytes()?;
        if d.bytes()?.len() != 64 || d.position() != raw.len() {
            return Err(bad("a signature of 64 bytes, and the end"));
        }
        Ok((body(encoded)?, encoded))
    }
}

/// Nanoseconds a call, the best of seven rounds.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn nanoseconds<T>(mut call: impl FnMut() -> T) -> f64 {
    const CALLS: u32 = 50_000;
    let mut round = || {
        let start = std::time::Instant::now();
        for _ in 0..CALLS {
            black_box(call());
        }
        start.elapsed()
    };
    let best = (0..7).map(|_| round()).min().unwrap_or(Duration::ZERO);
    best.as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn golden(file: &str) -> Vec<Vec<String>> {
    let path = format!("{}/../../testdata/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a golden file");
    text.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(' ').map(Into::into).collect()).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    let pair = |i| u8::from_str_radix(digits.get(i..i + 2).expect("a pair"), 16).expect("hexadecimal");
    (0..digits.len() / 2).map(|i| pair(2 * i)).collect()
}

fn main() {
    let lines = golden("proofs.txt");
    let raw = lines.iter().find(|l| l[0] == "cose-ed25519").map(|l| unhex(&l[1])).expect("an entry");
    let entry = Entry::decode(&raw).expect("an entry");
    let body = entry.body_bytes();
    assert_eq!(with_minicbor::body(body).expect("readable"), *entry.body(), "both read the same");
    println!("one attestation body of {} bytes into its structure:", body.len());
    println!("  own strict reader              {:6.0} ns", nanoseconds(|| Body::decode(black_box(body))));
    println!(
        "  minicbor alone                 {:6.0} ns",
        nanoseconds(|| with_minicbor::body(black_box(body)))
    );
    let again = || with_minicbor::body(black_box(body)).is_ok_and(|b| b.encode() == body);
    println!("  minicbor, encoded and compared {:6.0} ns", nanoseconds(again));

    let (mut own, mut all, mut passed, mut missed) = (0, 0, Vec::new(), Vec::new());
    let refused = golden("refused.txt");
    for line in refused.iter().filter(|l| l[1] == "malformed") {
        let raw = if line[3] == "-" { Vec::new() } else { unhex(&line[3]) };
        if !matches!(raw.first(), Some(0xd2 | 0xd8)) {
            continue;
        }
        all += 1;
        own += usize::from(Entry::decode(&raw).is_err());
        if let Ok((body, encoded)) = with_minicbor::entry(&raw) {
            passed.push(line[0].as_str());
            if body.encode() == encoded {
                missed.push(line[0].as_str());
            }
        }
    }
    println!("{all} malformed COSE entries: own reader refuses {own}, minicbor alone {}", all - passed.len());
    println!("  minicbor alone accepts: {}", passed.join(", "));
    println!("  of these, the body encodes to the same bytes again: {}", missed.join(", "));
}
