//! The specification as data: the CDDL (RFC 8610) of the whole format, written from the same declarations as the codec.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use crate::body::claim;
use crate::facts::Fact;
use crate::types::Beacon;
use crate::wire::Field;

const PRELUDE: &str = "\
; Vouchsafe entries. Deterministic encoding (RFC 8949, 4.2.1); see docs/spec/entry.md for what CDDL cannot say.

entry = cose-entry / webauthn-entry / ssh-entry

cose-entry = #6.18([
  protected: bstr .cbor { 1 => algorithm-cose, 4 => kid },
  unprotected: {},
  payload: bstr .cbor body,
  signature: bstr .size 64,
])
webauthn-entry = [1, kid, bstr .cbor body, authenticator-data: bstr, client-data: bstr, signature: bstr]
ssh-entry = [2, bstr .cbor body, sshsig: bstr]

algorithm-cose = -8 / -7 ; EdDSA, ES256
kid = bstr .size 8       ; first bytes of SHA-256 over the public-key
sha256 = bstr .size 32
time = uint              ; seconds since 1970-01-01T00:00:00Z
source-id = bstr .size (7..33)

body = device-body / other-body
device-body = { common, 256 => source-id, (evidence // content) }
other-body = { common, -70001 => source-id, content }
common = (
  ? 6 => time,           ; claimed by the source's clock
  -70002 => uint,        ; stream
  -70003 => uint,        ; sequence
  ? -70004 => sha256,    ; hash of the previous entry; exactly when the sequence is not 0
  ? -70005 => beacon,
  ? -70008 => tstr,      ; reason
  ? -70009 => source-id, ; on behalf of
)
evidence = (
  -70006 => 103,
  ? 10 => bstr .size (8..64),   ; eat_nonce
  ? 259 => bstr .size (1..32),  ; hwmodel
  ? 260 => [tstr],              ; hwversion
  ? 261 => uint,                ; uptime
  ? 263 => 0..4,                ; dbgstat
  ? 265 => tstr,                ; eat_profile
  ? 267 => uint,                ; bootcount
  ? 268 => bstr .size (32..64), ; bootseed
  ? 270 => tstr,                ; swname
  ? 271 => [tstr],              ; swversion
  ? 273 => [+ [295, bstr .cbor measured-component]],
)
measured-component = { 1 => [tstr, ? [tstr]], 2 => [1, sha256] } ; RFC 10013
";

/// The CDDL of entries, complete.
#[must_use]
pub fn cddl() -> String {
    let mut rules: Vec<(Cow<'static, str>, String)> = Vec::new();
    Beacon::rules(&mut rules);
    let facts = Fact::cddl_rules(&mut rules);
    let mut out = String::from(PRELUDE);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\ncontent = (");
    for (i, (tag, name, rule)) in facts.iter().enumerate() {
        let or = if i == 0 { "  " } else { "//" };
        let _ = writeln!(out, "  {or} {} => {tag}, {} => {rule} ; {name}", claim::FACT, claim::CONTENT);
    }
    let _ = writeln!(out, ")");
    rules.sort();
    rules.dedup();
    for (name, text) in rules {
        let _ = writeln!(out, "\n{name} = {text}");
    }
    out
}
