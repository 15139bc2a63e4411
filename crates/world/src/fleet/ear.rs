//! A verdict as an EAT attestation result (draft-ietf-rats-ear-04): its parts under their JSON names, and its claims in
//! deterministic CBOR. Not here: the signature around it, and what leads to a verdict (`appraise`).

use evidence::Time;
use evidence::cbor::Writer;
use evidence::facts::fleet::Appraised;

/// Profile of the result. The draft's text is at 04, the tag in its examples at 03 (unconfirmed).
pub const EAR_PROFILE: &str = "tag:ietf.org,2026:rats/ear#03";

/// Names of the parts of the trust vector in JSON, in their order in CBOR (AR4SI, 3.1).
pub const VECTOR_NAMES: [&str; 8] = [
    "instance-identity",
    "configuration",
    "executables",
    "file-system",
    "hardware",
    "runtime-opaque",
    "storage-opaque",
    "sourced-data",
];

/// Claim numbers (draft-ietf-rats-ear, 3.2; RFC 9711).
mod claim {
    pub(super) const IAT: i64 = 6;
    pub(super) const PROFILE: i64 = 265;
    pub(super) const SUBMODS: i64 = 266;
    pub(super) const STATUS: i64 = 1_000;
    pub(super) const VECTOR: i64 = 1_001;
    pub(super) const POLICY: i64 = 1_003;
    pub(super) const VERIFIER: i64 = 1_004;
    pub(super) const DEVELOPER: i64 = 0;
    pub(super) const BUILD: i64 = 1;
}

/// An attestation result about one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ear {
    /// `iat`: log time of the verdict.
    pub issued: Time,
    /// `ear.verifier-id`, developer.
    pub developer: String,
    /// `ear.verifier-id`, build.
    pub build: String,
    /// Name of the submodule: the device.
    pub submod: String,
    /// `ear.status`, its word in JSON.
    pub status: &'static str,
    /// Its number in CBOR.
    pub tier: u64,
    /// `ear.trustworthiness-vector`: the parts about which something is claimed, each with its place.
    pub vector: Vec<(usize, &'static str, i8)>,
    /// `ear.appraisal-policy-id`.
    pub policy: String,
}

impl Ear {
    /// The result that a logged verdict amounts to. `developer` and `build` name this verifier.
    #[must_use]
    pub fn of(verdict: &Appraised, issued: Time, developer: &str, build: &str) -> Self {
        let parts = VECTOR_NAMES.iter().zip(&verdict.vector.0).enumerate();
        let vector = parts.map(|(place, (name, byte))| (place, *name, i8::from_be_bytes([*byte])));
        Self {
            issued,
            developer: developer.into(),
            build: build.into(),
            submod: verdict.device.to_string(),
            status: verdict.status.word(),
            tier: verdict.status.code(),
            // Zero claims nothing and is left out.
            vector: vector.filter(|(.., claim)| *claim != 0).collect(),
            policy: format!("urn:vouchsafe:appraisal:{}", verdict.policy),
        }
    }

    /// The claims set in deterministic CBOR: the payload of a COSE_Sign1 that carries the result.
    #[must_use]
    pub fn claims(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(192);
        w.map(4);
        w.int(claim::IAT);
        w.uint(self.issued.seconds());
        w.int(claim::PROFILE);
        w.text(EAR_PROFILE);
        w.int(claim::SUBMODS);
        w.map(1);
        w.text(&self.submod);
        w.map(2 + usize::from(!self.vector.is_empty()));
        w.int(claim::STATUS);
        w.uint(self.tier);
        if !self.vector.is_empty() {
            w.int(claim::VECTOR);
            w.map(self.vector.len());
            for (place, _, value) in &self.vector {
                w.uint(*place as u64);
                w.int((*value).into());
            }
        }
        w.int(claim::POLICY);
        w.text(&self.policy);
        w.int(claim::VERIFIER);
        w.map(2);
        w.int(claim::DEVELOPER);
        w.text(&self.developer);
        w.int(claim::BUILD);
        w.text(&self.build);
        w.into_bytes()
    }
}
