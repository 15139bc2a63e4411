//! Attestation results (EAR, draft-ietf-rats-ear, in JSON): what a verifier says of each part of a device. Read and written
//! without loss: what is unknown here is kept.

use serde_json::{Map, Value};

/// Largest document, in bytes.
pub const MAX_RESULT: usize = 1 << 20;
/// Most parts of a device.
const MAX_SUBMODS: usize = 256;

/// Names of the parts of a trust vector (AR4SI), in their order.
pub const VECTOR: [&str; 8] = [
    "instance-identity",
    "configuration",
    "executables",
    "file-system",
    "hardware",
    "runtime-opaque",
    "storage-opaque",
    "sourced-data",
];

/// How trustworthy, best first but for nothing said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Nothing can be said.
    None,
    /// As it should be.
    Affirming,
    /// Something needs attention.
    Warning,
    /// Something is wrong.
    Contraindicated,
}

impl Tier {
    const ALL: [(Self, &'static str); 4] = [
        (Self::None, "none"),
        (Self::Affirming, "affirming"),
        (Self::Warning, "warning"),
        (Self::Contraindicated, "contraindicated"),
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Affirming => "affirming",
            Self::Warning => "warning",
            Self::Contraindicated => "contraindicated",
        }
    }

    /// The tier that a claim of a trust vector is in (AR4SI 2.3.2).
    #[must_use]
    pub const fn of(claim: i8) -> Self {
        match claim {
            2..=31 | -32..=-2 => Self::Affirming,
            32..=95 | -96..=-33 => Self::Warning,
            96..=127 | -128..=-97 => Self::Contraindicated,
            _ => Self::None,
        }
    }
}

/// What is said of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct Appraisal {
    /// How trustworthy it is.
    pub status: Tier,
    /// The trust vector, where one is stated; parts that are left out are `None`.
    pub vector: Option<[Option<i8>; 8]>,
    /// The policy that was applied.
    pub policy: Option<String>,
    /// What else is said, as it came.
    pub other: Map<String, Value>,
}

impl Appraisal {
    /// The worst tier of the vector's claims, where there is one.
    #[must_use]
    pub fn worst(&self) -> Option<Tier> {
        self.vector?.iter().flatten().map(|c| Tier::of(*c)).max()
    }
}

/// A result.
#[derive(Clone, Debug, PartialEq)]
pub struct Ear {
    /// Profile of the document.
    pub profile: String,
    /// When, in seconds since 1970.
    pub issued: i64,
    /// Who made the verifier.
    pub developer: String,
    /// Which verifier.
    pub build: String,
    /// The evidence, in base 64 for URLs.
    pub evidence: Option<String>,
    /// Each part by its name.
    pub submods: Vec<(String, Appraisal)>,
    /// What else is said, as it came.
    pub other: Map<String, Value>,
}

/// A document that is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EarError {
    /// Larger than a result may be.
    #[error("larger than {MAX_RESULT} bytes")]
    TooLarge,
    /// It is no JSON.
    #[error("{0}")]
    Malformed(String),
    /// A member is missing or of another kind.
    #[error("`{0}` is missing, or is not what it must be")]
    Member(String),
}

fn take_text(map: &mut Map<String, Value>, name: &str) -> Result<Option<String>, EarError> {
    match map.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(EarError::Member(name.into())),
    }
}

fn object(value: Option<Value>, name: &str) -> Result<Map<String, Value>, EarError> {
    match value {
        Some(Value::Object(map)) => Ok(map),
        _ => Err(EarError::Member(name.into())),
    }
}

impl Ear {
    /// Reads a result.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn from_json(raw: &[u8]) -> Result<Self, EarError> {
        if raw.len() > MAX_RESULT {
            return Err(EarError::TooLarge);
        }
        let value: Value = serde_json::from_slice(raw).map_err(|e| EarError::Malformed(e.to_string()))?;
        let mut map = object(Some(value), "the document")?;
        let missing = |name: &str| EarError::Member(name.into());
        let mut verifier = object(map.remove("ear.verifier-id"), "ear.verifier-id")?;
        let submods = object(map.remove("submods"), "submods")?;
        if submods.is_empty() || submods.len() > MAX_SUBMODS {
            return Err(missing("submods"));
        }
        let submods = submods.into_iter().map(|(name, one)| Ok((name, appraisal(one)?)));
        Ok(Self {
            profile: take_text(&mut map, "eat_profile")?.ok_or_else(|| missing("eat_profile"))?,
            issued: map.remove("iat").and_then(|v| v.as_i64()).ok_or_else(|| missing("iat"))?,
            developer: take_text(&mut verifier, "developer")?.ok_or_else(|| missing("developer"))?,
            build: take_text(&mut verifier, "build")?.ok_or_else(|| missing("build"))?,
            evidence: take_text(&mut map, "ear.raw-evidence")?,
            submods: submods.collect::<Result<_, EarError>>()?,
            other: map,
        })
    }

    /// Writes a result.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut map = self.other.clone();
        map.insert("eat_profile".into(), self.profile.clone().into());
        map.insert("iat".into(), self.issued.into());
        let verifier = serde_json::json!({ "developer": self.developer, "build": self.build });
        map.insert("ear.verifier-id".into(), verifier);
        if let Some(evidence) = &self.evidence {
            map.insert("ear.raw-evidence".into(), evidence.clone().into());
        }
        let submods = self.submods.iter().map(|(name, one)| (name.clone(), written(one)));
        map.insert("submods".into(), Value::Object(submods.collect()));
        Value::Object(map)
    }

    /// The worst of its parts.
    #[must_use]
    pub fn status(&self) -> Tier {
        self.submods.iter().map(|(_, one)| one.status).max().unwrap_or(Tier::None)
    }
}

fn appraisal(value: Value) -> Result<Appraisal, EarError> {
    let mut map = object(Some(value), "a part of `submods`")?;
    let missing = |name: &str| EarError::Member(name.into());
    let status = take_text(&mut map, "ear.status")?.ok_or_else(|| missing("ear.status"))?;
    let status = Tier::ALL.iter().find(|(_, word)| *word == status).map(|(tier, _)| *tier);
    let vector = match map.remove("ear.trustworthiness-vector") {
        None => None,
        Some(stated) => {
            let mut stated = object(Some(stated), "ear.trustworthiness-vector")?;
            let mut vector = [None; 8];
            for (name, part) in VECTOR.iter().zip(&mut vector) {
                *part = match stated.remove(*name) {
                    None => None,
                    Some(v) => {
                        let claim = v.as_i64().and_then(|v| i8::try_from(v).ok());
                        Some(claim.ok_or_else(|| missing(name))?)
                    }
                };
            }
            if let Some(unknown) = stated.keys().next() {
                return Err(missing(unknown));
            }
            Some(vector)
        }
    };
    Ok(Appraisal {
        status: status.ok_or_else(|| missing("ear.status"))?,
        vector,
        policy: take_text(&mut map, "ear.appraisal-policy-id")?,
        other: map,
    })
}

fn written(one: &Appraisal) -> Value {
    let mut map = one.other.clone();
    map.insert("ear.status".into(), one.status.word().into());
    if let Some(vector) = one.vector {
        let stated = VECTOR.iter().zip(vector).filter_map(|(name, v)| Some(((*name).to_owned(), v?.into())));
        map.insert("ear.trustworthiness-vector".into(), Value::Object(stated.collect()));
    }
    if let Some(policy) = &one.policy {
        map.insert("ear.appraisal-policy-id".into(), policy.clone().into());
    }
    Value::Object(map)
}
