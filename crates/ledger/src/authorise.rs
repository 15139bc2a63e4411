//! The one seam through which every action passes: deny by default.
//!
//! A policy engine comes in behind [`Authorise`]; until then [`Roles`] maps roles to facts in one table. Whoever is not
//! named there may not.

use evidence::{Fact, SourceKind};

/// Someone wants to state something.
pub struct Act<'a> {
    /// Kind of the source.
    pub kind: SourceKind,
    /// Its roles at this index.
    pub roles: &'a [String],
    /// What it wants to state.
    pub fact: &'a Fact,
}

/// Says whether an act is allowed.
pub trait Authorise: Send + Sync {
    /// Allows the act, or says which permission is missing.
    ///
    /// # Errors
    /// What is missing, in words.
    fn authorise(&self, act: &Act<'_>) -> Result<(), String>;
}

/// Roles that exist, with what they are for.
pub const ROLES: &[(&str, &str)] = &[
    ("administrator", "enrols sources, gives roles, sets policies"),
    ("quality", "signs, decides, corrects, makes baselines"),
    ("engineer", "states records, links, results"),
    ("release", "makes releases"),
    ("security", "takes in advisories and decides on vulnerabilities"),
    ("field", "moves devices, closes findings"),
    ("vigilance", "keeps complaints and obligations"),
    ("station", "enrols devices"),
    ("ci", "states records, results and releases for a pipeline"),
];

/// The built-in table of roles.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roles;

/// Roles that may state a fact. Devices and the ledger are bound by *decide* already.
fn permitted(fact: &Fact) -> &'static [&'static str] {
    match fact {
        Fact::SourceEnrolled(_)
        | Fact::KeyRotated(_)
        | Fact::KeyRevoked(_)
        | Fact::SourceRenamed(_)
        | Fact::SourceSuspended(_)
        | Fact::SourceReinstated(_)
        | Fact::RolesChanged(_)
        | Fact::TokenIssued(_)
        | Fact::TokenRevoked(_)
        | Fact::Configured(_)
        | Fact::PolicySet(_)
        | Fact::ClockAdvanced(_)
        | Fact::HoldSet(_)
        | Fact::HoldLifted(_)
        | Fact::Erased(_) => &["administrator"],
        Fact::Corrected(_) | Fact::Voided(_) => &["administrator", "quality"],
        Fact::Signed(_) => &["quality", "engineer", "release", "security", "ci"],
        Fact::Decision(_) => &["quality", "release", "security", "field", "vigilance"],
        Fact::ApprovalImported(_) => &["quality", "ci"],
        Fact::RecordRevised(_)
        | Fact::RecordRetired(_)
        | Fact::LinkAccepted(_)
        | Fact::LinkWithdrawn(_)
        | Fact::ResultReported(_)
        | Fact::CommitPushed(_)
        | Fact::TagPushed(_)
        | Fact::DocumentInterpreted(_)
        | Fact::CoverageReported(_)
        | Fact::AnalysisReported(_) => &["engineer", "ci"],
        Fact::BaselineMade(_) | Fact::ReviewHeld(_) => &["quality", "ci"],
        Fact::ReleaseMade(_)
        | Fact::SystemReleaseMade(_)
        | Fact::ReleaseWithdrawn(_)
        | Fact::ReferenceListSet(_)
        | Fact::SupportEndSet(_) => &["release", "ci"],
        Fact::DeviceDeclared(_) | Fact::FleetImported(_) | Fact::SiteDefined(_) | Fact::DeviceReported(_) => {
            &["field", "ci"]
        }
        Fact::DeviceEnrolled(_) | Fact::DeviceAttached(_) | Fact::DeviceReenrolled(_) => &["station"],
        Fact::DeviceMoved(_) | Fact::ReportingSet(_) | Fact::FindingClosed(_) => &["field", "quality"],
        Fact::AdvisoryTaken(_) | Fact::FeedChecked(_) | Fact::VexTaken(_) | Fact::VulnerabilityDecided(_) => {
            &["security", "ci"]
        }
        Fact::StreamClosed(_) => &[
            "administrator",
            "quality",
            "engineer",
            "release",
            "security",
            "field",
            "vigilance",
            "station",
            "ci",
        ],
        // The facts of the second round get their roles with it; until then nobody may state them.
        _ => &[],
    }
}

impl Authorise for Roles {
    fn authorise(&self, act: &Act<'_>) -> Result<(), String> {
        // Who these are and what they may state was decided before: see `world::decide`.
        if matches!(act.kind, SourceKind::Device | SourceKind::Ledger) {
            return Ok(());
        }
        let roles = permitted(act.fact);
        if act.roles.iter().any(|r| roles.contains(&r.as_str())) {
            return Ok(());
        }
        Err(match roles {
            [] => "no role permits it yet".into(),
            roles => format!("it takes one of the roles {}", roles.join(", ")),
        })
    }
}
