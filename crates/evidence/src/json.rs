//! The JSON reading of an entry, for people and for the API. Lossless: [`from_json`] gives back the same bytes.
//!
//! Digests and bytes are hexadecimal, times RFC 3339, sources and codes their words; integers stay numbers. The
//! signature is over the CBOR, never over this.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use serde_json::{Map, Value};
use tlog::Hash;

use crate::body::{Body, DebugStatus, Evidence, Measured};
use crate::entry::{Entry, EntryError, Proof};
use crate::facts::Fact;
use crate::keys::Algorithm;
use crate::source::SourceId;
use crate::time::Time;
use crate::types::{Beacon, Bytes};
use crate::wire::Field;

/// JSON that is no entry: the path to the place, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at {path}: expected {expected}")]
pub struct JsonError {
    path: String,
    expected: String,
}

impl JsonError {
    /// Another value was expected here.
    #[must_use]
    pub fn expected(what: &str) -> Self {
        Self { path: "$".into(), expected: what.into() }
    }
    /// A name that nothing here has.
    #[must_use]
    pub fn unknown(name: &str) -> Self {
        Self { path: "$".into(), expected: alloc::format!("a known name instead of `{name}`") }
    }
    /// The same error, inside a field.
    #[must_use]
    pub fn in_field(self, name: &str) -> Self {
        self.under(&alloc::format!(".{name}"))
    }
    /// The same error, inside an array.
    #[must_use]
    pub fn at_index(self, i: usize) -> Self {
        self.under(&alloc::format!("[{i}]"))
    }
    fn under(self, step: &str) -> Self {
        let rest = self.path.strip_prefix('$').unwrap_or_default();
        Self { path: alloc::format!("${step}{rest}"), expected: self.expected }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        // Writing to a String cannot fail.
        let _ = write!(s, "{b:02x}");
        s
    })
}

pub(crate) fn unhex(s: &str) -> Option<Vec<u8>> {
    let digit = |c: &u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let pairs = s.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| match pair {
            [a, b] => Some(digit(a)? << 4 | digit(b)?),
            _ => None,
        })
        .collect()
}

fn set<T: Field>(map: &mut Map<String, Value>, name: &str, value: Option<&T>) {
    if let Some(value) = value {
        map.insert(name.into(), value.to_json());
    }
}

fn get<T: Field>(map: &Map<String, Value>, name: &str) -> Result<Option<T>, JsonError> {
    map.get(name).map(|v| T::from_json(v).map_err(|e| e.in_field(name))).transpose()
}

fn need<T: Field>(map: &Map<String, Value>, name: &str) -> Result<T, JsonError> {
    get(map, name)?.ok_or(JsonError::expected("a value").in_field(name))
}

fn object<'a>(v: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, JsonError> {
    let map = v.as_object().ok_or(JsonError::expected("an object"))?;
    match map.keys().find(|k| !known.contains(&k.as_str())) {
        Some(other) => Err(JsonError::unknown(other)),
        None => Ok(map),
    }
}

const BODY: &[&str] = &[
    "fact",
    "source",
    "stream",
    "sequence",
    "previous",
    "time",
    "beacon",
    "reason",
    "on_behalf_of",
    "content",
];

/// The body as people read it.
#[must_use]
pub fn body_json(body: &Body) -> Value {
    let mut map = Map::new();
    map.insert("fact".into(), body.fact.name().into());
    set(&mut map, "source", Some(&body.source));
    set(&mut map, "stream", Some(&body.stream));
    set(&mut map, "sequence", Some(&body.sequence));
    set(&mut map, "previous", body.previous.as_ref());
    set(&mut map, "time", body.time.as_ref());
    set(&mut map, "beacon", body.beacon.as_ref());
    set(&mut map, "reason", body.reason.as_ref());
    set(&mut map, "on_behalf_of", body.on_behalf_of.as_ref());
    let content = match &body.fact {
        Fact::Attested(e) => evidence_json(e),
        other => other.content_json().unwrap_or(Value::Null),
    };
    map.insert("content".into(), content);
    Value::Object(map)
}

/// The body from what people read.
///
/// # Errors
/// The first place that is no body.
pub fn body_from_json(v: &Value) -> Result<Body, JsonError> {
    let map = object(v, BODY)?;
    let name: String = need(map, "fact")?;
    let content = map.get("content").ok_or(JsonError::expected("a value").in_field("content"))?;
    let fact = if name == "Attested" {
        evidence_from_json(content).map(Fact::Attested)
    } else {
        Fact::from_content_json(&name, content)
    };
    Ok(Body {
        source: need::<SourceId>(map, "source")?,
        stream: need(map, "stream")?,
        sequence: need(map, "sequence")?,
        previous: get::<Hash>(map, "previous")?,
        time: get::<Time>(map, "time")?,
        beacon: get::<Beacon>(map, "beacon")?,
        reason: get(map, "reason")?,
        on_behalf_of: get(map, "on_behalf_of")?,
        fact: fact.map_err(|e| e.in_field("content"))?,
    })
}

/// The whole entry as people read it: id, length, body, proof.
#[must_use]
pub fn entry_json(entry: &Entry) -> Value {
    let mut map = Map::new();
    map.insert("entry".into(), entry.hash().to_json());
    map.insert("bytes".into(), entry.encode().len().into());
    map.insert("body".into(), body_json(entry.body()));
    let mut proof = Map::new();
    match entry.proof() {
        Proof::Cose { algorithm, kid, signature } => {
            proof.insert("kind".into(), "COSE_Sign1".into());
            set(&mut proof, "algorithm", Some(algorithm));
            set(&mut proof, "kid", Some(kid));
            set(&mut proof, "signature", Some(signature));
        }
        Proof::WebAuthn { kid, authenticator_data, client_data, signature } => {
            proof.insert("kind".into(), "WebAuthn".into());
            set(&mut proof, "kid", Some(kid));
            set(&mut proof, "authenticator_data", Some(authenticator_data));
            set(&mut proof, "client_data", Some(client_data));
            set(&mut proof, "signature", Some(signature));
        }
        Proof::Ssh { blob } => {
            proof.insert("kind".into(), "SSHSIG".into());
            set(&mut proof, "signature", Some(blob));
        }
    }
    map.insert("proof".into(), Value::Object(proof));
    Value::Object(map)
}

/// Gives back the entry that [`entry_json`] rendered.
///
/// # Errors
/// The first place that is no entry, or an entry whose hash or length is not the one stated.
pub fn from_json(v: &Value) -> Result<Entry, JsonError> {
    let map = object(v, &["entry", "bytes", "body", "proof"])?;
    let body = map.get("body").ok_or(JsonError::expected("a value").in_field("body"))?;
    let body = body_from_json(body).map_err(|e| e.in_field("body"))?;
    let proof = map.get("proof").ok_or(JsonError::expected("a value").in_field("proof"))?;
    let proof = proof_from_json(proof).map_err(|e| e.in_field("proof"))?;
    let entry = Entry::new(body, proof).map_err(|e: EntryError| JsonError::expected(&e.to_string()))?;
    if get::<u64>(map, "bytes")?.is_some_and(|stated| stated != entry.encode().len() as u64) {
        return Err(JsonError::expected("the length of this entry").in_field("bytes"));
    }
    match get::<Hash>(map, "entry")? {
        Some(stated) if stated != entry.hash() => {
            Err(JsonError::expected("the hash of this body").in_field("entry"))
        }
        _ => Ok(entry),
    }
}

fn proof_from_json(v: &Value) -> Result<Proof, JsonError> {
    let map = object(v, &["kind", "algorithm", "kid", "signature", "authenticator_data", "client_data"])?;
    match need::<String>(map, "kind")?.as_str() {
        "COSE_Sign1" => Ok(Proof::Cose {
            algorithm: need::<Algorithm>(map, "algorithm")?,
            kid: need(map, "kid")?,
            signature: need(map, "signature")?,
        }),
        "WebAuthn" => Ok(Proof::WebAuthn {
            kid: need(map, "kid")?,
            authenticator_data: need(map, "authenticator_data")?,
            client_data: need(map, "client_data")?,
            signature: need(map, "signature")?,
        }),
        "SSHSIG" => Ok(Proof::Ssh { blob: need::<Bytes>(map, "signature")? }),
        other => Err(JsonError::unknown(other).in_field("kind")),
    }
}

const EVIDENCE: &[&str] = &[
    "nonce",
    "hwmodel",
    "hwversion",
    "uptime",
    "dbgstat",
    "profile",
    "bootcount",
    "bootseed",
    "swname",
    "swversion",
    "measurements",
];

fn evidence_json(e: &Evidence) -> Value {
    let mut map = Map::new();
    set(&mut map, "nonce", e.nonce.as_ref());
    set(&mut map, "hwmodel", e.hardware_model.as_ref());
    set(&mut map, "hwversion", e.hardware_version.as_ref());
    set(&mut map, "uptime", e.uptime.as_ref());
    set(&mut map, "dbgstat", e.debug.as_ref());
    set(&mut map, "profile", e.profile.as_ref());
    set(&mut map, "bootcount", e.boot_count.as_ref());
    set(&mut map, "bootseed", e.boot_seed.as_ref());
    set(&mut map, "swname", e.software_name.as_ref());
    set(&mut map, "swversion", e.software_version.as_ref());
    if !e.measurements.is_empty() {
        let list = e.measurements.iter().map(|m| {
            let mut map = Map::new();
            map.insert("name".into(), m.name.as_str().into());
            set(&mut map, "version", m.version.as_ref());
            set(&mut map, "sha256", Some(&m.digest));
            Value::Object(map)
        });
        map.insert("measurements".to_owned(), Value::Array(list.collect()));
    }
    Value::Object(map)
}

fn evidence_from_json(v: &Value) -> Result<Evidence, JsonError> {
    let map = object(v, EVIDENCE)?;
    let list = match map.get("measurements") {
        None => &[][..],
        Some(v) => v.as_array().ok_or(JsonError::expected("an array").in_field("measurements"))?,
    };
    let measured = |(i, v): (usize, &Value)| {
        let read = || {
            let map = object(v, &["name", "version", "sha256"])?;
            Ok(Measured {
                name: need(map, "name")?,
                version: get(map, "version")?,
                digest: need(map, "sha256")?,
            })
        };
        read().map_err(|e: JsonError| e.at_index(i).in_field("measurements"))
    };
    Ok(Evidence {
        nonce: get(map, "nonce")?,
        hardware_model: get(map, "hwmodel")?,
        hardware_version: get(map, "hwversion")?,
        uptime: get(map, "uptime")?,
        debug: get::<DebugStatus>(map, "dbgstat")?,
        profile: get(map, "profile")?,
        boot_count: get(map, "bootcount")?,
        boot_seed: get(map, "bootseed")?,
        software_name: get(map, "swname")?,
        software_version: get(map, "swversion")?,
        measurements: list.iter().enumerate().map(measured).collect::<Result<_, _>>()?,
    })
}
