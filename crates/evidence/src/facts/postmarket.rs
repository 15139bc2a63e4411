//! Facts of post-market surveillance: complaints, incidents, obligations, CAPA. 190 to 209. Used from the second round on.
//!
//! Personal and confidential values are salted commitments here; the values are in the vault.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::facts::statements::Outcome;
use crate::source::SourceId;
use crate::time::Time;
use crate::types::{BlobRef, EntryRef};

structures! {
    /// A complaint came in (ISO 13485, 8.2.2).
    ComplaintReceived = "complaint-received" {
        /// Identifier.
        1 complaint: String,
        /// Product.
        2 product: String,
        /// When anyone of the maker first knew.
        3 aware: Time,
        /// When the event happened, if it is known.
        4 occurred: Option<Time>,
        /// The device, if it is enrolled.
        5 device: Option<SourceId>,
        /// UDI or serial number as told.
        6 identified_as: Option<String>,
        /// Commitment to the narrative.
        7 narrative: Hash,
        /// Commitment to who reported it.
        8 reporter: Option<Hash>,
        /// Where the event happened, ISO 3166-1 alpha-2.
        9 country: Option<String>,
    }

    /// What a complaint amounts to; a negative answer to reportability is a `Decision` besides.
    ComplaintAssessed = "complaint-assessed" {
        /// The complaint.
        1 complaint: String,
        /// Codes of the IMDRF adverse event terminology, by annex.
        2 codes: Vec<String>,
        /// Whether it needs an investigation.
        3 investigate: bool,
        /// Records of risk it touches.
        4 risks: Vec<String>,
    }

    /// An event that may have to be reported.
    IncidentOpened = "incident-opened" {
        /// Identifier.
        1 incident: String,
        /// Complaints it gathers.
        2 complaints: Vec<String>,
        /// When anyone of the maker first knew.
        3 aware: Time,
        /// How serious, by the codes of the jurisdiction.
        4 seriousness: String,
    }

    /// An event, a device and an authority: something is due.
    ObligationOpened = "obligation-opened" {
        /// Identifier.
        1 obligation: String,
        /// The incident.
        2 incident: String,
        /// Authority.
        3 authority: String,
        /// Rule that asks for it, by its identifier in the rule base.
        4 rule: String,
        /// Version of the rule.
        5 rule_version: u64,
        /// When the clock started.
        6 started: Time,
        /// When it is due.
        7 due: Time,
    }

    /// Something was handed to an authority, verbatim.
    SubmissionMade = "submission-made" {
        /// The obligation.
        1 obligation: String,
        /// Kind: initial, follow-up, final.
        2 kind: String,
        /// The document.
        3 document: BlobRef,
        /// Version of the form.
        4 form: String,
    }

    /// The authority answered.
    SubmissionAnswered = "submission-answered" {
        /// The submission.
        1 submission: EntryRef,
        /// Its reference there.
        2 reference: Option<String>,
        /// The answer.
        3 document: Option<BlobRef>,
    }

    /// Nothing more is due.
    ObligationClosed = "obligation-closed" {
        /// The obligation.
        1 obligation: String,
        /// Signatures over it.
        2 signatures: Vec<EntryRef>,
    }

    /// A corrective or preventive action begins (ISO 13485, 8.5.2 and 8.5.3).
    CapaOpened = "capa-opened" {
        /// Identifier.
        1 capa: String,
        /// Whether it is preventive.
        2 preventive: bool,
        /// What prompted it.
        3 prompted_by: Vec<String>,
        /// The problem.
        4 problem: String,
    }

    /// Something was done about it.
    CapaActionTaken = "capa-action-taken" {
        /// The CAPA.
        1 capa: String,
        /// The cause it works on.
        2 cause: String,
        /// What was done.
        3 action: String,
        /// What shows it.
        4 evidence: Vec<EntryRef>,
    }

    /// Whether it helped.
    CapaEffectivenessChecked = "capa-effectiveness-checked" {
        /// The CAPA.
        1 capa: String,
        /// How it was measured.
        2 criterion: String,
        /// The answer.
        3 outcome: Outcome,
        /// What shows it.
        4 evidence: Vec<EntryRef>,
    }

    /// A CAPA is over.
    CapaClosed = "capa-closed" {
        /// The CAPA.
        1 capa: String,
        /// Signatures over it.
        2 signatures: Vec<EntryRef>,
    }

    /// A surveillance report was issued (MDR Articles 85 and 86).
    SurveillanceReported = "surveillance-reported" {
        /// Product.
        1 product: String,
        /// Kind: PMS report, PSUR.
        2 kind: String,
        /// Beginning of the period.
        3 from: Time,
        /// End of the period.
        4 to: Time,
        /// The document.
        5 document: BlobRef,
    }
}
