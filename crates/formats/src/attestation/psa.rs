//! PSA attestation tokens (RFC 9783, and profile 1 before it): claims in CBOR or JSON, checked against their profile, and
//! the COSE message around them taken apart.

mod envelope;
mod json;

use minicbor::Decoder;
use minicbor::data::Type;

pub use envelope::{Envelope, Kind};

/// Largest token, in bytes.
pub const MAX_TOKEN: usize = 64 << 10;
/// Most software components of a token.
const MAX_COMPONENTS: usize = 256;
/// What profile 1 calls itself, where it says so.
const PROFILE_1: &str = "PSA_IOT_PROFILE_1";
/// What profile 2 calls itself.
const PROFILE_2: &str = "http://arm.com/psa/2.0.0";

/// A profile of claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The one before RFC 9783; a token may leave out that it is of it.
    One,
    /// RFC 9783.
    Two,
}

/// A token that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PsaError {
    /// Larger than a token may be.
    #[error("larger than {MAX_TOKEN} bytes")]
    TooLarge,
    /// The bytes are not what they should be.
    #[error("{0}")]
    Malformed(String),
    /// A claim is missing.
    #[error("the claim {0} is missing")]
    Missing(&'static str),
    /// A claim stands there twice.
    #[error("the claim {0} stands there twice")]
    Twice(&'static str),
    /// A claim is not what it must be.
    #[error("the claim {0}: {1}")]
    Claim(&'static str, &'static str),
}

/// A measured software component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// Kind, such as `BL` or `PRoT`.
    pub kind: Option<String>,
    /// Digest: 32, 48 or 64 bytes.
    pub value: Vec<u8>,
    /// Version.
    pub version: Option<String>,
    /// Digest of the key that signed it.
    pub signer: Vec<u8>,
    /// How the digest was made.
    pub algorithm: Option<String>,
}

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its profile.
    pub profile: Profile,
    /// Who asked for it: negative in the non-secure world.
    pub client: i64,
    /// State in the life of the chip.
    pub lifecycle: u16,
    /// Immutable root of trust, 32 bytes.
    pub implementation: Vec<u8>,
    /// Random of this boot; profile 2 may leave it out.
    pub boot_seed: Option<Vec<u8>>,
    /// Hardware version (profile 1) or certification reference (profile 2).
    pub certification: Option<String>,
    /// What was measured; empty where the token says that nothing was.
    pub components: Vec<Component>,
    /// Challenge: 32, 48 or 64 bytes.
    pub nonce: Vec<u8>,
    /// The device: 33 bytes, a UEID of type RAND.
    pub instance: Vec<u8>,
    /// Where to have it verified.
    pub verification: Option<String>,
}

/// Claims as they came, each at most once.
#[derive(Default)]
struct Claims {
    profile: Option<String>,
    client: Option<i64>,
    lifecycle: Option<i64>,
    implementation: Option<Vec<u8>>,
    boot_seed: Option<Vec<u8>>,
    certification: Option<String>,
    components: Option<Vec<RawComponent>>,
    nothing_measured: Option<i64>,
    nonce: Option<Vec<u8>>,
    instance: Option<Vec<u8>>,
    verification: Option<String>,
}

#[derive(Default)]
struct RawComponent {
    kind: Option<String>,
    value: Option<Vec<u8>>,
    version: Option<String>,
    signer: Option<Vec<u8>>,
    algorithm: Option<String>,
}

fn put<T>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), PsaError> {
    if slot.replace(value).is_some() { Err(PsaError::Twice(name)) } else { Ok(()) }
}

impl Token {
    /// Reads claims in CBOR.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_cbor(raw: &[u8], profile: Profile) -> Result<Self, PsaError> {
        if raw.len() > MAX_TOKEN {
            return Err(PsaError::TooLarge);
        }
        let mut d = Decoder::new(raw);
        let claims = read_cbor(&mut d, profile)?;
        if d.position() != raw.len() {
            return Err(PsaError::Malformed(format!("{} bytes follow the claims", raw.len() - d.position())));
        }
        claims.check(profile)
    }

    /// Reads claims in JSON, as verifiers write them down.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_json(raw: &[u8], profile: Profile) -> Result<Self, PsaError> {
        if raw.len() > MAX_TOKEN {
            return Err(PsaError::TooLarge);
        }
        json::read(raw, profile)?.check(profile)
    }

    /// What was measured, as name, version and digest. A digest of more than 32 bytes is named by its SHA-256.
    pub fn measured(&self) -> impl Iterator<Item = (String, Option<&str>, [u8; 32])> {
        self.components.iter().enumerate().map(|(n, c)| {
            let name = c.kind.clone().unwrap_or_else(|| format!("component {}", n + 1));
            let digest = c.value.as_slice().try_into().unwrap_or_else(|_| {
                use sha2::Digest;
                sha2::Sha256::digest(&c.value).into()
            });
            (name, c.version.as_deref(), digest)
        })
    }
}

impl Claims {
    fn check(self, profile: Profile) -> Result<Token, PsaError> {
        let expected = if profile == Profile::One { PROFILE_1 } else { PROFILE_2 };
        match (&self.profile, profile) {
            (Some(said), _) if said != expected => return Err(PsaError::Claim("profile", "another profile")),
            (None, Profile::Two) => return Err(PsaError::Missing("profile")),
            _ => {}
        }
        let lifecycle = self.lifecycle.ok_or(PsaError::Missing("security lifecycle"))?;
        // Seven states of 256 values each, 0x1000 apart (RFC 9783, 4.3.1).
        let lifecycle = u16::try_from(lifecycle).ok().filter(|l| l >> 12 <= 6 && l >> 8 & 15 == 0);
        let sized = |name, value: Option<Vec<u8>>, sizes: &[usize]| {
            let value = value.ok_or(PsaError::Missing(name))?;
            if sizes.contains(&value.len()) {
                Ok(value)
            } else {
                Err(PsaError::Claim(name, "not of its length"))
            }
        };
        let digest = [32, 48, 64];
        let instance = sized("instance id", self.instance, &[33])?;
        if instance.first() != Some(&1) {
            return Err(PsaError::Claim("instance id", "not a UEID of type RAND"));
        }
        let boot_seed = match (self.boot_seed, profile) {
            (None, Profile::Two) => None,
            (Some(seed), Profile::Two) if (8..=32).contains(&seed.len()) => Some(seed),
            (seed, _) => Some(sized("boot seed", seed, &[32])?),
        };
        let components = match (self.components, self.nothing_measured, profile) {
            (Some(all), None, _) if !all.is_empty() => {
                all.into_iter().map(|raw| raw.check(&digest)).collect()
            }
            (None, Some(1), Profile::One) => Ok(Vec::new()),
            (Some(_), Some(_), _) => Err(PsaError::Claim("software components", "some, and none")),
            (None, None, _) => Err(PsaError::Missing("software components")),
            _ => Err(PsaError::Claim("software components", "none")),
        }?;
        if self.certification.as_deref().is_some_and(|c| !is_certification(c)) {
            return Err(PsaError::Claim("certification", "not 13 digits, or 13, a hyphen and 5"));
        }
        if self.verification.as_deref() == Some("") {
            return Err(PsaError::Claim("verification service", "empty"));
        }
        Ok(Token {
            profile,
            client: self.client.ok_or(PsaError::Missing("client id"))?,
            lifecycle: lifecycle.ok_or(PsaError::Claim("security lifecycle", "no state of it"))?,
            implementation: sized("implementation id", self.implementation, &[32])?,
            boot_seed,
            certification: self.certification,
            components,
            nonce: sized("nonce", self.nonce, &digest)?,
            instance,
            verification: self.verification,
        })
    }
}

fn is_certification(text: &str) -> bool {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('-') {
        Some((ean, version)) => digits(ean, 13) && digits(version, 5),
        None => digits(text, 13),
    }
}

impl RawComponent {
    fn check(self, sizes: &[usize]) -> Result<Component, PsaError> {
        let sized = |name, value: Option<Vec<u8>>| {
            let value = value.ok_or(PsaError::Missing(name))?;
            if sizes.contains(&value.len()) {
                Ok(value)
            } else {
                Err(PsaError::Claim(name, "not of its length"))
            }
        };
        Ok(Component {
            kind: self.kind,
            value: sized("measurement value", self.value)?,
            version: self.version,
            signer: sized("signer id", self.signer)?,
            algorithm: self.algorithm,
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn malformed(e: minicbor::decode::Error) -> PsaError {
    PsaError::Malformed(e.to_string())
}

fn entries(d: &mut Decoder<'_>) -> Result<u64, PsaError> {
    let n = d.map().map_err(malformed)?;
    n.filter(|n| *n <= 64)
        .ok_or_else(|| PsaError::Malformed("a map of no stated length, or of too many".into()))
}

fn read_cbor(d: &mut Decoder<'_>, profile: Profile) -> Result<Claims, PsaError> {
    let mut claims = Claims::default();
    for _ in 0..entries(d)? {
        let key = d.i64().map_err(malformed)?;
        // The claims of profile 1 by those of profile 2, which are numbered in another order.
        let key = match (profile, key) {
            (Profile::Two, key) => key,
            (Profile::One, -75_000) => 265,
            (Profile::One, -75_001) => 2_394,
            (Profile::One, -75_002) => 2_395,
            (Profile::One, -75_003) => 2_396,
            (Profile::One, -75_004) => 2_397,
            (Profile::One, -75_005) => 2_398,
            (Profile::One, -75_006) => 2_399,
            (Profile::One, -75_007) => -1,
            (Profile::One, -75_008) => 10,
            (Profile::One, -75_009) => 256,
            (Profile::One, -75_010) => 2_400,
            (Profile::One, _) => 0,
        };
        match key {
            265 => put(&mut claims.profile, "profile", text(d)?)?,
            2_394 => put(&mut claims.client, "client id", d.i64().map_err(malformed)?)?,
            2_395 => put(&mut claims.lifecycle, "security lifecycle", d.i64().map_err(malformed)?)?,
            2_396 => put(&mut claims.implementation, "implementation id", bytes(d)?)?,
            2_397 => put(&mut claims.boot_seed, "boot seed", bytes(d)?)?,
            2_398 => put(&mut claims.certification, "certification", text(d)?)?,
            2_399 => put(&mut claims.components, "software components", components(d)?)?,
            -1 => put(&mut claims.nothing_measured, "no software measurements", d.i64().map_err(malformed)?)?,
            10 if d.datatype().map_err(malformed)? != Type::Bytes => {
                return Err(PsaError::Claim("nonce", "not one string of bytes"));
            }
            10 => put(&mut claims.nonce, "nonce", bytes(d)?)?,
            256 => put(&mut claims.instance, "instance id", bytes(d)?)?,
            2_400 => put(&mut claims.verification, "verification service", text(d)?)?,
            _ => skip(d)?,
        }
    }
    Ok(claims)
}

fn components(d: &mut Decoder<'_>) -> Result<Vec<RawComponent>, PsaError> {
    let n = d.array().map_err(malformed)?.and_then(|n| usize::try_from(n).ok());
    let n = n.filter(|n| *n <= MAX_COMPONENTS).ok_or(PsaError::Claim("software components", "too many"))?;
    let mut all = Vec::new();
    for _ in 0..n {
        let mut one = RawComponent::default();
        for _ in 0..entries(d)? {
            match d.i64().map_err(malformed)? {
                1 => put(&mut one.kind, "measurement type", text(d)?)?,
                2 => put(&mut one.value, "measurement value", bytes(d)?)?,
                4 => put(&mut one.version, "version", text(d)?)?,
                5 => put(&mut one.signer, "signer id", bytes(d)?)?,
                6 => put(&mut one.algorithm, "measurement description", text(d)?)?,
                _ => skip(d)?,
            }
        }
        all.push(one);
    }
    Ok(all)
}

fn text(d: &mut Decoder<'_>) -> Result<String, PsaError> {
    d.str().map(str::to_owned).map_err(malformed)
}

fn bytes(d: &mut Decoder<'_>) -> Result<Vec<u8>, PsaError> {
    d.bytes().map(<[u8]>::to_vec).map_err(malformed)
}

/// A claim that nobody here knows: only plain values are passed over, so that nothing nests.
fn skip(d: &mut Decoder<'_>) -> Result<(), PsaError> {
    match d.datatype().map_err(malformed)? {
        Type::Map
        | Type::Array
        | Type::MapIndef
        | Type::ArrayIndef
        | Type::Tag
        | Type::BytesIndef
        | Type::StringIndef => Err(PsaError::Malformed("an unknown claim that nests".into())),
        _ => d.skip().map_err(malformed),
    }
}
