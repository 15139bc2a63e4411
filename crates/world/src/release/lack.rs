//! What the statement of a release lacks: gaps that everyone sees, with the clause that asks. Never a reason to refuse it.
//!
//! Not here: what its bills of materials lack (`formats::sbom::quality`), and whether it may ship (the release gate).

use evidence::facts::release::ReleaseMade;

/// Something that a release does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// The baseline it was built from.
    Baseline,
    /// The commit it was built from.
    Commit,
    /// What was built.
    Artefact,
    /// A bill of materials.
    Sbom,
    /// What a device running it measures.
    Measurement,
    /// Results it rests on.
    Result,
}

impl Lack {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Commit => "commit",
            Self::Artefact => "artefact",
            Self::Sbom => "sbom",
            Self::Measurement => "measurement",
            Self::Result => "result",
        }
    }

    /// What follows from it.
    #[must_use]
    pub const fn consequence(self) -> &'static str {
        match self {
            Self::Baseline => "which records it was built from cannot be told",
            Self::Commit => "it cannot be built again from what it was built from",
            Self::Artefact => "nobody can tell whether a file is this release",
            Self::Sbom => "whether an advisory touches it stays undetermined",
            Self::Measurement => "no measurement leads to it: only words say that a device runs it",
            Self::Result => "nothing shows that it was verified",
        }
    }

    /// The clause that asks for it.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Baseline | Self::Artefact => "IEC 62304, 5.8.4",
            Self::Commit => "IEC 62304, 5.8.5",
            Self::Sbom => "IEC 62304, 8.1.2",
            Self::Measurement => "ISO 13485, 7.5.9.1",
            Self::Result => "IEC 62304, 5.8.1",
        }
    }
}

/// What a release does not name, in the order of [`Lack`].
#[must_use]
pub fn lacking(made: &ReleaseMade) -> Vec<Lack> {
    let lacks = [
        (Lack::Baseline, made.baseline.is_none()),
        (Lack::Commit, made.commit.is_none()),
        (Lack::Artefact, made.artefacts.is_empty()),
        (Lack::Sbom, made.sboms.is_empty()),
        (Lack::Measurement, made.measurements.is_empty()),
        (Lack::Result, made.verified.is_empty()),
    ];
    lacks.into_iter().filter(|(_, lacks)| *lacks).map(|(lack, _)| lack).collect()
}
