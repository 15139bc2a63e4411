//! A device's evidence: the EAT claims (RFC 9711) that a body carries when its fact is `Attested`.
//!
//! Not here: the claims that every body has, and what the evidence is worth; appraisal needs the world.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use super::{claim, put};
use crate::cbor::{Malformed, Reader, Reason, Writer};
use crate::types::Bytes;
use crate::wire::Field;

/// CoAP content format of a measured component in CBOR (RFC 10013, 7.2).
const MEASURED_COMPONENT: u64 = 295;
/// SHA-256 in the Named Information Hash Algorithm registry (RFC 6920).
const NI_SHA_256: u64 = 1;
/// Most measured components in one piece of evidence.
pub const MAX_MEASUREMENTS: usize = 64;
/// Most bytes of a name, a version or a profile.
const MAX_NAME: usize = 256;
/// Most bytes of a measured component.
const MAX_COMPONENT: usize = 1_024;

codes! {
    /// Whether a debugger can look inside (RFC 9711, 4.2.9).
    DebugStatus = "dbgstat" {
        /// Debugging is possible now.
        0 Enabled = "enabled",
        /// Debugging is off.
        1 Disabled = "disabled",
        /// Debugging was off since the device started.
        2 DisabledSinceBoot = "disabled-since-boot",
        /// Debugging can be re-enabled by nobody but the maker.
        3 DisabledPermanently = "disabled-permanently",
        /// Debugging can be re-enabled by nobody.
        4 DisabledFullyAndPermanently = "disabled-fully-and-permanently",
    }
}

/// A measured component (RFC 10013, 4.3), in its digested form with SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Name of the component, such as `pump`.
    pub name: String,
    /// Version the device claims for it.
    pub version: Option<String>,
    /// SHA-256 of it.
    pub digest: Hash,
}

/// The EAT claims of a device's evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Answer to a challenge, 8 to 64 bytes.
    pub nonce: Option<Bytes>,
    /// Hardware model, 1 to 32 bytes of the maker's choosing.
    pub hardware_model: Option<Bytes>,
    /// Hardware version.
    pub hardware_version: Option<String>,
    /// Seconds since the device started.
    pub uptime: Option<u64>,
    /// Debug state.
    pub debug: Option<DebugStatus>,
    /// Profile of this evidence, a URI.
    pub profile: Option<String>,
    /// Starts of the device so far.
    pub boot_count: Option<u64>,
    /// Random value of this start, 32 to 64 bytes.
    pub boot_seed: Option<Bytes>,
    /// Name of the software.
    pub software_name: Option<String>,
    /// Version of the software.
    pub software_version: Option<String>,
    /// What was measured.
    pub measurements: Vec<Measured>,
}

impl Evidence {
    /// How many claims it takes.
    pub(super) fn claims(&self) -> usize {
        [
            self.nonce.is_some(),
            self.hardware_model.is_some(),
            self.hardware_version.is_some(),
            self.uptime.is_some(),
            self.debug.is_some(),
            self.profile.is_some(),
            self.boot_count.is_some(),
            self.boot_seed.is_some(),
            self.software_name.is_some(),
            self.software_version.is_some(),
            !self.measurements.is_empty(),
        ]
        .iter()
        .filter(|present| **present)
        .count()
    }

    /// Writes the claims that follow the UEID.
    pub(super) fn write_claims(&self, w: &mut Writer) {
        put(w, claim::HWMODEL, self.hardware_model.as_ref());
        if let Some(version) = &self.hardware_version {
            w.int(claim::HWVERSION);
            write_version(w, version);
        }
        put(w, claim::UPTIME, self.uptime.as_ref());
        put(w, claim::DBGSTAT, self.debug.as_ref());
        put(w, claim::PROFILE, self.profile.as_ref());
        put(w, claim::BOOTCOUNT, self.boot_count.as_ref());
        put(w, claim::BOOTSEED, self.boot_seed.as_ref());
        put(w, claim::SWNAME, self.software_name.as_ref());
        if let Some(version) = &self.software_version {
            w.int(claim::SWVERSION);
            write_version(w, version);
        }
        if !self.measurements.is_empty() {
            w.int(claim::MEASUREMENTS);
            w.array(self.measurements.len());
            for m in &self.measurements {
                m.write(w);
            }
        }
    }
}

/// A version is an array of the text alone: no scheme is claimed (RFC 9711, 4.2.5).
fn write_version(w: &mut Writer, version: &str) {
    w.array(1);
    w.text(version);
}

fn read_version(r: &mut Reader<'_>) -> Result<String, Malformed> {
    r.array_of(1, "a version: an array of one text")?;
    let version = r.text(MAX_NAME)?.into();
    r.leave();
    Ok(version)
}

impl Measured {
    /// `[295, bstr .cbor measured-component]` (RFC 9711, 4.2.16; RFC 10013, 4.3).
    fn write(&self, w: &mut Writer) {
        let mut inner = Writer::with_capacity(64);
        inner.map(2);
        inner.int(1);
        inner.array(1 + usize::from(self.version.is_some()));
        inner.text(&self.name);
        if let Some(version) = &self.version {
            write_version(&mut inner, version);
        }
        inner.int(2);
        inner.array(2);
        inner.uint(NI_SHA_256);
        inner.bytes(&self.digest.0);
        w.array(2);
        w.uint(MEASURED_COMPONENT);
        w.bytes(&inner.into_bytes());
    }

    fn read(outer: &mut Reader<'_>) -> Result<Self, Malformed> {
        let at = outer.position();
        outer.array_of(2, "[295, measured component]")?;
        if outer.uint()? != MEASURED_COMPONENT {
            return Err(Malformed {
                at,
                reason: Reason::Expected("content format 295, a measured component in CBOR"),
            });
        }
        let start = outer.position();
        let raw = outer.bytes(MAX_COMPONENT)?;
        outer.leave();
        // Places inside the wrapped item are reported from its head: three bytes at most away.
        Self::read_inner(&mut Reader::new(raw)).map_err(|e| Malformed { at: start + e.at, reason: e.reason })
    }

    fn read_inner(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut map = r.map()?;
        let (mut id, mut digest) = (None, None);
        loop {
            let at = r.position();
            match map.next(r)? {
                None => break,
                Some(1) => {
                    let here = r.position();
                    let n = r.array(2)?;
                    if n == 0 {
                        return Err(Malformed { at: here, reason: Reason::Expected("[name, ? version]") });
                    }
                    let name = r.text(MAX_NAME)?.into();
                    let version = if n > 1 { Some(read_version(r)?) } else { None };
                    r.leave();
                    id = Some((name, version));
                }
                Some(2) => {
                    r.array_of(2, "[1, SHA-256]")?;
                    let algorithm = r.uint()?;
                    if algorithm != NI_SHA_256 {
                        return Err(Malformed {
                            at,
                            reason: Reason::UnknownCode("digest algorithm", algorithm),
                        });
                    }
                    digest = Some(Hash::read(r)?);
                    r.leave();
                }
                Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
            }
        }
        r.finish()?;
        let missing = |name| Malformed { at: 0, reason: Reason::Missing(name) };
        let (name, version) = id.ok_or(missing("id"))?;
        Ok(Self { name, version, digest: digest.ok_or(missing("digested-measurement"))? })
    }
}

impl Evidence {
    /// Reads the claim `key`, which stands at byte `at`.
    pub(super) fn claim(&mut self, key: i64, at: usize, r: &mut Reader<'_>) -> Result<(), Malformed> {
        let sized = |r: &mut Reader<'_>, range: core::ops::RangeInclusive<usize>, what| {
            let raw = r.bytes(*range.end())?;
            if range.contains(&raw.len()) {
                Ok(Some(Bytes(raw.to_vec())))
            } else {
                Err(Malformed { at, reason: Reason::OutOfRange(what) })
            }
        };
        match key {
            claim::NONCE => self.nonce = sized(r, 8..=64, "a nonce has 8 to 64 bytes")?,
            claim::HWMODEL => self.hardware_model = sized(r, 1..=32, "a hardware model has 1 to 32 bytes")?,
            claim::HWVERSION => self.hardware_version = Some(read_version(r)?),
            claim::UPTIME => self.uptime = Some(r.uint()?),
            claim::DBGSTAT => self.debug = Some(DebugStatus::read(r)?),
            claim::PROFILE => self.profile = Some(r.text(MAX_NAME)?.into()),
            claim::BOOTCOUNT => self.boot_count = Some(r.uint()?),
            claim::BOOTSEED => self.boot_seed = sized(r, 32..=64, "a boot seed has 32 to 64 bytes")?,
            claim::SWNAME => self.software_name = Some(r.text(MAX_NAME)?.into()),
            claim::SWVERSION => self.software_version = Some(read_version(r)?),
            claim::MEASUREMENTS => {
                let n = r.array(MAX_MEASUREMENTS)?;
                for _ in 0..n {
                    self.measurements.push(Measured::read(r)?);
                }
                r.leave();
                if n == 0 {
                    return Err(Malformed { at, reason: Reason::OutOfRange("an empty list is left out") });
                }
            }
            other => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
        }
        Ok(())
    }
}

#[cfg(feature = "sample")]
impl crate::sample::Sample for Evidence {
    fn sample(s: &mut crate::sample::Sampler) -> Self {
        let sized = |s: &mut crate::sample::Sampler, least: u64, most: u64| {
            let n = least + s.below(most - least + 1);
            s.present().then(|| Bytes(s.bytes(n)))
        };
        Self {
            nonce: sized(s, 8, 64),
            hardware_model: sized(s, 1, 32),
            hardware_version: Option::sample(s),
            uptime: Option::sample(s),
            debug: Option::sample(s),
            profile: Option::sample(s),
            boot_count: Option::sample(s),
            boot_seed: sized(s, 32, 64),
            software_name: Option::sample(s),
            software_version: Option::sample(s),
            measurements: if s.present() {
                (0..=s.below(3))
                    .map(|_| Measured { name: s.text(), version: Option::sample(s), digest: Hash(s.array()) })
                    .collect()
            } else {
                Vec::new()
            },
        }
    }
}
