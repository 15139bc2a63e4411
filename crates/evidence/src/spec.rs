//! The specification as data: the CDDL (RFC 8610) of the whole format, written from the same declarations as the codec.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use crate::body::{DebugStatus, claim};
use crate::facts::Fact;
use crate::types::Beacon;
use crate::wire::Field;

const PRELUDE: &str = "\
; Vouchsafe entries (RFC 8610). Deterministic encoding only (RFC 8949, 4.2.1); docs/spec/entry.md says what CDDL cannot.
; Generated from the code; do not edit.

entry = cose-entry / webauthn-entry / ssh-entry

cose-entry = #6.18([
  encoded-header,  ; protected
  {},              ; unprotected
  encoded-body,    ; payload
  signature: bstr .size 64,
])
webauthn-entry = [
  form: 1,
  kid,
  encoded-body,
  authenticator-data: bstr .size (0..1024),
  client-data: bstr .size (0..2048),
  signature: bstr .size (0..128),
]
ssh-entry = [
  form: 2,
  encoded-body,
  sshsig: bstr .size (0..1024),
]

encoded-header = bstr .cbor protected-header
encoded-body = bstr .cbor body
protected-header = {
  1 => -8 / -7, ; alg: EdDSA, ES256
  4 => kid,
}
kid = bstr .size 8 ; first bytes of SHA-256 over the public-key
sha256 = bstr .size 32
seconds = 0..253402300799 ; since 1970-01-01T00:00:00Z, before the year 10000
source-id = bstr .size (7..33)

; Claims stand in the order of their encoding.
body = device-evidence / device-body / other-body
device-evidence = {
  ? 6 => seconds,               ; time
  ? 10 => bstr .size (8..64),   ; nonce
  256 => source-id,             ; source: a UEID
  ? 259 => bstr .size (1..32),  ; hwmodel
  ? 260 => [version],           ; hwversion
  ? 261 => uint,                ; uptime
  ? 263 => dbgstat,             ; dbgstat
  ? 265 => tstr .size (0..256), ; profile
  ? 267 => uint,                ; bootcount
  ? 268 => bstr .size (32..64), ; bootseed
  ? 270 => tstr .size (0..256), ; swname
  ? 271 => [version],           ; swversion
  ? 273 => [1*64 measurement],  ; measurements
  place,
  -70006 => 103, ; Attested
  account,
}
device-body = {
  ? 6 => seconds,   ; time
  256 => source-id, ; source: a UEID
  place,
  content,
  account,
}
other-body = {
  ? 6 => seconds,      ; time
  -70001 => source-id, ; source
  place,
  content,
  account,
}
place = (
  -70002 => uint,     ; stream
  -70003 => uint,     ; sequence
  ? -70004 => sha256, ; previous: exactly when the sequence is not 0
  ? -70005 => beacon, ; beacon
)
account = (
  ? -70008 => tstr .size (0..4096), ; reason
  ? -70009 => source-id,            ; on_behalf_of
)
measurement = [295, encoded-component]
version = tstr .size (0..256)
encoded-component = bstr .cbor measured-component
measured-component = { ; RFC 10013
  1 => [name: tstr .size (0..256), ? [version]],
  2 => [1, sha256], ; 1: SHA-256 (RFC 6920)
}

; A WebAuthn assertion as the fact Signed carries it.
webauthn-assertion = [authenticator-data: bstr, client-data: bstr, signature: bstr]
";

/// The CDDL of entries, complete.
#[must_use]
pub fn cddl() -> String {
    let mut rules: Vec<(Cow<'static, str>, String)> = Vec::new();
    Beacon::rules(&mut rules);
    DebugStatus::rules(&mut rules);
    let facts = Fact::cddl_rules(&mut rules);
    let mut out = String::from(PRELUDE);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\ncontent = (");
    for (i, (tag, name, rule)) in facts.iter().enumerate() {
        let or = if i == 0 { "   " } else { "// " };
        let _ = writeln!(out, "{or}({} => {tag}, {} => {rule}) ; {name}", claim::FACT, claim::CONTENT);
    }
    let _ = writeln!(out, ")");
    rules.sort();
    rules.dedup();
    for (name, text) in rules {
        let _ = writeln!(out, "\n{name} = {text}");
    }
    out
}
