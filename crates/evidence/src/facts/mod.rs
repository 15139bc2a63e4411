//! The catalogue: every fact an entry can state, with its stable number. One file an area.
//!
//! Numbers and keys are fixed with the first tagged version and never reused. Facts of areas that are not built yet are
//! defined here too, so that what is logged for them later needs no second reading of what was logged before.

pub mod campaign;
pub mod change;
pub mod command;
pub mod design;
pub mod fleet;
pub mod lineage;
pub mod log;
pub mod postmarket;
pub mod release;
pub mod sources;
pub mod statements;
pub mod vulnerability;

#[allow(
    clippy::wildcard_imports,
    clippy::allow_attributes,
    reason = "the catalogue names them all below"
)]
use self::{
    campaign::*, change::*, command::*, design::*, fleet::*, lineage::*, log::*, postmarket::*, release::*,
    sources::*, statements::*, vulnerability::*,
};

catalogue! {
    // The log itself: 1 to 19.
    1 Genesis,
    2 Tick,
    3 Epoch,
    4 Sealed,
    5 Recovered,
    6 LogKeyRotated,
    7 Corrected,
    8 Voided,
    9 Attendance,
    10 BlobLost,
    11 Erased,
    12 HoldSet,
    13 HoldLifted,
    14 Configured,
    15 PolicySet,
    16 ClockAdvanced,
    17 Pruned,
    18 Quarantined,
    // Sources, their keys and streams: 20 to 39.
    20 SourceEnrolled,
    21 KeyRotated,
    22 KeyRevoked,
    23 SourceRenamed,
    24 SourceSuspended,
    25 SourceReinstated,
    26 RolesChanged,
    27 TokenIssued,
    28 TokenRevoked,
    29 StreamClosed,
    30 StreamKeyChanged,
    31 GapReported,
    32 Equivocated,
    // Statements of persons: 40 to 49.
    40 Signed,
    41 Decision,
    42 ApprovalImported,
    // Design: 50 to 79.
    50 RecordRevised,
    51 RecordRetired,
    52 LinkAccepted,
    53 LinkWithdrawn,
    54 ResultReported,
    55 BaselineMade,
    56 CommitPushed,
    57 DocumentInterpreted,
    58 ReviewHeld,
    59 CoverageReported,
    60 AnalysisReported,
    61 TagPushed,
    // Releases: 80 to 99.
    80 ReleaseMade,
    81 SystemReleaseMade,
    82 ReleaseWithdrawn,
    83 ReferenceListSet,
    84 SupportEndSet,
    // The fleet: 100 to 129; 103 is Attested.
    100 DeviceDeclared,
    101 DeviceEnrolled,
    102 DeviceAttached,
    104 Appraised,
    105 DeviceReported,
    106 DeviceMoved,
    107 DeviceReenrolled,
    108 ReportingSet,
    109 SiteDefined,
    110 FleetImported,
    111 FindingClosed,
    // Vulnerabilities: 130 to 149.
    130 AdvisoryTaken,
    131 FeedChecked,
    132 VulnerabilityDecided,
    133 VexTaken,
    // Change control, training, suppliers: 150 to 169.
    150 ChangeRequested,
    151 ChangeAssessed,
    152 ChangeDecided,
    153 ChangeImplemented,
    154 ChangeVerified,
    155 ChangeClosed,
    160 DocumentIssued,
    161 TrainingAssigned,
    162 TrainingCompleted,
    163 SupplierEvaluated,
    // Field actions: 170 to 179.
    170 CampaignOpened,
    171 CampaignTargetResolved,
    172 CampaignClosed,
    173 RolloutStarted,
    174 RolloutPaused,
    175 RolloutResumed,
    176 RolloutEnded,
    // Commands and revocation: 180 to 189.
    180 CommandAuthorised,
    181 CommandDispatched,
    182 CommandReceipted,
    183 RevocationIssued,
    184 RevocationAcknowledged,
    // Post-market: 190 to 209.
    190 ComplaintReceived,
    191 ComplaintAssessed,
    192 IncidentOpened,
    193 ObligationOpened,
    194 SubmissionMade,
    195 SubmissionAnswered,
    196 ObligationClosed,
    197 CapaOpened,
    198 CapaActionTaken,
    199 CapaEffectivenessChecked,
    200 CapaClosed,
    201 SurveillanceReported,
    // Data lineage: 210 to 219.
    210 DataCaptured,
    211 DataTransformed,
    212 DataDisclosed,
}
